//! How a commit goes: what it comes to, and how long it takes.

use std::time::{Duration, Instant};

use super::gauges::Gauges;
use super::request::Call;
use crate::options::Options;
use crate::trace::{self, Committed, Span};

/// The commit of a group, from when it begins to be applied until its callers have their answers.
pub(super) struct Course {
    begun: Instant,
    /// From which time on it is slow.
    slow: Duration,
    figures: Committed,
    span: Span,
}

impl Course {
    pub(super) fn begin(calls: &[Box<dyn Call>], options: &Options) -> Self {
        // Each call counts as one beside its keys.
        let keys = calls.iter().map(|call| call.keys().saturating_sub(1)).sum();
        let figures = Committed { keys, ..Committed::default() };
        Self { begun: Instant::now(), slow: options.slow_commit, figures, span: trace::commit() }
    }

    /// Says that the journal has the changes; `revision` is the newest of them.
    pub(super) fn logged(&mut self, revision: u64, changes: usize, bytes: u64, sync: Duration) {
        let changes = changes as u64;
        self.figures = Committed { revision, changes, bytes, sync, ..self.figures };
    }

    /// Says that readers see the changes, which wrote `rows` rows.
    pub(super) fn shown(&mut self, rows: u64, gauges: &Gauges) {
        let duration = self.begun.elapsed();
        self.figures = Committed { rows, duration, ..self.figures };
        gauges.time_commit(duration, self.is_slow());
    }

    /// Tells of it; behind the answers, so that nobody waits for whoever listens.
    pub(super) fn tell(self) {
        trace::committed(&self.span, &self.figures);
        if self.is_slow() {
            trace::slow_commit(&self.figures, self.slow);
        }
    }

    fn is_slow(&self) -> bool {
        self.figures.duration >= self.slow
    }
}
