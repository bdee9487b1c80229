//! The expected effects of filters that views follow.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{ChangedLinks, Error, KeyOutcome, Report, Resource, ResourceType, Unfollow};

use super::call::{Place, project_key, view_key};
use super::filter::Filter;
use super::links::assert_report;
use super::{Model, ModelProject};

/// The resources of each view.
type Linked = BTreeMap<String, BTreeSet<Resource>>;

impl ModelProject {
    /// The registered resources that a followed filter of a type finds.
    pub(super) fn found(&self, of: ResourceType, filter: &Filter) -> BTreeSet<Resource> {
        let of_type = self.resources.keys().filter(|resource| resource.resource_type() == of);
        of_type.filter(|resource| self.finds(filter, resource)).cloned().collect()
    }

    /// The resources that the filters of a view find.
    pub(super) fn held_by_filter(&self, view: &str) -> BTreeSet<Resource> {
        let follows = self.views[view].follows.iter();
        follows.flat_map(|(of, filter)| self.found(*of, filter)).collect()
    }

    fn linked(&self) -> Linked {
        let of = |view: &super::ModelView| view.links.keys().cloned().collect();
        self.views.iter().map(|(key, view)| (key.clone(), of(view))).collect()
    }

    /// The content of views after all filters were evaluated, again and again until nothing changes.
    fn settled(&self) -> Linked {
        let mut after = self.clone();
        loop {
            let before = after.linked();
            for key in before.keys() {
                let found = after.held_by_filter(key);
                let view = after.views.get_mut(key).unwrap();
                let goes = |resource: &Resource| {
                    view.by_filter.contains(resource) && !found.contains(resource)
                };
                let gone: Vec<_> = view.links.keys().filter(|of| goes(of)).cloned().collect();
                gone.iter().for_each(|resource| _ = view.links.remove(resource));
                for resource in found {
                    if view.links.insert(resource.clone(), 0).is_none() {
                        view.by_filter.insert(resource);
                    }
                }
            }
            if after.linked() == before {
                return before;
            }
        }
    }

    /// Applies the filters; `reported` has their effects according to the store.
    pub(super) fn settle(&mut self, clock: &mut u64, reported: &[ChangedLinks]) {
        let (before, after) = (self.linked(), self.settled());
        let mut expected = Vec::new();
        for (key, view) in &mut self.views {
            for of in ResourceType::ALL {
                let of_type = |resource: &&Resource| resource.resource_type() == of;
                let linked: Vec<_> =
                    after[key].difference(&before[key]).filter(of_type).cloned().collect();
                let unlinked: Vec<_> =
                    before[key].difference(&after[key]).filter(of_type).cloned().collect();
                for resource in &linked {
                    *clock += 1;
                    view.links.insert(resource.clone(), *clock);
                    view.by_filter.insert(resource.clone());
                }
                for resource in &unlinked {
                    view.links.remove(resource);
                    view.by_filter.remove(resource);
                }
                if linked.len() + unlinked.len() > 0 {
                    expected.push((key.clone(), of, linked, unlinked));
                }
            }
        }
        let reported: Vec<_> = reported.iter().map(of_part).collect();
        assert_eq!(reported, expected);
    }

    /// Whether a resource would be in no view without its link to one view, and without the links of filters that
    /// depend on it.
    pub(super) fn is_last_view(&self, view: &str, resource: &Resource) -> bool {
        let mut after = self.clone();
        let of = after.views.get_mut(view).unwrap();
        of.follows.remove(&resource.resource_type());
        of.links.remove(resource);
        of.by_filter.remove(resource);
        !after.settled().values().any(|linked| linked.contains(resource))
    }

    /// Whether a filter that a view follows names a view.
    pub(super) fn is_named(&self, view: &str) -> bool {
        let filters = self.views.values().flat_map(|view| view.follows.values());
        filters.flat_map(Filter::views).any(|named| named == view)
    }

    /// Whether filters for a type lead from one view to another.
    fn leads(&self, of: ResourceType, from: &str, to: &str) -> bool {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(next) = ahead.pop() {
            if next == to {
                return true;
            }
            let follows = self.views.get(&next).and_then(|view| view.follows.get(&of));
            if seen.insert(next) {
                ahead.extend(follows.into_iter().flat_map(Filter::views));
            }
        }
        false
    }
}

fn of_part(part: &ChangedLinks) -> (String, ResourceType, Vec<Resource>, Vec<Resource>) {
    assert!(part.holds.by_filter && part.holds.held.is_empty() && part.holds.released.is_empty());
    (part.view.to_string(), part.resource_type, part.linked.clone(), part.unlinked.clone())
}

