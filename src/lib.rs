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
//! # I want to ...
//!
//! Each call has an example.
//!
//! | task | call |
//! | --- | --- |
//! | open a store, in a directory or in memory | [`Store::open`], [`Options::open`], [`Options::open_in_memory`] |
//! | look at a store without changing its files | [`Options::read_only`] |
//! | create a view, or use the one that is there | [`Project::create_view`], [`Project::ensure_view`] |
//! | change, rename, copy or delete a view | [`Project::update_view`], [`rename_view`](Project::rename_view), [`copy_view`](Project::copy_view), [`delete_view`](Project::delete_view) |
//! | link or unlink many resources | [`Project::link`], [`Project::unlink`] |
//! | make a view hold exactly these resources | [`Project::replace`] |
//! | change several views in one transaction | [`Project::change_links`], [`Project::move_links`] |
//! | never take a resource out of its last view | [`Batch::keep_last_view`] |
//! | know what a call would do | [`Project::dry_run`] |
//! | change something only if nobody else did | [`Project::if_view_changed_by`], [`Project::if_store_at_position`] |
//! | list the resources of a view, or the views of a resource | [`ProjectSnapshot::linked_resources`], [`ProjectSnapshot::linked_views`] |
//! | ask whether a resource is in a view | [`ProjectSnapshot::is_linked`] |
//! | know names, tags and ids of resources | [`Project::put_resources`], [`ProjectSnapshot::resources`] |
//! | link what a filter finds | [`Batch::matching`], [`ResourceFilter::parse`] |
//! | keep what a filter finds linked, now and after every change | [`Project::follow`], [`Project::unfollow`] |
//! | find resources by the views that they are in | [`ProjectSnapshot::find_resources`] |
//! | compare views | [`ProjectSnapshot::overlap`], [`ProjectSnapshot::near_views`] |
//! | take a change back | [`Project::revert`], [`Project::revert_to`] |
//! | read the store as it was | [`Store::snapshot_at`] |
//! | see who changed a view or a resource, and why | [`ProjectSnapshot::view_history`], [`ProjectSnapshot::resource_history`] |
//! | keep a cache or an index up to date | [`Store::feed_after`], [`Feed::wait`] |
//! | copy the store while it is in use, and restore it | [`Store::backup_to`], [`Restore`] |
//! | handle a failing disk | [`Error::outcome`], [`Store::health`], [`Store::recover`] |
//! | check the files | [`Store::verify`] |
//! | test the handling of failures and power losses | `Store::fail_next_change`, `testing::SimulatedDisk`, with the feature `testing` |
//! | call it from async code | `Store::into_async`, with the feature `tokio` |
//! | speak the JSON of the REST API | `wire`, with the feature `wire` |
//!
//! # What is guaranteed
//!
//! - **A change is whole or absent.** One call is one change, whatever its number of keys, after
//!   any crash. The error of a call that failed says what became of its change:
//!   [`Error::outcome`].
//! - **What was answered is durable.** A report is given after the journal record that holds the
//!   change was synced to disk.
//! - **What was read stays.** A reader never sees a change that a crash could take back. There is one
//!   exception, for those who cannot write: [`Options::read_only`].
//! - **Readers see one revision.** A [`Snapshot`] is consistent across all its reads, in both directions, as
//!   long as it is held.
//! - **One outcome for each key, in request order.** See [`Report`].
//! - **Bad input is an error or a key's failure**, and never a panic. So is a file that is cut,
//!   foreign, too new or damaged. An open that fails leaves the files as they were, but for what
//!   [`Options::open`] names. Every opening compares what it loaded with a digest.
//! - **Copies that went different ways do not pass for one.** A [`Position`] names a change and all before it.
//!   A store that never had it says so: [`Error::Diverged`].
//!
//! # Durability
//!
//! Everything a store holds is in memory. A change is decided there, appended to the journal with one
//! write, and the journal's file is synced. Only then readers see the change, and the call returns. A
//! *checkpoint* writes the whole state into a new file from time to time. An opening loads the newest
//! checkpoint and applies the changes that the journal has after it.
//!
//! - [`Store::checkpoint`] makes nothing more durable. It makes the next opening shorter, and lets old
//!   changes leave the journal. It happens by itself: [`Options::checkpoints`], [`Options::checkpoint_bytes`].
//!   One that fails loses nothing and stops nothing; [`Stats::failed_checkpoints`] counts it.
//! - [`Store::close`] makes a checkpoint and returns what failed. Dropping the last handle does the same and
//!   reports nothing. Neither loses a change, nor does killing the process.
//! - Of the disk it is assumed that what was synced stays. Of what was not, any part may be there, in any
//!   order, torn at sectors. `docs/design.md` has it in full, and the one thing that cannot be noticed: the
//!   very last record, if exactly that rots on the disk.
//! - When the disk fails under a call, [`Error::outcome`] says whether its change is not applied, unknown
//!   or committed. A shortage that passes (a full disk, no descriptors) leaves the store writable where what
//!   was written could be taken back. After any other failure writes stop, reads go on where they can, and
//!   [`Store::recover`] brings the store back under the live handles: afterwards an unknown change is
//!   there, whole, or not at all.
//!
//! # Reading without writing
//!
//! Opening a store writes to its directory: it recovers what a crash left, and starts a new file of the
//! journal. [`Options::read_only`] opens one of which no byte changes, on a full disk or one that cannot be
//! written, too. All reads, [`Store::verify`] and [`Store::backup_to`] work and answer as ever; changes are
//! [`Error::ReadOnly`].
//!
//! # Many threads
//!
//! A [`Store`] is a cheap handle for any thread: `Clone`, `Send` and `Sync`, as are [`Project`],
//! [`Snapshot`] and [`Feed`]. One process at a time opens a store, or any number do that only read it
//! ([`Options::read_only`]). A child that was forked after the opening gets [`Error::Forked`] and harms nothing.
//!
//! *Changes* are made one after the other. Those who link and unlink by key at the same time are a group: one
//! append and one sync for all, so many callers are worth it. The first caller of a group makes the changes of
//! all; there is no thread for that. [`Options::group_limit`] bounds how long a small change waits for large
//! ones.
//!
//! *Long calls.* Deciding and applying take time in proportion to the keys. A batch of 100,000 keys, a filter
//! that looks at every resource, or the removal of a resource that is in very many views holds up other
//! changes meanwhile, and no reader. Checkpoints hold up nobody: a thread makes them from a snapshot and ends
//! with them. Only where the journal since the last one reaches [`Options::journal_limit`] a change waits for
//! it. With [`Checkpoints::Inline`] the caller who made it due makes the checkpoint, after all answers were
//! given.
//!
//! *Readers* wait for no change to be decided or synced. Taking a [`Snapshot`] is O(1), and [`Project::read`]
//! is one for a single project. As long as a snapshot is held, what changes is copied first. So changes cost
//! somewhat more, and what they replaced stays in memory: at most the size of the state. A snapshot pins
//! nothing on disk, never expires, and holds up no checkpoint, copy or verification. Drop it when it is not
//! needed any more, and watch [`Stats::oldest_snapshot`] for one that was forgotten. A [`Feed`] holds nothing
//! of the state.
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
//! Tenants share a store as projects. A project begins with its first view or registered resource, or with
//! [`Project::put`], and ends with [`Project::delete`].
//!
//! - *Apart* are all names (two projects may have a view of one key), lists and their totals, the registry,
//!   and cursors. No change reaches into two projects. Who may call for which is the host's business.
//! - *Shared* are the revision counter (so [`Project::if_store_at`] notices every tenant's changes, where
//!   [`Project::if_view_at`] notices those of a view), the journal with its retention and its feed
//!   ([`Change::project`] says whose each is), the limits, memory, and backups.
//! - *Noisy neighbours*: a large batch holds up all writers for the time it takes, so bound it with
//!   [`Options::batch_limit`]; many changes of one tenant push those of others out of the journal, as
//!   [`Options::keep_changes`] counts them together; what one tenant holds takes memory that
//!   [`Options::memory_limit`] counts for all. There are no quotas.
//!
//! Tenants that need files of their own get a store each: a directory, one or two journal segments of
//! [`Options::segment_size`], and the memory of what it holds.
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
//! | keys of a batch, resources of a put, with the links that follow | 100,000 | [`Options::batch_limit`] |
//! | a name, a tag, a maintainer's id, an actor | 256 bytes each | [`Limits`] |
//! | tags of a view or resource | 64 | [`Limits::tags`] |
//! | a description | 4,096 bytes | [`Limits::description`] |
//! | a comment | 16,384 bytes | [`Limits::comment`] |
//! | the text of a filter, its values, and those of a filter that a view follows | 64 KiB, 1,000 | [`MAX_FILTER_LEN`], [`MAX_FILTER_VALUES`], fixed |
//! | keys of changes that share a sync | 10,000 | [`Options::group_limit`] |
//! | names of a removal whose change keeps what undoing it needs | 100,000 | [`Options::removal_detail`] |
//! | memory of the state | none | [`Options::memory_limit`] |
//! | journal after which a checkpoint is made | 4 MiB, and half of the last one | [`Options::checkpoint_bytes`] |
//! | journal since the last checkpoint | 256 MiB | [`Options::journal_limit`] |
//! | changes that the journal keeps | the newest 100,000 | [`Options::keep_changes`] |
//! | the age of a change that the journal keeps | none | [`Options::keep_for`] |
//! | a segment of the journal | 4 MiB | [`Options::segment_size`] |
//! | a change in the journal | 4 GiB | fixed |
//! | projects, and views, over the life of a store | 2^32 − 1 each | fixed |
//!
//! # Memory
//!
//! All of a store is in memory. What its parts take, [`Sizes::memory`] has for a store that is open:
//!
//! | what | bytes |
//! | --- | ---: |
//! | a link | 17 |
//! | a linked resource with a key of 20 bytes, in fewer than 16 views | 120 |
//! | a view, besides its links and long texts | 320 |
//!
//! So a million links of 100,000 resources take 29 MB, ten million of a million resources 287 MB, and a million
//! links of as many resources 135 MB; a registered resource takes what is said of it besides. A process needs
//! more, some 20 MB and a third: what an allocator adds, a checkpoint while it is made, a batch in proportion to its
//! keys, and what changed since a snapshot that is held. [`Options::memory_limit`] refuses a change with which the
//! state could go beyond it: [`Error::MemoryLimit`], and nothing changed.
//!
//! # Costs
//!
//! With n keys in a call; V and R the views and registered resources of the project; m the links of one type
//! of the view, v the views of the resource, p = offset + limit of a page. A change takes one append and one
//! sync besides, shared with those who link and unlink by key at the same time; one that changes nothing takes
//! neither. Whatever names no cost does not touch the store: it takes time in proportion to what it is
//! given and gives back.
//!
//! | operation | cost |
//! | --- | --- |
//! | [`link`](Project::link), [`unlink`](Project::unlink) | O(n log n + n log m) |
//! | [`replace`](Project::replace) | O(n log n + n log m + m) |
//! | a change of links or of the registry where views [follow](Project::follow) filters | O(f log f) more with the f filters that may find one of its resources, or name one of its views |
//! | [`follow`](Project::follow), [`unfollow`](Project::unfollow) | that of the resources that the filter finds or found, by the index where there is one, else O(R) |
//! | a batch by [filter](Batch::and_matching) | O(log R) for each resource that the index finds, or else for all of the type; to unlink, for each of the m links |
//! | [`register`](Project::register) | that of `put_resources`, and O(n log m) for each view |
//! | [`put_resources`](Project::put_resources) | O(n · (1 + tags) · log R) |
//! | [`create_view`](Project::create_view), [`update_view`](Project::update_view) | O(log V) |
//! | [`delete_view`](Project::delete_view) | O(log V); O(its links) up to [`Options::removal_detail`] |
//! | [`put`](Project::put), [`update`](Project::update) a project | O(log projects) |
//! | [`delete`](Project::delete) a project | O(its views, links and resources) |
//! | [`remove_resource`](Project::remove_resource) | O(v log v + v log m); the slow one, where v is very large |
//! | [`revert`](Project::revert) | O(n log n) with the n names of that change, O(m) for each view that links come back to, and the journal from that change on |
//! | [`revert_to`](Project::revert_to) | that of [`snapshot_at`](Store::snapshot_at), and O(m log m) |
//! | [`view_history`](ProjectSnapshot::view_history), [`resource_history`](ProjectSnapshot::resource_history) | O(bytes of the journal that the page is found in) |
//! | [`is_linked`](ProjectSnapshot::is_linked) | O(log V); O(log v) more where v is above 15 |
//! | [`linked_resources`](ProjectSnapshot::linked_resources) by key or link time | O(log m + offset / 384 + limit) |
//! | by name | O(m log R + p log p) |
//! | [`linked_views`](ProjectSnapshot::linked_views) | O(v log v) |
//! | [`snapshot`](Store::snapshot), the totals of lists without a filter | O(1) |
//! | [`snapshot_at`](Store::snapshot_at) | O(n log links) with the n names of the changes since, and O(links) of the views that lost some since |
//! | [`read`](Project::read) | O(log projects) |
//! | [`open`](Options::open) | O(n log n) with all there is, on the cores there are, and O(journal since the last checkpoint) |
//! | [`checkpoint`](Store::checkpoint), [`compact`](Store::compact), [`close`](Store::close) | O(n log n) with all there is |
//! | [`backup_to`](Store::backup_to), [`Restore::to`] | the same, and O(journal) |
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
//! change and no disk. With the feature `tracing` the store reports its own work to any subscriber of the crate
//! [tracing](https://docs.rs/tracing). Targets, names and fields are stable; all fields are numbers but `reason`,
//! times are in microseconds.
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
//! [`Store::health`] has all of it.
//!
//! A group is reported by the thread of the caller who leads it, inside that caller's span, though others may
//! share it; a checkpoint by the thread that makes it. Most is reported in the middle of the work, while other
//! callers wait: a subscriber must not call the store. If it panics, that is caught, and the report is lost.
//!
//! # Layers
//!
//! | layer | modules | knows |
//! | --- | --- | --- |
//! | edges | `wire`, `asynchronous` | JSON; the pool for blocking work. Each behind a feature |
//! | public API | `store`, `opening`, `following`, `restore`, `project`, `snapshot`, `feed` | requests and answers |
//! | engine | `engine` | group commit, the write path, recovery, when checkpoints are made |
//! | checkpoint | `checkpoint` | the state on disk, and the database it is written with |
//! | journal | `journal` | changes as bytes, in order, durable |
//! | state | `state` | everything a store holds, in memory: deciding and applying |
//! | plain data | `filter`, `options`, `sequencer`, `stats`, `sizes`, `health`, `verify`, `model` | values and conditions |
//! | bytes and files | `codec`, `disk` | records, and files |
//!
//! The layers report their work through `trace`. `docs/design.md` has the rest.

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
mod following;
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
pub mod sequencer;
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
    ResourceFilter, SetPredicate, TextPredicate, TimePredicate, ViewCondition, ViewFilter,
};
#[cfg(feature = "testing")]
pub use fuzz::decode_anything;
pub use health::Health;
pub use model::change_id::{ChangeId, InvalidChangeId};
pub use model::error::{Error, Outcome, Result, StoreFile};
pub use model::key::{
    EnvironmentId, KeyError, MAX_KEY_LEN, ProjectKey, ResourceKey, SegmentId, ViewKey,
};
pub use model::limit::{Limits, TooLong};
pub use model::linked_resource::LinkedResource;
pub use model::overlap::{NearView, Overlap};
pub use model::page::{Cursor, KeySort, LinkSort, Page, Paging, ResourceSort, ViewSort};
pub use model::position::{InvalidPosition, Position};
pub use model::project_info::ProjectInfo;
pub use model::project_settings::{ProjectPatch, ProjectSettings};
pub use model::resource::{RawResource, Resource, ResourceType, UnknownResourceType};
pub use model::time::Timestamp;
pub use model::type_counts::TypeCounts;
pub use model::view::{Maintainer, NewView, View, ViewPatch};
pub use model::{
    Action, Attribute, AttributeValue, Batch, Change, ChangeKind, ChangedFields, ChangedHolds,
    ChangedLinks, Failure, FailureCode, FailureReason, HistoryEntry, HistoryEvent, HistoryPage,
    KeyOutcome, LinkPolicy, NewResource, NotReverted, RegisteredResource, Report, Reverted,
    RevertedItem, SegmentRef, StandingFilter, Unfollow,
};
pub use options::{Checkpoints, Options, RecoveryProgress};
pub use project::{DeletedProject, DeletedView, LinkChange, Project, Removed};
pub use restore::Restore;
pub use sizes::{JournalSize, MemoryUse, Sizes};
pub use snapshot::{Changes, ProjectSnapshot, Snapshot};
pub use stats::{GroupSizes, OutcomeCounts, Stats};
pub use store::Store;
pub use verify::{Counts, Finding, Verification};

/// The examples of the README and of the guide are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/guide.md")]
struct Pages;
