//! How a member stands.

use std::time::Duration;

use viewlink::Position;

/// How a member stands, as of [`Member::status`](crate::Member::status).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Where its store stands; `None` where it cannot be read at the moment.
    pub position: Option<Position>,
    /// Up to which message of the log it has taken everything.
    pub sequence: u64,
    /// How many messages it is known to be behind the log. It may be more where the log is away.
    pub lag: u64,
    /// How long ago the log answered last; `None` for never.
    pub last_contact: Option<Duration>,
    /// Whether it follows the log, and why not.
    pub state: State,
}

/// Whether a member follows the log. All members are alike: none leads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It does.
    Following,
    /// The log does not answer; it is tried again, and reads go on.
    Away {
        /// What came of the last attempt.
        reason: String,
    },
    /// Copy and log disagree. The copy is left as it is, changes are refused, and reads show what it has.
    Diverged {
        /// How that shows.
        reason: String,
    },
    /// The log has something of a later version. Reads go on; so does the member once this host is upgraded.
    NeedsUpgrade {
        /// What that is.
        reason: String,
    },
    /// The log was trimmed beyond what the member has. Open it again, and it begins anew from a snapshot.
    Outrun {
        /// What is missing.
        reason: String,
    },
    /// Something else keeps it from following; it is tried again.
    Failing {
        /// What that is.
        reason: String,
    },
    /// It was closed.
    Closed,
}
