//! Whether a host can do its work, and how far it follows a log that it shares.

use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;
use viewlink::{Health, Position};
use viewlink_cluster::{State, Status};

use crate::host::Host;

/// The condition of a host at this moment.
pub(crate) struct Standing {
    /// One word for the condition, such as `ok`.
    pub(crate) status: &'static str,
    /// Why the status is not `ok`.
    pub(crate) reason: Option<String>,
    /// Whether it needs neither a restart nor an operator. If writes have stopped, it needs a restart, although reads may
    /// continue.
    pub(crate) serves: bool,
    /// Whether it accepts changes, as far as known.
    pub(crate) accepts_changes: bool,
    pub(crate) position: Option<Position>,
    /// How it follows the log, if it shares one.
    pub(crate) following: Option<Following>,
}

/// How a copy follows the log.
pub(crate) struct Following {
    /// How many messages of the log it is known not to have yet.
    pub(crate) lag: u64,
    /// How long ago the log answered last.
    pub(crate) last_contact: Option<Duration>,
}

/// A status, whether the host serves reads, whether it accepts changes, and the reason if it is not `ok`.
type Judged = (&'static str, bool, bool, Option<String>);

impl Standing {
    /// The current condition of a host. This does not wait for the disk or the log.
    pub(crate) fn of(host: &Host) -> Self {
        let status = host.status();
        let position = match &status {
            Some(status) => status.position,
            None => host.position(),
        };
        let judged = match (of_store(host.store().health()), &status) {
            (Some(judged), _) => judged,
            (None, Some(status)) => of_state(status.state.clone()),
            (None, None) => OK,
        };
        let (status_word, serves, accepts_changes, reason) = judged;
        let following =
            status.map(|Status { lag, last_contact, .. }| Following { lag, last_contact });
        Self { status: status_word, reason, serves, accepts_changes, position, following }
    }
}

/// How often a host checks whether its status has changed.
const LOOK: Duration = Duration::from_secs(1);

/// Logs each change of the status of a host that shares a log, until the future is dropped.
pub(crate) async fn log_changes(host: Host) {
    if host.status().is_none() {
        return pending().await;
    }
    let mut last = OK.0;
    loop {
        let Standing { status, reason, .. } = Standing::of(&host);
        if status != last && status == OK.0 {
            tracing::info!(status, "the host is ready again");
        } else if status != last {
            tracing::warn!(status, reason, "the host is not ready for changes");
        }
        last = status;
        sleep(LOOK).await;
    }
}

const OK: Judged = ("ok", true, true, None);

/// The status for a store that accepts no changes.
fn of_store(health: Health) -> Option<Judged> {
    match health {
        Health::Writable => None,
        Health::WritesStopped { reason } => Some(("writes_stopped", false, false, Some(reason))),
        Health::Closed => Some(("closed", false, false, Some("the store is closed".to_owned()))),
        _ => Some(("unknown", false, false, Some("the state of the store is unknown".to_owned()))),
    }
}

/// The status for the state of a copy. Reads of a copy that does not follow its log are still good, except if it has
/// another history than the log, or needs a restart to follow it again.
fn of_state(state: State) -> Judged {
    match state {
        State::Following => OK,
        State::Away { reason } => ("log_away", true, false, Some(reason)),
        State::NeedsUpgrade { reason } => ("needs_upgrade", true, false, Some(reason)),
        State::Failing { reason } => ("failing", true, false, Some(reason)),
        State::Diverged { reason } => ("diverged", false, false, Some(reason)),
        State::Outrun { reason } => ("outrun", false, false, Some(reason)),
        State::Closed => ("closed", false, false, Some("the copy is closed".to_owned())),
        _ => ("unknown", false, false, Some("the state of the copy is unknown".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_its_log_serves_reads_and_one_with_another_history_does_not() {
        let reason = || "why".to_owned();
        for (state, status, serves) in [
            (State::Away { reason: reason() }, "log_away", true),
            (State::NeedsUpgrade { reason: reason() }, "needs_upgrade", true),
            (State::Failing { reason: reason() }, "failing", true),
            (State::Diverged { reason: reason() }, "diverged", false),
            (State::Outrun { reason: reason() }, "outrun", false),
        ] {
            let expected = (status, serves, false, Some(reason()));
            assert_eq!(of_state(state), expected);
        }
        assert_eq!(of_state(State::Following), OK);
    }
}
