//! The end of the log: the messages that were read and not processed yet, and the loop that reads.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::clock::ClockCheck;
use crate::{Log, LogError, Message};

/// The maximal number of bytes that are read in advance.
const AHEAD: usize = 16 << 20;

/// The messages that were read, for the thread that processes them.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: ClockCheck,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Messages that were read and not processed, in order.
    queue: VecDeque<Message>,
    bytes: usize,
    /// The sequence that is read next.
    next: u64,
    /// How often the reader was moved to another sequence. Messages that were read before the move are dropped.
    seeks: u64,
    /// All messages up to this sequence are processed.
    processed: u64,
    /// The newest known message.
    newest: u64,
    /// The time of the last answer of the log.
    contact: Option<Instant>,
    /// The error since then, if the log did not answer.
    away: Option<String>,
    /// The reason why reading cannot continue.
    failure: Option<Failure>,
    /// Whether the log is known to belong to this store.
    is_confirmed: bool,
    is_closed: bool,
    /// How many threads wait for the processing of a message. Only then are threads woken for it.
    processed_waiters: usize,
    /// Whether the reader waits until there is room in the queue.
    awaits_room: bool,
}

/// The reason why no more messages come from the log.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the member was closed")]
    Closed,
    #[error(transparent)]
    Log(Arc<LogError>),
    #[error("the log does not have the last change of this copy, or belongs to another store")]
    OtherLog,
    #[error("the log did not answer within {0:?}")]
    Late(Duration),
    #[error("the clock of this host is {0:?} ahead of the clock of the log: correct it")]
    ClockAhead(Duration),
}

/// The state of reading, for the status of the member.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) processed: u64,
    pub(crate) newest: u64,
    pub(crate) seeks: u64,
    pub(crate) contact: Option<Instant>,
    pub(crate) away: Option<String>,
    pub(crate) failure: Option<Failure>,
}

impl Tail {
    /// The end of a log, before anything was read.
    pub(crate) fn new(log: Arc<dyn Log>, max_clock_lead: Duration) -> Self {
        let inner = Mutex::new(Inner { next: 1, ..Inner::default() });
        Self { log, clock: ClockCheck::new(max_clock_lead), inner, changed: Condvar::new() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No code panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Continues to read after a sequence, and drops messages that were read before.
    pub(crate) fn seek(&self, last: u64) {
        let mut inner = self.inner();
        inner.queue.clear();
        inner.bytes = 0;
        inner.next = last.saturating_add(1);
        inner.processed = last;
        inner.newest = inner.newest.max(last);
        inner.seeks = inner.seeks.wrapping_add(1);
        // A failure that concerns the whole log stays.
        inner.failure = inner.failure.take().filter(|failure| matches!(failure, Failure::OtherLog));
        self.changed.notify_all();
    }

    /// The next message that was read and not [processed](Self::set_processed).
    pub(crate) fn pop(&self) -> Option<Message> {
        let mut inner = self.inner();
        loop {
            let message = inner.queue.pop_front()?;
            inner.bytes = inner.bytes.saturating_sub(message.bytes.len());
            if message.sequence > inner.processed {
                if inner.awaits_room && inner.bytes < AHEAD {
                    self.changed.notify_all();
                }
                return Some(message);
            }
        }
    }

    /// Returns the last [popped](Self::pop) message to the queue.
    pub(crate) fn push_front(&self, message: Message) {
        let mut inner = self.inner();
        inner.bytes += message.bytes.len();
        inner.queue.push_front(message);
    }

    /// Marks all messages up to a sequence as processed.
    pub(crate) fn set_processed(&self, sequence: u64) {
        let mut inner = self.inner();
        inner.processed = inner.processed.max(sequence);
        inner.newest = inner.newest.max(sequence);
        if inner.processed_waiters > 0 {
            self.changed.notify_all();
        }
    }

    /// The sequence of the last message that was read.
    pub(crate) fn last_read(&self) -> u64 {
        let inner = self.inner();
        inner.next.saturating_sub(1).max(inner.processed)
    }

    pub(crate) fn seen(&self) -> Seen {
        let inner = self.inner();
        Seen {
            processed: inner.processed,
            newest: inner.newest,
            seeks: inner.seeks,
            contact: inner.contact,
            away: inner.away.clone(),
            failure: inner.failure.clone(),
        }
    }

    /// Waits until there is a message, at most until a time. Returns whether there is one.
    ///
    /// # Errors
    ///
    /// The reason why no message will come.
    pub(crate) fn wait(&self, until: Instant) -> Result<bool, Failure> {
        self.wait_until(until, |inner| !inner.queue.is_empty())
    }

    /// Waits until all messages up to a sequence are processed, at most until a time. Returns whether they are.
    ///
    /// # Errors
    ///
    /// The reason why they will not be.
    pub(crate) fn wait_processed(&self, sequence: u64, until: Instant) -> Result<bool, Failure> {
        self.inner().processed_waiters += 1;
        let waited = self.wait_until(until, |inner| inner.processed >= sequence);
        self.inner().processed_waiters -= 1;
        waited
    }

    /// Waits until the log is known to belong to this store, at most until a time.
    pub(crate) fn wait_confirmed(&self, until: Instant) -> Result<bool, Failure> {
        self.wait_until(until, |inner| inner.is_confirmed)
    }

    /// Waits until a condition holds, at most until a time. Returns whether it holds.
    fn wait_until(
        &self,
        until: Instant,
        is_reached: impl Fn(&Inner) -> bool,
    ) -> Result<bool, Failure> {
        let mut inner = self.inner();
        loop {
            if inner.is_closed {
                return Err(Failure::Closed);
            }
            if is_reached(&inner) {
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

    /// Sleeps, but not longer than until the member is closed. Returns whether it is closed.
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

    /// Sets whether the log belongs to this store.
    pub(crate) fn confirm(&self, is_ours: bool) {
        let mut inner = self.inner();
        inner.is_confirmed = is_ours;
        inner.failure = if is_ours { None } else { Some(Failure::OtherLog) };
        inner.away = None;
        self.changed.notify_all();
    }

    /// Keeps the error of a log that did not answer.
    pub(crate) fn note_away(&self, error: &LogError) {
        self.inner().away = Some(crate::error::chain(error));
    }

    /// Reads the log until the member is closed. `wait` is how long each read waits for messages.
    pub(crate) fn read_until_closed(&self, wait: Duration) {
        let mut backoff = Backoff::new();
        while let Some((from, seeks)) = self.next_to_read() {
            self.clock.compare(&*self.log);
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

    /// The sequence to read next, after there is room; `None` if the member is closed.
    fn next_to_read(&self) -> Option<(u64, u64)> {
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
        // A failure that concerns the whole log stays.
        inner.failure = inner.failure.take().filter(|failure| matches!(failure, Failure::OtherLog));
        for message in messages {
            debug_assert!(message.sequence >= inner.next, "a log returns messages in order");
            if message.sequence < inner.next {
                continue;
            }
            inner.next = message.sequence.saturating_add(1);
            inner.newest = inner.newest.max(message.sequence);
            // A proposal may have processed this message already.
            if message.sequence > inner.processed {
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
