//! Options of a member.

use std::time::Duration;

/// Options of a member. Each method describes its default.
///
/// ```
/// use std::time::Duration;
/// use viewlink_cluster::ClusterOptions;
///
/// let options = ClusterOptions::new().deadline(Duration::from_secs(30));
/// ```
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    pub(crate) deadline: Duration,
    pub(crate) poll: Duration,
    pub(crate) begin_with_store: bool,
    pub(crate) max_clock_lead: Duration,
}

impl ClusterOptions {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            deadline: Duration::from_secs(15),
            poll: Duration::from_millis(500),
            begin_with_store: false,
            max_clock_lead: Duration::from_secs(60),
        }
    }

    /// How long a change waits for its place in the log. After that its caller gets an error, with the outcome "not applied"
    /// or "unknown". Default: 15 seconds, which is longer than the election of a leader.
    ///
    /// A change waits up to twice as long if changes of other members come first again and again.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long one read of the log waits for messages. Closing a member takes up to this time. It does not delay messages:
    /// a read returns as soon as there is one. Default: half a second.
    #[must_use]
    pub const fn poll(mut self, wait: Duration) -> Self {
        self.poll = wait;
        self
    }

    /// How far the clock of this host may be ahead of the clock of the log. If it is further ahead, the member refuses changes
    /// until the clock is corrected: the times of changes never decrease, so one change with a time in the future would give
    /// that time to all later changes. Default: 60 seconds.
    ///
    /// The clocks are compared when the member is opened, and about every 10 seconds. This concerns the clock of the system,
    /// not a [`clock`](viewlink::Options::clock) in the options of the store.
    #[must_use]
    pub const fn max_clock_lead(mut self, lead: Duration) -> Self {
        self.max_clock_lead = lead;
        self
    }

    /// Whether an empty log may begin with the store in the directory of the member. Default: no.
    ///
    /// Use it once, on one host, to change from a store without a log: move the store to the directory `store` in the
    /// directory of the member, and open the member. It publishes a snapshot of the store, from which all other members
    /// start, and then begins the log with its position. The option has no effect if the log is not empty.
    #[must_use]
    pub const fn begin_with_store(mut self, begin: bool) -> Self {
        self.begin_with_store = begin;
        self
    }
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self::new()
    }
}
