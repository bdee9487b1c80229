//! A state as plain data, for storing it: projects, their views with links, their registries.
//!
//! Derived data is omitted: postings, link order and indexes are not stored.

use std::cmp::Ordering;

use super::State;
use super::names::{Name, Names};
use super::project::ProjectState;
use super::view::ViewState;
use crate::model::change_record::Registration;
use crate::model::key::ProjectKey;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::type_counts::TypeCounts;
use crate::model::{LinkRecord, ViewRecord};

/// A project of a state.
#[derive(Clone, Copy)]
pub(crate) struct ProjectParts<'s> {
    key: &'s ProjectKey,
    project: &'s ProjectState,
}

/// A view of a project.
#[derive(Clone, Copy)]
pub(crate) struct ViewParts<'s> {
    view: &'s ViewState,
}

/// The names of linked resources of a type, in key order: each has a rank.
pub(crate) struct RankedNames<'s> {
    names: &'s Names,
    order: Vec<Name>,
    /// Indexed by the ids of names.
    ranks: Vec<u32>,
}

impl State {
    /// The projects in key order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = ProjectParts<'_>> {
        self.projects.into_iter().map(|(key, project)| ProjectParts { key, project })
    }
}

impl<'s> ProjectParts<'s> {
    pub(crate) const fn key(&self) -> &'s ProjectKey {
        self.key
    }

    pub(crate) const fn id(&self) -> u32 {
        self.project.id
    }

    pub(crate) fn settings(&self) -> &'s ProjectSettings {
        &self.project.settings
    }

    /// The views in key order.
    pub(crate) fn views(&self) -> impl Iterator<Item = ViewParts<'s>> + use<'s> {
        self.project.views.iter(None).map(|(_, view)| ViewParts { view })
    }

    /// The number of registered resources of each type.
    pub(crate) fn registered_counts(&self) -> TypeCounts {
        self.project.registry.counts()
    }

    /// The registered resources of a type in key order.
    pub(crate) fn registered(
        &self,
        resource_type: ResourceType,
    ) -> impl Iterator<Item = (&'s str, &'s Registration)> {
        self.project.registry.iter(resource_type, None)
    }

    /// The names of linked resources of a type, without those that only deleted views had.
    ///
    /// Cost: O(n log n) with n names.
    pub(crate) fn names(&self, resource_type: ResourceType) -> RankedNames<'s> {
        let resources = self.project.of(resource_type);
        let (names, postings) = (&resources.names, &resources.postings);
        let lives = |slot: u32| self.project.views.get(slot).is_some();
        let mut order: Vec<(u64, Name)> = names
            .iter()
            .filter(|name| self.project.dead.is_empty() || postings.iter(name.id).any(lives))
            .map(|name| (names.prefix(name.place), name))
            .collect();
        order.sort_unstable_by(|(one, name), (other, of)| match one.cmp(other) {
            Ordering::Equal => names.tie(name.place, of.place),
            unequal => unequal,
        });
        let mut ranks = vec![0; names.ids() as usize];
        // There are fewer than 2^32 names.
        for (rank, (_, name)) in (0_u32..).zip(&order) {
            if let Some(slot) = ranks.get_mut(name.id as usize) {
                *slot = rank;
            }
        }
        RankedNames { names, order: order.into_iter().map(|(_, name)| name).collect(), ranks }
    }
}

impl<'s> ViewParts<'s> {
    pub(crate) fn record(&self) -> ViewRecord {
        self.view.to_record()
    }

    pub(crate) fn id(&self) -> u32 {
        self.view.about().id
    }

    /// The number of its links of each type.
    pub(crate) fn counts(&self) -> TypeCounts {
        self.view.counts()
    }

    /// The links of a type in key order: the ranks of names, when each link was made, and whether only the filter that
    /// the view follows holds it.
    ///
    /// Cost: O(log n) for each.
    pub(crate) fn links(
        &self,
        resource_type: ResourceType,
        names: &RankedNames<'s>,
    ) -> impl Iterator<Item = (u32, LinkRecord, bool)> {
        let standing = self.view.standing(resource_type);
        let by_filter = move |place: u32| {
            standing.is_some_and(|standing| !standing.keys_hold(names.names.id(place)))
        };
        let links = self.view.links(resource_type).into_iter();
        links.flat_map(move |links| {
            let by_key = links.by_key(names.names, None, 0);
            by_key.map(move |link| {
                (names.rank(link.place), links.record(link), by_filter(link.place))
            })
        })
    }
}

impl RankedNames<'_> {
    /// The number of names.
    pub(crate) const fn len(&self) -> usize {
        self.order.len()
    }

    /// The names in key order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.order.iter().map(|name| self.names.text(name.place))
    }

    fn rank(&self, place: u32) -> u32 {
        let rank = self.ranks.get(self.names.id(place) as usize);
        debug_assert!(rank.is_some(), "each name has an id");
        rank.copied().unwrap_or_default()
    }
}
