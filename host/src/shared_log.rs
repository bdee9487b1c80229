//! The log that this host shares with others, and the place of its snapshots.

use std::sync::Arc;

use viewlink_cluster::{Log, LogError, Snapshots};

use crate::log_options::LogOptions;

/// A log, and the place for snapshots.
pub(crate) struct SharedLog {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) snapshots: Arc<dyn Snapshots>,
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SharedLogError {
    /// The servers cannot be used as they are.
    #[error("the log cannot be used")]
    Log(#[from] LogError),
    /// The program has no client for the servers.
    #[cfg(not(feature = "cluster"))]
    #[error(
        "this program was built without --cluster and --postgres: build it with `--features cluster`"
    )]
    NotBuilt,
}

/// Connects to the log that the options name; `None` if they name none.
///
/// Waits until the servers answer, for 10 s at most.
#[cfg(feature = "cluster")]
pub(crate) fn open(options: &LogOptions) -> Result<Option<SharedLog>, SharedLogError> {
    if let Some(servers) = &options.cluster {
        return Ok(Some(jetstream(options, servers.text())?));
    }
    match &options.postgres {
        Some(url) => Ok(Some(postgres(options, url.text())?)),
        None => Ok(None),
    }
}

/// Refuses a log, for which this program has no client.
#[cfg(not(feature = "cluster"))]
pub(crate) const fn open(options: &LogOptions) -> Result<Option<SharedLog>, SharedLogError> {
    if options.is_shared() { Err(SharedLogError::NotBuilt) } else { Ok(None) }
}

#[cfg(feature = "cluster")]
fn jetstream(options: &LogOptions, servers: &str) -> Result<SharedLog, LogError> {
    use viewlink_cluster::{JetStreamLog, JetStreamOptions, JetStreamSnapshots, SyncProof};

    let proof = match (&options.system, &options.system_creds) {
        (Some(servers), _) => SyncProof::SystemUser(servers.text().to_owned()),
        (None, Some(file)) => SyncProof::SystemCredentials(file.clone()),
        (None, None) if options.trust_sync => SyncProof::Trusted,
        (None, None) => SyncProof::None,
    };
    let mut named = JetStreamOptions::new(servers, &options.stream)?
        .replicas(options.replicas.into())
        .sync_proof(proof);
    if let Some(file) = &options.nats_creds {
        named = named.credentials_file(file);
    }
    if let Some(file) = &options.tls_ca {
        named = named.root_certificates(file);
    }
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        named = named.client_certificate(certificate, key);
    }
    let log = Arc::new(JetStreamLog::open(named.clone())?);
    let snapshots = match directory(options)? {
        Some(directory) => directory,
        None => Arc::new(JetStreamSnapshots::open(named)?),
    };
    Ok(SharedLog { log, snapshots })
}

#[cfg(feature = "cluster")]
fn postgres(options: &LogOptions, url: &str) -> Result<SharedLog, LogError> {
    use viewlink_cluster::{PostgresLog, PostgresOptions};

    let mut named = PostgresOptions::new(url, &options.table)?;
    if let Some(file) = &options.tls_ca {
        named = named.root_certificates(file);
    }
    let missing = "the snapshots have no place: give a directory with --snapshots";
    let unfit = || LogError::Unfit { reason: missing.to_owned() };
    let snapshots = directory(options)?.ok_or_else(unfit)?;
    Ok(SharedLog { log: Arc::new(PostgresLog::open(named)?), snapshots })
}

#[cfg(feature = "cluster")]
fn directory(options: &LogOptions) -> Result<Option<Arc<dyn Snapshots>>, LogError> {
    let Some(directory) = &options.snapshots else { return Ok(None) };
    Ok(Some(Arc::new(viewlink_cluster::DirectorySnapshots::open(directory)?)))
}
