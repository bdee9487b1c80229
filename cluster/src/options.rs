//! How a member takes part.

use std::time::Duration;

/// How a member takes part; the defaults are those named.
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
}

impl ClusterOptions {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { deadline: Duration::from_secs(15), poll: Duration::from_millis(500) }
    }

    /// How long a change waits for its place in the log before its caller hears that it has none, or that this is not
    /// known. Default: 15 seconds, which outlast the election of a leader.
    ///
    /// A change that others forestalled again and again waits up to twice as long.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long a read of the log waits for messages before it is made again; and so how long a member takes to end, at
    /// least. Messages that come are not held up by it. Default: half a second.
    #[must_use]
    pub const fn poll(mut self, wait: Duration) -> Self {
        self.poll = wait;
        self
    }
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self::new()
    }
}
