//! Following the changes of a store.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::commit::Engine;
#[cfg(all(feature = "tokio", not(loom)))]
use crate::commit::Listener;
use crate::journal::{Place, Reader, Segments};
use crate::model::Change;
use crate::model::error::{Error, Result};

/// How many bytes of journal a page has where nobody says otherwise.
const PAGE_BYTES: usize = 1 << 20;

/// The changes of a store behind a revision: those that are there, and those to come.
///
/// Made by [`Store::feed`](crate::Store::feed). Gives every change once, in the order of revisions,
/// without a gap, and only when it is durable and visible: never what a crash could take back. (On a store
/// that is only read, with one exception: see [`Options::read_only`](crate::Options::read_only).)
///
/// A feed is a position and a handle. It holds no pages of the state, and no file between two calls.
/// To go on after a restart, keep [`position`](Self::position) with what was made of the changes, and
/// ask for a feed behind it. A position belongs to one store, which [`Store::id`](crate::Store::id)
/// names: a [copy](crate::Store::backup_to) is a store of its own, and its revisions are other changes
/// from some point on.
///
/// A feed keeps nothing in the journal. Whoever is slower than
/// [`keep_changes`](crate::Options::keep_changes) and [`keep_for`](crate::Options::keep_for) allow
/// gets [`Error::JournalTrimmed`]; what to do then is shown there: read the state from a snapshot and
/// follow behind its revision.
///
/// A change that takes away a whole thing tells how many links went, and not which: a follower
/// knows them from its own copy of the links. See [`ChangeKind`](crate::ChangeKind).
///
/// Like a snapshot a feed keeps the store open when all handles are dropped. It does not keep it
/// from being closed: whoever waits hears [`Error::Closed`] at once.
///
/// ```
/// # use std::time::Duration;
/// # use viewlink::{Batch, NewView, Options};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// let mut feed = store.feed(0)?;
/// project.create_view(NewView::new("v", "V"))?;
/// project.link("v", Batch::flags(["f"]))?.all_ok()?;
///
/// let page = feed.next_page(100)?;
/// assert_eq!(page.iter().map(|change| change.revision).collect::<Vec<_>>(), [1, 2]);
/// assert_eq!(feed.position(), 2);
///
/// let writer = std::thread::spawn(move || project.unlink("v", Batch::flags(["f"])));
/// let page = feed.wait(Duration::from_secs(60), 100)?;
/// assert_eq!(page[0].revision, 3);
/// # writer.join().unwrap()?.all_ok()?;
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone)]
pub struct Feed {
    engine: Arc<Engine>,
    position: u64,
    page_bytes: usize,
    /// Where the next change stands, in segments that were the store's at that time.
    place: Option<(Weak<Segments>, Place)>,
}

impl Feed {
    pub(crate) fn new(engine: Arc<Engine>, after: u64) -> Result<Self> {
        let feed = Self { engine, position: after, page_bytes: PAGE_BYTES, place: None };
        let (shown, segments) = feed.journal()?;
        Reader::new(segments, after.saturating_add(1), shown)?;
        Ok(feed)
    }

    /// After how many bytes of journal a page ends; it has one change at least. Default: 1 MiB.
    ///
    /// So a page is below this and one change more. In memory changes of short keys take some five
    /// times as much as in the journal.
    #[must_use]
    pub const fn page_bytes(mut self, bytes: usize) -> Self {
        self.page_bytes = bytes;
        self
    }

    /// The revision of the last change that was given, or the one the feed was made with.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The changes behind the position that are there now: at most `limit`, and one at least where
    /// there is one. Moves the position behind them.
    ///
    /// An empty page says that there is nothing newer. It waits for no change; at most for a
    /// recovery, a compaction or a closing under way. Example: at [`Feed`].
    ///
    /// Cost: O(bytes of the page); at the start of a feed, and after a recovery, O(bytes of one
    /// segment) more.
    ///
    /// # Errors
    ///
    /// The position stays, so the call can be repeated. What could be read before an error is given
    /// first.
    ///
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps the change behind the position.
    /// - [`Error::FeedAhead`]: the store has fewer changes than the feed gave.
    /// - [`Error::Closed`]: the store was closed.
    /// - [`Error::WritesStopped`]: a [`recover`](crate::Store::recover) failed. The feed goes on when
    ///   a later one succeeds. A store that only stopped to take changes is read on.
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - [`Error::State`], [`Error::Panicked`]: the database cannot be read.
    pub fn next_page(&mut self, limit: usize) -> Result<Vec<Change>> {
        loop {
            let (shown, segments) = self.journal()?;
            let mut page = Vec::new();
            match self.read(&segments, shown, limit, &mut page) {
                // Those of a store that was closed or recovered meanwhile say nothing of it.
                Err(_) if page.is_empty() && segments.check_current().is_err() => {}
                Err(error) if page.is_empty() => return Err(error),
                _ => return Ok(page),
            }
        }
    }

    /// The same, waiting for a change where there is none yet, until `timeout` is over: then the
    /// page is empty.
    ///
    /// Costs nothing while it waits, and holds nothing but its thread. While writes are stopped it waits
    /// on, for [`recover`](crate::Store::recover), behind which it goes on where it was. A timeout that
    /// the clock cannot count to is none. Example: at [`Feed`].
    ///
    /// Cost: that of [`next_page`](Self::next_page), for each group of changes made meanwhile.
    ///
    /// # Errors
    ///
    /// Those of [`next_page`](Self::next_page), also when their reason comes while it waits.
    pub fn wait(&mut self, timeout: Duration, limit: usize) -> Result<Vec<Change>> {
        let deadline = Instant::now().checked_add(timeout);
        let engine = Arc::clone(&self.engine);
        let page = engine.bell().watch(deadline, || {
            let page = self.next_page(limit)?;
            Ok((!page.is_empty()).then_some(page))
        })?;
        Ok(page.unwrap_or_default())
    }

    /// Hears of what comes, for who does not wait in a thread.
    #[cfg(all(feature = "tokio", not(loom)))]
    pub(crate) fn listener(&self) -> Listener {
        Listener::new(Arc::clone(&self.engine))
    }

    /// How often the bell was rung.
    #[cfg(all(feature = "tokio", not(loom)))]
    pub(crate) fn rings(&self) -> u64 {
        self.engine.bell().rings()
    }

    /// The newest change that may be given, and the journal it is in.
    fn journal(&self) -> Result<(u64, Arc<Segments>)> {
        let (revision, segments) = self.engine.journal(self.position)?;
        if revision < self.position {
            return Err(Error::FeedAhead { position: self.position, revision });
        }
        Ok((revision, segments))
    }

    /// Reads a page of the changes up to `shown`.
    fn read(
        &mut self,
        segments: &Arc<Segments>,
        shown: u64,
        limit: usize,
        page: &mut Vec<Change>,
    ) -> Result<()> {
        let this = Arc::downgrade(segments);
        let place = self.place.take().filter(|(of, _)| of.ptr_eq(&this)).map(|(_, place)| place);
        let reader = Reader::new(Arc::clone(segments), self.position.saturating_add(1), shown)?;
        let mut reader = reader.starting_at(place);
        let mut bytes = 0;
        for read in reader.by_ref() {
            let (revision, payload) = read?;
            page.push(Change::from_record(revision, &payload)?);
            self.position = revision;
            bytes += payload.len();
            if page.len() >= limit || bytes >= self.page_bytes {
                break;
            }
        }
        self.place = reader.place().map(|place| (this, place));
        Ok(())
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("position", &self.position)
            .field("page_bytes", &self.page_bytes)
            .finish_non_exhaustive()
    }
}
