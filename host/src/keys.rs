//! API keys, and what each may do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Read.
    Reader,
    /// Read and write.
    Writer,
}

impl Role {
    /// The name a file of keys uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
        }
    }
}

/// Who makes a request, as far as logs and the journal may know.
///
/// Displayed as the role and the beginning of the key's digest: the same for the same key after
/// any restart, and no key.
#[derive(Clone, Debug)]
pub struct Caller {
    role: Role,
    id: Arc<str>,
}

impl Caller {
    /// What the caller may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The name that stands in the journal.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// All keys that the API takes. Only their digests are kept.
#[derive(Default)]
pub struct ApiKeys {
    entries: Vec<Entry>,
}

struct Entry {
    digest: [u8; 32],
    caller: Caller,
}

/// Why the keys of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("cannot read the keys file {path:?}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A line is neither a key with its role nor a comment. The line itself may be a key, so it is
    /// not shown.
    #[error("line {line} of the keys file {path:?} {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it, and what would do.
        problem: &'static str,
    },
    /// There is no key in the file.
    #[error("the keys file {path:?} has no key: add a line such as `KEY writer`")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl ApiKeys {
    /// Reads the keys of a file: lines of a key and its role; `#` begins a line that is a comment.
    ///
    /// # Errors
    ///
    /// [`KeysError`] when the file cannot be read, a line is something else, a key stands there
    /// twice, or there is none.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeysError::Unreadable { path: path.to_owned(), source })?;
        let mut keys = Self::default();
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (place, line) in text.lines().enumerate() {
            keys.take(line).map_err(|problem| KeysError::Malformed {
                path: path.to_owned(),
                line: place + 1,
                problem,
            })?;
        }
        if keys.entries.is_empty() {
            return Err(KeysError::Empty { path: path.to_owned() });
        }
        Ok(keys)
    }

    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut words = line.split_ascii_whitespace();
        let (Some(key), Some(role), None) = (words.next(), words.next(), words.next()) else {
            return Err("is not `KEY ROLE`: write a key, a space and `reader` or `writer`");
        };
        let role = match role {
            "reader" => Role::Reader,
            "writer" => Role::Writer,
            _ => return Err("names an unknown role: use `reader` or `writer`"),
        };
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("has a key that fits into no header: use visible ASCII characters");
        }
        if self.find(key.as_bytes()).is_some() {
            return Err("has a key that stands further up: give each key once");
        }
        self.add(key, role);
        Ok(())
    }

    /// Takes a key from now on.
    pub fn add(&mut self, key: &str, role: Role) {
        let digest = digest(key.as_bytes());
        let fingerprint = digest.iter().take(6).map(|byte| format!("{byte:02x}"));
        let id = format!("{}-{}", role.as_str(), fingerprint.collect::<String>());
        self.entries.push(Entry { digest, caller: Caller { role, id: id.into() } });
    }

    /// Who has a key.
    ///
    /// Digests have one length and are all compared to the last byte, so the time tells nothing of
    /// any key.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<&Caller> {
        let digest = digest(key);
        let mut found = None;
        for entry in &self.entries {
            if bool::from(entry.digest.ct_eq(&digest)) {
                found = Some(&entry.caller);
            }
        }
        found
    }

    /// How many keys have a role.
    #[must_use]
    pub fn count(&self, role: Role) -> usize {
        self.entries.iter().filter(|entry| entry.caller.role == role).count()
    }
}

/// A key that nobody can guess.
///
/// # Errors
///
/// When the system gives no random bytes.
pub(crate) fn generate() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}
