//! What a change says of what it removed.

use proptest::prelude::*;

use super::commands::{any_commands, following};
use super::dump::{Dump, DumpedView};
use super::{Timed, cases};
use crate::model::change_record::{
    FilterChange, ProjectDetail, PutResource, RemovalDetail, ViewDetail,
};
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;
use crate::model::type_counts::TypeCounts;
use crate::model::{ChangeRecord, Effect};
use crate::state::State;

/// How much of what was there a change says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Everything,
    Counts,
}

impl Dump {
    fn view(&mut self, project: &ProjectKey, view: &crate::model::key::ViewKey) -> &mut DumpedView {
        self.views.get_mut(&(project.clone(), view.clone())).unwrap()
    }

    fn put_back(&mut self, project: &ProjectKey, view: &ViewDetail) {
        let before = self.views.insert((project.clone(), view.key.clone()), DumpedView::of(view));
        assert_eq!(before, None);
    }

    /// Takes a change back with what it says itself.
    fn undo(&mut self, change: &ChangeRecord) -> Told {
        let told = change.effects.iter().rev().map(|effect| self.undo_effect(change, effect));
        let told: Vec<_> = told.collect();
        if told.contains(&Told::Counts) { Told::Counts } else { Told::Everything }
    }

    fn undo_effect(&mut self, change: &ChangeRecord, effect: &Effect) -> Told {
        let project = &change.project;
        match effect {
            Effect::CreateView { view, fields } => {
                let created = self.views.remove(&(project.clone(), view.clone())).unwrap();
                assert_eq!((&created.fields, created.links.len()), (fields, 0));
            }
            Effect::UpdateView { view, before, fields } => {
                let view = self.view(project, view);
                assert_eq!(std::mem::replace(&mut view.fields, before.clone()), *fields);
            }
            Effect::DeleteView { detail: Some(detail), .. } => self.put_back(project, detail),
            Effect::ChangeLinks(parts) => {
                for part in parts.iter().rev() {
                    self.view(project, &part.view).take_back(part);
                }
            }
            Effect::PutResources(puts) => puts.iter().rev().for_each(|put| self.unput(change, put)),
            Effect::RemoveResource { detail: Some(detail), resource_type, .. } => {
                self.put_back_resources(project, *resource_type, detail);
            }
            Effect::RemoveEnvironment { detail: Some(detail), .. } => {
                self.put_back_resources(project, ResourceType::Segment, detail);
            }
            Effect::DeleteProject { detail: Some(detail), .. } => {
                let ProjectDetail { id, settings, views, registered } = detail;
                self.say(project, settings);
                assert_eq!(self.projects.insert(project.clone(), *id), None);
                views.iter().for_each(|view| self.put_back(project, view));
                for (resource_type, name, row) in registered {
                    let place = (project.clone(), *resource_type, name.clone());
                    assert_eq!(self.registered.insert(place, row.clone()), None);
                }
            }
            Effect::PutProject { before, .. } => {
                self.say(project, &before.clone().unwrap_or_default());
            }
            Effect::ChangeFilter(filter) => {
                let replaced = filter.before.is_some() && filter.filter.is_some();
                if filter.by_filter.is_none() && !replaced {
                    return Told::Counts;
                }
                self.view(project, &filter.view).refilter(filter);
            }
            _ => return Told::Counts,
        }
        Told::Everything
    }

    fn unput(&mut self, change: &ChangeRecord, put: &PutResource) {
        let place = (change.project.clone(), put.resource_type, put.name.clone());
        let found = self.registered.remove(&place).unwrap();
        assert_eq!((&found.fields, found.revision), (&put.fields, change.stamp.revision));
        self.registered.extend(put.before.clone().map(|before| (place, before)));
    }

    fn put_back_resources(
        &mut self,
        project: &ProjectKey,
        resource_type: ResourceType,
        detail: &RemovalDetail,
    ) {
        for (name, row) in &detail.registered {
            let place = (project.clone(), resource_type, name.clone());
            assert_eq!(self.registered.insert(place, row.clone()), None);
        }
        for (view, links) in &detail.links {
            self.view(project, view).restore(resource_type, links);
        }
    }

