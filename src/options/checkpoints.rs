//! Who makes checkpoints.

/// Who makes checkpoints, and when; see [`Options::checkpoints`](crate::Options::checkpoints).
///
/// In every mode [`Store::checkpoint`](crate::Store::checkpoint) makes one, and so does closing the store.
///
/// ```
/// use viewlink::{Checkpoints, NewView, Options};
///
/// let store = Options::new().checkpoints(Checkpoints::ByHand).open_in_memory()?;
/// store.project("default")?.create_view(NewView::new("v", "V"))?;
/// store.checkpoint()?;
/// assert_eq!(store.stats().checkpoint_revision, 1);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checkpoints {
    /// A thread that starts when a checkpoint is due, and exits after it. Changes continue meanwhile.
    #[default]
    Background,
    /// The thread whose change makes a checkpoint due, after it has answered all callers. Later changes wait.
    Inline,
    /// Only the host, with [`Store::checkpoint`](crate::Store::checkpoint), on its own thread.
    ByHand,
}
