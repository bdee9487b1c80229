//! An embedded store for views and the resources that belong to them. It answers in both directions.
//!
//! A host service links this crate. It keeps in one directory which *resources* (flags, segments, AI configs and
//! metrics) belong to which *views*. A view is a named group of resources. Views belong to a *project*, which is a
//! namespace. The main operation is the batch unlink: it processes all keys of a batch inside one write transaction.
//! If a key fails, it records the failure and continues with the next key. The caller gets a report with an outcome
//! for each key.
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
//! | read a store without changing its files | [`Options::read_only`] |
//! | create a view, or use the existing one | [`Project::create_view`], [`Project::ensure_view`] |
//! | change, rename, copy or delete a view | [`Project::update_view`], [`rename_view`](Project::rename_view), [`copy_view`](Project::copy_view), [`delete_view`](Project::delete_view) |
//! | link or unlink many resources | [`Project::link`], [`Project::unlink`] |
//! | make a view contain exactly these resources | [`Project::replace`] |
//! | change several views in one transaction | [`Project::change_links`], [`Project::move_links`] |
//! | never remove a resource from its last view | [`Batch::keep_last_view`] |
//! | see what a call would change, without changing it | [`Project::dry_run`] |
//! | change something only if no other caller did | [`Project::if_view_changed_by`], [`Project::if_store_at_position`] |
//! | list the resources of a view, or the views of a resource | [`ProjectSnapshot::linked_resources`], [`ProjectSnapshot::linked_views`] |
//! | ask whether a resource is in a view | [`ProjectSnapshot::is_linked`] |
//! | store names, tags and ids of resources | [`Project::put_resources`], [`ProjectSnapshot::resources`] |
//! | link all resources that match a filter | [`Batch::matching`], [`ResourceFilter::parse`] |
//! | keep all resources that match a filter linked, now and after every change | [`Project::follow`], [`Project::unfollow`] |
//! | find resources by the views that they are in | [`ProjectSnapshot::find_resources`] |
//! | compare views | [`ProjectSnapshot::overlap`], [`ProjectSnapshot::near_views`] |
//! | revert a change | [`Project::revert`], [`Project::revert_to`] |
//! | read the store as it was at an earlier revision | [`Store::snapshot_at`] |
//! | see who changed a view or a resource, and why | [`ProjectSnapshot::view_history`], [`ProjectSnapshot::resource_history`] |
//! | keep a cache or a search index up to date | [`Store::feed_after`], [`Feed::wait`] |
//! | copy the store while it is in use, and restore it | [`Store::backup_to`], [`Restore`] |
//! | handle a failing disk | [`Error::outcome`], [`Store::health`], [`Store::recover`] |
//! | check the files | [`Store::verify`] |
//! | test the handling of failures and power losses | `Store::fail_next_change`, `testing::SimulatedDisk`, with the feature `testing` |
//! | call it from async code | `Store::into_async`, with the feature `tokio` |
//! | use the JSON of the REST API | `wire`, with the feature `wire` |
//!
//! # Guarantees
//!
//! - **A change is whole or absent.** One call is one change, whatever its number of keys. This holds after any crash.
//!   If a call fails, [`Error::outcome`] says whether its change was applied.
//! - **An acknowledged change is durable.** A call returns its report only after the journal record of the change was
//!   synced to disk.
//! - **Readers see only durable changes.** A reader never sees a change that a crash could undo. There is one
//!   exception, for readers that cannot write: [`Options::read_only`].
//! - **Readers see one revision.** A [`Snapshot`] is consistent across all its reads, in both directions, as long as
//!   it is held.
//! - **There is one outcome for each key, in request order.** See [`Report`].
//! - **Invalid input is an error of the call or a failure of a key**, and never a panic. The same holds for a file
//!   that is truncated, damaged, too new or not from this store. If an opening fails, the files stay as they were,
//!   with the exceptions that [`Options::open`] lists. Every opening compares the loaded state with a digest.
//! - **Copies with different histories are not confused.** A [`Position`] identifies a change and all changes before it.
//!   A store that never had this position returns [`Error::Diverged`].
//!
//! # Durability
//!
//! The whole state of a store is in memory. A change is first decided against this state. Then it is appended to the
//! journal with one write, and the file of the journal is synced. After that, readers see the change and the call
//! returns. From time to time, a *checkpoint* writes the whole state into a new file. An opening loads the newest
//! checkpoint and applies the later changes from the journal.
//!
//! - [`Store::checkpoint`] does not make changes more durable. It makes the next opening faster, and old changes can
//!   then be removed from the journal. Checkpoints are automatic: see [`Options::checkpoints`] and
//!   [`Options::checkpoint_bytes`]. A checkpoint that fails loses no data and does not stop writes;
//!   [`Stats::failed_checkpoints`] counts it.
//! - [`Store::close`] makes a checkpoint and returns its error if it fails. Dropping the last handle also makes one
//!   but reports no error. Neither loses a change, and killing the process does not lose one either.
//! - The store assumes that the disk keeps data that was synced. Of data that was not synced, any part may be on the
//!   disk, in any order, torn at sectors. `docs/design.md` describes this in full. It also describes the one damage
//!   that cannot be detected: the very last record is damaged on the disk.
//! - If the disk fails during a call, [`Error::outcome`] says whether the change is not applied, unknown or committed.
//!   After a temporary shortage (a full disk, no free file descriptors) the store stays writable if it could remove
//!   what it had written. After any other failure writes stop, and reads continue if possible. [`Store::recover`] then
//!   repeats the recovery, and all handles stay valid. After it, an unknown change is applied as a whole or not at
//!   all.
//!
//! # Reading without writing
//!
//! Opening a store writes to its directory: it recovers from a crash and starts a new file of the journal. A store
//! that is opened with [`Options::read_only`] changes no byte. This also works on a full disk and on one that cannot
//! be written. All reads, [`Store::verify`] and [`Store::backup_to`] work as usual; changes fail with
//! [`Error::ReadOnly`].
//!
//! # Many threads
//!
//! A [`Store`] is a cheap handle that any thread can use: it is `Clone`, `Send` and `Sync`, and so are [`Project`],
//! [`Snapshot`] and [`Feed`]. Only one process at a time can open a store, or any number of processes that only read
//! it ([`Options::read_only`]). In a child process that was forked after the opening, calls fail with
//! [`Error::Forked`] and change nothing.
//!
//! *Changes* are made one after another. Calls that link and unlink by key at the same time form a group: there is one
//! append and one sync for all of them, so many concurrent callers give a higher throughput. The first caller of a
//! group makes the changes of all of them on its own thread. A group ends at 10,000 keys, so that a small change does
//! not wait for many large ones.
//!
//! *Long calls.* The time to decide and apply a change grows with its number of keys. A batch of 100,000 keys, a
//! filter that must test every resource, or the removal of a resource that is in very many views delays other changes,
//! but no reader. Checkpoints delay nothing: a separate thread makes them from a snapshot, and exits after that. There
//! is one exception: if the journal since the last checkpoint reaches [`Options::journal_limit`], the next change
//! waits for a checkpoint. With [`Checkpoints::Inline`], the caller whose change made the checkpoint due makes it,
//! after all answers were given.
//!
//! *Readers* do not wait for a change to be decided or synced. Taking a [`Snapshot`] is O(1); [`Project::read`] takes
//! one for a single project. As long as a snapshot is held, changes first copy the parts that they modify. So changes
//! take a little longer, and the replaced parts stay in memory: at most the size of the state. A snapshot holds no
//! file on disk, never expires, and delays no checkpoint, backup or verification. Drop it when you no longer need it,
//! and watch [`Stats::oldest_snapshot`] to find a forgotten one. A [`Feed`] keeps no part of the state in memory.
//!
//! # Async code
//!
//! Calls block on the disk. With the feature `tokio`, `Store::into_async` returns a handle with the same calls for
//! async code. They run on the runtime's pool for blocking work. A call can be dropped at any moment; its change is
//! then whole or absent. The feed is a `Stream`. With another runtime, use its own pool for blocking work, similar to
//! `tokio::task::spawn_blocking`; the handles can be moved to its threads.
//!
//! # Many tenants
//!
//! Tenants share a store as projects. A project begins with its first view or registered resource, or with
//! [`Project::put`]. It ends with [`Project::delete`].
//!
//! - *Separate* are all names (two projects may each have a view with the same key), lists and their totals, the
//!   registry, and cursors. No change affects two projects. The host decides who may call which project.
//! - *Shared* are the revision counter, the journal with its retention and its feed ([`Change::project`] names the
//!   project of a change), the limits, memory, and backups. So [`Project::if_store_at`] notices the changes of every
//!   tenant, and [`Project::if_view_at`] notices only those of one view.
//! - *Tenants can affect each other.* A large batch delays all other writers, so bound its size with
//!   [`Options::batch_limit`]. Many changes of one tenant push changes of other tenants out of the journal, because
//!   [`Options::keep_changes`] counts all of them together. [`Options::memory_limit`] counts the memory of all tenants
//!   together. There are no quotas.
//!
//! If tenants need files of their own, give each its own store. A store costs a directory, one or two journal segments
//! of [`Options::segment_size`], and the memory of its state.
//!
//! # Registered resources
//!
//! Any resource with a valid key can be linked. A project also has a registry ([`Project::put_resources`]). It stores
//! more about a resource: name, tags, maintainer, and the id of a segment. With it, segments can be named by id
//! ([`Batch::segment_ids`]), resources can be selected by their fields ([`Batch::matching`], [`filter`]), and lists
//! can be searched and sorted by name. With [`LinkPolicy::Closed`], only registered resources can be linked. All this
//! is evaluated inside the change.
//!
//! # Errors
//!
//! A problem with one key of a batch is a failure of this key in the [`Report`], with a [`FailureReason`] and a stable
//! [`FailureCode`]. The other keys are processed. The whole call fails with an [`Error`], and changes nothing, if its
//! project or view is invalid or unknown, if it exceeds a limit, if a precondition does not hold, if the store accepts
//! no changes, or if the disk fails. [`Report::all_ok`] turns a report with failures into an error.
//!
//! # Limits
//!
//! | what | limit | set by |
//! | --- | ---: | --- |
//! | a project, view or resource key, a segment id | 256 bytes | [`MAX_KEY_LEN`], fixed |
//! | an environment id | 256 bytes | [`Limits::environment_id`] |
//! | keys of a batch or resources of a put, plus the links that views' filters change because of them | 100,000 | [`Options::batch_limit`] |
//! | a name, a tag, a maintainer's id, an actor | 256 bytes each | [`Limits`] |
//! | tags of a view or resource | 64 | [`Limits::tags`] |
//! | a description | 4,096 bytes | [`Limits::description`] |
//! | a comment | 16,384 bytes | [`Limits::comment`] |
//! | a filter in text form or one that a view follows: its text, its values | 64 KiB, 1,000 | [`MAX_FILTER_LEN`], [`MAX_FILTER_VALUES`], fixed |
//! | keys of changes that share a sync | 10,000 | fixed |
//! | names that a removal may have so that it can be reverted | 100,000 | [`Options::removal_detail`] |
//! | memory of the state | none | [`Options::memory_limit`] |
//! | journal after which a checkpoint is made | 4 MiB, and half the size of the last one | [`Options::checkpoint_bytes`] |
//! | journal since the last checkpoint | 256 MiB | [`Options::journal_limit`] |
//! | changes that the journal keeps | the newest 100,000 | [`Options::keep_changes`] |
//! | the age of a change that the journal keeps | none | [`Options::keep_for`] |
//! | a segment of the journal | 4 MiB | [`Options::segment_size`] |
//! | a change in the journal | 4 GiB | fixed |
//! | projects, and views, over the life of a store | 2^32 − 1 each | fixed |
//!
//! # Memory
//!
//! All of a store is in memory. [`Sizes::memory`] returns the size of each part of an open store. Estimates:
//!
//! | what | bytes |
//! | --- | ---: |
//! | a link | 17 |
//! | a linked resource with a key of 20 bytes, in fewer than 16 views | 120 |
//! | a view, without its links and long texts | 320 |
//!
//! So one million links of 100,000 resources take 29 MB, ten million links of one million resources 287 MB, and one
//! million links of one million resources 135 MB. The fields of a registered resource need memory as well. The process
//! needs about one third and 20 MB more: overhead of the allocator, a checkpoint while it is made, a batch in
//! proportion to its keys, and the parts that changed since a snapshot that is still held. [`Options::memory_limit`]
//! refuses a change that could make the state too large; such a call fails with [`Error::MemoryLimit`] and changes
//! nothing.
//!
//! # Costs
//!
//! In this table, n is the number of keys in a call; V and R are the numbers of views and registered resources of the
//! project; m is the number of links of one type in the view; v is the number of views of the resource; p = offset +
//! limit of a page. A change also needs one append and one sync. Calls that link and unlink by key at the same time
//! share them. A call that changes nothing needs neither. A function without a stated cost does not access the store:
//! its time is in proportion to its arguments and its result.
//!
//! | operation | cost |
//! | --- | --- |
//! | [`link`](Project::link), [`unlink`](Project::unlink) | O(n log n + n log m) |
//! | [`replace`](Project::replace) | O(n log n + n log m + m) |
//! | a change of links or of the registry if views [follow](Project::follow) filters | O(f log f) more for the f filters that may match one of its resources, or that name one of its views |
//! | [`follow`](Project::follow), [`unfollow`](Project::unfollow) | that of the resources that the filter matches or matched: by the index if it has one, else O(R) |
//! | a batch by [filter](Batch::and_matching) | O(log R) for each resource that the index finds, or else for all resources of the type; to unlink, for each of the m links |
//! | [`register`](Project::register) | that of `put_resources`, and O(n log m) for each view |
//! | [`put_resources`](Project::put_resources) | O(n · (1 + tags) · log R) |
//! | [`create_view`](Project::create_view), [`update_view`](Project::update_view) | O(log V) |
//! | [`delete_view`](Project::delete_view) | O(log V); O(its links) up to [`Options::removal_detail`] |
//! | [`put`](Project::put), [`update`](Project::update) a project | O(log projects) |
//! | [`delete`](Project::delete) a project | O(its views, links and resources) |
//! | [`remove_resource`](Project::remove_resource) | O(v log v + v log m); slow if v is very large |
//! | [`revert`](Project::revert) | O(n log n) with the n names of that change, O(m) for each view whose links are restored, and the journal from that change on |
//! | [`revert_to`](Project::revert_to) | that of [`snapshot_at`](Store::snapshot_at), and O(m log m) |
//! | [`view_history`](ProjectSnapshot::view_history), [`resource_history`](ProjectSnapshot::resource_history) | O(bytes of the journal that are read to find the page) |
//! | [`is_linked`](ProjectSnapshot::is_linked) | O(log V); O(log v) more if v is above 15 |
//! | [`linked_resources`](ProjectSnapshot::linked_resources) by key or link time | O(log m + offset / 384 + limit) |
//! | by name | O(m log R + p log p) |
//! | [`linked_views`](ProjectSnapshot::linked_views) | O(v log v) |
//! | [`snapshot`](Store::snapshot), the totals of lists without a filter | O(1) |
//! | [`snapshot_at`](Store::snapshot_at) | O(n log links) with the n names of the later changes, and O(links) of the views that lost links in them |
//! | [`read`](Project::read) | O(log projects) |
//! | [`open`](Options::open) | O(n log n) with the size of the state, on all cores, and O(journal since the last checkpoint) |
//! | [`checkpoint`](Store::checkpoint), [`compact`](Store::compact), [`close`](Store::close) | O(n log n) with the size of the state |
//! | [`backup_to`](Store::backup_to), [`Restore::to`] | the same, and O(journal) |
//!
//! # Features
//!
//! - `testing`: `Store::fail_next_change` makes the next change fail in a chosen way, so that a host can test its
//!   error handling. The module `testing` has a simulated disk that can lose power. Off by default.
//! - `tokio`: `AsyncStore`, `AsyncProject` and `FeedStream`, the same operations for async code. Off by default.
//! - `tracing`: spans and events about the work of the store, see below. Off by default.
//! - `wire`: the module `wire`, with the JSON of the REST API. Off by default.
//!
//! # Observability
//!
//! [`Store::stats`] returns figures that are always counted and cost nothing to read. [`Store::sizes`] returns the
//! size of each part. [`Store::health`] returns whether the store accepts changes. `stats` and `health` wait for no
//! change and no disk. With the feature `tracing` the store reports its work to any subscriber of the crate
//! [tracing](https://docs.rs/tracing). Targets, names and fields are stable. All fields are numbers except `reason`;
//! times are in microseconds.
//!
//! | target | name | level | meaning and fields |
//! | --- | --- | --- | --- |
//! | `viewlink::commit` | `commit` | debug | span around a group of changes: `revision` of the newest one, number of `changes`, number of `keys` in the requests, `bytes` of journal, `sync_us` to write and sync them, `duration_us` until readers saw them; the fields are empty if nothing was changed |
//! | `viewlink::commit` | `slow_commit` | warn | a group took as long as [`Options::slow_commit`] or longer: the same fields, `limit_us` |
//! | `viewlink::commit` | `writes_stopped` | error | the store takes no more changes: `reason` |
//! | `viewlink::checkpoint` | `checkpoint` | debug | span around the writing of a checkpoint: `revision` of its state, `bytes` of its file, `duration_us`; the fields are empty if it failed |
//! | `viewlink::checkpoint` | `checkpoint_failed` | warn | a checkpoint could not be made; the previous one is still used: `reason` |
//! | `viewlink::journal` | `segment_started` | debug | the journal continues in a new file: `first_revision` in it, its size in `bytes` |
//! | `viewlink::journal` | `segment_removed` | debug | a file that is no longer needed was removed: `first_revision` in it, its `bytes` |
//! | `viewlink::backup` | `backup` | debug | span around the making of a copy; the events of its segments are inside it: `revision` of the copy, `duration_us` |
//! | `viewlink::recovery` | `recovery` | info | span around every opening of the files: no fields |
//! | `viewlink::recovery` | `torn_end` | warn | a crash left incomplete changes at the end of the journal, which were never acknowledged: `revision` of the last complete one, `cut_bytes` |
//! | `viewlink::recovery` | `recovered` | info | the store is open: `state_revision` of the checkpoint, `revision` at the end of the journal, number of changes `replayed`, number of changes `rewritten` because it was not certain that they had been synced, `cut_bytes`, `duration_us` |
//!
//! No field contains a key, name, comment or actor, because readers of a process log may not be allowed to read the
//! data of its tenants. For the same reason, `reason` omits details of a damaged row or a panic; [`Store::health`]
//! returns them.
//!
//! The thread of the caller that leads a group reports the group, inside the span of this caller, even if other
//! callers share it. The thread that makes a checkpoint reports the checkpoint. Most events are reported during the
//! work, while other callers wait. So a subscriber must not call the store. If a subscriber panics, the panic is
//! caught and the event is lost.
//!
//! # Layers
//!
//! | layer | modules | responsibility |
//! | --- | --- | --- |
//! | edges | `wire`, `asynchronous` | JSON; the pool for blocking work. Each has its own feature |
//! | public API | `store`, `opening`, `following`, `restore`, `project`, `snapshot`, `feed` | requests and answers |
//! | engine | `engine` | group commit, the write path, recovery, when checkpoints are made |
//! | checkpoint | `checkpoint` | the state on disk, and the database it is written with |
//! | journal | `journal` | changes as bytes, in order, durable |
//! | state | `state` | all data of a store, in memory: deciding and applying changes |
//! | plain data | `filter`, `options`, `sequencer`, `stats`, `sizes`, `health`, `verify`, `model` | values and conditions |
//! | bytes and files | `codec`, `disk` | records, and files |
//!
//! The layers report their work with `trace`. `docs/design.md` describes the rest.

#![forbid(unsafe_code)]

// The model checker loom runs the tests of group commit in every order of steps. Tokio has no runtime under it.
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
    HistoryPaging, KeyOutcome, LinkPolicy, NewResource, NotReverted, RegisteredResource, Report,
    Reverted, RevertedItem, SegmentRef, StandingFilter, Unfollow,
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
