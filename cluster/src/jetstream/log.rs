//! The log in a stream.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use std::future::{Future, IntoFuture};

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::Info;
use bytes::Bytes;
use serde::Deserialize;
use time::OffsetDateTime;

use super::append::append;
use super::connection::{Connection, refused};
use super::cursor::{Arrived, Cursor};
use super::fitness;
use super::options::JetStreamOptions;
use crate::background::{Background, wait_for_servers};
use crate::log::silent;
use crate::place::Patience;
use crate::{Appended, Bounds, Log, LogError, Message};

/// The bytes of a message header, which count for the maximal length of a message on the server.
const HEADER: usize = 512;
/// How long a reader gets no messages before it asks the leader whether there are any.
const SILENCE: Duration = Duration::from_secs(2);
/// How many consumers one read creates at most.
const OPENINGS: usize = 3;
/// How many cursors are kept for the next reads.
const CURSORS: usize = 4;

/// A log in a stream of NATS JetStream.
///
/// An acknowledged message is on the disks of the majority of the stream's servers, if these sync every write
/// ([`SyncProof`](crate::SyncProof)). If a server stops answering, the client changes to the next one of the list. Calls
/// block their thread; the client has its own threads.
///
/// An append costs one round trip to the leader of the stream and a sync on the majority of servers. A read costs no round
/// trip: the server sends new messages without being asked.
#[derive(Debug)]
pub struct JetStreamLog {
    background: Background,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: JetStreamOptions,
    connection: Connection,
    /// Whether the servers and the stream were checked.
    is_checked: AtomicBool,
    patience: Patience,
    /// When a message arrived last, or the leader answered last that there is none.
    current_at: Mutex<Option<Instant>>,
    cursors: Mutex<Vec<Cursor>>,
}

impl JetStreamLog {
    /// Connects to the servers, creates the stream if it does not exist, and checks that the settings of servers and stream
    /// keep acknowledged messages.
    ///
    /// Servers that cannot be reached within [`JetStreamOptions::open_within`] are not an error here: the log is opened, its
    /// calls report [`LogError::Away`], and the first call that reaches the servers makes the checks.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if a file of the options cannot be read, or if servers or stream may lose acknowledged messages;
    /// [`LogError::Away`] if the system provides no threads for the client.
    pub fn open(options: JetStreamOptions) -> Result<Self, LogError> {
        let background = Background::start("viewlink-nats")?;
        let within = options.open_within;
        let shared = background.run(async move {
            let connection = Connection::begin(&options).await?;
            let patience = Patience::new(options.cut_off_after);
            Ok(Arc::new(Shared {
                options,
                connection,
                is_checked: AtomicBool::new(false),
                patience,
                current_at: Mutex::default(),
                cursors: Mutex::default(),
            }))
        })??;
        let log = Self { background, shared };
        let call = || log.run(|shared| async move { shared.checked().await });
        wait_for_servers(within, call).map(|()| log)
    }

    fn run<T, F>(&self, call: impl FnOnce(Arc<Shared>) -> F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LogError>> + Send + 'static,
    {
        self.background.run(call(Arc::clone(&self.shared)))?
    }
}

impl Log for JetStreamLog {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        let (shared, message) = (Arc::clone(&self.shared), Bytes::copy_from_slice(message));
        let appended = self.background.run(async move {
            if let Err(error) = shared.checked().await {
                return Appended::Refused(error);
            }
            append(&shared.connection, shared.options.subject(), after, message).await
        });
        appended.unwrap_or_else(Appended::Unknown)
    }

    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        self.run(move |shared| async move { shared.read(from, wait).await })
    }

    fn bounds(&self) -> Result<Bounds, LogError> {
        self.run(|shared| async move {
            shared.checked().await?;
            shared.bounds().await
        })
    }

    fn trim(&self, below: u64) -> Result<(), LogError> {
        self.run(move |shared| async move { shared.trim(below).await })
    }

    fn max_message_len(&self) -> usize {
        self.shared.connection.client().max_payload().saturating_sub(HEADER)
    }

    fn time(&self) -> Result<Option<SystemTime>, LogError> {
        self.run(|shared| async move { shared.time().await })
    }
}

