//! Removing many links at once: removing a resource or an environment, deleting a project.

use std::collections::BTreeMap;

use super::views::fits;
use super::{Context, contradiction};
use crate::model::change_record::{
    ProjectDetail, Registration, RemovalDetail, RemovedCounts, RemovedLinks, UnlinkedFrom,
};
use crate::model::error::Result;
use crate::model::key::EnvironmentId;
use crate::model::resource::{Resource, ResourceType};
use crate::model::type_counts::TypeCounts;
use crate::model::{Answer, Decision, Effect};
use crate::state::detail::detail;
use crate::state::link_set::Entry;
use crate::state::project::ProjectState;

/// Removes a resource from the registry and from every view.
///
/// Cost: O(m log m) for a resource in m views.
pub(super) fn resource(context: &Context<'_>, resource: &Resource) -> Result<Decision> {
    let project = context.project()?;
    let (resource_type, name) = (resource.resource_type(), resource.name());
    let name = name.as_str();
    let removal = Removal::new(context, project, resource_type, &[name])?;
    removal.decide(context, |removed, detail| Effect::RemoveResource {
        resource_type,
        name: name.to_owned(),
        removed,
        detail,
    })
}

/// Removes all segments of an environment from the registry and from every view.
///
/// Cost: O(linked segments of the project + m log m) with the m removed links.
pub(super) fn environment(context: &Context<'_>, environment: &EnvironmentId) -> Result<Decision> {
    let project = context.project()?;
    let names = project.segments_of(environment);
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let removal = Removal::new(context, project, ResourceType::Segment, &names)?;
    removal.decide(context, |removed, detail| Effect::RemoveEnvironment {
        environment: environment.clone(),
        removed,
        detail,
    })
}

/// Deletes a project with all its data.
///
/// Cost: O(views), and O(links and resources) if the change keeps the data for reverting it.
pub(super) fn project(context: &Context<'_>) -> Result<Decision> {
    let project = context.project()?;
    let mut unlinked = TypeCounts::default();
    project.views.iter(None).for_each(|(_, view)| unlinked += view.counts());
    let views = project.views.len();
    let names = unlinked.total().saturating_add(views);
    let names = names.saturating_add(project.registry.counts().total());
    let detail = fits(context, names).then(|| project_detail(project));
    let effect = Effect::DeleteProject { views, unlinked, detail };
    let answer = Answer::ProjectDeleted { views, unlinked };
    Ok(Decision { answer, change: Some(context.change(effect)) })
}

fn project_detail(project: &ProjectState) -> ProjectDetail {
    let settings = (*project.settings).clone();
    let views = project.views.iter(None).map(|(_, view)| detail(project, view)).collect();
    let registered = ResourceType::ALL.into_iter().flat_map(|resource_type| {
        let rows = project.registry.iter(resource_type, None);
        rows.map(move |(name, row)| (resource_type, name.to_owned(), row.clone()))
    });
    ProjectDetail { id: project.id, settings, views, registered: registered.collect() }
}

/// Resources that are removed, with their links.
struct Removal {
    counts: RemovedCounts,
    detail: Option<RemovalDetail>,
}

impl Removal {
    /// Finds the data that is removed with resources; their names are in key order.
    fn new(
        context: &Context<'_>,
        project: &ProjectState,
        resource_type: ResourceType,
        names: &[&str],
    ) -> Result<Self> {
        let mut counts = RemovedCounts::default();
        let registered: Vec<(&str, &Registration)> = names
            .iter()
            .filter_map(|name| Some((*name, project.registry.get(resource_type, name)?)))
            .collect();
        counts.registered = registered.len() as u64;
        let mut by_view = BTreeMap::<u32, Vec<&str>>::new();
        for name in names {
            let before = counts.links;
            for (slot, _) in project.views_of(resource_type, name) {
                by_view.entry(slot).or_default().push(name);
                counts.links += 1;
            }
            counts.linked += u64::from(counts.links > before);
        }
        let kept = fits(context, counts.links.saturating_add(counts.registered));
        let detail = kept.then(|| -> Result<_> {
            let links = removed_links(project, resource_type, &by_view)?;
            let registered =
                registered.into_iter().map(|(name, row)| (name.to_owned(), row.clone()));
            Ok(RemovalDetail { registered: registered.collect(), links })
        });
        Ok(Self { counts, detail: detail.transpose()? })
    }

    fn decide(
        self,
        context: &Context<'_>,
        effect: impl FnOnce(RemovedCounts, Option<RemovalDetail>) -> Effect,
    ) -> Result<Decision> {
        let answer = Answer::Removed(self.counts);
        if self.counts.links == 0 && self.counts.registered == 0 {
            return Ok(answer.unchanged());
        }
        let effect = effect(self.counts, self.detail);
        Ok(Decision { answer, change: Some(context.change(effect)) })
    }
}

/// The removed links, by the keys of their views.
fn removed_links(
    project: &ProjectState,
    resource_type: ResourceType,
    by_view: &BTreeMap<u32, Vec<&str>>,
) -> Result<Vec<UnlinkedFrom>> {
    let names = &project.of(resource_type).names;
    let mut removed = Vec::with_capacity(by_view.len());
    for (slot, gone) in by_view {
        let found = gone.iter().filter_map(|name| names.find(name));
        let entries: Vec<Entry> = found.map(|name| Entry::new(names, name.place)).collect();
        let view = project.views.get(*slot);
        let times = view.and_then(|view| view.links(resource_type)?.find(names, &entries));
        let (Some(view), Some(times)) = (view, times) else {
            return Err(contradiction("a posting has no link"));
        };
        let standing = view.standing(resource_type);
        let by_filter = gone.iter().filter(|name| {
            let id = names.find(name).map(|name| name.id);
            standing.zip(id).is_some_and(|(standing, id)| !standing.keys_hold(id))
        });
        let by_filter = by_filter.copied().collect();
        let (names, times) = (gone.iter().copied().collect(), times.into_iter().collect());
        let links = RemovedLinks { names, times, by_filter };
        let (view, last_change) = (view.about().key.clone(), Some(view.change));
        removed.push(UnlinkedFrom { view, last_change, links });
    }
    removed.sort_by(|one, other| one.view.cmp(&other.view));
    Ok(removed)
}
