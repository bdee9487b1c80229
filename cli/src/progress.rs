//! How far a long command is, on stderr and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar or spinner is drawn anew, in a second.
const DRAWS: u8 = 10;

/// A bar up to `total`.
pub(crate) fn bar(total: u64, what: &'static str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), target(quiet)).with_message(what);
    styled(bar, "{msg} [{bar:40}] {human_pos} of {human_len}, {eta} left")
}

/// A spinner for what cannot tell how far it is.
pub(crate) fn spinner(what: &'static str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target(quiet)).with_message(what);
    let bar = styled(bar, "{spinner} {msg}, {elapsed}");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Hidden by itself where stderr is no terminal.
fn target(quiet: bool) -> ProgressDrawTarget {
    if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(DRAWS) }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
