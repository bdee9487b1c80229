//! What happened to a change whose call failed.

/// What happened to the change of a failed call.
///
/// A call without a change can also return [`Unknown`](Self::Unknown) or [`Committed`](Self::Committed), if its result
/// depends on another call that shared the sync. Example: at [`recover`](crate::Store::recover).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing changed and nothing will.
    NotApplied,
    /// The change may or may not be there after [`recover`](crate::Store::recover) or the next open, but never in part.
    Unknown,
    /// The change is durable; it is visible after [`recover`](crate::Store::recover) or the next open.
    Committed,
}
