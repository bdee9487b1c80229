//! The status of a member.

use std::time::Duration;

use viewlink::Position;

/// The status of a member, from [`Member::status`](crate::Member::status).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The position of its store; `None` if the store cannot be read at the moment.
    pub position: Option<Position>,
    /// The member has processed all messages of the log up to this sequence.
    pub sequence: u64,
    /// How many messages it still has to process, as far as it knows. There may be more if the log cannot be reached.
    pub lag: u64,
    /// The time since the last answer of the log; `None` if there was none yet.
    pub last_contact: Option<Duration>,
    /// Whether it follows the log, or the reason why not.
    pub state: State,
}

/// Whether a member follows the log. All members are equal: there is no leader among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It follows the log.
    Following,
    /// The log does not answer. The member tries again, and reads continue.
    Away {
        /// The error of the last attempt.
        reason: String,
    },
    /// Copy and log disagree. The copy stays as it is: changes are refused, and reads continue.
    Diverged {
        /// The contradiction.
        reason: String,
    },
    /// The log has an entry of a later version. Reads continue. The member continues after this host is upgraded.
    NeedsUpgrade {
        /// The reason.
        reason: String,
    },
    /// Messages that the member needs were trimmed from the log. Open it again: it then starts from a snapshot.
    Outrun {
        /// The missing part.
        reason: String,
    },
    /// It cannot follow for another reason. The member tries again.
    Failing {
        /// The reason.
        reason: String,
    },
    /// The member was closed.
    Closed,
}
