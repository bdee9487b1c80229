//! Bringing a copy of a store forward.

use std::path::{Path, PathBuf};

use crate::engine::{Source, restore};
use crate::model::error::Result;
use crate::model::position::Position;
use crate::options::Options;

/// A store as it was at any revision, from a [copy](crate::Store::backup_to) and the journal that was kept since.
///
/// The journal is that of the store the copy is of, or of a copy of it that went the same way: its
/// [archive](Options::archive), or the directory `journal` in the store's own, or both. What does not fit the copy by
/// its chain of hashes is refused. The copy and the journals are only read.
///
/// ```
/// # use viewlink::{NewView, Options, Restore, Store};
/// # let dir = tempfile::tempdir()?;
/// # let at = |name: &str| dir.path().join(name);
/// let store = Store::open(at("store"))?;
/// let project = store.project("default")?;
/// project.create_view(NewView::new("a", "A"))?;
/// store.backup_to(at("copy"))?;
/// project.create_view(NewView::new("b", "B"))?;
/// project.delete()?; // a mistake
/// # drop(project);
/// store.close()?;
///
/// let restore = Restore::new(at("copy")).journal(at("store").join("journal")).at(2);
/// assert_eq!(restore.to(at("restored"))?.revision(), 2);
/// let restored = Store::open(at("restored"))?;
/// assert_eq!(restored.project("default")?.read()?.info().views, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is restored before to()"]
pub struct Restore {
    copy: PathBuf,
    journals: Vec<PathBuf>,
    at: Option<u64>,
    options: Options,
}

impl Restore {
    /// From the copy in a directory.
    pub fn new(copy: impl AsRef<Path>) -> Self {
        let options = Options::new();
        Self { copy: copy.as_ref().to_owned(), journals: Vec::new(), at: None, options }
    }

    /// With the segments of the journal that are in a directory. Of several, each leads on from the one before.
    pub fn journal(mut self, directory: impl AsRef<Path>) -> Self {
        self.journals.push(directory.as_ref().to_owned());
        self
    }

    /// Up to a revision. Default: the newest one there is.
    pub const fn at(mut self, revision: u64) -> Self {
        self.at = Some(revision);
        self
    }

    /// With [`memory_limit`](Options::memory_limit), [`segment_size`](Options::segment_size) and
    /// [`on_recovery`](Options::on_recovery) of these options. Default: [`Options::new`].
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Makes the store in a new or empty directory, whole or not at all; returns where it stands. Example: at
    /// [`Restore`].
    ///
    /// The store has an id of its own. It keeps the lineage, so positions up to its revision are its own.
    ///
    /// Cost: O(n log n) with all the copy has, and O(bytes of the changes since).
    ///
    /// # Errors
    ///
    /// - [`Error::RevisionNotKept`](crate::Error::RevisionNotKept): the copy is of a later revision, or the journals end
    ///   before.
    /// - [`Error::Damaged`](crate::Error::Damaged): a journal does not lead on from the copy, or cannot be read.
    /// - [`Error::AlreadyExists`](crate::Error::AlreadyExists), [`Error::BackupFailed`](crate::Error::BackupFailed) and
    ///   [`Error::Io`](crate::Error::Io), as of [`Store::backup_to`](crate::Store::backup_to).
    /// - Those of [`Options::open`] for the copy.
    pub fn to(self, path: impl AsRef<Path>) -> Result<Position> {
        let Self { copy, journals, at, options } = self;
        restore(Source { copy: &copy, journals: &journals, at }, path.as_ref(), options)
    }
}
