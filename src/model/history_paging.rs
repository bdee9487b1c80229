//! Which part of a history to read.

/// Which part of a history to read: the newest changes, or the newest ones before a revision.
///
/// ```
/// # use viewlink::{HistoryPaging, Options, NewView};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let reader = project.read()?;
/// let mut paging = HistoryPaging::newest(100);
/// loop {
///     let page = reader.view_history("v", paging)?;
///     // ... use page.entries ...
///     let Some(next) = page.next else { break };
///     paging = paging.before(next);
/// }
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPaging {
    pub(crate) limit: usize,
    pub(crate) before: Option<u64>,
}

impl HistoryPaging {
    /// The newest `limit` changes; 0 counts as 1.
    #[must_use]
    pub const fn newest(limit: usize) -> Self {
        Self { limit, before: None }
    }

    /// Only changes before a revision: the [`next`](crate::HistoryPage::next) of the previous page, or any other.
    /// `None` stands for the newest ones.
    #[must_use]
    pub fn before(mut self, revision: impl Into<Option<u64>>) -> Self {
        self.before = revision.into();
        self
    }
}
