//! The history of a view or resource.

use std::sync::Arc;

use super::{ProjectSnapshot, view_key};
use crate::journal::{Backwards, Kept, Past};
use crate::model::ChangeRecord;
use crate::model::error::Result;
use crate::model::history::{HistoryEntry, HistoryPage, Subject};
use crate::model::history_paging::HistoryPaging;
use crate::model::resource::Resource;

/// The remaining limits of a page.
#[derive(Clone, Copy)]
struct Room {
    /// Changes.
    entries: usize,
    events: usize,
    /// Bytes of changes, including changes of other projects, views and resources.
    bytes: usize,
}

impl Room {
    const OF_A_PAGE: Self = Self { entries: 1, events: 10_000, bytes: 16 << 20 };

    const fn is_full(self) -> bool {
        self.entries == 0 || self.events == 0 || self.bytes == 0
    }
}

impl ProjectSnapshot {
    /// The history of a view, the newest change first: when it was created, changed and deleted, and which resources
    /// were linked and unlinked, when, by whom and why.
    ///
    /// A page has at most the requested number of changes, each with all its events, which may be as many as a batch
    /// has keys. The page ends after the change that reaches 10,000 events, and after 16 MiB of changes were searched,
    /// even if nothing was found. So a page may have fewer changes, or none, and still a `next`: continue until there
    /// is none.
    ///
    /// The history is read from the journal, so it begins where the journal begins, also for deleted views. Views that
    /// had the same key one after another have one history.
    ///
    /// Cost: O(bytes of the journal) from the start of the page down to the last change that is read, with one segment
    /// of it in memory at a time.
    ///
    /// ```
    /// # use viewlink::{Batch, HistoryPaging, NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// project.actor("ann").comment("launch").link("v", Batch::flags(["a", "b"]))?.all_ok()?;
    /// let page = project.read()?.view_history("v", HistoryPaging::newest(1))?;
    /// let entry = &page.entries[0];
    /// assert_eq!((entry.actor.as_deref(), entry.events.len(), page.next), (Some("ann"), 2, Some(2)));
    /// assert_eq!(entry.events[1].to_string(), "b linked to v");
    /// assert_eq!(project.read()?.view_history("v", HistoryPaging::newest(9).before(page.next))?.entries[0].revision, 1);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`](crate::Error::InvalidKey) when the text is not a valid key;
    /// [`Error::Io`](crate::Error::Io) and [`Error::Damaged`](crate::Error::Damaged) when the journal cannot be read;
    /// those that [all reads](crate::Snapshot#errors) share.
    pub fn view_history(&self, view: &str, paging: HistoryPaging) -> Result<HistoryPage> {
        self.history(Subject::View(&view_key(view)?), paging)
    }

    /// The history of a resource, the newest change first: when it was registered, changed and removed, and to which
    /// views it was linked and from which it was unlinked, when, by whom and why. Otherwise like
    /// [`view_history`](Self::view_history).
    ///
    /// Cost: that of [`view_history`](Self::view_history). Example: at [`HistoryEvent`](crate::HistoryEvent).
    ///
    /// # Errors
    ///
    /// Those of [`view_history`](Self::view_history).
    pub fn resource_history(
        &self,
        resource: &Resource,
        paging: HistoryPaging,
    ) -> Result<HistoryPage> {
        let name = resource.name();
        self.history(Subject::Resource(resource.resource_type(), name.as_str()), paging)
    }

    fn history(&self, subject: Subject<'_>, paging: HistoryPaging) -> Result<HistoryPage> {
        self.snapshot.check_current()?;
        let (segments, newest) = (&self.snapshot.inner.open.segments, self.snapshot.revision());
        // Keeps the journal from being trimmed meanwhile.
        let kept = Kept::new(Arc::clone(segments));
        let oldest = kept.oldest();
        let end = paging.before.map_or(newest, |before| before.saturating_sub(1).min(newest));
        let mut page = HistoryPage { entries: Vec::new(), next: None, oldest };
        if end < oldest {
            return Ok(page);
        }
        // A page that searches no change would return itself as the next page.
        let mut room = Room { entries: paging.limit.max(1), ..Room::OF_A_PAGE };
        for past in Backwards::new(Arc::clone(segments), oldest, end)? {
            let Past { payload, .. } = past?;
            let change = ChangeRecord::decode(&payload)?;
            if room.is_full() {
                page.next = Some(change.stamp.revision.saturating_add(1));
                break;
            }
            room.bytes = room.bytes.saturating_sub(payload.len());
            if change.project != *self.project.key() {
                continue;
            }
            if let Some(entry) = HistoryEntry::of(change, subject)? {
                room.entries -= 1;
                room.events = room.events.saturating_sub(entry.events.len());
                page.entries.push(entry);
            }
        }
        Ok(page)
    }
}
