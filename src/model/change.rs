//! Changes, as a feed tells of them.

use super::key::{EnvironmentId, ProjectKey, ViewKey};
use super::position::Position;
use super::project_settings::ProjectSettings;
use super::registered_resource::RegisteredResource;
use super::resource::{Resource, ResourceType};
use super::resource_filter::ResourceFilter;
use super::time::Timestamp;
use super::type_counts::TypeCounts;
use super::view::{Maintainer, ViewFields};

/// A committed change, as the journal keeps it.
///
/// ```
/// # use viewlink::{ChangeKind, NewView, Options};
/// # let store = Options::new().open_in_memory()?;
/// # store.project("default")?.actor("ada").create_view(NewView::new("v", "V"))?;
/// for change in store.snapshot()?.changes(1)? {
///     let change = change?;
///     let who = change.actor.as_deref().unwrap_or("somebody");
///     match &change.kind {
///         ChangeKind::ViewCreated { view, fields } => {
///             println!("{}: {who} created {view}, {}", change.revision, fields.name);
///         }
///         ChangeKind::LinksChanged { view, linked, unlinked, .. } => {
///             println!("{view}: {} linked, {} unlinked", linked.len(), unlinked.len());
///         }
///         other => println!("{other:?}"), // there may be more kinds in later versions
///     }
/// #   assert_eq!(who, "ada");
/// }
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its number; one more than that of the change before it.
    pub revision: u64,
    /// Where the store stood after it: what to keep, to [go on after it](crate::Store::feed_after).
    pub position: Position,
    /// When it was made; never before the change before it.
    pub time: Timestamp,
    /// Who made it, where the host said so.
    pub actor: Option<String>,
    /// Why, where the host said so.
    pub comment: Option<String>,
    /// The revision of the change this one takes back: of one that [reverts](crate::Project::revert) another, and where
    /// the host said so.
    pub reverts: Option<u64>,
    /// The project it was made in.
    pub project: ProjectKey,
    /// What it did.
    pub kind: ChangeKind,
}

/// What a change did. Example: at [`Change`].
///
/// A change that takes away a whole thing names the thing and tells how many links went with it, and
/// not which: whoever follows knows them from a copy of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A view was created; the first one of a project creates the project.
    ViewCreated {
        /// The key of the view.
        view: ViewKey,
        /// Its fields.
        fields: ChangedFields,
    },
    /// The fields of a view changed.
    ViewUpdated {
        /// The key of the view.
        view: ViewKey,
        /// All its fields after the change.
        fields: ChangedFields,
    },
    /// A view was deleted with its links.
    ViewDeleted {
        /// The key of the view.
        view: ViewKey,
        /// How many links went.
        unlinked: TypeCounts,
    },
    /// Links of one view were made or removed.
    LinksChanged {
        /// The key of the view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
        /// What was linked, in request order.
        linked: Vec<Resource>,
        /// What was unlinked, in key order.
        unlinked: Vec<Resource>,
        /// Who holds the links.
        holds: ChangedHolds,
    },
    /// Links were made or removed by several batches at once.
    ManyLinksChanged {
        /// What each batch that changed anything linked and unlinked, in request order. A view and
        /// type may come more than once, each part on what those before it left.
        parts: Vec<ChangedLinks>,
    },
    /// Resources were registered, or what the registry says of them changed.
    ResourcesPut {
        /// What the registry says of each of them since, in request order.
        resources: Vec<RegisteredResource>,
    },
    /// A resource was taken out of the registry, where it was in it, and out of every view.
    ResourceRemoved {
        /// The resource.
        resource: Resource,
        /// In how many views it was.
        links: u64,
    },
    /// All segments of an environment were taken out of the registry and out of every view.
    EnvironmentRemoved {
        /// The environment.
        environment: EnvironmentId,
        /// How many of its segments were in a view.
        segments: u64,
        /// How many links went.
        links: u64,
    },
    /// What is said of the project changed; one that was not there began.
    ProjectPut {
        /// What is said of it since.
        settings: ProjectSettings,
    },
    /// The project was deleted with its views, links and registry.
    ProjectDeleted {
        /// How many views it had.
        views: u64,
        /// How many links went.
        unlinked: TypeCounts,
    },
    /// Resources were taken out of the registry; their links stay.
    ResourcesUnregistered {
        /// The resources.
        resources: Vec<Resource>,
    },
    /// A view got another key; all else of it stayed, with its id and its links.
    ViewRenamed {
        /// The key it had.
        view: ViewKey,
        /// Its key since.
        to: ViewKey,
    },
    /// A view follows a filter since. What the filter finds and the view had not is linked in the same change. Where
    /// the view followed none before, keys hold all its links of the type.
    Followed {
        /// The key of the view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
        /// Which of them are linked from now on.
        filter: ResourceFilter,
    },
    /// A view follows a filter no more. Links that it alone held stay where the same change does not unlink them.
    Unfollowed {
        /// The key of the view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
    },
    /// Several things were done at once, in order. None of them is of this kind.
    Steps {
        /// What was done, each on what those before it left.
        steps: Vec<ChangeKind>,
    },
}

/// Links of one view and type, as a change of several batches tells of them.
///
/// ```
/// # use viewlink::{Batch, ChangeKind, LinkChange, NewView, Options};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # for view in ["a", "b"] { project.create_view(NewView::new(view, view))?; }
/// let link = |view| LinkChange::link(view, Batch::flags(["f"]));
/// project.change_links([link("a"), link("b")])?;
/// let last = store.snapshot()?.changes(3)?.next().expect("there are three")?;
/// let ChangeKind::ManyLinksChanged { parts } = last.kind else { panic!() };
/// assert_eq!((parts.len(), parts[0].linked.len()), (2, 1));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedLinks {
    /// The key of the view.
    pub view: ViewKey,
    /// The type of the resources.
    pub resource_type: ResourceType,
    /// What was linked, in request order.
    pub linked: Vec<Resource>,
    /// What was unlinked, in key order.
    pub unlinked: Vec<Resource>,
    /// Who holds the links.
    pub holds: ChangedHolds,
}

/// Who holds the links of a view with a standing filter: the keys by which they were made, the filter, or both. Without
/// such a filter it is the default. Example: at [`follow`](crate::Project::follow).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedHolds {
    /// Whether the filter linked and unlinked, and no keys.
    pub by_filter: bool,
    /// What keys hold since, too, and the filter alone held before, in key order.
    pub held: Vec<Resource>,
    /// What the filter alone holds since, and keys held before, too, in key order.
    pub released: Vec<Resource>,
}

/// The fields of a view after a change. Example: at [`Change`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFields {
    /// The name people read.
    pub name: String,
    /// What the view is for.
    pub description: String,
    /// The tags, sorted, each once.
    pub tags: Vec<String>,
    /// Who looks after it.
    pub maintainer: Option<Maintainer>,
}

impl From<ViewFields> for ChangedFields {
    fn from(fields: ViewFields) -> Self {
        let ViewFields { name, description, tags, maintainer } = fields;
        Self { name, description, tags, maintainer }
    }
}
