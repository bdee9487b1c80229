//! The expected behaviour of a store, in a few maps: the model with which the tests compare it.

mod call;
mod choices;
mod filter;
mod follow;
pub(crate) mod law;
mod links;
mod over_views;
mod put;
mod registry;
mod same;
mod settings;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{
    EnvironmentId, Error, LinkChange, LinkPolicy, NewView, Resource, ResourceType, Store, Unfollow,
    ViewPatch,
};

#[allow(unused_imports, reason = "the fuzz test makes its calls from bytes")]
pub(crate) use call::{BY_ID, Call, Keys, Place, calls, following, keys};
#[allow(unused_imports, reason = "the fuzz test makes its filters from bytes")]
pub(crate) use filter::{Condition, Filter};
#[allow(unused_imports, reason = "the fuzz test makes its resources from bytes")]
pub(crate) use put::Put;
pub(crate) use same::assert_same;

use call::{environment, project_key, view_key};
use links::assert_report;
use registry::Registered;
use settings::Settings;

/// The time of all changes, in milliseconds: the clock of stores under test stands still.
pub(crate) const TIME: u64 = 5;

/// The expected content of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    projects: BTreeMap<String, ModelProject>,
    /// Increases with every link, as link time does.
    clock: u64,
    /// Whether only registered resources may be linked.
    closed: bool,
    /// The content before the last change.
    before: Option<Box<Self>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ModelProject {
    views: BTreeMap<String, ModelView>,
    resources: BTreeMap<Resource, Registered>,
    settings: Settings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ModelView {
    name: String,
    version: u64,
    /// The time of each link.
    links: BTreeMap<Resource, u64>,
    /// The filters that it follows.
    follows: BTreeMap<ResourceType, Filter>,
    /// The links that no key holds.
    by_filter: BTreeSet<Resource>,
}

impl ModelView {
    fn new(name: &str) -> Self {
        let (links, follows, by_filter) = Default::default();
        Self { name: name.to_owned(), version: 1, links, follows, by_filter }
    }
}

impl Model {
    /// The model of an empty store with a policy.
    pub(crate) fn with_policy(policy: LinkPolicy) -> Self {
        Self { closed: policy == LinkPolicy::Closed, ..Self::default() }
    }

    /// Makes a call on the store and on the model, and checks that the answers agree.
    pub(crate) fn call(&mut self, store: &Store, call: &Call) {
        let (revision, before) = (Self::revision(store), self.without_past());
        match call {
            Call::Undo => self.undo(store),
            call => self.make(store, call),
        }
        if Self::revision(store) > revision {
            self.before = Some(Box::new(before));
        }
    }

    fn make(&mut self, store: &Store, call: &Call) {
        let project = |number: &u8| store.project(&project_key(*number)).unwrap();
        match call {
            Call::Ensure(place) => {
                let view = view_key(place.view);
                let answer = project(&place.project).ensure_view(NewView::new(&*view, "new"));
                let expected = self.project(place.project).views.entry(view);
                let expected = expected.or_insert_with(|| ModelView::new("new"));
                assert_eq!(answer.unwrap().version, expected.version);
            }
            Call::Create(place) => {
                let view = view_key(place.view);
                let answer = project(&place.project).create_view(NewView::new(&*view, "new"));
                if self.view(*place).is_some() {
                    assert!(matches!(answer, Err(Error::ViewExists { .. })), "{answer:?}");
                } else {
                    answer.unwrap();
                    self.project(place.project).views.insert(view, ModelView::new("new"));
                }
            }
            Call::Rename(place, name) => {
                let patch = ViewPatch::new().name(name);
                let answer = project(&place.project).update_view(&view_key(place.view), patch);
                let Some(view) = self.found(*place, answer.as_ref().err()) else {
                    return;
                };
                view.version += u64::from(view.name != *name);
                view.name.clone_from(name);
                assert_eq!(answer.unwrap().version, view.version);
            }
            Call::Put(number, puts) => {
                let resources: Vec<_> = puts.iter().map(|put| put.to_store()).collect();
                let report = project(number).put_resources(resources).unwrap();
                let found = self.projects.get(&project_key(*number));
                let mut after = found.cloned().unwrap_or_default();
                let expected = after.put(puts, report.revision().unwrap_or_default());
                assert_report(&report, &expected);
                after.settle(&mut self.clock, report.followed());
                // A project begins with its first resource.
                if found.is_some() || !after.resources.is_empty() {
                    self.projects.insert(project_key(*number), after);
                }
            }
            Call::Link(place, keys) => {
                let answer = project(&place.project).link(&view_key(place.view), keys.batch());
                self.link(*place, keys, answer);
            }
            Call::Unlink(place, keys) => {
                choices::assert_agree(&project(&place.project), &view_key(place.view), keys);
                let answer = project(&place.project).unlink(&view_key(place.view), keys.batch());
                self.unlink(*place, keys, answer);
            }
            Call::Replace(place, keys) => {
                let project = project(&place.project);
                let rehearsed = project.dry_run().replace(&view_key(place.view), keys.batch());
                let answer = project.replace(&view_key(place.view), keys.batch());
                if let (Ok(rehearsed), Ok(made)) = (&rehearsed, &answer) {
                    assert!(rehearsed.outcomes().eq(made.outcomes()), "{rehearsed:?} {made:?}");
                }
                assert_eq!(rehearsed.is_ok(), answer.is_ok());
                self.replace(*place, keys, answer);
            }
            Call::UnlinkButLast(place, keys) => {
                let batch = keys.batch().keep_last_view();
                let answer = project(&place.project).unlink(&view_key(place.view), batch);
                self.unlink_but_last(*place, keys, answer);
            }
            Call::Move(from, to, keys) => {
                let to = Place { project: from.project, view: *to };
                let answer = project(&from.project).change_links(vec![
                    LinkChange::link(view_key(to.view), keys.batch()),
                    LinkChange::unlink(view_key(from.view), keys.batch()),
                ]);
                self.move_links(*from, to, keys, answer);
            }
            Call::PutProject(number, bits) => {
                self.put_project(*number, *bits, settings::put(&project(number), *bits));
            }
            Call::UpdateProject(number, bits) => {
                self.update_project(*number, *bits, settings::update(&project(number), *bits));
            }
            Call::MoveLinks(..) | Call::RenameView(..) | Call::CopyView(..) => {
                self.over_views(store, call);
            }
            Call::Follow(place, of, filter) => {
                let (project, view) = (project(&place.project), view_key(place.view));
                let rehearsed = project.dry_run().follow(&view, *of, filter.to_store());
                let answer = project.follow(&view, *of, filter.to_store());
                assert_eq!(rehearsed.is_ok(), answer.is_ok());
                self.follow(*place, *of, filter, answer);
            }
            Call::Unfollow(place, of, how) => {
                let how =
                    [Unfollow::KeepLinks, Unfollow::RemoveLinks, Unfollow::RemoveLinksKeepLastView]
                        [usize::from(how % 3)];
                let (project, view) = (project(&place.project), view_key(place.view));
                self.unfollow(*place, *of, how, project.unfollow(&view, *of, how));
            }
            Call::Checkpoint => store.checkpoint().unwrap(),
            other => self.remove(store, other),
        }
    }

    /// The calls that remove many links at once.
    fn remove(&mut self, store: &Store, call: &Call) {
        let project = |number: &u8| store.project(&project_key(*number)).unwrap();
        match call {
            Call::DeleteView(place) => {
                let key = view_key(place.view);
                let answer = project(&place.project).delete_view(&key);
                let Some(view) = self.found(*place, answer.as_ref().err()) else {
                    return;
                };
                let answer = answer.unwrap();
                assert_eq!(answer.unlinked.total(), view.links.len() as u64);
                self.project(place.project).views.remove(&key);
                self.settle(place.project, &answer.followed);
            }
            Call::DeleteProject(number) => {
                let answer = project(number).delete();
                match self.projects.remove(&project_key(*number)) {
                    None => assert!(matches!(answer, Err(Error::UnknownProject { .. }))),
                    Some(ModelProject { views, .. }) => {
                        let links: u64 = views.values().map(|view| view.links.len() as u64).sum();
                        let answer = answer.unwrap();
                        assert_eq!(answer.views, views.len() as u64);
                        assert_eq!(answer.unlinked.total(), links);
                    }
                }
            }
            Call::RemoveResource(number, keys) => {
                let Some(resource) = keys.first() else {
                    return;
                };
                let answer = project(number).remove_resource(&resource);
                self.take_out(*number, answer, |linked| *linked == resource);
            }
            Call::RemoveEnvironment(number, env) => {
                let id = EnvironmentId::parse(&environment(*env)).unwrap();
                let answer = project(number).remove_environment(&id);
                self.take_out(*number, answer, |linked| linked.environment() == Some(&id));
            }
            _ => unreachable!("not a removal: {call:?}"),
        }
    }

    fn take_out(
        &mut self,
        project: u8,
        answer: viewlink::Result<viewlink::Removed>,
        gone: impl Fn(&Resource) -> bool,
    ) {
        let Some(found) = self.projects.get_mut(&project_key(project)) else {
            assert!(matches!(answer, Err(Error::UnknownProject { .. })), "{answer:?}");
            return;
        };
        let registered = found.unregister(&gone);
        let mut resources = BTreeSet::new();
        let mut links = 0;
        for view in found.views.values_mut() {
            view.by_filter.retain(|resource| !gone(resource));
            view.links.retain(|resource, _| {
                let gone = gone(resource);
                if gone {
                    resources.insert(resource.clone());
                    links += 1;
                }
                !gone
            });
        }
        let answer = answer.unwrap();
        assert_eq!((answer.resources, answer.links), (resources.len() as u64, links));
        assert_eq!(answer.registered, registered);
        assert_eq!(answer.revision.is_some(), links + registered > 0);
        // No filter has to change anything: no filter finds a removed resource.
        self.settle(project, &[]);
    }

    fn project(&mut self, project: u8) -> &mut ModelProject {
        self.projects.entry(project_key(project)).or_default()
    }

    fn view(&mut self, place: Place) -> Option<&mut ModelView> {
        self.projects.get_mut(&project_key(place.project))?.views.get_mut(&view_key(place.view))
    }

    /// The view of a call, or the expected error.
    fn found(&mut self, place: Place, error: Option<&Error>) -> Option<&mut ModelView> {
        if !self.projects.contains_key(&project_key(place.project)) {
            assert!(matches!(error, Some(Error::UnknownProject { .. })), "{error:?}");
        } else if self.view(place).is_none() {
            assert!(matches!(error, Some(Error::UnknownView { .. })), "{error:?}");
        }
        self.view(place)
    }
}
