//! The error of a whole call.
//!
//! What concerns one key of a batch is not here: it stands in the report.

mod alike;
mod constructors;
mod way_out;

use std::io;
use std::path::PathBuf;

use crate::model::change_id::ChangeId;
use crate::model::key::{KeyError, ProjectKey, ViewKey};
use crate::model::position::Position;
use crate::model::report::Report;

use way_out::{later, way_out};

pub use crate::model::outcome::Outcome;
pub use crate::model::store_file::StoreFile;

/// What `viewlink` calls return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a whole call failed.
///
/// [`outcome`](Self::outcome) tells what became of the change the call asked for. What concerns one key
/// of a batch is no error: it stands in the [`Report`].
///
/// ```
/// use viewlink::{Batch, Error, Options, StoreFile};
///
/// let project = Options::new().open_in_memory()?.project("default")?;
/// match project.unlink("v", Batch::flags(["a"])) {
///     Err(Error::UnknownProject { .. } | Error::UnknownView { .. }) => println!("no such view"),
///     Err(Error::Damaged { file: StoreFile::State, part, .. }) => println!("{part} is damaged"),
///     answer => drop(answer?),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A project, view or other key that names what the call is about is malformed.
    #[error("{what} {text:?} is malformed")]
    InvalidKey {
        /// What the key should have named, such as `view key`.
        what: &'static str,
        /// The text that is no key; of a long one the first 512 characters.
        text: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A parsed name was asked for and the text is no key.
    #[error("a resource's name is malformed")]
    InvalidResource(#[from] KeyError),
    /// There is no project with this key.
    #[error("there is no project {project}: a project begins with its first view or resource")]
    UnknownProject {
        /// The key of the project.
        project: ProjectKey,
    },
    /// There is no view with this key in the project.
    #[error("there is no view {view} in project {project}")]
    UnknownView {
        /// The key of the project.
        project: ProjectKey,
        /// The key of the view.
        view: ViewKey,
    },
    /// The project has a view with this key already.
    #[error("project {project} has a view {view} already")]
    ViewExists {
        /// The key of the project.
        project: ProjectKey,
        /// The key of the view.
        view: ViewKey,
    },
    /// Somebody else made a change meanwhile; see [`if_store_at`](crate::Project::if_store_at) and
    /// [`if_view_at`](crate::Project::if_view_at).
    #[error("{what} is at revision {actual}, and {expected} was asked for: read it again")]
    RevisionDiffers {
        /// What is at another revision: `the store`, or `view` and its key.
        what: String,
        /// The revision that was asked for.
        expected: u64,
        /// The revision it is at.
        actual: u64,
    },
    /// The last change of a view is another one than was asked for, or the store went another way; see
    /// [`if_view_changed_by`](crate::Project::if_view_changed_by).
    #[error(
        "view {view} was last changed by {actual}, and {expected} was asked for: read it again"
    )]
    ViewDiffers {
        /// The key of the view.
        view: ViewKey,
        /// The change that was asked for.
        expected: ChangeId,
        /// The change that was the last one.
        actual: ChangeId,
    },
    /// The revision of a view was to be compared, and the call is about no single one.
    #[error("the call is about no single view to compare the revision of: use if_store_at")]
    NoSingleView,
    /// The batch has more keys than the store takes at once.
    #[error(
        "the batch has {keys} keys, at most {limit} are taken at once: split it or raise Options::batch_limit"
    )]
    BatchTooLarge {
        /// How many keys the batch has.
        keys: usize,
        /// How many a batch may have.
        limit: usize,
    },
    /// A text or list is longer than the store takes.
    #[error(
        "the {what} has {length} {unit}, at most {limit} are taken: shorten it or raise the limit in Options::limits"
    )]
    TooLong {
        /// What is too long, such as `comment`.
        what: &'static str,
        /// Its length.
        length: usize,
        /// In what the length is counted: `bytes` or `entries`.
        unit: &'static str,
        /// The greatest length taken.
        limit: usize,
    },
    /// The cursor is damaged, or belongs to another list.
    #[error("the cursor cannot be used here: {reason}; start again without one")]
    InvalidCursor {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Some keys of a batch failed; only made by [`Report::all_ok`].
    #[error("{} of {} keys failed", .0.failure_count(), .0.len())]
    KeysFailed(Box<Report>),
    /// The journal no longer keeps what was asked for.
    #[error(
        "the journal was asked for revision {requested}, the oldest it keeps is {oldest}: begin \
         there, and read what was before from a snapshot"
    )]
    JournalTrimmed {
        /// The revision asked for.
        requested: u64,
        /// The oldest revision that can be read.
        oldest: u64,
    },
    /// A revision was to be restored that the copy and the journal do not give.
    #[error(
        "revision {requested} cannot be restored: the copy and the journal give revisions {oldest} to {newest}; use an \
         earlier copy, or add the journal that was kept later"
    )]
    RevisionNotKept {
        /// The revision asked for.
        requested: u64,
        /// The revision of the copy.
        oldest: u64,
        /// The newest revision of the journal.
        newest: u64,
    },
    /// The store has fewer changes than the revision that was asked for.
    #[error("revision {requested} is not there yet: the newest is {newest}")]
    RevisionAhead {
        /// The revision asked for.
        requested: u64,
        /// The newest revision of the store.
        newest: u64,
    },
    /// The change was made in another project than the one in which it was to be taken back.
    #[error("change {revision} was made in project {project}: take it back there")]
    OtherProject {
        /// The revision of the change.
        revision: u64,
        /// The key of the project it was made in.
        project: ProjectKey,
    },
    /// A change would have to be taken back that removed more names than it kept.
    #[error(
        "change {revision} removed more names than Options::removal_detail and kept counts alone, so it cannot be taken \
         back: restore a copy from before it, and raise that option for removals to come"
    )]
    DetailNotKept {
        /// The revision of the change.
        revision: u64,
    },
    /// A feed was to go on after a change that the store does not have.
    #[error(
        "the feed is to go on after revision {position}, and the store is at {revision}: the \
         position is of another store, or this one was put back to an older copy; begin again"
    )]
    FeedAhead {
        /// The revision to go on behind.
        position: u64,
        /// The newest revision of the store.
        revision: u64,
    },
    /// There is no store and the options forbid to make one.
    #[error(
        "there is no store at {path:?}: create it with Options::create_if_missing, and without \
         Options::read_only"
    )]
    NotFound {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// The path holds something else than a store, or a copy that is not whole; it was left as it is.
    #[error(
        "{path:?} is not a viewlink store ({reason}): choose an empty directory or one that a store made"
    )]
    NotAStore {
        /// The directory that was asked for.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// There is something at the path that a copy was to be made at; it was left as it is.
    #[error(
        "there is something at {path:?} already: choose a path that is free, or an empty directory"
    )]
    AlreadyExists {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// No copy of the store was made, and nothing was left; the store is as it was.
    #[error("the store cannot be copied to {path:?}: fix the cause and call again")]
    BackupFailed {
        /// The directory that was asked for.
        path: PathBuf,
        /// What failed.
        source: Box<Error>,
    },
    /// Another handle, in this process or another one, has the store open.
    #[error("the store at {path:?} is open elsewhere: share that handle, or close it first")]
    AlreadyOpen {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// The files were written by a later version; they were left as they are.
    #[error(
        "the {part} has format {found}, this version reads up to {supported}: use a newer viewlink"
    )]
    NewerFormat {
        /// The file with that format.
        part: String,
        /// The format it has.
        found: u32,
        /// The newest format this version knows.
        supported: u32,
    },
    /// The files contradict themselves or each other; an open leaves them as they are.
    #[error("the {part} is damaged: {detail}; restore the directory from a copy")]
    Damaged {
        /// Whether it is the state or the journal.
        file: StoreFile,
        /// The file, table or record that is damaged.
        part: String,
        /// What is wrong with it.
        detail: String,
        /// What the reading of it said, if anything did.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file system refused something.
    #[error("cannot {action}{}", way_out(.source))]
    Io {
        /// What was to be done.
        action: String,
        /// What became of the change.
        outcome: Outcome,
        /// What the file system said.
        source: io::Error,
    },
    /// The state failed, in memory or while a checkpoint was written or read.
    #[error("the state failed: call recover() or reopen the store")]
    State {
        /// What became of the change.
        outcome: Outcome,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The order that the store shares with others did not take the change, or it is not known whether it did; see
    /// [`sequencer`](crate::sequencer).
    #[error("the log that the copies of the store share did not take the change{}", later(.outcome))]
    SharedLog {
        /// What became of the change. One that is unknown may come with the changes of others, later.
        outcome: Outcome,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state would take more memory than the options allow.
    #[error(
        "the state would take {needed} bytes of memory, and {limit} are allowed: remove links or views, or raise \
         Options::memory_limit"
    )]
    MemoryLimit {
        /// How many bytes it would take.
        needed: u64,
        /// How many it may take.
        limit: u64,
    },
    /// No checkpoint could be made for so long that the journal has reached its bound.
    #[error(
        "the journal has {bytes} bytes since the last checkpoint, and {limit} are allowed: fix what the source says and \
         call checkpoint(), or raise Options::journal_limit"
    )]
    JournalFull {
        /// How many bytes of journal there are since the last checkpoint.
        bytes: u64,
        /// How many there may be.
        limit: u64,
        /// Why no checkpoint was made; `None` where checkpoints are made by hand.
        source: Option<Box<Error>>,
    },
    /// The position was never one of this store: it is of another one, or this one, or the store that the position
    /// is of, went another way since it was copied or put back.
    #[error(
        "the position {position} was never one of this store, which is at {at}: read the store again and go on from there"
    )]
    Diverged {
        /// The position.
        position: Position,
        /// Where the store stands.
        at: Position,
    },
    /// The handle belongs to the parent of this process, which was forked after the store was opened.
    #[error(
        "the store was opened before this process was forked, and belongs to its parent: open it again here"
    )]
    Forked,
    /// Something panicked while the call ran; a change was taken back.
    #[error("a panic ended the call: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// A call from async code was made outside of a runtime, or the runtime shut down before it began.
    #[cfg(feature = "tokio")]
    #[error("no tokio runtime makes the call: call it inside of one that is not shutting down")]
    NoRuntime,
    /// An earlier failure stopped all writes; reads may go on, but not after a recovery that failed.
    #[error(
        "writes have stopped after an earlier failure ({reason}): call recover() or reopen the store"
    )]
    WritesStopped {
        /// The failure that stopped them.
        reason: String,
    },
    /// The store was opened to be [read only](crate::Options::read_only), and the call would change it.
    #[error(
        "the store was opened to be read only: open it without Options::read_only to change it"
    )]
    ReadOnly,
    /// The store was closed, or the snapshot outlived a recovery.
    #[error(
        "the store is closed, or was recovered since the snapshot was taken: open it, or take a new snapshot"
    )]
    Closed,
}

impl Error {
    /// What became of the change the call asked for.
    ///
    /// But for a failure of the disk, and keys that failed beside others that did not, the store
    /// is as it was.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Io { outcome, .. }
            | Self::State { outcome, .. }
            | Self::SharedLog { outcome, .. } => *outcome,
            Self::KeysFailed(report) if report.revision().is_some() => Outcome::Committed,
            _ => Outcome::NotApplied,
        }
    }

    /// The same error with what is known now about the change.
    pub(crate) fn with_outcome(mut self, known: Outcome) -> Self {
        if let Self::Io { outcome, .. } | Self::State { outcome, .. } = &mut self {
            *outcome = known;
        }
        self
    }
}
