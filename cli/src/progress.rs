//! The progress of a long command, on stderr and only if that is a terminal.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use viewlink::RecoveryProgress;

/// How often a bar or spinner is drawn in a second.
const DRAWS: u8 = 10;

/// A bar up to `total`.
pub(crate) fn bar(total: u64, what: &'static str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), target(quiet)).with_message(what);
    styled(bar, "{msg} [{bar:40}] {human_pos} of {human_len}, {eta} left")
}

/// The progress of opening a store: a spinner while the checkpoint is loaded, then a bar for the journal.
#[derive(Clone)]
pub(crate) struct Opening {
    quiet: bool,
    shown: Arc<Mutex<Option<ProgressBar>>>,
}

impl Opening {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, shown: Arc::default() }
    }

    /// Shows the progress that the store reports.
    pub(crate) fn report(&self, progress: RecoveryProgress) {
        match progress {
            RecoveryProgress::Loading { bytes } => {
                self.show(spinner(format!("loading {}", HumanBytes(bytes)), self.quiet));
            }
            RecoveryProgress::Replaying { done, total } => {
                let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
                if shown.as_ref().and_then(ProgressBar::length) != Some(total) {
                    shown.take().iter().for_each(ProgressBar::finish_and_clear);
                    *shown = Some(bar(total, "replaying the journal", self.quiet));
                }
                shown.iter().for_each(|bar| bar.set_position(done));
            }
            _ => {}
        }
    }

    /// Removes the bar or spinner.
    pub(crate) fn finish(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.take().iter().for_each(ProgressBar::finish_and_clear);
    }

    fn show(&self, bar: ProgressBar) {
        self.finish();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }
}

/// A spinner, for work of unknown length.
pub(crate) fn spinner(what: impl Into<Cow<'static, str>>, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target(quiet)).with_message(what);
    let bar = styled(bar, "{spinner} {msg}, {elapsed}");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// It is hidden automatically if stderr is not a terminal.
fn target(quiet: bool) -> ProgressDrawTarget {
    if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(DRAWS) }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
