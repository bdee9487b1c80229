//! The log in a table.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Mutex;
use tokio_postgres::{Error, Row};

use super::append::append;
use super::options::PostgresOptions;
use super::session::{Session, within};
use super::table::{Queries, refused};
use crate::background::{Background, wait_for_servers};
use crate::place;
use crate::{Appended, Bounds, Log, LogError, Message};

/// The maximal length of a message in bytes: far more than an entry has, and far less than a row can have.
const MAX_MESSAGE: usize = 64 << 20;
/// How long a reader waits for a notification before it looks for new messages: a notification may be lost.
const LOOK: Duration = Duration::from_secs(1);

/// A log in a table of PostgreSQL.
///
/// An acknowledged message is as safe as a commit of that server: it is on the disk of the server, and on the standbys in
/// `synchronous_standby_names`. If a standby without the last messages replaces the server, calls return
/// [`LogError::CutOff`]. Calls block their thread; the client has its own threads.
///
/// An append costs one round trip and a sync; appends to one log wait for each other.
#[derive(Debug)]
pub struct PostgresLog {
    background: Background,
    shared: Arc<Shared>,
}

struct Shared {
    options: PostgresOptions,
    queries: Queries,
    /// Appends have their own session, so that they do not wait for long answers to readers.
    writer: Mutex<Option<Arc<Session>>>,
    reader: Mutex<Option<Arc<Session>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.options.fmt(f)
    }
}

impl PostgresLog {
    /// Connects to the server, creates the tables if they do not exist, and checks that the settings of server and tables keep
    /// acknowledged messages. The check is repeated whenever a session begins.
    ///
    /// A server that cannot be reached within [`PostgresOptions::open_within`] is not an error here: later calls report it.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if the server or a table may lose acknowledged messages; [`LogError::Away`] if the system provides no
    /// threads for the client.
    pub fn open(options: PostgresOptions) -> Result<Self, LogError> {
        let background = Background::start("viewlink-postgres")?;
        let open_within = options.open_within;
        let queries = Queries::of(&options);
        let (writer, reader) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { options, queries, writer, reader });
        let log = Self { background, shared };
        let open = |shared: Arc<Shared>| async move { shared.session(&shared.reader).await };
        wait_for_servers(open_within, || log.run(open).map(|_| ())).map(|()| log)
    }

    fn run<T, F>(&self, call: impl FnOnce(Arc<Shared>) -> F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LogError>> + Send + 'static,
    {
        self.background.run(call(Arc::clone(&self.shared)))?
    }
}

impl Log for PostgresLog {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        if message.len() > MAX_MESSAGE {
            let (len, max) = (message.len(), MAX_MESSAGE);
            return Appended::Refused(LogError::TooLong { len, max });
        }
        let (shared, message) = (Arc::clone(&self.shared), message.to_vec());
        let appended = self.background.run(async move { shared.append(after, &message).await });
        appended.unwrap_or_else(Appended::Unknown)
    }

    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        self.run(move |shared| async move { shared.read(from, wait).await })
    }

    fn bounds(&self) -> Result<Bounds, LogError> {
        self.run(|shared| async move {
            let row = shared
                .ask("the bounds", |s, q| async move { s.client.query_one(&q.bounds, &[]).await })
                .await?;
            let numbers =
                || Ok::<_, Error>(Bounds { first: number(&row, 0)?, last: number(&row, 1)? });
            numbers().map_err(|error| refused("the bounds", error))
        })
    }

    fn trim(&self, below: u64) -> Result<(), LogError> {
        let below = i64::try_from(below).unwrap_or(i64::MAX);
        self.run(move |shared| async move {
            let trimmed = shared
                .ask("trimming", |s, q| async move { s.client.execute(&q.trim, &[&below]).await });
            trimmed.await.map(|_| ())
        })
    }

    fn max_message_len(&self) -> usize {
        MAX_MESSAGE
    }

    fn time(&self) -> Result<Option<SystemTime>, LogError> {
        const WHAT: &str = "the time of the server";
        self.run(|shared| async move {
            let query = |s: Arc<Session>, _| async move {
                s.client.query_one("select clock_timestamp()", &[]).await
            };
            let row = shared.ask(WHAT, query).await?;
            row.try_get(0).map(Some).map_err(|error| refused(WHAT, error))
        })
    }
}

impl Shared {
    /// The session in a place; a new one if there is none, or if it ended.
    async fn session(&self, place: &Mutex<Option<Arc<Session>>>) -> Result<Arc<Session>, LogError> {
        let mut session = place.lock().await;
        if let Some(session) = session.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(Arc::clone(session));
        }
        *session = None;
        let new = Arc::new(Session::open(&self.options, &self.queries).await?);
        *session = Some(Arc::clone(&new));
        Ok(new)
    }

    async fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        let session = match self.session(&self.writer).await {
            Ok(session) => session,
            Err(error) => return Appended::Refused(error),
        };
        let call = append(&session, after, message);
        match within(self.options.answer_within, "an append", call).await {
            Ok(appended) => appended,
            Err(error) => {
                *self.writer.lock().await = None;
                Appended::Unknown(error)
            }
        }
    }

    /// The answer to a query, in the session of the readers.
    async fn ask<'a, T, F>(
        &'a self,
        what: &str,
        query: impl FnOnce(Arc<Session>, &'a Queries) -> F,
    ) -> Result<T, LogError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let session = self.session(&self.reader).await?;
        let answer = query(Arc::clone(&session), &self.queries);
        let answer = within(self.options.answer_within, what, answer).await;
        if answer.is_err() {
            *self.reader.lock().await = None;
        }
        answer?.map_err(|error| refused(what, error))
    }

    async fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        let until = Instant::now() + wait;
        let sequence = i64::try_from(from).unwrap_or(i64::MAX);
        loop {
            let mut notified = self.session(&self.reader).await?.notified.clone();
            notified.mark_unchanged();
            let rows = self
                .ask("reading", |s, _| async move { s.client.query(&s.read, &[&sequence]).await });
            let messages = messages(from, &rows.await?)?;
            let left = until.saturating_duration_since(Instant::now());
            if !messages.is_empty() || left.is_zero() {
                return Ok(messages);
            }
            if let Ok(Err(_)) = tokio::time::timeout(left.min(LOOK), notified.changed()).await {
                // The session ended. Pause before the next attempt.
                tokio::time::sleep(left.min(Duration::from_millis(50))).await;
            }
        }
    }
}

/// The messages of an answer. Each row also has the newest sequence.
fn messages(from: u64, rows: &[Row]) -> Result<Vec<Message>, LogError> {
    const WHAT: &str = "an answer to a reader";
    let mut messages = Vec::with_capacity(rows.len());
    let mut last = 0;
    for row in rows {
        last = number(row, 0).map_err(|error| refused(WHAT, error))?;
        let sequence = row.try_get::<_, Option<i64>>(1).map_err(|error| refused(WHAT, error))?;
        if let Some(sequence) = sequence.map(i64::unsigned_abs) {
            let bytes = row.try_get(2).map_err(|error| refused(WHAT, error))?;
            messages.push(Message { sequence, bytes });
        }
    }
    let first = messages.first().map_or(last.saturating_add(1), |message| message.sequence);
    place::check(from, Bounds { first: first.min(last.saturating_add(1)), last })?;
    Ok(messages)
}

fn number(row: &Row, at: usize) -> Result<u64, Error> {
    row.try_get::<_, i64>(at).map(i64::unsigned_abs)
}
