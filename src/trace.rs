//! What the store tells of its own work: spans and events for the crate `tracing`.
//!
//! All of it goes through here, so that nothing else knows whether anybody listens. Without the
//! feature `tracing` each of these does nothing.
//!
//! What a tenant calls its things, or says in a comment, is never in a field: whoever reads the log
//! of a process need not be allowed to read the data of all its tenants.

use std::time::Duration;

use crate::model::error::Error;
use crate::model::error_chain::chain;

/// A span that this thread is in, until it is dropped.
#[must_use]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: Option<tracing::Span>,
    #[cfg(feature = "tracing")]
    is_entered: bool,
}

impl Span {
    /// Enters a span, if there is one.
    #[cfg(feature = "tracing")]
    fn enter(span: Option<tracing::Span>) -> Self {
        let is_entered = guarded(|| {
            let entered = span.as_ref()?.with_subscriber(|(id, subscriber)| subscriber.enter(id));
            entered.map(|()| true)
        });
        Self { span, is_entered: is_entered.flatten().unwrap_or(false) }
    }

    /// Gives a field its value, which was named when the span began.
    fn record(&self, field: &'static str, value: u64) {
        #[cfg(feature = "tracing")]
        guarded(|| self.span.as_ref().map(|span| span.record(field, value)));
        #[cfg(not(feature = "tracing"))]
        let _ = (field, value);
    }

    /// The same with a time, in microseconds.
    fn record_time(&self, field: &'static str, time: Duration) {
        self.record(field, micros(time));
    }
}

#[cfg(feature = "tracing")]
impl Drop for Span {
    fn drop(&mut self) {
        // Each step guarded by itself, which no guard of `tracing` does: a panic in the second one amid
        // that of the first would end the process.
        if self.is_entered {
            let span = self.span.as_ref();
            guarded(|| span?.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
        }
        guarded(|| drop(self.span.take()));
    }
}

/// Whoever listens may panic, and the store must not stop over it.
#[cfg(feature = "tracing")]
fn guarded<T>(tell: impl FnOnce() -> T) -> Option<T> {
    // Unwind safety: nothing of the store is changed while it tells.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(tell)).ok()
}

macro_rules! span {
    ($level:ident, $target:literal, $name:literal $(, $field:ident)*) => {{
        #[cfg(feature = "tracing")]
        let span = Span::enter(guarded(|| {
            tracing::span!(
                target: $target, tracing::Level::$level, $name
                $(, $field = tracing::field::Empty)*
            )
        }));
        #[cfg(not(feature = "tracing"))]
        let span = Span {};
        span
    }};
}

macro_rules! event {
    ($level:ident, $target:literal, $name:literal, $message:literal, $($field:ident = $value:expr),+) => {
        #[cfg(feature = "tracing")]
        guarded(|| {
            tracing::event!(
                name: $name, target: $target, tracing::Level::$level,
                $($field = $value,)+ $message
            );
        });
        #[cfg(not(feature = "tracing"))]
        let _ = ($(&$value,)+);
    };
}

/// What a group of changes came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Committed {
    /// The newest change of the group.
    pub(crate) revision: u64,
    pub(crate) changes: u64,
    /// The keys that the calls named.
    pub(crate) keys: u64,
    /// The bytes of journal.
    pub(crate) bytes: u64,
    /// How long the journal took to write and sync them.
    pub(crate) sync: Duration,
    /// How long all of it took.
    pub(crate) duration: Duration,
}

/// Around a group of changes, from when it begins to be decided until its callers have their answers.
pub(crate) fn commit() -> Span {
    span!(DEBUG, "viewlink::commit", "commit", revision, changes, keys, bytes, sync_us, duration_us)
}

pub(crate) fn committed(span: &Span, commit: &Committed) {
    span.record("revision", commit.revision);
    span.record("changes", commit.changes);
    span.record("keys", commit.keys);
    span.record("bytes", commit.bytes);
    span.record_time("sync_us", commit.sync);
    span.record_time("duration_us", commit.duration);
}

pub(crate) fn slow_commit(commit: &Committed, limit: Duration) {
    event!(
        WARN,
        "viewlink::commit",
        "slow_commit",
        "a commit was slow",
        revision = commit.revision,
        changes = commit.changes,
        keys = commit.keys,
        bytes = commit.bytes,
        sync_us = micros(commit.sync),
        duration_us = micros(commit.duration),
        limit_us = micros(limit)
    );
}

