//! An embedded store of which resources belong to which views, in both directions.
//!
//! A host service links this crate and keeps in one directory which flags, segments, AI configs
//! and metrics belong to which views of a project. Its main job is the batch unlink: it walks any
//! number of keys inside one write transaction, records a failure for each key that has one
//! instead of aborting, and returns a report that a client can act on.
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
//! - **What was read stays.** A reader never sees a change that a crash could take back.
//! - **Readers see one revision.** A [`Snapshot`] is consistent across all its reads. It waits for
//!   no change and holds none up.
//! - **One outcome for each key, in request order.** See [`Report`].
//! - **Bad input is an error or a key's failure**, and never a panic. So is a file that is cut,
//!   foreign, too new or damaged in what opening it reads; an open that fails leaves the files as
//!   they were. A page of the state that rots unread is found by [`Options::check_pages`] and by
//!   [`Store::verify`]; without them the database trusts it.
//!
//! What the disk must keep for this to hold, and what cannot be detected, is in `docs/design.md`.
//!
//! # What is known of resources
//!
//! Any resource with a valid key can be linked. A project's registry
//! ([`Project::put_resources`]) knows more of those that are put there: name, tags, maintainer, and the
//! id of a segment. Then segments can be named by id ([`Batch::segment_ids`]), resources by what they
//! are like ([`Batch::matching`], [`filter`]), lists searched and sorted by name, and, with
//! [`LinkPolicy::Closed`], nothing else can be linked. All of it is decided inside the change.
//!
//! # Many tenants, many threads, async code
//!
//! A [`Store`] is a cheap handle for any thread: `Clone`, `Send` and `Sync`. Changes are made one
//! after the other; those who call at the same time share a disk sync, so many callers are worth it. Tenants share a store as projects, which are cheap: a project is a row.
//!
//! Calls block on the disk. With the feature `tokio`, `Store::into_async` gives a handle with the same
//! calls for async code: they run on the runtime's pool for blocking work, can be dropped at any moment
//! with the change whole or absent, and the feed is a `Stream`. With another runtime use its own pool, as
//! `tokio::task::spawn_blocking` is; the handles can be moved there.
//!
//! # Limits
//!
//! Keys have at most [`MAX_KEY_LEN`] bytes; batches, texts and lists have the limits of
//! [`Options`]. A store has at most 2^32 projects and views over its whole life. One process at a
//! time opens a store. Taking a resource out of very many views is slow: each of them changes.
//!
//! # Features
//!
//! - `testing`: `Store::fail_next_change` makes the next change fail in a chosen way, so that a
//!   host can test how it handles that, and the module `testing` has a disk that loses power. Off by
//!   default.
//! - `tokio`: `AsyncStore`, `AsyncProject` and `FeedStream`, the same operations for async code. Off by
//!   default.
//! - `wire`: the module `wire`, with the JSON of the REST API. Off by default.
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
//! | storage | `storage` | tables, and alone names the database |
//! | disk | `disk`, `codec` | bytes |

#![forbid(unsafe_code)]

#[cfg(feature = "testing")]
mod anything;
// Tokio cannot be had while the waiting is tried in every order of its steps.
#[cfg(all(feature = "tokio", not(loom)))]
mod asynchronous;
mod batch;
mod change;
mod codec;
mod commit;
mod disk;
mod error;
mod feed;
pub mod filter;
mod group_sizes;
mod health;
mod journal;
mod key;
mod limit;
mod link_list;
mod options;
mod page;
mod project;
mod registry;
mod resource;
mod resource_list;
mod resource_name;
mod selection;
mod sizes;
mod snapshot;
mod stats;
mod storage;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod type_counts;
mod verify;
mod view;
mod view_list;
#[cfg(feature = "wire")]
pub mod wire;

#[cfg(feature = "testing")]
pub use anything::decode_anything;
#[cfg(all(feature = "tokio", not(loom)))]
pub use asynchronous::{AsyncProject, AsyncStore, FeedStream};
pub use batch::{
    Action, Batch, Failure, FailureCode, FailureReason, KeyOutcome, Report, SegmentRef,
};
pub use change::{Change, ChangeKind, ChangedFields, ChangedLinks};
#[cfg(feature = "testing")]
pub use commit::Fault;
pub use error::{Error, Outcome, Result, StoreFile};
pub use feed::Feed;
pub use filter::{
    FilterError, FilterErrorKind, MAX_FILTER_LEN, MAX_FILTER_VALUES, ResourceCondition,
    ResourceFilter, SetTest, TextTest, ViewCondition, ViewFilter,
};
pub use group_sizes::GroupSizes;
pub use health::Health;
pub use key::{EnvironmentId, KeyError, MAX_KEY_LEN, ProjectKey, ResourceKey, SegmentId, ViewKey};
pub use limit::TooLong;
pub use options::{Limits, LinkPolicy, Options, RecoveryProgress};
pub use page::{Cursor, KeySort, LinkSort, Page, Paging, ResourceSort, ViewSort};
pub use project::{DeletedProject, DeletedView, LinkChange, Project, Removed};
pub use registry::{NewResource, RegisteredResource};
pub use resource::{RawResource, Resource, ResourceType, UnknownResourceType};
pub use sizes::{JournalSize, Sizes, TableSize};
pub use snapshot::{Changes, LinkedResource, ProjectInfo, ProjectSnapshot, Snapshot};
pub use stats::Stats;
pub use store::Store;
pub use time::Timestamp;
pub use type_counts::TypeCounts;
pub use verify::{Counts, Finding, Verification};
pub use view::{Maintainer, NewView, View, ViewPatch};

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
