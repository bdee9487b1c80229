//! The feed of the changes of a store.

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

/// The default for the bytes of journal in a page.
const PAGE_BYTES: usize = 1 << 20;

/// The changes of a store after a revision: past and future ones.
///
/// It is made by [`Store::feed`](crate::Store::feed). It returns every change once, in the order of revisions, without
/// a gap, and only when it is durable and visible. So a crash never undoes a returned change, with one exception: see
/// [`Options::read_only`](crate::Options::read_only).
///
/// A feed is a position in the journal and a handle. Between two calls it keeps no part of the state and no open file.
/// To continue after a restart, save [`position`](Self::position) together with your copy of the changes, and call
/// [`feed_after`](crate::Store::feed_after) with it. If the store has a different history by then, for example after a
/// restore from a [copy](crate::Store::backup_to), that call returns [`Error::Diverged`].
///
/// A feed does not keep changes in the journal. A reader that is slower than
/// [`keep_changes`](crate::Options::keep_changes) and [`keep_for`](crate::Options::keep_for) allow gets
/// [`Error::JournalTrimmed`]: it then reads the state from a snapshot and follows from there.
///
/// A change that removes a whole view, resource or project has the number of removed links, not their names: a
/// follower knows them from its own copy of the links. See [`ChangeKind`](crate::ChangeKind).
///
/// Like a snapshot, a feed keeps the store open after all handles are dropped. It does not prevent closing: a waiting
/// call then returns [`Error::Closed`] at once.
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
    /// The chain hash at the revision, if known.
    hash: Option<ChainHash>,
    page_bytes: usize,
    /// The place of the next change, in the segments that the store had at that time.
    place: Option<(Weak<Segments>, Place)>,
}

/// The newest visible change, and its journal.
struct Shown {
    revision: u64,
    lineage: Lineage,
    segments: Arc<Segments>,
}

/// The input of one read.
struct Part {
    /// The newest change that may be returned.
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

    /// After how many bytes of journal a page ends; a page has at least one change. Default: 1 MiB.
    ///
    /// So a page is smaller than this plus one change. In memory, changes with short keys take about five times as much
    /// as in the journal.
    #[must_use]
    pub const fn page_bytes(mut self, bytes: usize) -> Self {
        self.page_bytes = bytes;
        self
    }

    /// The revision of the last change that was returned, or the one the feed was made with.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The position at that revision: save it to [continue after it](crate::Store::feed_after) later.
    ///
    /// Cost: O(1); O(bytes of one segment) for a feed that was made with a revision and has returned nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer has the revision; [`Error::Closed`], [`Error::Io`] and
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

    /// The existing changes after the revision: at most `limit`, and at least one if there is one. Moves the revision
    /// to the last of them.
    ///
    /// An empty page means that there is nothing newer. The call does not wait for changes; it waits at most for a
    /// running recovery or closing. Example: at [`Feed`].
    ///
    /// Cost: O(bytes of the page); at the start of a feed, and after a recovery, O(bytes of one
    /// segment) more.
    ///
    /// # Errors
    ///
    /// The revision stays the same, so the call can be repeated. Changes that could be read before an error are
    /// returned first.
    ///
    /// - [`Error::JournalTrimmed`]: the journal no longer has the change after the revision.
    /// - [`Error::FeedAhead`]: the store has fewer changes than the feed returned.
    /// - [`Error::Closed`]: the store was closed.
    /// - [`Error::WritesStopped`]: a [`recover`](crate::Store::recover) failed. The feed continues when a later one
    ///   succeeds. A store that only stopped writes can still be read.
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - [`Error::Forked`]: the process was forked after the store was opened.
    pub fn next_page(&mut self, limit: usize) -> Result<Vec<Change>> {
        loop {
            let Shown { revision, lineage, segments } = self.journal()?;
            let mut page = Vec::new();
            let part = Part { end: revision, lineage, limit };
            match self.read(&segments, &part, &mut page) {
                // An error of segments that were closed or recovered in the meantime says nothing about the store.
                Err(_) if page.is_empty() && segments.check_current().is_err() => {}
                Err(error) if page.is_empty() => return Err(error),
                _ => return Ok(page),
            }
        }
    }

    /// The same, but waits for a change if there is none yet. After `timeout` the page is empty.
    ///
    /// Waiting uses only its thread. While writes are stopped it keeps waiting for [`recover`](crate::Store::recover),
    /// and then continues. A timeout that is too large for the clock means no timeout. Example: at [`Feed`].
    ///
    /// Cost: that of [`next_page`](Self::next_page), for each group of changes made in the meantime.
    ///
    /// # Errors
    ///
    /// Those of [`next_page`](Self::next_page), also if they occur while it waits.
    pub fn wait(&mut self, timeout: Duration, limit: usize) -> Result<Vec<Change>> {
        let deadline = Instant::now().checked_add(timeout);
        let engine = Arc::clone(&self.engine);
        let page = engine.notifier().watch(deadline, || {
            let page = self.next_page(limit)?;
            Ok((!page.is_empty()).then_some(page))
        })?;
        Ok(page.unwrap_or_default())
    }

    /// Listens for changes, for callers that do not wait in a thread.
    #[cfg(all(feature = "tokio", not(loom)))]
    pub(crate) fn listener(&self) -> Listener {
        Listener::new(Arc::clone(&self.engine))
    }

    /// The number of notifications so far.
    #[cfg(all(feature = "tokio", not(loom)))]
    pub(crate) fn notifications(&self) -> u64 {
        self.engine.notifier().count()
    }

    /// The journal and the newest change that may be returned now.
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
