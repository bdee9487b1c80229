//! The expected results of renaming and copying views, and of moving links between them.

use std::collections::BTreeMap;

use viewlink::{Error, Report, Resource, Store, View, ViewPatch};

use super::call::{Call, Keys, Place, project_key, view_key};
use super::links::assert_report;
use super::{Model, ModelView};

impl Model {
    /// The calls that concern two views.
    pub(super) fn over_views(&mut self, store: &Store, call: &Call) {
        let project = |place: &Place| store.project(&project_key(place.project)).unwrap();
        let place = |from: &Place, view: &u8| Place { project: from.project, view: *view };
        match call {
            Call::MoveLinks(from, to, keys) => {
                let (of, view) = (view_key(from.view), view_key(*to));
                let answer = project(from).move_links(&of, &view, [keys.batch()]);
                self.take_over(*from, place(from, to), keys, answer);
            }
            Call::RenameView(from, to) => {
                let answer = project(from).rename_view(&view_key(from.view), &view_key(*to));
                self.rename(*from, place(from, to), answer);
            }
            Call::CopyView(from, to, name) => {
                let (of, patch) = (view_key(from.view), ViewPatch::new().name(name));
                let answer = project(from).copy_view(&of, &view_key(*to), patch);
                self.copy(*from, place(from, to), name, answer);
            }
            _ => unreachable!("not over two views: {call:?}"),
        }
    }

    fn take_over(
        &mut self,
        from: Place,
        to: Place,
        keys: &Keys,
        answer: viewlink::Result<Vec<Report>>,
    ) {
        let error = answer.as_ref().err();
        if !self.may_be_asked(from, keys, error) || self.found(to, error).is_none() {
            return;
        }
        let asked = self.projects[&project_key(from.project)].ask_to_unlink(from.view, keys);
        let mut clock = self.clock;
        let (of, target) = (view_key(from.view), view_key(to.view));
        let project = self.project(from.project);
        let found = project.held_by_filter(&of);
        let views = &mut project.views;
        let expected = asked.outcomes(|resource| {
            let is_in = |view: &str| views[view].links.contains_key(&resource);
            match (is_in(&of), is_in(&target)) {
                (false, _) => "not_linked",
                (true, true) if of == target => "already linked",
                (true, _) if found.contains(&resource) => "held_by_filter",
                (true, there) => {
                    views.get_mut(&of).unwrap().links.remove(&resource);
                    clock += 1;
                    let target = views.get_mut(&target).unwrap();
                    target.by_filter.remove(&resource);
                    target.links.entry(resource).or_insert(clock);
                    if there { "unlinked" } else { "moved" }
                }
            }
        });
        self.clock = clock;
        let answer = answer.unwrap();
        assert_eq!(answer.len(), 1);
        assert_report(&answer[0], &expected);
        self.settle(from.project, answer[0].followed());
    }

    /// The view to be renamed or copied. `None` if the call had to fail and did: the key is in use, or a filter names
    /// one of the views.
    fn source(
        &mut self,
        from: Place,
        to: Place,
        unnamed: &[u8],
        answer: &viewlink::Result<View>,
    ) -> Option<ModelView> {
        let source = self.found(from, answer.as_ref().err())?.clone();
        if self.view(to).is_some() {
            assert!(matches!(answer, Err(Error::ViewExists { .. })), "{answer:?}");
            return None;
        }
        let project = &self.projects[&project_key(from.project)];
        let mut unnamed = unnamed.iter().map(|view| view_key(*view));
        if let Some(named) = unnamed.find(|view| project.is_named(view)) {
            let tells =
                matches!(answer, Err(Error::NamedByFilter { view, .. }) if view.as_str() == named);
            assert!(tells, "{named}: {answer:?}");
            return None;
        }
        Some(source)
    }

    fn rename(&mut self, from: Place, to: Place, answer: viewlink::Result<View>) {
        if from.view == to.view && self.view(from).is_some() {
            assert_eq!(answer.unwrap().version, self.view(from).unwrap().version);
            return;
        }
        let Some(mut view) = self.source(from, to, &[from.view, to.view], &answer) else { return };
        view.version += 1;
        let answer = answer.unwrap();
        assert_eq!((answer.key.as_str(), answer.version), (&*view_key(to.view), view.version));
        let views = &mut self.project(from.project).views;
        views.remove(&view_key(from.view));
        views.insert(view_key(to.view), view);
    }

    fn copy(&mut self, from: Place, to: Place, name: &str, answer: viewlink::Result<View>) {
        let Some(view) = self.source(from, to, &[to.view], &answer) else { return };
        let mut links: Vec<(u64, Resource)> =
            view.links.into_iter().map(|(resource, time)| (time, resource)).collect();
        links.sort();
        assert_eq!(answer.unwrap().links.total(), links.len() as u64);
        let times = self.clock + 1..;
        self.clock += links.len() as u64;
        let links: BTreeMap<_, _> =
            links.into_iter().zip(times).map(|((_, resource), time)| (resource, time)).collect();
        let copy = ModelView { links, ..ModelView::new(name) };
        self.project(from.project).views.insert(view_key(to.view), copy);
    }
}
