//! What became of a change whose call failed.

/// What became of the change a failed call asked for.
///
/// A call that had nothing to change hears [`Unknown`](Self::Unknown) or
/// [`Committed`](Self::Committed), too, when what it found may be of another one that shared the sync.
/// Example: at [`recover`](crate::Store::recover).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing changed and nothing will.
    NotApplied,
    /// The change may or may not be there after [`recover`](crate::Store::recover) or the next
    /// open, whole or absent.
    Unknown,
    /// The change is durable; it shows after [`recover`](crate::Store::recover) or the next open.
    Committed,
}
