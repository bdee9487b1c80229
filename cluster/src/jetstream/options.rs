//! Where the servers are, and what is asked of them.

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::ServerAddr;

use crate::LogError;

/// How it is known that the servers write what they acknowledge to their disks first.
///
/// A server syncs every write only with `sync_interval: always` in its file; else acknowledged changes can be lost with
/// the power. Servers tell that setting to their system account alone, so an ordinary connection cannot know it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum SyncProof {
    /// Nobody said how. Opening fails, so that the question is answered once.
    #[default]
    None,
    /// A URL with the user and password of the system account, which is asked whenever the log is opened.
    SystemUser(String),
    /// A credentials file of the system account, which is asked whenever the log is opened.
    SystemCredentials(PathBuf),
    /// The caller looks after it.
    Trusted,
}

impl Debug for SyncProof {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::SystemUser(_) => "SystemUser(..)",
            Self::SystemCredentials(_) => "SystemCredentials(..)",
            Self::Trusted => "Trusted",
        })
    }
}

/// Where the servers of JetStream are, and what is asked of a stream.
///
/// ```
/// # use viewlink_cluster::{JetStreamOptions, SyncProof};
/// # fn main() -> Result<(), viewlink_cluster::LogError> {
/// let options = JetStreamOptions::new("nats://n1:4222,nats://n2:4222,nats://n3:4222", "viewlink")?
///     .credentials_file("/etc/viewlink/member.creds")
///     .sync_proof(SyncProof::SystemCredentials("/etc/viewlink/system.creds".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct JetStreamOptions {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) stream: String,
    pub(super) replicas: usize,
    pub(super) max_bytes: Option<i64>,
    pub(super) create: bool,
    pub(super) credentials: Option<PathBuf>,
    pub(super) roots: Option<PathBuf>,
    pub(super) client_certificate: Option<(PathBuf, PathBuf)>,
    pub(super) require_tls: bool,
    pub(super) sync_proof: SyncProof,
    pub(super) accept_old_servers: bool,
    pub(super) follow_discovered: bool,
    pub(super) answer_within: Duration,
    pub(super) open_within: Duration,
    pub(super) cut_off_after: Duration,
}

impl JetStreamOptions {
    /// Servers as a list of URLs with commas between them, and the name of the stream. A user and a password may stand
    /// in the URLs; `tls://` asks for TLS.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] where a URL is invalid, or the name of the stream is empty, has more than 200 bytes, or one
    /// that is no letter, digit, `-` or `_`.
    pub fn new(servers: &str, stream: impl Into<String>) -> Result<Self, LogError> {
        let stream = stream.into();
        if stream.is_empty() || stream.len() > 200 || !stream.bytes().all(is_name_byte) {
            let reason = "a name of a stream is 1 to 200 letters, digits, '-' and '_'".to_owned();
            return Err(LogError::Unfit { reason });
        }
        Ok(Self {
            servers: addresses(servers)?,
            stream,
            replicas: 3,
            max_bytes: None,
            create: true,
            credentials: None,
            roots: None,
            client_certificate: None,
            require_tls: false,
            sync_proof: SyncProof::None,
            accept_old_servers: false,
            follow_discovered: true,
            answer_within: Duration::from_secs(2),
            open_within: Duration::from_secs(10),
            cut_off_after: Duration::from_secs(15),
        })
    }