/// Says why no more changes are made.
pub(crate) fn writes_stopped(error: &Error) {
    let reason = reason(error);
    event!(
        ERROR,
        "viewlink::commit",
        "writes_stopped",
        "writes have stopped",
        reason = reason.as_str()
    );
}

/// The error with its causes, but for what a row or a panic says: a key may stand there.
fn reason(error: &Error) -> String {
    match error {
        Error::Damaged { part, .. } => format!("the {part} is damaged"),
        Error::Panicked { .. } => "a panic ended the call".to_owned(),
        other => chain(other),
    }
}

/// Around the writing of a checkpoint, until it is durable.
pub(crate) fn checkpoint() -> Span {
    span!(DEBUG, "viewlink::checkpoint", "checkpoint", revision, bytes, duration_us)
}

pub(crate) fn checkpointed(span: &Span, revision: u64, bytes: u64, took: Duration) {
    span.record("revision", revision);
    span.record("bytes", bytes);
    span.record_time("duration_us", took);
}

/// Says that a checkpoint could not be made. The one before is in its place, and the next attempt may succeed.
pub(crate) fn checkpoint_failed(error: &Error) {
    let reason = reason(error);
    event!(
        WARN,
        "viewlink::checkpoint",
        "checkpoint_failed",
        "a checkpoint could not be made",
        reason = reason.as_str()
    );
}

/// Around a copy of the store that is made, with its own journal.
pub(crate) fn backup() -> Span {
    span!(DEBUG, "viewlink::backup", "backup", revision, duration_us)
}

pub(crate) fn backed_up(span: &Span, revision: u64, took: Duration) {
    span.record("revision", revision);
    span.record_time("duration_us", took);
}

/// Around an opening of the files, also that of a recovery in place.
pub(crate) fn recovery() -> Span {
    span!(INFO, "viewlink::recovery", "recovery")
}

/// What an opening found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovered {
    /// Where the state on disk stood.
    pub(crate) state_revision: u64,
    /// The newest change of the journal.
    pub(crate) revision: u64,
    /// The changes that were not proven to be synced and are now.
    pub(crate) rewritten: u64,
    /// The bytes of changes behind the end of the journal that were never whole.
    pub(crate) cut_bytes: u64,
    pub(crate) duration: Duration,
}

pub(crate) fn recovered(found: &Recovered) {
    if found.cut_bytes > 0 {
        event!(
            WARN,
            "viewlink::recovery",
            "torn_end",
            "the journal had a torn end, which was cut off",
            revision = found.revision,
            cut_bytes = found.cut_bytes
        );
    }
    event!(
        INFO,
        "viewlink::recovery",
        "recovered",
        "the store is open",
        state_revision = found.state_revision,
        revision = found.revision,
        replayed = found.revision.saturating_sub(found.state_revision),
        rewritten = found.rewritten,
        cut_bytes = found.cut_bytes,
        duration_us = micros(found.duration)
    );
}

/// Says that the journal goes on in a new segment of a length.
pub(crate) fn segment_started(first: u64, length: u64) {
    event!(
        DEBUG,
        "viewlink::journal",
        "segment_started",
        "a journal segment was started",
        first_revision = first,
        bytes = length
    );
}

pub(crate) fn segment_removed(first: u64, length: u64) {
    event!(
        DEBUG,
        "viewlink::journal",
        "segment_removed",
        "a journal segment was removed",
        first_revision = first,
        bytes = length
    );
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::{Outcome, StoreFile};

    #[test]
    fn a_reason_has_no_key_that_a_row_or_a_panic_names() {
        let damaged = Error::damaged(StoreFile::State, "table views", "secret is missing");
        assert_eq!(reason(&damaged), "the table views is damaged");
        let panicked = Error::Panicked { message: "over secret".to_owned() };
        assert_eq!(reason(&panicked), "a panic ended the call");
        let failed = Error::State { outcome: Outcome::Unknown, source: "a cause".into() };
        assert!(reason(&failed).ends_with(": a cause"), "{}", reason(&failed));
    }
}
