//! What a commit comes to, and how long it takes.

use std::time::{Duration, Instant};

use super::metrics::Metrics;
use crate::options::Options;
use crate::trace::{self, Committed, Span};

/// The commit of a group, from when it begins to be decided until its callers have their answers.
pub(super) struct CommitTimer {
    begun: Instant,
    /// From which time on it is slow.
    slow: Duration,
    figures: Committed,
    span: Span,
}

impl CommitTimer {
    pub(super) fn begin(options: &Options) -> Self {
        let (slow, figures) = (options.slow_commit, Committed::default());
        Self { begun: Instant::now(), slow, figures, span: trace::commit() }
    }

    /// Says that the journal has the changes, and what is known of them then.
    pub(super) fn logged(&mut self, figures: Committed) {
        self.figures = figures;
    }

    /// Says that readers see the changes.
    pub(super) fn shown(&mut self, metrics: &Metrics) {
        let duration = self.begun.elapsed();
        self.figures = Committed { duration, ..self.figures };
        metrics.time_commit(duration, self.is_slow());
    }

    /// Tells of it; after the answers, so that nobody waits for whoever listens.
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
