//! The figures of a commit and its duration.

use std::time::{Duration, Instant};

use super::metrics::Metrics;
use crate::options::Options;
use crate::trace::{self, Committed, Span};

/// The commit of a group, from the beginning of its decision until its callers have their answers.
pub(super) struct CommitTimer {
    begun: Instant,
    /// From this duration on, the commit is slow.
    slow: Duration,
    figures: Committed,
    span: Span,
}

impl CommitTimer {
    pub(super) fn begin(options: &Options) -> Self {
        let (slow, figures) = (options.slow_commit, Committed::default());
        Self { begun: Instant::now(), slow, figures, span: trace::commit() }
    }

    /// Records that the journal has the changes, with their figures.
    pub(super) fn logged(&mut self, figures: Committed) {
        self.figures = figures;
    }

    /// Records that readers see the changes.
    pub(super) fn shown(&mut self, metrics: &Metrics) {
        let duration = self.begun.elapsed();
        self.figures = Committed { duration, ..self.figures };
        metrics.time_commit(duration, self.is_slow());
    }

    /// Reports the commit. This is called after the answers, so that no caller waits for a subscriber.
    pub(super) fn report(self) {
        trace::committed(&self.span, &self.figures);
        if self.is_slow() {
            trace::slow_commit(&self.figures, self.slow);
        }
    }

    fn is_slow(&self) -> bool {
        self.figures.duration >= self.slow
    }
}
