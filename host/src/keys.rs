//! API keys and their roles.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The role of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Read.
    Reader,
    /// Read and write.
    Writer,
}

impl Role {
    /// The name of the role in the keys file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
        }
    }
}

/// The sender of a request, as it appears in logs and in the journal.
///
/// It is displayed as the role and the first bytes of the key's digest. This name is the same after a restart, and does
/// not reveal the key.
#[derive(Clone, Debug)]
pub struct Caller {
    role: Role,
    id: Arc<str>,
}

impl Caller {
    /// The role of the caller.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The name of the caller in the journal.
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

/// All keys that the API accepts. Only their digests are kept.
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
        /// The error of the file system.
        source: io::Error,
    },
    /// A line is neither a key with its role nor a comment. The line may contain a key, so the message does not show
    /// it.
    #[error("line {line} of the keys file {path:?} {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it, and what to write instead.
        problem: &'static str,
    },
    /// The file has no key.
    #[error("the keys file {path:?} has no key: add a line such as `KEY writer`")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl ApiKeys {
    /// Reads a file of keys. Each line has a key and its role; a line that begins with `#` is a comment.
    ///
    /// # Errors
    ///
    /// [`KeysError`] if the file cannot be read, a line is malformed, a key is given twice, or there is no key.
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
            return Err("has a key that cannot be sent in a header: use visible ASCII characters");
        }
        if self.find(key.as_bytes()).is_some() {
            return Err("repeats a key of an earlier line: give each key once");
        }
        self.add(key, role);
        Ok(())
    }

    /// Accepts a key from now on.
    pub fn add(&mut self, key: &str, role: Role) {
        let digest = digest(key.as_bytes());
        let fingerprint = digest.iter().take(6).map(|byte| format!("{byte:02x}"));
        let id = format!("{}-{}", role.as_str(), fingerprint.collect::<String>());
        self.entries.push(Entry { digest, caller: Caller { role, id: id.into() } });
    }

    /// The caller with this key.
    ///
    /// All digests have the same length, and each one is compared to its last byte. So the time does not reveal
    /// anything about the keys.
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

    /// The number of keys with a role.
    #[must_use]
    pub fn count(&self, role: Role) -> usize {
        self.entries.iter().filter(|entry| entry.caller.role == role).count()
    }
}

/// A random key that cannot be guessed.
///
/// # Errors
///
/// If the system returns no random bytes.
pub(crate) fn generate() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}
