//! The error of a whole call.
//!
//! Failures of single keys of a batch are in the report.

mod alike;
mod constructors;
mod outcome;
mod way_out;

use std::io;
use std::path::PathBuf;

use crate::model::key::{KeyError, ProjectKey, ViewKey};
use crate::model::{change_id::ChangeId, position::Position, report::Report};
use way_out::{later, way_out};

pub use crate::model::{outcome::Outcome, store_file::StoreFile};

/// What `viewlink` calls return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a whole call failed.
///
/// [`outcome`](Self::outcome) says what happened to the requested change. The failure of one key of a batch is not an
/// `Error`: it is in the [`Report`].
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
    /// The key of the project, view or other subject of the call is malformed.
    #[error("the {what} {text:?} is invalid")]
    InvalidKey {
        /// What the key names, such as `view key`.
        what: &'static str,
        /// The invalid text; of a long one the first 512 characters.
        text: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A parsed name was required and the text is not a valid key.
    #[error("the key of a resource is invalid")]
    InvalidResource(#[from] KeyError),
    /// There is no project with this key.
    #[error("there is no project {project}: check the key, or create its first view or resource")]
    UnknownProject {
        /// The key of the project.
        project: ProjectKey,
    },
    /// There is no view with this key in the project.
    #[error("there is no view {view} in project {project}: check both keys")]
    UnknownView {
        /// The key of the project.
        project: ProjectKey,
        /// The key of the view.
        view: ViewKey,
    },
    /// The project already has a view with this key.
    #[error("project {project} already has a view {view}: choose another key, or update that view")]
    ViewExists {
        /// The key of the project.
        project: ProjectKey,
        /// The key of the view.
        view: ViewKey,
    },
    /// A view cannot follow a filter that names a view which depends on the first one.
    #[error(
        "view {view} cannot follow a filter that names view {named}, because {named} depends on {view}: leave {named} out of the filter"
    )]
    CircularFilter {
        /// The view that should follow the filter.
        view: ViewKey,
        /// The view that the filter names.
        named: ViewKey,
    },
    /// A view cannot follow a filter that requires exactly some views, or no view: every change of a view affects it.
    #[error(
        "view {view} cannot follow a filter for resources in no view, or in some views and no others: name views that a resource is in, or is not in"
    )]
    UnsupportedStandingFilter {
        /// The view that should follow the filter.
        view: ViewKey,
    },
    /// A view cannot get or lose a key that is named by a filter of another view.
    #[error("view {by} follows a filter that names view {view}: change that filter first")]
    NamedByFilter {
        /// The key that the filter names.
        view: ViewKey,
        /// The view that follows the filter.
        by: ViewKey,
    },
    /// The store or view was changed in the meantime; see [`if_store_at`](crate::Project::if_store_at) and
    /// [`if_view_at`](crate::Project::if_view_at).
    #[error("{what} is at revision {actual}, not at the expected {expected}: read it again")]
    RevisionDiffers {
        /// What has another revision: `the store`, or `view` and its key.
        what: String,
        /// The revision that the caller expected.
        expected: u64,
        /// The revision it has.
        actual: u64,
    },
    /// The last change of a view is not the expected one, or the store has another history; see
    /// [`if_view_changed_by`](crate::Project::if_view_changed_by).
    #[error(
        "view {view} was last changed by {actual}, not by the expected {expected}: read it again"
    )]
    ViewDiffers {
        /// The key of the view.
        view: ViewKey,
        /// The change that the caller expected.
        expected: ChangeId,
        /// The last change.
        actual: ChangeId,
    },
    /// The call compares the revision of a view, but is not about exactly one view.
    #[error(
        "the call is not about exactly one view, so no view's revision can be compared: use if_store_at"
    )]
    NoSingleView,
    /// The batch has more keys than the store accepts at once.
    #[error(
        "the batch has {keys} keys, but the limit is {limit}: split it, or raise Options::batch_limit"
    )]
    BatchTooLarge {
        /// How many keys the batch has.
        keys: usize,
        /// The greatest number allowed.
        limit: usize,
    },
    /// The view to be copied has more links than one change can make.
    #[error(
        "the view has {links} links, but the limit of one change is {limit}: raise Options::batch_limit, or create the view and \
         link its resources in several batches"
    )]
    CopyTooLarge {
        /// How many links the view has.
        links: u64,
        /// How many a change may make.
        limit: usize,
    },
    /// A text or list is longer than the store accepts.
    #[error(
        "the {what} has {length} {unit}, but the limit is {limit}: shorten it, or raise the limit in Options::limits"
    )]
    TooLong {
        /// What is too long, such as `comment`.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The unit of the length: `bytes` or `entries`.
        unit: &'static str,
        /// The greatest length accepted.
        limit: usize,
    },
    /// The cursor is invalid, or belongs to another list.
    #[error("the cursor cannot be used here: {reason}; start again without one")]
    InvalidCursor {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Some keys of a batch failed; only made by [`Report::all_ok`].
    #[error("{} of {} keys failed", .0.failure_count(), .0.len())]
    KeysFailed(Box<Report>),
    /// The journal no longer has the requested revision.
    #[error(
        "the journal no longer has revision {requested}, its oldest is {oldest}: begin there, or read the state \
         from a snapshot"
    )]
    JournalTrimmed {
        /// The requested revision.
        requested: u64,
        /// The oldest revision that can be read.
        oldest: u64,
    },
    /// The revision to be restored is not covered by the copy and the journal.
    #[error(
        "revision {requested} cannot be restored: the copy and the journal give revisions {oldest} to {newest}; use an \
         earlier copy, or add the journal that was archived since"
    )]
    RevisionNotKept {
        /// The requested revision.
        requested: u64,
        /// The revision of the copy.
        oldest: u64,
        /// The newest revision of the journal.
        newest: u64,
    },
    /// The requested revision is newer than the store.
    #[error("revision {requested} does not exist yet: the newest is {newest}")]
    RevisionAhead {
        /// The requested revision.
        requested: u64,
        /// The newest revision of the store.
        newest: u64,
    },
    /// Revision 0 is the empty store before its first change.
    #[error("revision 0 is the empty store, which no change made: revert change 1 or a later one")]
    NoSuchChange,
    /// The change to revert was made in another project.
    #[error("change {revision} was made in project {project}: revert it there")]
    OtherProject {
        /// The revision of the change.
        revision: u64,
        /// The key of the project it was made in.
        project: ProjectKey,
    },
    /// The change to revert removed more names than it kept.
    #[error(
        "change {revision} removed more names than Options::removal_detail, so the journal has only counts of it, and it \
         cannot be reverted: restore an earlier copy, and raise that option for future removals"
    )]
    DetailNotKept {
        /// The revision of the change.
        revision: u64,
    },
    /// The feed should continue after a change that the store does not have.
    #[error(
        "the feed should continue after revision {position}, but the store is at {revision}: the position belongs to \
         another store, or this store was restored from an older copy; read the store again and continue from there"
    )]
    FeedAhead {
        /// The revision to continue after.
        position: u64,
        /// The newest revision of the store.
        revision: u64,
    },
    /// The store does not exist, and the options do not allow to create it.
    #[error(
        "there is no store at {path:?}: create it with Options::create_if_missing, and without \
         Options::read_only"
    )]
    NotFound {
        /// The requested directory.
        path: PathBuf,
    },
    /// The path has something other than a store, or an incomplete copy; it was left as it is.
    #[error(
        "{path:?} is not a viewlink store ({reason}): choose the directory of a store, or an empty one"
    )]
    NotAStore {
        /// The requested directory.
        path: PathBuf,
        /// How this was detected.
        reason: String,
    },
    /// The path for a copy exists and is not an empty directory; it was left as it is.
    #[error("{path:?} already exists: choose a free path or an empty directory")]
    AlreadyExists {
        /// The requested directory.
        path: PathBuf,
    },
    /// No copy of the store was made, and no part of it remains; the store is unchanged.
    #[error("the store cannot be copied to {path:?}: fix the cause and call again")]
    BackupFailed {
        /// The requested directory.
        path: PathBuf,
        /// What failed.
        source: Box<Error>,
    },
    /// Another handle, in this process or another one, has the store open.
    #[error("the store at {path:?} is open elsewhere: share that handle, or close it first")]
    AlreadyOpen {
        /// The requested directory.
        path: PathBuf,
    },
    /// The files were written by a later version; they were left unchanged.
    #[error(
        "the {part} has format {found}, but this version reads formats up to {supported}: use a newer viewlink"
    )]
    NewerFormat {
        /// The file with that format.
        part: String,
        /// The format it has.
        found: u32,
        /// The newest format this version knows.
        supported: u32,
    },
    /// The files contradict themselves or each other; opening leaves them unchanged.
    ///
    /// This also happens if a file system with an error shows less than is on the disk. Then nothing is lost, and
    /// everything is there after it is mounted again.
    #[error(
        "the store is damaged ({part}): {detail}; mount the file system again if it had an error, otherwise restore the \
         directory from a copy"
    )]
    Damaged {
        /// Whether it is the state or the journal.
        file: StoreFile,
        /// The file, table or record that is damaged.
        part: String,
        /// What is wrong with it.
        detail: String,
        /// The error of the read, if there was one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file system returned an error.
    #[error("cannot {action}{}", way_out(.source))]
    Io {
        /// The action that failed.
        action: String,
        /// What happened to the change.
        outcome: Outcome,
        /// The error of the file system.
        source: io::Error,
    },
    /// The state failed, in memory or while a checkpoint was written or read.
    #[error("the state of the store failed: call recover() or reopen the store")]
    State {
        /// What happened to the change.
        outcome: Outcome,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The shared [order](crate::sequencer) of changes did not accept the change, or may have.
    #[error("the log shared by all copies of the store did not accept the change{}", later(.outcome))]
    SharedLog {
        /// What happened to the change. An unknown one may still arrive with the changes of others.
        outcome: Outcome,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state would take more memory than the options allow.
    #[error(
        "the state would take {needed} bytes of memory, but the limit is {limit}: remove links or views, or raise \
         Options::memory_limit"
    )]
    MemoryLimit {
        /// How many bytes it would take.
        needed: u64,
        /// How many it may take.
        limit: u64,
    },
    /// No checkpoint could be made for so long that the journal has reached its limit.
    #[error(
        "the journal has {bytes} bytes since the last checkpoint, but the limit is {limit}: fix the cause and \
         call checkpoint(), or raise Options::journal_limit"
    )]
    JournalFull {
        /// How many bytes of journal there are since the last checkpoint.
        bytes: u64,
        /// The greatest number allowed.
        limit: u64,
        /// Why no checkpoint was made; `None` if checkpoints are made by hand.
        source: Option<Box<Error>>,
    },
    /// The position is not in the history of this store: it belongs to another store, or one of the two was restored
    /// or copied and then changed differently.
    #[error(
        "the position {position} is not in the history of this store, which is at {at}: read the store again and continue from there"
    )]
    Diverged {
        /// The position.
        position: Position,
        /// The position of the store.
        at: Position,
    },
    /// The store was opened by the parent of this process, before a fork.
    #[error(
        "the store was opened before this process was forked, and belongs to its parent: open it again here"
    )]
    Forked,
    /// A panic occurred during the call; its change was undone.
    #[error("a panic ended the call, which changed nothing: {message}")]
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// An async call was made outside of a runtime, or the runtime shut down before the call began.
    #[cfg(feature = "tokio")]
    #[error("there is no tokio runtime for the call: call it inside one that is not shutting down")]
    NoRuntime,
    /// An earlier failure stopped all writes. Reads still work, except after a failed recovery.
    #[error(
        "writes have stopped after an earlier failure ({reason}): call recover() or reopen the store"
    )]
    WritesStopped {
        /// The failure that stopped them.
        reason: String,
    },
    /// The store was opened [read only](crate::Options::read_only), and the call would change it.
    #[error("the store was opened read only: open it without Options::read_only to change it")]
    ReadOnly,
    /// The store was closed, or it was recovered after the snapshot was taken.
    #[error(
        "the store is closed, or was recovered since the snapshot was taken: open it, or take a new snapshot"
    )]
    Closed,
}
