//! Ordered maps that snapshots share.

/// A map in key order, in chunks that snapshots share. Cloning is O(1).
///
/// Chunks are small, since most projects have few views and many maps.
pub(super) type KeyMap<K, V> = immutable_chunkmap::map::Map<K, V, 16>;
