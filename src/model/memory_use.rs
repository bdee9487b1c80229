//! How much memory a state takes.

/// The bytes of memory of a state, by purpose. Example: at [`Sizes`](crate::Sizes).
///
/// Computed from the sizes of its structures. The overhead of the allocator and memory that only snapshots keep are not
/// counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryUse {
    /// The fields of projects and views.
    pub views: u64,
    /// Links, in key order and in link order.
    pub links: u64,
    /// The names of linked resources.
    pub names: u64,
    /// The views of each resource.
    pub backlinks: u64,
    /// The fields of registered resources.
    pub registry: u64,
}

impl MemoryUse {
    /// The sum of all parts.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let Self { views, links, names, backlinks, registry } = *self;
        views
            .saturating_add(links)
            .saturating_add(names)
            .saturating_add(backlinks)
            .saturating_add(registry)
    }
}

impl std::ops::AddAssign for MemoryUse {
    fn add_assign(&mut self, other: Self) {
        self.views += other.views;
        self.links += other.links;
        self.names += other.names;
        self.backlinks += other.backlinks;
        self.registry += other.registry;
    }
}
