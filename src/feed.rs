//! Following the changes of a store.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::engine::Engine;
#[cfg(all(feature = "tokio", not(loom)))]
use crate::engine::Listener;
use crate::journal::{Place, Reader, Segments};
use crate::model::Change;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result};
use crate::model::lineage::Lineage;
use crate::model::position::Position;

/// How many bytes of journal a page has where nobody says otherwise.
const PAGE_BYTES: usize = 1 << 20;

/// The changes of a store after a revision: those that are there, and those to come.
///
/// Made by [`Store::feed`](crate::Store::feed). Gives every change once, in the order of revisions,
/// without a gap, and only when it is durable and visible: never what a crash could take back. (On a store
/// that is only read, with one exception: see [`Options::read_only`](crate::Options::read_only).)
///
/// A feed is a place and a handle. It holds nothing of the state, and no file between two calls. To go on after a
/// restart, keep [`position`](Self::position) with what was made of the changes, and ask for
/// [a feed after it](crate::Store::feed_after). A store that went another way since, as one that was put back to a
/// [copy](crate::Store::backup_to), says so then: [`Error::Diverged`].
///
/// A feed keeps nothing in the journal. Whoever is slower than
/// [`keep_changes`](crate::Options::keep_changes) and [`keep_for`](crate::Options::keep_for) allow
/// gets [`Error::JournalTrimmed`]; what to do then is shown there: read the state from a snapshot and
/// follow from there.
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
/// assert_eq!(feed.revision(), 2);
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
    revision: u64,
    /// The chain hash at the revision, where it is known.
    hash: Option<ChainHash>,
    page_bytes: usize,
    /// Where the next change stands, in segments that were the store's at that time.
    place: Option<(Weak<Segments>, Place)>,
}

/// The newest change that readers see, and the journal it is in.
struct Shown {
    revision: u64,
    lineage: Lineage,
    segments: Arc<Segments>,
}

/// What is read at once.
struct Part {
    /// The newest change that may be given.
    end: u64,
    lineage: Lineage,
    limit: usize,
}

impl Feed {
    pub(crate) fn new(engine: Arc<Engine>, after: u64) -> Result<Self> {
        let feed =
            Self { engine, revision: after, hash: None, page_bytes: PAGE_BYTES, place: None };
        let Shown { revision, segments, .. } = feed.journal()?;
        Reader::new(segments, after.saturating_add(1), revision)?;
        Ok(feed)
    }

    pub(crate) fn after(engine: Arc<Engine>, after: Position) -> Result<Self> {
        let (at, segments) =
            engine.with_open(|open| Ok((open.position(), Arc::clone(&open.segments))))?;
        let diverged = || Error::Diverged { position: after, at };
        if after.lineage != at.lineage || after.revision > at.revision {
            return Err(diverged());
        }
        let feed = Self::new(engine, after.revision)?;
        let here = match after.revision == at.revision {
            true => Some(at.hash),
            false => segments.hash_at(after.revision)?,
        };
        match here == Some(after.hash) {
            true => Ok(Self { hash: here, ..feed }),
            false => Err(diverged()),
        }
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
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The position at that revision: what to keep, to [go on after it](crate::Store::feed_after) later.
    ///
    /// Cost: O(1); O(bytes of one segment) for a feed that was made with a revision and gave nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer knows the revision; [`Error::Closed`], [`Error::Io`] and
    /// [`Error::Damaged`] when it cannot be read.
    pub fn position(&self) -> Result<Position> {
        let revision = self.revision;
        let (at, segments) =
            self.engine.with_open(|open| Ok((open.position(), Arc::clone(&open.segments))))?;
        let known = self.hash.or((revision == at.revision).then_some(at.hash));
        let hash = known.map_or_else(|| segments.hash_at(revision), |hash| Ok(Some(hash)))?;
        let oldest = segments.oldest().unwrap_or(0);
        let hash = hash.ok_or(Error::JournalTrimmed { requested: revision, oldest })?;
        Ok(Position { lineage: at.lineage, revision, hash })
    }

    /// The changes after the revision that are there now: at most `limit`, and one at least where
    /// there is one. Moves the revision to the last of them.
    ///
    /// An empty page says that there is nothing newer. It waits for no change; at most for a
    /// recovery or a closing under way. Example: at [`Feed`].
    ///
    /// Cost: O(bytes of the page); at the start of a feed, and after a recovery, O(bytes of one
    /// segment) more.
    ///
    /// # Errors
    ///
    /// The revision stays, so the call can be repeated. What could be read before an error is given
    /// first.
    ///
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps the change after the revision.
    /// - [`Error::FeedAhead`]: the store has fewer changes than the feed gave.
    /// - [`Error::Closed`]: the store was closed.
    /// - [`Error::WritesStopped`]: a [`recover`](crate::Store::recover) failed. The feed goes on when
    ///   a later one succeeds. A store that only stopped to take changes is read on.
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - [`Error::Forked`]: the process was forked after the store was opened.
    pub fn next_page(&mut self, limit: usize) -> Result<Vec<Change>> {
        loop {
            let Shown { revision, lineage, segments } = self.journal()?;
            let mut page = Vec::new();
            let part = Part { end: revision, lineage, limit };
            match self.read(&segments, &part, &mut page) {
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
    /// on, for [`recover`](crate::Store::recover), after which it goes on where it was. A timeout that
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
        let page = engine.notifier().watch(deadline, || {
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

    /// How many notifications there were.
    #[cfg(all(feature = "tokio", not(loom)))]
    pub(crate) fn notifications(&self) -> u64 {
        self.engine.notifier().count()
    }

    /// What may be given now.
    fn journal(&self) -> Result<Shown> {
        let shown = self.engine.with_open(|open| {
            let (revision, lineage) = (open.state.head().revision, open.identity.lineage);
            Ok(Shown { revision, lineage, segments: Arc::clone(&open.segments) })
        })?;
        if shown.revision < self.revision {
            return Err(Error::FeedAhead { position: self.revision, revision: shown.revision });
        }
        Ok(shown)
    }

    /// Reads a page of the changes.
    fn read(
        &mut self,
        segments: &Arc<Segments>,
        part: &Part,
        page: &mut Vec<Change>,
    ) -> Result<()> {
        let Part { end, lineage, limit } = *part;
        let this = Arc::downgrade(segments);
        let place = self.place.take().filter(|(of, _)| of.ptr_eq(&this)).map(|(_, place)| place);
        let reader = Reader::new(Arc::clone(segments), self.revision.saturating_add(1), end)?;
        let mut reader = reader.starting_at(place);
        let mut bytes = 0;
        while let Some(read) = reader.next() {
            let (revision, payload) = read?;
            let hash = reader.hash().unwrap_or_default();
            page.push(Change::read(&payload, lineage, hash)?);
            (self.revision, self.hash) = (revision, Some(hash));
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
            .field("revision", &self.revision)
            .field("page_bytes", &self.page_bytes)
            .finish_non_exhaustive()
    }
}
