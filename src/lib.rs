//! An embedded store of which resources belong to which views, in both directions.
//!
//! A host service links this crate and keeps in one directory which *resources* (flags, segments, AI
//! configs and metrics) belong to which *views*, named groups of them, of a *project*, a namespace.
//! Its main job is the batch unlink: it walks all keys of a batch inside one write transaction,
//! records a failure for each key that has one instead of aborting, and returns a report that a
//! client can act on.
//!
//! ```
//! use viewlink::{Batch, NewView, Paging, Resource, ResourceType, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("views.viewlink");
//! let store = Store::open(path)?;
//! let project = store.project("default")?; // a handle; the key is parsed here, once
//! project.ensure_view(NewView::new("my-view", "My view"))?;
//! project.link("my-view", Batch::flags(["checkout-v2", "search-v3"]))?.all_ok()?;
//!
//! let batch = Batch::flags(["checkout-v2", "no-such-flag"]).comment("retired");
//! let report = project.unlink("my-view", batch)?;
//! assert_eq!((report.success_count(), report.failure_count()), (1, 1));
//! for failed in report.failures() {
//!     // no-such-flag: not linked to this view (not_linked)
//!     println!("{}: {} ({})", failed.resource(), failed.reason(), failed.code());
//! }
//!
//! let snapshot = store.snapshot()?;
//! let reader = snapshot.project("default")?;
//! let page = reader.linked_resources("my-view", ResourceType::Flag, Paging::first(100))?;
//! assert_eq!(page.items[0].resource, Resource::flag("search-v3")?);
//! let views = reader.linked_views(&Resource::flag("search-v3")?, Paging::first(100))?;
//! assert_eq!(views.total, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! - **A change is whole or absent.** One call is one change, whatever its number of keys, after
//!   any crash. The error of a call that failed tells what became of its change:
//!   [`Error::outcome`].
//! - **What was answered is durable.** A report is given after the journal record that holds the
//!   change was synced to disk.
//! - **What was read stays.** A reader never sees a change that a crash could take back. (One exception,
//!   for those who cannot write, is told at [`Options::read_only`].)
//! - **Readers see one revision.** A [`Snapshot`] is consistent across all its reads. It waits for
//!   no change and holds none up.
//! - **One outcome for each key, in request order.** See [`Report`].
//! - **Bad input is an error or a key's failure**, and never a panic. So is a file that is cut,
//!   foreign, too new or damaged in what opening it reads; an open that fails leaves the files as
//!   they were, but for what [`Options::open`] names. A page of the state that rots unread is found by
//!   [`Options::check_pages`] and by [`Store::verify`]; without them the database trusts it.
//!
//! # Durability
//!
//! A change is one record appended to the journal, and one sync of the journal's file
//! ([`File::sync_data`](std::fs::File::sync_data)). Only then the call returns, and only then readers see
//! the change. The state, a database with all views and links, is synced at *checkpoints* only; after a
//! crash the next opening replays what it lacks from the journal.
//!
//! - [`Store::checkpoint`] makes nothing more durable. It makes the next opening short, and lets old
//!   changes leave the journal. It happens by itself after work enough ([`Options::checkpoint_interval`]).
//! - [`Store::close`] makes a checkpoint and tells what failed. Dropping the last handle does the same in
//!   silence. Neither loses a change, nor does killing the process.
//! - Of the disk it is assumed that what was synced stays. Of what was not, any part may be there, in any
//!   order, torn at sectors. `docs/design.md` has it in full, and the one thing that cannot be noticed: the
//!   very last record, if exactly that rots on the disk.
//! - When the disk fails under a call, [`Error::outcome`] tells whether its change is not applied, unknown
//!   or committed. But for a full disk that left the journal whole, writes stop then, reads go on where
//!   they can, and [`Store::recover`] brings the store back under the live handles: afterwards an unknown
//!   change is there, whole, or not at all.
//!
//! # Reading without writing
//!
//! Opening a store writes to its directory: it recovers what a crash left, and marks the state as open.
//! [`Options::read_only`] opens one of which no byte changes, on a full disk or one that cannot be written,
//! too. All reads, [`Store::verify`] and [`Store::backup_to`] work and answer as ever; changes are
//! [`Error::ReadOnly`].
//!
//! # Many threads
//!
//! A [`Store`] is a cheap handle for any thread: `Clone`, `Send` and `Sync`, as are [`Project`] and
//! [`Feed`]. One process at a time opens a store, or any number do that only read it
//! ([`Options::read_only`]).
//!
//! *Changes* are made one after the other. Those who call at the same time are a group: one transaction,
//! one append and one sync for all, so many callers are worth it. There is no background thread. The caller
//! who leads a group also does what is due behind it, when all have their answers: a slice of a
//! [fold](Options::tail), or a checkpoint. So now and then one call takes longer. [`Options::group_limit`] bounds how long a small
//! change waits for large ones.
//!
//! *Readers* never wait for a change. Taking a [`Snapshot`] is O(1). As long as it is held while others
//! write, the file of the state grows, since the pages it sees cannot be used again: drop it soon, watch
//! [`Stats::oldest_snapshot`], or set [`Options::snapshot_limit`]. A [`Feed`] holds no pages.
//!
//! # Async code
//!
//! Calls block on the disk. With the feature `tokio`, `Store::into_async` gives a handle with the same
//! calls for async code: they run on the runtime's pool for blocking work, can be dropped at any moment
//! with the change whole or absent, and the feed is a `Stream`. With another runtime use its own pool, as
//! `tokio::task::spawn_blocking` is; the handles can be moved there.
//!
//! # Many tenants
//!
//! Tenants share a store as projects. A project is a row, begins with its first view or resource, and ends
//! with [`Project::delete`].
//!
//! - *Apart* are all names (two projects may have a view of one key), lists and their totals, the registry,
//!   and cursors. No change reaches into two projects. Who may call for which is the host's business.
//! - *Shared* are the revision counter (so [`Project::if_store_at`] notices every tenant's changes, where
//!   [`Project::if_view_at`] notices those of a view), the journal with its retention and its feed
//!   ([`Change::project`] tells them apart), the limits, the cache, and backups.
//! - *Noisy neighbours*: a large batch holds up all writers for the time it takes, so bound it with
//!   [`Options::batch_limit`]; many changes of one tenant push those of others out of the journal, as
//!   [`Options::keep_changes`] counts them together; a forgotten snapshot lets the file of all grow. There
//!   are no quotas.
//!
//! Tenants that need files of their own get a store each; that is a directory, a journal segment of
//! [`Options::segment_size`] and a cache of up to [`Options::cache_size`].
//!
//! # What is known of resources
//!
//! Any resource with a valid key can be linked. A project's registry
//! ([`Project::put_resources`]) knows more of those that are put there: name, tags, maintainer, and the
//! id of a segment. Then segments can be named by id ([`Batch::segment_ids`]), resources by what they
//! are like ([`Batch::matching`], [`filter`]), lists searched and sorted by name, and, with
//! [`LinkPolicy::Closed`], nothing else can be linked. All of it is decided inside the change.
//!
//! # Errors
//!
//! What concerns one key of a batch is that key's failure in the [`Report`], with a [`FailureReason`] and a
//! stable [`FailureCode`]; the other keys are done. The whole call is an [`Error`], and changes nothing,
//! when its project or view is malformed or unknown, when it is beyond a limit or a precondition does not
//! hold, when the store takes no changes, or when the disk fails. [`Report::all_ok`] turns a report with
//! failures into an error.
//!
//! # Limits
//!
//! | what | limit | set by |
//! | --- | ---: | --- |
//! | a project, view or resource key, a segment id | 256 bytes | [`MAX_KEY_LEN`], fixed |
//! | an environment id | 256 bytes | [`Limits::environment_id`] |
//! | keys of a batch, resources of a put | 100,000 | [`Options::batch_limit`] |
//! | a name, a tag, a maintainer's id, an actor | 256 bytes each | [`Limits`] |
//! | tags of a view or resource | 64 | [`Limits::tags`] |
//! | a description | 4,096 bytes | [`Limits::description`] |
//! | a comment | 16,384 bytes | [`Limits::comment`] |
//! | the text of a filter, and its values | 64 KiB, 1,000 | [`MAX_FILTER_LEN`], [`MAX_FILTER_VALUES`], fixed |
//! | keys of changes that share a sync | 10,000 | [`Options::group_limit`] |
//! | changes of backlinks (which views a resource is in) that wait in memory | 131,072 | [`Options::tail`] |
//! | rows, or bytes of journal, between checkpoints | 2,048 or 8 MiB | [`Options::checkpoint_interval`] |
//! | memory for pages | 64 MiB | [`Options::cache_size`] |
//! | changes that the journal keeps | the newest 100,000 | [`Options::keep_changes`] |
//! | the age of a change that the journal keeps | none | [`Options::keep_for`] |
//! | a segment of the journal | 4 MiB | [`Options::segment_size`] |
//! | the age of a snapshot | none | [`Options::snapshot_limit`] |
//! | projects, and views, over the life of a store | 2^32 − 1 each | fixed |
//!
//! # Costs
//!
//! With n keys in a call; L, V and R the links, views and registered resources of the store; m the links of
//! one type of the view, v the views of the resource, p = offset + limit of a page. A change takes one
//! append and one sync besides, shared with those who call at the same time; one that changes nothing takes
//! neither. Whatever names no cost does not touch the store: it takes time in proportion to what it is
//! given and gives back.
//!
//! | operation | cost |
//! | --- | --- |
//! | [`link`](Project::link), [`unlink`](Project::unlink) | O(n log n + n log L) |
//! | [`replace`](Project::replace) | O(n log n + n log L + m) |
//! | a batch by [filter](Batch::and_matching) | O(log R) for each resource that the index finds, or else for all of the type; to unlink, for each of the m links |
//! | [`put_resources`](Project::put_resources) | O(n · (1 + tags) · log R) |
//! | [`create_view`](Project::create_view), [`update_view`](Project::update_view) | O(log V) |
//! | [`delete_view`](Project::delete_view) | O(links of the view / 100) |
//! | [`delete`](Project::delete) a project | O(its views, links and resources) |
//! | [`remove_resource`](Project::remove_resource) | O(v log L); the slow one, where v is very large |
//! | [`is_linked`](ProjectSnapshot::is_linked) | O(log V + log L) |
//! | [`linked_resources`](ProjectSnapshot::linked_resources) by key | O(log L + offset / 100 + limit) |
//! | by link time, or by name | O(m + p log p), or O(m log R + p log p) |
//! | [`linked_views`](ProjectSnapshot::linked_views) | O(log L + v log V) |
//! | [`snapshot`](Store::snapshot), the totals of lists without a filter | O(1) |
//! | [`open`](Options::open) | O(bytes of journal since the last checkpoint, and what waits) |
//! | [`backup_to`](Store::backup_to), [`compact`](Store::compact) | O(size of the store) |
//!
//! # Features
//!
//! - `testing`: `Store::fail_next_change` makes the next change fail in a chosen way, so that a
//!   host can test how it handles that, and the module `testing` has a disk that loses power. Off by
//!   default.
//! - `tokio`: `AsyncStore`, `AsyncProject` and `FeedStream`, the same operations for async code. Off by
//!   default.
//! - `tracing`: spans and events of the store's own work, see below. Off by default.
//! - `wire`: the module `wire`, with the JSON of the REST API. Off by default.
//!
//! # Observability
//!
//! [`Store::stats`] has figures that are always counted and cost nothing to read, [`Store::sizes`] how
//! large each part is, [`Store::health`] whether changes are made; the first and the last wait for no
//! change and no disk. With the feature `tracing` the store
//! tells of its own work, for any subscriber of the crate [tracing](https://docs.rs/tracing). Targets,
//! names and fields are stable; all fields are numbers but `reason`, times are in microseconds.
//!
//! | target | name | level | what it is, and its fields |
//! | --- | --- | --- | --- |
//! | `viewlink::commit` | `commit` | debug | span around a group of changes: `revision` of the newest, number of `changes`, `keys` that were named, `bytes` of journal, `sync_us` to write and sync them, `duration_us` until readers saw them; without values where nothing was changed |
//! | `viewlink::commit` | `slow_commit` | warn | one took as long as [`Options::slow_commit`] or longer: the same fields, `limit_us` |
//! | `viewlink::commit` | `writes_stopped` | error | the store takes no more changes: `reason` |
//! | `viewlink::checkpoint` | `checkpoint` | debug | span around the writing of a checkpoint: `revision` of the state in it, `bytes` of its file, `duration_us`; without values where it failed |
//! | `viewlink::checkpoint` | `checkpoint_failed` | warn | a checkpoint could not be made; the one before is in its place: `reason` |
//! | `viewlink::journal` | `segment_started` | debug | the journal goes on in a new file: `first_revision` in it, `bytes` of room |
//! | `viewlink::journal` | `segment_removed` | debug | a file that nobody needs is gone: `first_revision` that was in it, its `bytes` |
//! | `viewlink::backup` | `backup` | debug | span around the making of a copy, whose segments are told of inside it: `revision` of the copy, `duration_us` |
//! | `viewlink::recovery` | `recovery` | info | span around every opening of the files: no fields |
//! | `viewlink::recovery` | `torn_end` | warn | a crash left changes in the journal that were not whole, and so not acknowledged: `revision` of the last whole one, `cut_bytes` |
//! | `viewlink::recovery` | `recovered` | info | the store is open: `state_revision` that the state on disk had, `revision` of the journal's end, changes `replayed`, `rewritten` since nothing proved that they had been synced, `cut_bytes`, `duration_us` |
//!
//! No field has a key, name, comment or actor: who reads the log of a process need not be allowed to read
//! what its tenants keep. So a `reason` leaves out what a damaged row or a panic says;
//! [`Store::health`] tells all of it.
//!
//! A group is told of in the thread of the caller who leads it, inside of that caller's span, though
//! others may share it. Most is told in the middle of the work, while other callers wait: a
//! subscriber must not call the store. If it panics, that is caught, and what it was told is lost.
//!
//! # Layers
//!
//! | layer | modules | knows |
//! | --- | --- | --- |
//! | wire | `wire` | JSON, behind a feature |
//! | async API | `asynchronous` | the pool for blocking work, behind a feature |
//! | public API | `store`, `project`, `snapshot`, `feed`, `options` and the types they take and give | requests and answers |
//! | batch engine | `batch` | keys and outcomes |
//! | commit | `commit`, `journal`, `change` | transactions, durability, recovery |
//! | storage | `storage` | tables, and names the database |
//! | disk | `disk` | files |
//! | filter | `filter` | conditions, and the text they are written in |
//! | model | `model`, `codec` | plain data, and its bytes |
//!
//! Beside them `trace` is what every layer tells of itself through.

