//! How a commit goes: what it comes to, and how long it takes.

use std::time::{Duration, Instant};

use super::gauges::Gauges;
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
    pub(super) fn begin(options: &Options) -> Self {
        let (slow, figures) = (options.slow_commit, Committed::default());
        Self { begun: Instant::now(), slow, figures, span: trace::commit() }
    }

    /// Says that the journal has the changes, and what is known of them then.
    pub(super) fn logged(&mut self, figures: Committed) {
        self.figures = figures;
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
