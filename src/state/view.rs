//! A view: its fields and its links.

use std::sync::Arc;

use super::link_set::LinkSet;
use super::standing::Standing;
use crate::model::change_id::ChangeId;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{View, ViewFields};
use crate::model::{ByType, StandingFilter, ViewRecord};

/// A view of a project. Cloning is O(1).
#[derive(Clone, Debug)]
pub(super) struct ViewState {
    about: Arc<About>,
    /// The last change to its fields or links.
    pub(super) change: ChangeId,
    pub(super) links: ByType<Option<Arc<LinkSet>>>,
    /// `None` if it follows no filter, like most views.
    pub(super) standing: Option<Arc<ByType<Option<Standing>>>>,
}

/// The fields of a view, without its links.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) id: u32,
    pub(super) key: ViewKey,
    pub(super) fields: ViewFields,
    pub(super) version: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl ViewState {
    pub(super) fn new(about: About, change: ChangeId) -> Self {
        Self { about: Arc::new(about), change, links: ByType::default(), standing: None }
    }

    /// A stored view; its filters are set after that.
    pub(super) fn load(record: ViewRecord, links: ByType<Option<Arc<LinkSet>>>) -> Self {
        let ViewRecord { id, key, fields, version, change, created_at, updated_at, filters: _ } =
            record;
        let about = Arc::new(About { id, key, fields, version, created_at, updated_at });
        Self { about, change, links, standing: None }
    }

    /// The view without its links, for storing it.
    pub(super) fn to_record(&self) -> ViewRecord {
        let About { id, key, fields, version, created_at, updated_at } = (*self.about).clone();
        let (change, filters) = (self.change, self.filters());
        ViewRecord { id, key, fields, version, change, created_at, updated_at, filters }
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }

    /// Changes the fields and increases the version by one.
    pub(super) fn update(&mut self, fields: ViewFields, change: ChangeId, time: Timestamp) {
        Arc::make_mut(&mut self.about).fields = fields;
        self.count_up(change, time);
    }

    /// Changes the key and increases the version by one, because the key is a field of the view.
    pub(super) fn rename(&mut self, key: ViewKey, change: ChangeId, time: Timestamp) {
        Arc::make_mut(&mut self.about).key = key;
        self.count_up(change, time);
    }

    /// Records a change of its fields.
    fn count_up(&mut self, change: ChangeId, time: Timestamp) {
        let about = Arc::make_mut(&mut self.about);
        about.version += 1;
        about.updated_at = time;
        self.change = change;
    }

    /// The links of a type, if there are any.
    pub(super) fn links(&self, resource_type: ResourceType) -> Option<&LinkSet> {
        self.links.get(resource_type).as_deref()
    }

    /// The links of a type, to be changed.
    pub(super) fn links_mut(&mut self, resource_type: ResourceType) -> &mut LinkSet {
        Arc::make_mut(self.links.get_mut(resource_type).get_or_insert_default())
    }

    /// Drops the set of a type that has no more links.
    pub(super) fn drop_empty(&mut self, resource_type: ResourceType) {
        let links = self.links.get_mut(resource_type);
        if links.as_ref().is_some_and(|links| links.len() == 0) {
            *links = None;
        }
    }

    /// The filter that it follows for a type.
    pub(super) fn standing(&self, resource_type: ResourceType) -> Option<&Standing> {
        self.standing.as_ref()?.get(resource_type).as_ref()
    }

    /// The filter that it follows for a type, to be changed.
    pub(super) fn standing_mut(&mut self, resource_type: ResourceType) -> Option<&mut Standing> {
        self.standing(resource_type)?;
        Arc::make_mut(self.standing.as_mut()?).get_mut(resource_type).as_mut()
    }

    /// Sets or ends the filter of the view for a type; returns the previous one.
    pub(super) fn follow(
        &mut self,
        resource_type: ResourceType,
        standing: Option<Standing>,
    ) -> Option<Standing> {
        let filters = Arc::make_mut(self.standing.get_or_insert_default());
        let before = std::mem::replace(filters.get_mut(resource_type), standing);
        if filters.iter().all(|(_, standing)| standing.is_none()) {
            self.standing = None;
        }
        before
    }

    /// The filters that it follows, in the fixed order of the types.
    pub(super) fn filters(&self) -> Vec<StandingFilter> {
        let filters = self.standing.iter().flat_map(|filters| filters.iter());
        let filter = |(resource_type, standing): (ResourceType, &Option<Standing>)| {
            let filter = (*standing.as_ref()?.filter).clone();
            Some(StandingFilter { resource_type, filter })
        };
        filters.filter_map(filter).collect()
    }

    /// The number of links of each type.
    pub(super) fn counts(&self) -> TypeCounts {
        let mut counts = TypeCounts::default();
        for (resource_type, links) in self.links.iter() {
            *counts.get_mut(resource_type) = links.as_ref().map_or(0, |links| links.len());
        }
        counts
    }

    /// The view as readers see it.
    pub(super) fn to_view(&self) -> View {
        let About { id, key, fields, version, created_at, updated_at } = &*self.about;
        let ViewFields { name, description, tags, maintainer } = fields.clone();
        View {
            id: *id,
            key: key.clone(),
            name,
            description,
            tags,
            maintainer,
            version: *version,
            revision: self.change.revision,
            change: self.change,
            created_at: *created_at,
            updated_at: *updated_at,
            links: self.counts(),
            follows: self.filters(),
        }
    }

    /// The bytes of its fields, and of its links.
    pub(super) fn memory(&self) -> (usize, usize) {
        let ViewFields { name, description, tags, maintainer } = &self.about.fields;
        let texts = self.about.key.as_str().len() + name.len() + description.len();
        let tags: usize = tags.iter().map(|tag| tag.len() + size_of::<String>()).sum();
        let maintainer = maintainer.as_ref().map_or(0, |maintainer| maintainer.id().len());
        let standing = self.standing.iter().flat_map(|filters| filters.iter());
        let standing: usize =
            standing.filter_map(|(_, standing)| Some(32 + standing.as_ref()?.memory())).sum();
        let about =
            size_of::<About>() + size_of::<Self>() + 32 + texts + tags + maintainer + standing;
        let links = self.links.iter().filter_map(|(_, links)| links.as_ref());
        (about, links.map(|links| 16 + links.memory()).sum())
    }
}