#![forbid(unsafe_code)]

// Tokio cannot be had while the waiting is tried in every order of its steps.
#[cfg(all(feature = "tokio", not(loom)))]
mod asynchronous;
mod catch_panic;
mod checkpoint;
mod codec;
mod disk;
mod engine;
mod feed;
pub mod filter;
#[cfg(feature = "testing")]
mod fuzz;
mod health;
mod journal;
mod model;
mod opening;
mod options;
mod parallel;
mod project;
mod restore;
mod sizes;
mod snapshot;
mod state;
mod stats;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
mod verify;
#[cfg(feature = "wire")]
pub mod wire;

#[cfg(all(feature = "tokio", not(loom)))]
pub use asynchronous::{AsyncProject, AsyncStore, FeedStream};
#[cfg(feature = "testing")]
pub use engine::Fault;
pub use feed::Feed;
pub use filter::{
    FilterError, FilterErrorKind, MAX_FILTER_LEN, MAX_FILTER_VALUES, ResourceCondition,
    ResourceFilter, SetPredicate, TextPredicate, ViewCondition, ViewFilter,
};
#[cfg(feature = "testing")]
pub use fuzz::decode_anything;
pub use health::Health;
pub use model::error::{Error, Outcome, Result, StoreFile};
pub use model::key::{
    EnvironmentId, KeyError, MAX_KEY_LEN, ProjectKey, ResourceKey, SegmentId, ViewKey,
};
pub use model::limit::{Limits, TooLong};
pub use model::linked_resource::LinkedResource;
pub use model::page::{Cursor, KeySort, LinkSort, Page, Paging, ResourceSort, ViewSort};
pub use model::position::{InvalidPosition, Position};
pub use model::project_info::ProjectInfo;
pub use model::resource::{RawResource, Resource, ResourceType, UnknownResourceType};
pub use model::time::Timestamp;
pub use model::type_counts::TypeCounts;
pub use model::view::{Maintainer, NewView, View, ViewPatch};
pub use model::{
    Action, Batch, Change, ChangeKind, ChangedFields, ChangedLinks, Failure, FailureCode,
    FailureReason, KeyOutcome, LinkPolicy, NewResource, RegisteredResource, Report, SegmentRef,
};
pub use options::{Checkpoints, Options, RecoveryProgress};
pub use project::{DeletedProject, DeletedView, LinkChange, Project, Removed};
pub use restore::Restore;
pub use sizes::{JournalSize, MemoryUse, Sizes};
pub use snapshot::{Changes, ProjectSnapshot, Snapshot};
pub use stats::{GroupSizes, OutcomeCounts, Stats};
pub use store::Store;
pub use verify::{Counts, Finding, Verification};

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
