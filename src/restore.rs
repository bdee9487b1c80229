//! Restoring a store from a copy and a journal.

use std::path::{Path, PathBuf};

use crate::engine::{Source, restore};
use crate::model::error::Result;
use crate::model::position::Position;
use crate::options::Options;

/// Restores a store as it was at any revision, from a [copy](crate::Store::backup_to) and the journal that was kept
/// since.
///
/// The journal is the one of the store that was copied, or of a copy of it with the same history. It is the
/// [archive](Options::archive) of that store, or the directory `journal` in it, or both. The chain of hashes is
/// checked: a journal that does not continue the copy is refused. The copy and the journals are only read.
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
    /// Restores from the copy in a directory.
    pub fn new(copy: impl AsRef<Path>) -> Self {
        let options = Options::new();
        Self { copy: copy.as_ref().to_owned(), journals: Vec::new(), at: None, options }
    }

    /// Adds the segments of the journal that are in a directory. If there are several directories, each continues the
    /// one before.
    pub fn journal(mut self, directory: impl AsRef<Path>) -> Self {
        self.journals.push(directory.as_ref().to_owned());
        self
    }

    /// Restores up to this revision. Default: the newest one in the journals.
    pub const fn at(mut self, revision: u64) -> Self {
        self.at = Some(revision);
        self
    }

    /// Uses [`memory_limit`](Options::memory_limit), [`segment_size`](Options::segment_size) and
    /// [`on_recovery`](Options::on_recovery) of these options. Default: [`Options::new`].
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Creates the store in a new or empty directory, whole or not at all, and returns its position. Example: at
    /// [`Restore`].
    ///
    /// The store gets a new id. It keeps the lineage, so positions up to its revision are valid for it.
    ///
    /// Cost: O(n log n) with the size of the copy, and O(bytes of the later changes).
    ///
    /// # Errors
    ///
    /// - [`Error::RevisionNotKept`](crate::Error::RevisionNotKept): the copy has a later revision, or the journals end
    ///   before it.
    /// - [`Error::Damaged`](crate::Error::Damaged): a journal does not continue the copy, or cannot be read.
    /// - [`Error::AlreadyExists`](crate::Error::AlreadyExists), [`Error::BackupFailed`](crate::Error::BackupFailed)
    ///   and [`Error::Io`](crate::Error::Io), as for [`Store::backup_to`](crate::Store::backup_to).
    /// - Those of [`Options::open`] for the copy.
    pub fn to(self, path: impl AsRef<Path>) -> Result<Position> {
        let Self { copy, journals, at, options } = self;
        restore(Source { copy: &copy, journals: &journals, at }, path.as_ref(), options)
    }
}
