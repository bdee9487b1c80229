//! The end of the log: what was read of it and not taken yet, and the thread that reads it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::{Log, LogError, Message};

/// How many bytes are read ahead.
const AHEAD: usize = 16 << 20;

/// What was read of the log, for the one who takes it.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) log: Arc<dyn Log>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Read and not taken, in order.
    queue: VecDeque<Message>,
    bytes: usize,
    /// What is read next.
    next: u64,
    /// How often another place was sought: what was read for the one before is of no use.
    seeks: u64,
    /// The last message that was taken and has no effect any more that is not known.
    taken: u64,
    /// The newest message that is known of.
    newest: u64,
    /// When the log answered last.
    contact: Option<Instant>,
    /// Why it did not, if it did not since.
    away: Option<String>,
    /// Why it cannot be read on.
    failure: Option<Failure>,
    /// Whether it is known that the log is this store's.
    is_confirmed: bool,
    is_closed: bool,
    /// How many wait until something is taken, so that nobody is woken for nothing.
    await_taken: usize,
    /// Whether the reader waits for room.
    awaits_room: bool,
}

/// Why nothing more comes of the log.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the member was closed")]
    Closed,
    #[error(transparent)]
    Log(Arc<LogError>),
    #[error("the log does not have the last change of this copy, or is one of another store")]
    OtherLog,
    #[error("the log did not answer within {0:?}")]
    Late(Duration),
}

/// What is known of the log.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) taken: u64,
    pub(crate) newest: u64,
    pub(crate) seeks: u64,
    pub(crate) contact: Option<Instant>,
    pub(crate) away: Option<String>,
    pub(crate) failure: Option<Failure>,
}