impl Shared {
    /// Checks servers and stream, once.
    async fn checked(&self) -> Result<(), LogError> {
        if self.is_checked.load(Ordering::Acquire) {
            return Ok(());
        }
        if !self.connection.up_within(self.connection.answer_within()).await {
            return Err(silent("no server of the list can be reached, or none accepts this user"));
        }
        let info = match self.info().await? {
            Some(info) => info,
            None if self.options.create => self.create().await?,
            None => {
                let reason = format!("there is no stream {}: create it", self.options.stream);
                return Err(LogError::Unfit { reason });
            }
        };
        self.check_info(&info)?;
        fitness::check_sync(&self.options, &info).await?;
        self.is_checked.store(true, Ordering::Release);
        Ok(())
    }

    /// The information about the stream from its leader, if the stream exists.
    async fn info(&self) -> Result<Option<Info>, LogError> {
        const WHAT: &str = "the stream";
        let begun = Instant::now();
        let context = &self.connection.context;
        match self.connection.ask(WHAT, context.get_stream(&self.options.stream)).await? {
            Ok(stream) if fitness::is_led(stream.cached_info().cluster.as_ref()) => {
                self.connection.answered();
                Ok(Some(stream.cached_info().clone()))
            }
            Ok(_) => {
                self.connection.nothing_since(begun).await;
                Err(silent("the server is cut off from the leader of the stream"))
            }
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(answer)
                    if answer.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => {
                    self.connection.nothing_since(begun).await;
                    Err(refused(WHAT, error))
                }
            },
        }
    }

    /// The time of the leader of the stream, which the client does not return with its information.
    async fn time(&self) -> Result<Option<SystemTime>, LogError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default, with = "time::serde::rfc3339::option")]
            ts: Option<OffsetDateTime>,
        }
        const WHAT: &str = "the time of the servers";
        let subject = format!("STREAM.INFO.{}", self.options.stream);
        let request = self.connection.context.request(subject, &());
        let answer: Answer =
            self.connection.ask(WHAT, request).await?.map_err(|error| refused(WHAT, error))?;
        Ok(answer.ts.map(SystemTime::from))
    }

    async fn create(&self) -> Result<Info, LogError> {
        const WHAT: &str = "creating the stream";
        let config = fitness::stream_config(&self.options);
        let created =
            self.connection.ask(WHAT, self.connection.context.create_stream(config)).await?;
        created.map(|stream| stream.cached_info().clone()).map_err(|error| refused(WHAT, error))
    }

    fn check_info(&self, info: &Info) -> Result<(), LogError> {
        if let Some(server) = self.connection.client().try_server_info() {
            fitness::check_version(&self.options, &server.version)?;
        }
        fitness::check_stream(&self.options, &info.config)
    }

    async fn bounds(&self) -> Result<Bounds, LogError> {
        let Some(info) = self.info().await? else {
            // It existed before: this server does not know it yet, or an operator removed it.
            return Err(silent(format!("there is no stream {} any more", self.options.stream)));
        };
        self.check_info(&info)?;
        let (state, last) = (&info.state, info.state.last_sequence);
        let first = if state.messages == 0 { last + 1 } else { state.first_sequence };
        Ok(Bounds { first, last })
    }

    async fn trim(&self, below: u64) -> Result<(), LogError> {
        const WHAT: &str = "trimming the stream";
        self.checked().await?;
        let bounds = self.bounds().await?;
        let below = below.min(bounds.last + 1);
        // A purge up to sequence 0 would remove all messages.
        if below <= bounds.first.max(1) {
            return Ok(());
        }
        let stream = self.connection.context.get_stream_no_info(&self.options.stream).await;
        let stream = stream.map_err(|error| refused(WHAT, error))?;
        let purge = stream.purge().sequence(below);
        self.connection.ask(WHAT, purge.into_future()).await?.map_err(|e| refused(WHAT, e))?;
        Ok(())
    }

    async fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        let until = Instant::now() + wait;
        self.checked().await?;
        let mut kept = self.kept_cursor(from);
        let mut why = silent("the consumers of the stream failed one after another");
        for _ in 0..OPENINGS {
            let mut cursor = match kept.take() {
                Some(cursor) => cursor,
                None => self.new_cursor(from).await?,
            };
            loop {
                match self.receive(&mut cursor, until).await {
                    Arrived::Messages(messages) => return self.read_to(cursor, from, messages),
                    Arrived::Broken(error) => {
                        why = error;
                        break;
                    }
                    Arrived::Nothing if cursor.pending > 0 => {
                        return Err(silent(
                            "a consumer of the stream did not send the messages of the stream",
                        ));
                    }
                    Arrived::Nothing if !self.is_quiet(from).await? => break,
                    Arrived::Nothing if Instant::now() >= until => {
                        self.keep(cursor);
                        return Ok(Vec::new());
                    }
                    Arrived::Nothing => {}
                }
            }
        }
        Err(why)
    }

    /// Waits for messages until a time, but not so long that a server which is cut off from the others stays unnoticed. If the
    /// server has messages, they are waited for in any case.
    async fn receive(&self, cursor: &mut Cursor, until: Instant) -> Arrived {
        let now = Instant::now();
        let until = match cursor.pending {
            0 => until.min(now + SILENCE),
            _ => now + self.connection.answer_within(),
        };
        let cuts = cursor.cuts;
        tokio::select! {
            biased;
            arrived = cursor.receive(until) => arrived,
            () = self.connection.cut_after(cuts) => Arrived::Broken(silent("the connection was lost")),
        }
    }

    fn read_to(
        &self,
        mut cursor: Cursor,
        from: u64,
        messages: Vec<Message>,
    ) -> Result<Vec<Message>, LogError> {
        *lock(&self.current_at) = Some(Instant::now());
        match messages.first() {
            Some(first) if first.sequence > from => {
                Err(LogError::Trimmed { from, first: first.sequence })
            }
            _ => {
                cursor.pending = 0;
                self.keep(cursor);
                Ok(messages)
            }
        }
    }

    /// Whether the stream has no messages from a sequence on. The leader is asked from time to time, because the consumer of
    /// this reader may be cut off from it.
    async fn is_quiet(&self, from: u64) -> Result<bool, LogError> {
        if lock(&self.current_at).is_some_and(|at| at.elapsed() < SILENCE) {
            return Ok(true);
        }
        let bounds = self.bounds().await?;
        self.patience.check(from, bounds)?;
        *lock(&self.current_at) = Some(Instant::now());
        Ok(from > bounds.last)
    }

    async fn new_cursor(&self, from: u64) -> Result<Cursor, LogError> {
        let bounds = self.bounds().await?;
        self.patience.check(from, bounds)?;
        *lock(&self.current_at) = Some(Instant::now());
        Cursor::open(&self.connection, &self.options.stream, from).await
    }

    /// The kept cursor at a sequence, if there is one that lost no messages.
    fn kept_cursor(&self, from: u64) -> Option<Cursor> {
        let cuts = self.connection.cuts();
        let mut cursors = lock(&self.cursors);
        cursors.retain(|cursor| cursor.cuts == cuts);
        let at = cursors.iter().position(|cursor| cursor.next == from)?;
        Some(cursors.swap_remove(at))
    }

    fn keep(&self, cursor: Cursor) {
        if cursor.next == u64::MAX {
            return;
        }
        let mut cursors = lock(&self.cursors);
        if cursors.len() >= CURSORS {
            cursors.remove(0);
        }
        cursors.push(cursor);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
