//! The servers, and the settings of the stream.

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::ServerAddr;

use crate::LogError;

/// How to check that the servers sync every write before they acknowledge it.
///
/// A server syncs every write only with `sync_interval: always` in its configuration file. Without it, a loss of power can
/// lose acknowledged changes. Only the system account can read this setting, so an ordinary connection cannot check it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum SyncProof {
    /// Not set. Opening fails, so that the caller has to decide.
    #[default]
    None,
    /// A URL with the user and password of the system account, which is used whenever the log is opened.
    SystemUser(String),
    /// A credentials file of the system account, which is used whenever the log is opened.
    SystemCredentials(PathBuf),
    /// The operator ensures it.
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

/// The servers of JetStream, and the settings of a stream.
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
    /// The URLs of the servers, with commas between them, and the name of the stream. URLs may have a user and a password;
    /// `tls://` requires TLS.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if a URL is invalid, or if the name of the stream is empty, has more than 200 bytes, or has other
    /// characters than letters, digits, `-` and `_`.
    pub fn new(servers: &str, stream: impl Into<String>) -> Result<Self, LogError> {
        let stream = stream.into();
        if stream.is_empty() || stream.len() > 200 || !stream.bytes().all(is_name_byte) {
            let reason =
                "the name of a stream must have 1 to 200 letters, digits, '-' and '_'".to_owned();
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

    /// The number of servers that have each message. Default: 3. A stream with fewer is refused. 1 is for tests: the disk of
    /// that server is then the only copy.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// The maximal size of a new stream, in bytes. Default: only the limits of the servers. A full stream refuses messages
    /// ([`LogError::Full`]); it never drops old ones.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(i64::try_from(max_bytes).unwrap_or(i64::MAX));
        self
    }

    /// Whether to create a stream that does not exist. Default: yes.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// A credentials file with the token and the key of a user, in the format of `nsc`.
    pub fn credentials_file(mut self, path: impl AsRef<Path>) -> Self {
        self.credentials = Some(path.as_ref().to_owned());
        self
    }

    /// Certificates of authorities in a PEM file, in addition to those of the system, to check the servers' certificates with.
    /// Requires TLS.
    pub fn root_certificates(mut self, path: impl AsRef<Path>) -> Self {
        self.roots = Some(path.as_ref().to_owned());
        self.require_tls = true;
        self
    }

    /// A certificate of this client and its key, in PEM files. Requires TLS.
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Self {
        self.client_certificate = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        self.require_tls = true;
        self
    }

    /// How to check that the servers sync every write. Without it, opening fails.
    pub fn sync_proof(mut self, proof: SyncProof) -> Self {
        self.sync_proof = proof;
        self
    }

    /// Also accepts servers before version 2.11. They lost acknowledged messages in ways that later versions fixed, and those
    /// before 2.10 cannot sync every write.
    pub fn accept_old_servers(mut self, accept: bool) -> Self {
        self.accept_old_servers = accept;
        self
    }

    /// Whether to connect also to servers whose addresses other servers announce. Default: yes. Use `false` if the announced
    /// addresses cannot be reached from this host.
    pub fn follow_discovered(mut self, follow: bool) -> Self {
        self.follow_discovered = follow;
        self
    }

    /// How long to wait for an answer. Default: 2 seconds. After one and a half times as long without any answer, the client
    /// changes to the next server of the list.
    pub fn answer_within(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
    }

    /// How long opening waits for the servers. Default: 10 seconds. If they cannot be reached, the log is opened nevertheless,
    /// and every call tries to reach them.
    pub fn open_within(mut self, within: Duration) -> Self {
        self.open_within = within;
        self
    }

    /// How long a stream has to look too short before a call returns [`LogError::CutOff`]. Default: 15 seconds, which is longer
    /// than a leader that is cut off from the other servers still acts as the leader.
    pub fn cut_off_after(mut self, after: Duration) -> Self {
        self.cut_off_after = after;
        self
    }

    /// The subject of the messages of the stream.
    pub(super) fn subject(&self) -> String {
        format!("{}.log", self.stream)
    }
}

// A URL may contain a password.
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
        // The error of the parser does not contain the URL, and so no password.
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
    fn a_list_of_urls_is_accepted_and_no_password_is_shown() {
        let options = JetStreamOptions::new("nats://u:hidden@a:1, tls://b", "s")
            .unwrap()
            .sync_proof(SyncProof::SystemUser("nats://sys:hidden@a:1".into()));
        let shown = format!("{options:?}");
        assert!(shown.contains("a:1") && shown.contains("b:4222"), "{shown}");
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn an_invalid_url_and_an_invalid_name_are_refused() {
        assert!(JetStreamOptions::new("http://a", "s").is_err());
        assert!(JetStreamOptions::new("", "s").is_err());
        for name in ["", "a.b", "a b", "a*", &"a".repeat(201)] {
            assert!(JetStreamOptions::new("nats://a", name).is_err(), "{name}");
        }
    }
}
