//! The expected results for links: by key, by the id of a segment, and by filter.

use std::collections::BTreeSet;

use viewlink::{Error, KeyOutcome, Report, Resource};

use super::call::{Keys, Named, Place, project_key, view_key};
use super::{Model, ModelProject};

/// The resources that a call names, looked up in the registry.
pub(super) struct Asked {
    /// Each key, with its resource or its error code.
    keys: Vec<Result<Resource, &'static str>>,
    /// The resources that the filter finds in addition to the keys, in key order.
    further: Vec<Resource>,
    /// All resources that the keys name, including failed ones.
    meant: BTreeSet<Resource>,
}

impl Asked {
    /// The expected result for each: its code, or its outcome.
    pub(super) fn outcomes(
        self,
        mut act: impl FnMut(Resource) -> &'static str,
    ) -> Vec<&'static str> {
        let all = self.keys.into_iter().chain(self.further.into_iter().map(Ok));
        all.map(|asked| asked.map_or_else(|code| code, &mut act)).collect()
    }
}

impl ModelProject {
    /// Finds the named resources. The filter checks the `candidates`; if `closed`, only registered resources may be
    /// named.
    fn ask(&self, keys: &Keys, candidates: &[&Resource], closed: bool) -> Asked {
        let (mut ids, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let resolved = keys.named().into_iter().map(|named| {
            let resource = match named {
                Named::Malformed => return Err("invalid_key"),
                Named::Id(id) if !ids.insert(id.clone()) => return Err("repeated"),
                Named::Id(id) => self.by_id(&id).cloned().ok_or("unknown_resource")?,
                Named::Resource(resource) => resource,
            };
            if !seen.insert(resource.clone()) {
                return Err("repeated");
            }
            match closed && !self.resources.contains_key(&resource) {
                true => Err("unknown_resource"),
                false => Ok(resource),
            }
        });
        let asked: Vec<_> = resolved.collect();
        let found = |resource: &&&Resource| {
            let filter = keys.filter.as_ref();
            !seen.contains(**resource) && filter.is_some_and(|filter| self.finds(filter, resource))
        };
        let further = candidates.iter().filter(found).map(|resource| (*resource).clone());
        let further = further.collect();
        Asked { keys: asked, further, meant: seen }
    }

    /// Finds the resources to link, in the registry.
    fn ask_to_link(&self, keys: &Keys, closed: bool) -> Asked {
        let of_type = |resource: &&Resource| resource.resource_type() == keys.resource_type;
        let candidates: Vec<_> = self.resources.keys().filter(of_type).collect();
        self.ask(keys, &candidates, closed)
    }

    /// Finds the resources to unlink, among the links of a view.
    pub(super) fn ask_to_unlink(&self, view: u8, keys: &Keys) -> Asked {
        let of_type = |resource: &&Resource| resource.resource_type() == keys.resource_type;
        let linked = &self.views[&view_key(view)].links;
        let candidates: Vec<_> = linked.keys().filter(of_type).collect();
        self.ask(keys, &candidates, false)
    }
}

impl Model {
    pub(super) fn link(&mut self, place: Place, keys: &Keys, answer: viewlink::Result<Report>) {
        if !self.may_be_asked(place, keys, answer.as_ref().err()) {
            return;
        }
        let asked = self.projects[&project_key(place.project)].ask_to_link(keys, self.closed);
        let expected = self.link_asked(place, asked);
        let report = answer.unwrap();
        assert_report(&report, &expected);
        self.settle(place.project, report.followed());
    }

    fn link_asked(&mut self, place: Place, asked: Asked) -> Vec<&'static str> {
        let mut clock = self.clock;
        let super::ModelView { links, by_filter, .. } = self.view(place).unwrap();
        let expected = asked.outcomes(|resource| {
            clock += 1;
            match links.contains_key(&resource) {
                true if by_filter.remove(&resource) => "held",
                true => "already linked",
                false => {
                    links.insert(resource, clock);
                    "linked"
                }
            }
        });
        self.clock = clock;
        expected
    }

    pub(super) fn unlink(&mut self, place: Place, keys: &Keys, answer: viewlink::Result<Report>) {
        if !self.may_be_asked(place, keys, answer.as_ref().err()) {
            return;
        }
        let asked = self.projects[&project_key(place.project)].ask_to_unlink(place.view, keys);
        let expected = self.unlink_asked(place, asked);
        let report = answer.unwrap();
        assert_report(&report, &expected);
        self.settle(place.project, report.followed());
    }

