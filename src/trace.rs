//! Spans and events about the store's own work, for the crate `tracing`.
//!
//! All spans and events are made here, so no other module depends on whether there is a subscriber. Without the
//! feature `tracing` each function does nothing.
//!
//! The names and comments of a tenant are never in a field: a reader of a process's log may not be allowed to read the
//! data of all its tenants.

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

    /// Sets a field, which was declared when the span began.
    fn record(&self, field: &'static str, value: u64) {
        #[cfg(feature = "tracing")]
        guarded(|| self.span.as_ref().map(|span| span.record(field, value)));
        #[cfg(not(feature = "tracing"))]
        let _ = (field, value);
    }

    /// Sets a field to a time, in microseconds.
    fn record_time(&self, field: &'static str, time: Duration) {
        self.record(field, micros(time));
    }
}

#[cfg(feature = "tracing")]
impl Drop for Span {
    fn drop(&mut self) {
        // Each step is guarded on its own: `tracing` has no such guard, and a second panic during the first would end
        // the process.
        if self.is_entered {
            let span = self.span.as_ref();
            guarded(|| span?.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
        }
        guarded(|| drop(self.span.take()));
    }
}

/// A subscriber may panic, and the store must not stop because of it.
#[cfg(feature = "tracing")]
fn guarded<T>(report: impl FnOnce() -> T) -> Option<T> {
    // Unwind safety: nothing in the store changes during the call.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(report)).ok()
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

/// The result of a group of changes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Committed {
    /// The newest change of the group.
    pub(crate) revision: u64,
    pub(crate) changes: u64,
    /// The keys in the calls.
    pub(crate) keys: u64,
    /// The bytes of journal.
    pub(crate) bytes: u64,
    /// How long the write and sync of these bytes took.
    pub(crate) sync: Duration,
    /// How long everything took.
    pub(crate) duration: Duration,
}

/// The span around a group of changes, from the start of its decision until its callers have their answers.
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

/// Logs why writes have stopped.
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

/// The error with its causes, but without the content of a row or a panic, which may have a key.
fn reason(error: &Error) -> String {
    match error {
        Error::Damaged { part, .. } => format!("the store is damaged ({part})"),
        Error::Panicked { .. } => "a panic ended the call".to_owned(),
        other => chain(other),
    }
}

/// The span around the writing of a checkpoint, until it is durable.
pub(crate) fn checkpoint() -> Span {
    span!(DEBUG, "viewlink::checkpoint", "checkpoint", revision, bytes, duration_us)
}

pub(crate) fn checkpointed(span: &Span, revision: u64, bytes: u64, took: Duration) {
    span.record("revision", revision);
    span.record("bytes", bytes);
    span.record_time("duration_us", took);
}

/// Logs that a checkpoint could not be made. The previous one is still in place, and the next attempt may succeed.
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

/// The span around a backup, which gets its own journal.
pub(crate) fn backup() -> Span {
    span!(DEBUG, "viewlink::backup", "backup", revision, duration_us)
}

pub(crate) fn backed_up(span: &Span, revision: u64, took: Duration) {
    span.record("revision", revision);
    span.record_time("duration_us", took);
}

/// The span around an opening of the files, also by a recovery.
pub(crate) fn recovery() -> Span {
    span!(INFO, "viewlink::recovery", "recovery")
}

/// The result of an opening.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovered {
    /// The revision of the state on disk.
    pub(crate) state_revision: u64,
    /// The newest change of the journal.
    pub(crate) revision: u64,
    /// The changes that were not proven to be synced, and are now written again.
    pub(crate) rewritten: u64,
    /// The bytes of incomplete changes after the end of the journal.
    pub(crate) cut_bytes: u64,
    pub(crate) duration: Duration,
}

pub(crate) fn recovered(found: &Recovered) {
    if found.cut_bytes > 0 {
        event!(
            WARN,
            "viewlink::recovery",
            "torn_end",
            "the journal ended with an incomplete change, which was removed",
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

/// Logs that the journal continues in a new segment of this length.
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
        assert_eq!(reason(&damaged), "the store is damaged (table views)");
        let panicked = Error::Panicked { message: "over secret".to_owned() };
        assert_eq!(reason(&panicked), "a panic ended the call");
        let failed = Error::State { outcome: Outcome::Unknown, source: "a cause".into() };
        assert!(reason(&failed).ends_with(": a cause"), "{}", reason(&failed));
    }
}
