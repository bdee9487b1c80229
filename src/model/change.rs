//! Changes, as a feed returns them.

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
    /// The store's position after it: keep it to [continue after it](crate::Store::feed_after).
    pub position: Position,
    /// When it was made; never earlier than the previous change.
    pub time: Timestamp,
    /// Who made it, if the host set it.
    pub actor: Option<String>,
    /// Why, if the host set it.
    pub comment: Option<String>,
    /// The revision of the change that this one reverts. Set by [`revert`](crate::Project::revert) or by the host.
    pub reverts: Option<u64>,
    /// The project it was made in.
    pub project: ProjectKey,
    /// What it did.
    pub kind: ChangeKind,
}

/// What a change did. Example: at [`Change`].
///
/// A change that removes a whole thing names it and counts the links that were removed with it. It does not list them:
/// a follower knows them from its own copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A view was created; the first view of a project creates the project.
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
        /// How many links were removed.
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
        /// If links are [restored](crate::Project::revert), the original time of each linked resource. Otherwise it is
        /// empty, and the links have the time of the change.
        linked_at: Vec<Timestamp>,
        /// The holders of the links.
        holds: ChangedHolds,
    },
    /// Links were made or removed by several batches at once.
    ManyLinksChanged {
        /// What each batch linked and unlinked, in request order, without batches that changed nothing. A view and type
        /// may occur more than once; each part applies to the result of those before it.
        parts: Vec<ChangedLinks>,
    },
    /// Resources were registered, or their registered fields changed.
    ResourcesPut {
        /// Each resource with its new fields, in request order.
        resources: Vec<RegisteredResource>,
    },
    /// A resource was removed from every view, and from the registry if it was registered.
    ResourceRemoved {
        /// The resource.
        resource: Resource,
        /// In how many views it was.
        links: u64,
    },
    /// All segments of an environment were removed from the registry and from every view.
    EnvironmentRemoved {
        /// The environment.
        environment: EnvironmentId,
        /// How many of its segments were in a view.
        segments: u64,
        /// How many links were removed.
        links: u64,
    },
    /// The settings of a project changed, or a project was created with them.
    ProjectPut {
        /// The settings after the change.
        settings: ProjectSettings,
    },
    /// The project was deleted with its views, links and registry.
    ProjectDeleted {
        /// How many views it had.
        views: u64,
        /// How many links were removed.
        unlinked: TypeCounts,
    },
    /// Resources were removed from the registry; their links stay.
    ResourcesUnregistered {
        /// The resources.
        resources: Vec<Resource>,
    },
    /// A view got another key; everything else stayed the same, also its id and its links.
    ViewRenamed {
        /// The key it had.
        view: ViewKey,
        /// Its new key.
        to: ViewKey,
    },
    /// A view follows a filter from now on. Resources that the filter finds and the view did not have are linked in the
    /// same change. If the view did not follow a filter before, keys hold all its links of the type.
    Followed {
        /// The key of the view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
        /// Which of them are linked from now on.
        filter: ResourceFilter,
    },
    /// A view stops following a filter. Links that only the filter held stay, unless the same change unlinks them.
    Unfollowed {
        /// The key of the view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
    },
    /// Several steps were made at once, in order. `Steps` are not nested.
    Steps {
        /// The steps; each applies to the result of those before it.
        steps: Vec<ChangeKind>,
    },
}

/// Links of one view and type, one part of a change of several batches.
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
    /// If links are [restored](crate::Project::revert), the original time of each linked resource. Otherwise it is
    /// empty, and the links have the time of the change.
    pub linked_at: Vec<Timestamp>,
    /// The holders of the links.
    pub holds: ChangedHolds,
}

/// The holders of the links of a view with a standing filter. A link is held by the keys with which it was made, by
/// the filter, or by both. Without such a filter this is the default. Example: at [`follow`](crate::Project::follow).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedHolds {
    /// Whether the filter, and not keys, made and removed the links.
    pub by_filter: bool,
    /// Links that only the filter held before, and that keys hold too now, in key order.
    pub held: Vec<Resource>,
    /// Links that keys held too before, and that only the filter holds now, in key order.
    pub released: Vec<Resource>,
}

/// The fields of a view after a change. Example: at [`Change`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFields {
    /// The display name.
    pub name: String,
    /// What the view is for.
    pub description: String,
    /// The tags, sorted, each once.
    pub tags: Vec<String>,
    /// The maintainer.
    pub maintainer: Option<Maintainer>,
}

impl From<ViewFields> for ChangedFields {
    fn from(fields: ViewFields) -> Self {
        let ViewFields { name, description, tags, maintainer } = fields;
        Self { name, description, tags, maintainer }
    }
}
