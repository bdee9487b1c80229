//! Ordered maps that are shared with snapshots.

/// A map in key order, in chunks that are shared with snapshots. Cloning is O(1).
///
/// Chunks are small, because most projects have few views and many maps.
pub(super) type KeyMap<K, V> = immutable_chunkmap::map::Map<K, V, 16>;