impl Tail {
    /// The end of a log behind a message.
    pub(crate) fn new(log: Arc<dyn Log>) -> Self {
        let inner = Inner { next: 1, ..Inner::default() };
        Self { log, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads on behind a message, whatever was read before.
    pub(crate) fn seek(&self, behind: u64) {
        let mut inner = self.inner();
        inner.queue.clear();
        inner.bytes = 0;
        inner.next = behind.saturating_add(1);
        inner.taken = behind;
        inner.newest = inner.newest.max(behind);
        inner.seeks = inner.seeks.wrapping_add(1);
        // That of the log as such stays.
        inner.failure = inner.failure.take().filter(|failure| matches!(failure, Failure::OtherLog));
        self.changed.notify_all();
    }

    /// The next message that was read and not [taken](Self::taken).
    pub(crate) fn pop(&self) -> Option<Message> {
        let mut inner = self.inner();
        loop {
            let message = inner.queue.pop_front()?;
            inner.bytes = inner.bytes.saturating_sub(message.bytes.len());
            if message.sequence > inner.taken {
                if inner.awaits_room && inner.bytes < AHEAD {
                    self.changed.notify_all();
                }
                return Some(message);
            }
        }
    }

    /// Gives a message back that was [popped](Self::pop) last.
    pub(crate) fn put_back(&self, message: Message) {
        let mut inner = self.inner();
        inner.bytes += message.bytes.len();
        inner.queue.push_front(message);
    }

    /// Says that all up to a message was taken.
    pub(crate) fn take(&self, sequence: u64) {
        let mut inner = self.inner();
        inner.taken = inner.taken.max(sequence);
        inner.newest = inner.newest.max(sequence);
        if inner.await_taken > 0 {
            self.changed.notify_all();
        }
    }

    /// The last message that was read, where all that was read is taken.
    pub(crate) fn read_up_to(&self) -> u64 {
        let inner = self.inner();
        inner.next.saturating_sub(1).max(inner.taken)
    }

    pub(crate) fn seen(&self) -> Seen {
        let inner = self.inner();
        Seen {
            taken: inner.taken,
            newest: inner.newest,
            seeks: inner.seeks,
            contact: inner.contact,
            away: inner.away.clone(),
            failure: inner.failure.clone(),
        }
    }

    /// Waits until there is a message, or until a moment; tells whether there is one.
    ///
    /// # Errors
    ///
    /// Why none will come.
    pub(crate) fn wait(&self, until: Instant) -> Result<bool, Failure> {
        self.wait_until(until, |inner| !inner.queue.is_empty())
    }

    /// Waits until all up to a message is taken, or until a moment; tells whether it is.
    ///
    /// # Errors
    ///
    /// Why it will not be.
    pub(crate) fn wait_taken(&self, sequence: u64, until: Instant) -> Result<bool, Failure> {
        self.inner().await_taken += 1;
        let waited = self.wait_until(until, |inner| inner.taken >= sequence);
        self.inner().await_taken -= 1;
        waited
    }

    /// Waits until it is known that the log is this store's.
    pub(crate) fn wait_confirmed(&self, until: Instant) -> Result<bool, Failure> {
        self.wait_until(until, |inner| inner.is_confirmed)
    }

    fn wait_until(
        &self,
        until: Instant,
        is_there: impl Fn(&Inner) -> bool,
    ) -> Result<bool, Failure> {
        let mut inner = self.inner();
        loop {
            if inner.is_closed {
                return Err(Failure::Closed);
            }
            if is_there(&inner) {
                return Ok(true);
            }
            if let Some(failure) = &inner.failure {
                return Err(failure.clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sleeps, but not beyond the end of the member; tells whether that has come.
    pub(crate) fn sleep(&self, duration: Duration) -> bool {
        let (inner, begun) = (self.inner(), Instant::now());
        let asleep = |inner: &mut Inner| !inner.is_closed && begun.elapsed() < duration;
        let woken = self.changed.wait_timeout_while(inner, duration, asleep);
        woken.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }

    pub(crate) fn close(&self) {
        self.inner().is_closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.inner().is_closed
    }

    /// Says whether the log is this store's.
    pub(crate) fn confirm(&self, is_ours: bool) {
        let mut inner = self.inner();
        inner.is_confirmed = is_ours;
        inner.failure = if is_ours { None } else { Some(Failure::OtherLog) };
        inner.away = None;
        self.changed.notify_all();
    }

    /// Says that the log did not answer.
    pub(crate) fn note_away(&self, error: &LogError) {
        self.inner().away = Some(crate::error::chain(error));
    }

    /// Reads the log until the member is closed; each read waits so long for messages.
    pub(crate) fn read_on(&self, wait: Duration) {
        let mut backoff = Backoff::new();
        while let Some((from, seeks)) = self.place_to_read() {
            match self.log.read(from, wait) {
                Ok(messages) => {
                    self.add(seeks, messages);
                    backoff.reset();
                }
                Err(error) => {
                    self.note_failure(seeks, error);
                    self.sleep(backoff.next());
                }
            }
        }
    }

    /// Where to read, once there is room; `None` where the member is closed.
    fn place_to_read(&self) -> Option<(u64, u64)> {
        let mut inner = self.inner();
        while inner.bytes >= AHEAD && !inner.is_closed {
            inner.awaits_room = true;
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.awaits_room = false;
        (!inner.is_closed).then_some((inner.next, inner.seeks))
    }

    fn add(&self, seeks: u64, messages: Vec<Message>) {
        let mut inner = self.inner();
        (inner.contact, inner.away) = (Some(Instant::now()), None);
        if inner.seeks != seeks {
            return;
        }
        // One of the log as such stays.
        inner.failure = inner.failure.take().filter(|failure| matches!(failure, Failure::OtherLog));
        for message in messages {
            debug_assert!(message.sequence >= inner.next, "a log gives messages in order");
            if message.sequence < inner.next {
                continue;
            }
            inner.next = message.sequence.saturating_add(1);
            inner.newest = inner.newest.max(message.sequence);
            // What a proposal has taken already need not come again.
            if message.sequence > inner.taken {
                inner.bytes += message.bytes.len();
                inner.queue.push_back(message);
            }
        }
        if !inner.queue.is_empty() {
            self.changed.notify_all();
        }
    }

    fn note_failure(&self, seeks: u64, error: LogError) {
        if let LogError::Away { .. } = error {
            return self.note_away(&error);
        }
        let mut inner = self.inner();
        if inner.seeks == seeks {
            inner.failure = Some(Failure::Log(Arc::new(error)));
            self.changed.notify_all();
        }
    }
}