impl Model {
    /// Applies the filters of a project.
    pub(super) fn settle(&mut self, project: u8, reported: &[ChangedLinks]) {
        let project = self.projects.get_mut(&project_key(project)).unwrap();
        project.settle(&mut self.clock, reported);
    }

    pub(super) fn follow(
        &mut self,
        place: Place,
        of: ResourceType,
        filter: &Filter,
        answer: viewlink::Result<Report>,
    ) {
        if self.found(place, answer.as_ref().err()).is_none() {
            return;
        }
        let key = view_key(place.view);
        let project = self.projects.get_mut(&project_key(place.project)).unwrap();
        if filter.views().any(|named| !project.views.contains_key(&named)) {
            assert!(matches!(answer, Err(Error::UnknownView { .. })), "{answer:?}");
            return;
        }
        if filter.views().any(|named| project.leads(of, &named, &key)) {
            assert!(matches!(answer, Err(Error::CircularFilter { .. })), "{answer:?}");
            return;
        }
        let report = answer.unwrap();
        let view = project.views.get_mut(&key).unwrap();
        if view.follows.get(&of).is_some_and(|before| before.to_store() == filter.to_store()) {
            assert_report(&report, &[]);
            return;
        }
        view.follows.insert(of, filter.clone());
        let before = project.views[&key].clone();
        let found = project.found(of, filter);
        let by_filter = before.by_filter.iter().filter(|resource| resource.resource_type() == of);
        let all: BTreeSet<&Resource> = found.iter().chain(by_filter).collect();
        let outcome = |resource: &&Resource| match (
            before.links.contains_key(*resource),
            found.contains(*resource),
        ) {
            (true, true) => KeyOutcome::AlreadyLinked,
            (false, _) => KeyOutcome::Linked,
            (true, false) => KeyOutcome::Unlinked,
        };
        let expected: Vec<_> = all.iter().map(outcome).collect();
        assert!(report.outcomes().map(|(_, outcome)| outcome).eq(&expected), "{report:?}");
        assert!(report.revision().is_some());
        project.settle_but(&mut self.clock, &key, of, report.followed());
    }

    pub(super) fn unfollow(
        &mut self,
        place: Place,
        of: ResourceType,
        how: Unfollow,
        answer: viewlink::Result<Report>,
    ) {
        if self.found(place, answer.as_ref().err()).is_none() {
            return;
        }
        let (report, key) = (answer.unwrap(), view_key(place.view));
        let project = self.projects.get_mut(&project_key(place.project)).unwrap();
        if !project.views[&key].follows.contains_key(&of) {
            assert_report(&report, &[]);
            return;
        }
        let by_filter = project.views[&key].by_filter.iter();
        let by_filter = by_filter.filter(|resource| resource.resource_type() == of);
        let mut expected = Vec::new();
        for resource in by_filter.cloned().collect::<Vec<_>>() {
            match how {
                Unfollow::KeepLinks => continue,
                Unfollow::RemoveLinksKeepLastView if project.is_last_view(&key, &resource) => {
                    expected.push("last_view");
                }
                _ => {
                    expected.push("unlinked");
                    project.views.get_mut(&key).unwrap().links.remove(&resource);
                }
            }
        }
        let view = project.views.get_mut(&key).unwrap();
        view.follows.remove(&of);
        view.by_filter.retain(|resource| resource.resource_type() != of);
        let codes = report.outcomes().map(|(_, outcome)| match outcome {
            KeyOutcome::Unlinked => "unlinked",
            KeyOutcome::Failed(reason) => reason.code().as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(codes.collect::<Vec<_>>(), expected);
        assert!(report.revision().is_some());
        project.settle(&mut self.clock, report.followed());
    }
}

impl ModelProject {
    /// Decides which links the report has for the view and type of the call, and which for followed views.
    fn settle_but(
        &mut self,
        clock: &mut u64,
        view: &str,
        of: ResourceType,
        reported: &[ChangedLinks],
    ) {
        let (before, after) = (self.linked(), self.settled());
        let of_type = |resource: &&Resource| resource.resource_type() == of;
        let own = self.views.get_mut(view).unwrap();
        for resource in after[view].difference(&before[view]).filter(of_type) {
            *clock += 1;
            own.links.insert(resource.clone(), *clock);
            own.by_filter.insert(resource.clone());
        }
        for resource in before[view].difference(&after[view]).filter(of_type) {
            own.links.remove(resource);
            own.by_filter.remove(resource);
        }
        self.settle(clock, reported);
    }
}
