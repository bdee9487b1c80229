//! A session with the server.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::options::PostgresOptions;
use super::table::{Queries, check_server, refused};
use crate::LogError;
use crate::log::{away, silent};

/// A session that was checked, and is ready for the calls of a log.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) append: Statement,
    pub(super) read: Statement,
    pub(super) notify: Statement,
    /// How many notifications of new messages came.
    pub(super) notified: watch::Receiver<u64>,
}

impl Session {
    /// Connects, checks the server and the tables, and listens for notifications.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if that takes longer than twice the time for an answer, or fails; [`LogError::Unfit`] if server or
    /// tables may lose acknowledged messages.
    pub(super) async fn open(
        options: &PostgresOptions,
        queries: &Queries,
    ) -> Result<Self, LogError> {
        let opening = Self::open_untimed(options, queries);
        within(options.answer_within.mul_f64(2.0), "opening a session", opening).await?
    }

    async fn open_untimed(options: &PostgresOptions, queries: &Queries) -> Result<Self, LogError> {
        const WHAT: &str = "opening a session";
        let (client, notified) = connect(options).await?;
        check_server(&client, options).await?;
        // A timeout that is set for the role or the database must not end a call that waits for a lock. Just-in-time
        // compilation of the query of a reader takes a hundred times as long as its execution.
        client
            .batch_execute("set statement_timeout = 0; set lock_timeout = 0; set jit = off")
            .await
            .map_err(|error| refused(WHAT, error))?;
        queries.create_tables(&client, options.create).await?;
        let prepared = async {
            client.batch_execute(&queries.listen).await?;
            let append = client.prepare(&queries.append).await?;
            let read = client.prepare(&queries.read).await?;
            let notify = client.prepare(&queries.notify).await?;
            Ok((append, read, notify))
        };
        let (append, read, notify) = prepared.await.map_err(|error| refused(WHAT, error))?;
        Ok(Self { client, append, read, notify, notified })
    }
}

type Notified = watch::Receiver<u64>;

async fn connect(options: &PostgresOptions) -> Result<(Client, Notified), LogError> {
    const WHAT: &str = "connecting to PostgreSQL";
    let (sender, notified) = watch::channel(0);
    let Some(roots) = &options.roots else {
        let (client, connection) =
            options.config.connect(NoTls).await.map_err(|error| away(WHAT, error))?;
        tokio::spawn(drive(connection, sender));
        return Ok((client, notified));
    };
    let mut config = options.config.clone();
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) =
        config.connect(tls(roots)?).await.map_err(|error| away(WHAT, error))?;
    tokio::spawn(drive(connection, sender));
    Ok((client, notified))
}

fn tls(roots: &std::path::Path) -> Result<MakeRustlsConnect, LogError> {
    let unfit = |why: String| LogError::Unfit { reason: format!("{}: {why}", roots.display()) };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(roots).map_err(|e| unfit(e.to_string()))? {
        let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
        store.add(certificate).map_err(|error| unfit(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Drives the connection until the session ends, and counts notifications.
async fn drive<S, T>(mut connection: Connection<S, T>, sender: watch::Sender<u64>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    // An error ends the session, and the next call gets it.
    while let Some(Ok(message)) = messages.next().await {
        if matches!(message, AsyncMessage::Notification(_)) {
            sender.send_modify(|count| *count += 1);
        }
    }
}

/// The result of a call within a time.
///
/// # Errors
///
/// [`LogError::Away`] if the call takes longer.
pub(super) async fn within<T>(
    time: Duration,
    what: &str,
    call: impl Future<Output = T>,
) -> Result<T, LogError> {
    let done = tokio::time::timeout(time, call).await;
    done.map_err(|_| silent(format!("{what}: no answer in {time:?}")))
}