    fn unlink_asked(&mut self, place: Place, asked: Asked) -> Vec<&'static str> {
        let found = self.project(place.project).held_by_filter(&view_key(place.view));
        let super::ModelView { links, by_filter, .. } = self.view(place).unwrap();
        asked.outcomes(|resource| {
            if found.contains(&resource) && links.contains_key(&resource) {
                return if by_filter.insert(resource) { "released" } else { "held_by_filter" };
            }
            match links.remove(&resource) {
                Some(_) => "unlinked",
                None => "not_linked",
            }
        })
    }

    pub(super) fn unlink_but_last(
        &mut self,
        place: Place,
        keys: &Keys,
        answer: viewlink::Result<Report>,
    ) {
        if !self.may_be_asked(place, keys, answer.as_ref().err()) {
            return;
        }
        let project = self.projects.get_mut(&project_key(place.project)).unwrap();
        let asked = project.ask_to_unlink(place.view, keys);
        let of = view_key(place.view);
        let found = project.held_by_filter(&of);
        let expected = asked.outcomes(|resource| {
            let view = &project.views[&of];
            if !view.links.contains_key(&resource) {
                return "not_linked";
            }
            if found.contains(&resource) {
                let view = project.views.get_mut(&of).unwrap();
                return if view.by_filter.insert(resource) { "released" } else { "held_by_filter" };
            }
            if project.is_last_view(&of, &resource) {
                return "last_view";
            }
            project.views.get_mut(&of).unwrap().links.remove(&resource);
            "unlinked"
        });
        let report = answer.unwrap();
        assert_report(&report, &expected);
        self.settle(place.project, report.followed());
    }

    pub(super) fn replace(&mut self, place: Place, keys: &Keys, answer: viewlink::Result<Report>) {
        if !self.may_be_asked(place, keys, answer.as_ref().err()) {
            return;
        }
        let asked = self.projects[&project_key(place.project)].ask_to_link(keys, self.closed);
        let wanted: BTreeSet<_> = asked.meant.iter().chain(&asked.further).cloned().collect();
        let mut expected = self.link_asked(place, asked);
        let found = self.project(place.project).held_by_filter(&view_key(place.view));
        let super::ModelView { links, by_filter, .. } = self.view(place).unwrap();
        links.retain(|linked, _| {
            let rest = linked.resource_type() == keys.resource_type && !wanted.contains(linked);
            if rest && found.contains(linked) {
                expected.extend(by_filter.insert(linked.clone()).then_some("released"));
                return true;
            }
            expected.extend(rest.then_some("unlinked"));
            !rest
        });
        let report = answer.unwrap();
        assert_report(&report, &expected);
        self.settle(place.project, report.followed());
    }

    pub(super) fn move_links(
        &mut self,
        from: Place,
        to: Place,
        keys: &Keys,
        answer: viewlink::Result<Vec<Report>>,
    ) {
        for place in [to, from] {
            if !self.may_be_asked(place, keys, answer.as_ref().err()) {
                return;
            }
        }
        let project = &self.projects[&project_key(from.project)];
        let to_link = project.ask_to_link(keys, self.closed);
        let to_unlink = project.ask_to_unlink(from.view, keys);
        let answer = answer.unwrap();
        assert_eq!(answer.len(), 2);
        let expected = self.link_asked(to, to_link);
        assert_report(&answer[0], &expected);
        self.settle(from.project, answer[0].followed());
        let expected = self.unlink_asked(from, to_unlink);
        assert_report(&answer[1], &expected);
        self.settle(from.project, answer[1].followed());
    }

    /// Whether a call gets a report; otherwise the error must be the expected one.
    pub(super) fn may_be_asked(
        &mut self,
        place: Place,
        keys: &Keys,
        error: Option<&Error>,
    ) -> bool {
        if self.found(place, error).is_none() {
            return false;
        }
        let views = &self.projects[&project_key(place.project)].views;
        let mut named = keys.filter.iter().flat_map(|filter| filter.views());
        let Some(missing) = named.find(|key| !views.contains_key(key)) else { return true };
        let tells = |error: &Error| matches!(error, Error::UnknownView { view, .. } if view.as_str() == missing);
        assert!(error.is_some_and(tells), "{missing} is missing: {error:?}");
        false
    }
}

pub(super) fn assert_report(report: &Report, expected: &[&str]) {
    let outcome = |outcome: &KeyOutcome| match outcome {
        KeyOutcome::Linked => "linked",
        KeyOutcome::AlreadyLinked => "already linked",
        KeyOutcome::Unlinked => "unlinked",
        KeyOutcome::Moved => "moved",
        KeyOutcome::Released => "released",
        KeyOutcome::Registered => "registered",
        KeyOutcome::Updated => "updated",
        KeyOutcome::Unchanged => "unchanged",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        other => panic!("an outcome the model does not know: {other:?}"),
    };
    let outcomes: Vec<_> = report.outcomes().map(|(_, found)| outcome(found)).collect();
    // A link that keys hold now and a filter held before is reported as already linked.
    let reported = expected.iter().map(|of| if *of == "held" { "already linked" } else { of });
    assert_eq!(outcomes, reported.collect::<Vec<_>>());
    assert_eq!(report.success_count() + report.failure_count(), expected.len());
    let changes = ["linked", "unlinked", "moved", "held", "released", "registered", "updated"];
    let changed = expected.iter().any(|outcome| changes.contains(outcome));
    assert_eq!(report.revision().is_some(), changed);
}