    /// The counters of views that stay move on; a project stays once it is there.
    fn forget_counters(&mut self, of: &Self) {
        for (place, view) in &mut self.views {
            view.counters = of.views[place].counters.clone();
        }
        self.projects.clone_from(&of.projects);
    }
}

fn counts(before: &Dump, project: &ProjectKey) -> (TypeCounts, u64, u64) {
    let mut links = TypeCounts::default();
    let views = before.views.iter().filter(|((of, _), _)| of == project);
    for (resource_type, _) in views.clone().flat_map(|(_, view)| view.links.keys()) {
        *links.get_mut(*resource_type) += 1;
    }
    let registered = before.registered.keys().filter(|(of, _, _)| of == project);
    (links, views.count() as u64, registered.count() as u64)
}

/// Checks that a change that tells no names removed too many for that, and counts them right.
fn assert_counted(before: &Dump, change: &ChangeRecord, most: u64) {
    let of_links = |effect: &&Effect| matches!(effect, Effect::ChangeLinks(_));
    let [effect] = change.effects.iter().filter(|effect| !of_links(effect)).collect::<Vec<_>>()[..]
    else {
        panic!("{change:?} removes several things")
    };
    match effect {
        Effect::DeleteView { view, unlinked, .. } => {
            let view = &before.views[&(change.project.clone(), view.clone())];
            assert_eq!(unlinked.total(), view.links.len() as u64);
            assert!(unlinked.total() > most);
        }
        Effect::RemoveResource { removed, .. } | Effect::RemoveEnvironment { removed, .. } => {
            assert!(removed.links + removed.registered > most);
        }
        Effect::DeleteProject { views, unlinked, .. } => {
            let (links, of_views, registered) = counts(before, &change.project);
            assert_eq!((*unlinked, *views), (links, of_views));
            assert!(links.total() + of_views + registered > most);
        }
        Effect::ChangeFilter(FilterChange { view, resource_type, filter, .. }) => {
            let view = &before.views[&(change.project.clone(), view.clone())];
            let by_filter = view.by_filter.iter().filter(|(of, _)| of == resource_type);
            assert!(by_filter.count() as u64 > most && filter.is_none());
        }
        other => panic!("{other:?} removes no whole thing"),
    }
}

/// How many names a change tells of what it removed, for which a limit was given.
fn told(effect: &Effect) -> u64 {
    let of_view = |view: &ViewDetail| view.links.iter().map(|(_, links)| links.names.len()).sum();
    let names: usize = match effect {
        Effect::DeleteView { detail: Some(detail), .. } => of_view(detail),
        Effect::RemoveResource { detail: Some(detail), .. }
        | Effect::RemoveEnvironment { detail: Some(detail), .. } => {
            let links: usize = detail.links.iter().map(|(_, links)| links.names.len()).sum();
            links + detail.registered.len()
        }
        Effect::DeleteProject { detail: Some(detail), .. } => {
            let links: usize = detail.views.iter().map(of_view).sum();
            links + detail.views.len() + detail.registered.len()
        }
        _ => 0,
    };
    names as u64
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_change_tells_all_that_undoing_it_needs_up_to_its_limit(
        filters in prop::option::of(following()), commands in any_commands(45),
    ) {
        let mut state = State::default();
        state.run(&filters.unwrap_or_default());
        for timed in &commands {
            let before = Dump::of(&state);
            let Timed { command, .. } = timed;
            let Some(change) = state.carry_out(timed).ok().and_then(|decision| decision.change) else {
                prop_assert_eq!(Dump::of(&state), before);
                continue;
            };
            let most = command.removal_detail as u64;
            let mut after = Dump::of(&state);
            // What is read back from bytes says the same.
            let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
            match after.undo(&change) {
                Told::Counts => assert_counted(&before, &change, most),
                Told::Everything => {
                    prop_assert!(change.effects.iter().map(told).sum::<u64>() <= most);
                    let whole = matches!(
                        change.effects[0], Effect::DeleteView { .. } | Effect::DeleteProject { .. },
                    );
                    if !whole {
                        after.forget_counters(&before);
                    }
                    prop_assert_eq!(after, before);
                }
            }
        }
    }
}