    /// On how many servers each message is, 3 by default; a stream with fewer is refused. 1 is for tests and for those
    /// who can do without a server's disk.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// The most bytes of the stream that is made; no limit but the servers' own by default. A full stream refuses
    /// messages ([`LogError::Full`]); it never drops old ones.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(i64::try_from(max_bytes).unwrap_or(i64::MAX));
        self
    }

    /// Whether a stream that is not there is made, as by default.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// A credentials file with a user's token and key, as `nsc` writes it.
    pub fn credentials_file(mut self, path: impl AsRef<Path>) -> Self {
        self.credentials = Some(path.as_ref().to_owned());
        self
    }

    /// Certificates of authorities in a PEM file, which the servers' certificates are checked with beside those of the
    /// system; asks for TLS.
    pub fn root_certificates(mut self, path: impl AsRef<Path>) -> Self {
        self.roots = Some(path.as_ref().to_owned());
        self.require_tls = true;
        self
    }

    /// A certificate and its key in PEM files, to show to the servers; asks for TLS.
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Self {
        self.client_certificate = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        self.require_tls = true;
        self
    }

    /// How it is known that the servers sync; without one, opening fails.
    pub fn sync_proof(mut self, proof: SyncProof) -> Self {
        self.sync_proof = proof;
        self
    }

    /// Takes servers before 2.11 as well, which lost acknowledged messages in ways that were mended since; those before
    /// 2.10 cannot sync every write at all.
    pub fn accept_old_servers(mut self, accept: bool) -> Self {
        self.accept_old_servers = accept;
        self
    }

    /// Whether servers that the others tell of are tried as well, as by default; `false` where they tell addresses that
    /// cannot be reached from here.
    pub fn follow_discovered(mut self, follow: bool) -> Self {
        self.follow_discovered = follow;
        self
    }

    /// How long an answer is waited for, 2 s by default. After one and a half times as long without any, the next
    /// server of the list is tried.
    pub fn answer_within(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
    }

    /// How long opening waits for the servers, 10 s by default. A log that is away then is opened all the same, and is
    /// tried again at every call.
    pub fn open_within(mut self, within: Duration) -> Self {
        self.open_within = within;
        self
    }

    /// How long a stream has to look too short before [`LogError::CutOff`] says so, 15 s by default: longer than a
    /// leader that is cut off from the others thinks that it leads.
    pub fn cut_off_after(mut self, after: Duration) -> Self {
        self.cut_off_after = after;
        self
    }

    /// The subject of the stream's messages.
    pub(super) fn subject(&self) -> String {
        format!("{}.log", self.stream)
    }
}

// A URL may hold a password.
impl Debug for JetStreamOptions {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let servers: Vec<_> =
            self.servers.iter().map(|s| format!("{}:{}", s.host(), s.port())).collect();
        f.debug_struct("JetStreamOptions")
            .field("servers", &servers)
            .field("stream", &self.stream)
            .field("replicas", &self.replicas)
            .field("sync_proof", &self.sync_proof)
            .finish_non_exhaustive()
    }
}

/// The addresses of a list of URLs.
pub(super) fn addresses(list: &str) -> Result<Vec<ServerAddr>, LogError> {
    let unfit = |why: &str| LogError::Unfit { reason: format!("the servers are not URLs: {why}") };
    let mut parsed = Vec::new();
    for url in list.split(',') {
        // The error of the parser has no URL, and so no password.
        let address: ServerAddr =
            url.trim().parse().map_err(|e: std::io::Error| unfit(&e.to_string()))?;
        if address.host().is_empty() {
            return Err(unfit("one has no host"));
        }
        parsed.push(address);
    }
    Ok(parsed)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_urls_is_taken_and_no_password_is_shown() {
        let options = JetStreamOptions::new("nats://u:hidden@a:1, tls://b", "s")
            .unwrap()
            .sync_proof(SyncProof::SystemUser("nats://sys:hidden@a:1".into()));
        let shown = format!("{options:?}");
        assert!(shown.contains("a:1") && shown.contains("b:4222"), "{shown}");
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn what_is_no_url_and_no_name_is_refused() {
        assert!(JetStreamOptions::new("http://a", "s").is_err());
        assert!(JetStreamOptions::new("", "s").is_err());
        for name in ["", "a.b", "a b", "a*", &"a".repeat(201)] {
            assert!(JetStreamOptions::new("nats://a", name).is_err(), "{name}");
        }
    }
}
