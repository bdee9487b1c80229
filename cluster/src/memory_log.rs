//! A log in memory, for tests of members, also with a log that behaves badly.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::{Appended, Bounds, Log, LogError, Message};

/// A log in memory, for tests. It disappears with its last handle, and is not replicated.
///
/// It can [behave badly](Self::troubled), like a log whose messages are delayed, duplicated and lost in the network.
#[derive(Debug)]
pub struct MemoryLog {
    inner: Mutex<Inner>,
    appended: Condvar,
    /// How many appends of a thousand go wrong.
    trouble: u16,
    /// Whether an append checks the condition on the newest message.
    is_conditional: bool,
    max_message_len: usize,
}

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Message>,
    /// The sequence of the oldest message that was not trimmed.
    first: u64,
    last: u64,
    /// Messages that have not arrived yet, each with the number of other appends before it arrives.
    delayed: Vec<(u8, Vec<u8>)>,
    random: u64,
    is_away: bool,
    time: Option<SystemTime>,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::troubled(0, 0)
    }

    /// An empty log in which `thousandths` of all appends go wrong, in ways that depend on a seed: a message is lost, or its
    /// acknowledgement is lost; a message arrives later, or twice; the condition on the newest message is ignored. No message
    /// is changed, and no message appears before one that was read.
    #[must_use]
    pub fn troubled(seed: u64, thousandths: u16) -> Self {
        let inner = Inner { first: 1, random: seed | 1, ..Inner::default() };
        let max_message_len = 1 << 20;
        let (inner, appended) = (Mutex::new(inner), Condvar::new());
        let (trouble, is_conditional) = (thousandths, true);
        Self { inner, appended, trouble, is_conditional, max_message_len }
    }

    /// The same log, but no append checks the condition on the newest message, as with logs that have no such condition.
    #[must_use]
    pub const fn unconditional(mut self) -> Self {
        self.is_conditional = false;
        self
    }

    /// The same log with another maximal length of messages. Default: 1 MiB.
    #[must_use]
    pub const fn max_message(mut self, bytes: usize) -> Self {
        self.max_message_len = bytes;
        self
    }

    /// Makes the log unreachable, or reachable again.
    pub fn set_away(&self, is_away: bool) {
        self.inner().is_away = is_away;
        self.appended.notify_all();
    }

    /// Sets the [time](Log::time) of the log, which stands still; a new log has none.
    pub fn set_time(&self, time: Option<SystemTime>) {
        self.inner().time = time;
    }

    /// Loses all messages after a sequence, which no log should do.
    pub fn cut_behind(&self, last: u64) {
        let mut inner = self.inner();
        inner.messages.retain(|message| message.sequence <= last);
        inner.last = inner.last.min(last);
    }

    /// Removes a single message.
    pub fn remove(&self, sequence: u64) {
        self.inner().messages.retain(|message| message.sequence != sequence);
    }

    /// Lets all delayed messages arrive.
    pub fn settle(&self) {
        let mut inner = self.inner();
        let delayed = std::mem::take(&mut inner.delayed);
        delayed.into_iter().for_each(|(_, message)| _ = inner.push(message));
        self.appended.notify_all();
    }

    /// All messages of the log.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.inner().messages.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No code panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    /// A random number below `bound`: xorshift, so that the seed decides everything.
    fn random(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % bound
    }

    fn push(&mut self, bytes: Vec<u8>) -> u64 {
        self.last += 1;
        self.messages.push(Message { sequence: self.last, bytes });
        self.last
    }

    /// Lets the messages arrive that are due.
    fn arrive(&mut self) {
        let mut arrived = Vec::new();
        self.delayed.retain_mut(|(left, message)| {
            *left = left.saturating_sub(1);
            let is_due = *left == 0;
            if is_due {
                arrived.push(std::mem::take(message));
            }
            !is_due
        });
        arrived.into_iter().for_each(|message| _ = self.push(message));
    }

    /// Makes an append go wrong.
    fn fail(&mut self, message: Vec<u8>) -> Appended {
        let later = 1 + self.random(12) as u8;
        match self.random(7) {
            0 => return Appended::Refused(lost("send a message")),
            1 => {}
            2 => _ = self.push(message),
            3 => self.delayed.push((later, message)),
            4 => {
                self.delayed.push((later, message.clone()));
                self.delayed.push((later.saturating_add(3), message));
            }
            5 => {
                self.delayed.push((later, message.clone()));
                return Appended::At(self.push(message));
            }
            _ => {
                let at = self.push(message.clone());
                self.push(message);
                return Appended::At(at);
            }
        }
        Appended::Unknown(lost("get an acknowledgement"))
    }
}

fn lost(what: &str) -> LogError {
    LogError::Away { what: what.to_owned(), source: None }
}

impl Log for MemoryLog {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        if message.len() > self.max_message_len {
            let (len, max) = (message.len(), self.max_message_len);
            return Appended::Refused(LogError::TooLong { len, max });
        }
        let mut inner = self.inner();
        if inner.is_away {
            return Appended::Refused(lost("append"));
        }
        inner.arrive();
        let goes_wrong = inner.random(1_000) < u64::from(self.trouble);
        let is_late = self.is_conditional && after.is_some_and(|after| after != inner.last);
        let appended = match (goes_wrong, is_late) {
            (false, true) => Appended::Conflict,
            (false, false) => Appended::At(inner.push(message.to_vec())),
            (true, _) => inner.fail(message.to_vec()),
        };
        self.appended.notify_all();
        appended
    }

    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        const MOST: usize = 1_000;
        let (mut inner, until) = (self.inner(), Instant::now() + wait);
        loop {
            let Inner { first, last, is_away, .. } = *inner;
            if is_away {
                return Err(lost("read"));
            }
            if from < first {
                return Err(LogError::Trimmed { from, first });
            }
            if from > last.saturating_add(1) {
                return Err(LogError::CutOff { from, last });
            }
            let start = inner.messages.partition_point(|message| message.sequence < from);
            let found = inner.messages.get(start..).unwrap_or_default();
            let left = until.saturating_duration_since(Instant::now());
            if !found.is_empty() || left.is_zero() {
                return Ok(found.iter().take(MOST).cloned().collect());
            }
            inner = match self.appended.wait_timeout(inner, left) {
                Ok((inner, _)) => inner,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn bounds(&self) -> Result<Bounds, LogError> {
        let inner = self.inner();
        if inner.is_away {
            return Err(lost("read the bounds"));
        }
        Ok(Bounds { first: inner.first, last: inner.last })
    }

    fn trim(&self, below: u64) -> Result<(), LogError> {
        let mut inner = self.inner();
        if inner.is_away {
            return Err(lost("trim"));
        }
        let below = below.min(inner.last.saturating_add(1));
        inner.messages.retain(|message| message.sequence >= below);
        inner.first = inner.first.max(below);
        Ok(())
    }

    fn max_message_len(&self) -> usize {
        self.max_message_len
    }

    fn time(&self) -> Result<Option<SystemTime>, LogError> {
        Ok(self.inner().time)
    }
}
