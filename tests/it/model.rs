//! What a store should do, in a few maps: the model that the laws compare with.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use viewlink::{
    Batch, EnvironmentId, Error, KeyOutcome, LinkSort, NewView, Paging, Report, Resource,
    ResourceType, Snapshot, Store, ViewPatch,
};

/// A call that may change the store.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Ensure(Place),
    Create(Place),
    Rename(Place, String),
    DeleteView(Place),
    DeleteProject(u8),
    Link(Place, Keys),
    Unlink(Place, Keys),
    RemoveResource(u8, Keys),
    RemoveEnvironment(u8, u8),
    Checkpoint,
}

/// A view of a project, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) project: u8,
    pub(crate) view: u8,
}

/// Keys of one type; number 0 is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) resource_type: ResourceType,
    pub(crate) numbers: Vec<u8>,
}

/// A key that passes every check but that of the state, or none.
type Parsed = Option<Resource>;

impl Keys {
    fn texts(&self) -> Vec<String> {
        let text = |number: &u8| match number {
            0 => "not a key".to_owned(),
            number => format!("key-{number}"),
        };
        self.numbers.iter().map(text).collect()
    }

    pub(crate) fn batch(&self) -> Batch {
        match self.resource_type {
            ResourceType::Flag => Batch::flags(self.texts()),
            ResourceType::AiConfig => Batch::ai_configs(self.texts()),
            ResourceType::Metric => Batch::metrics(self.texts()),
            ResourceType::Segment => {
                let names = self.numbers.iter().zip(self.texts());
                Batch::segments(names.map(|(number, key)| (environment(*number), key)))
            }
        }
    }

    /// Those of the keys whose text is in `texts`, each once.
    pub(crate) fn only(&self, texts: &[String]) -> Self {
        let kept = self.numbers.iter().zip(self.texts()).filter(|(_, text)| texts.contains(text));
        let numbers: BTreeSet<u8> = kept.map(|(number, _)| *number).collect();
        Self { resource_type: self.resource_type, numbers: numbers.into_iter().collect() }
    }

    fn parsed(&self) -> Vec<Parsed> {
        let parse = |(number, key): (&u8, String)| match self.resource_type {
            ResourceType::Flag => Resource::flag(&key).ok(),
            ResourceType::AiConfig => Resource::ai_config(&key).ok(),
            ResourceType::Metric => Resource::metric(&key).ok(),
            ResourceType::Segment => Resource::segment(&environment(*number), &key).ok(),
        };
        self.numbers.iter().zip(self.texts()).map(parse).collect()
    }
}

fn environment(number: u8) -> String {
    format!("env{}", number % 3)
}

fn project_key(project: u8) -> String {
    format!("project-{project}")
}

fn view_key(view: u8) -> String {
    format!("view-{view}")
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    (0..2_u8, 0..4_u8).prop_map(|(project, view)| Place { project, view })
}

pub(crate) fn keys() -> impl Strategy<Value = Keys> {
    let resource_type = prop::sample::select(&ResourceType::ALL[..]);
    (resource_type, prop::collection::vec(0..12_u8, 0..10))
        .prop_map(|(resource_type, numbers)| Keys { resource_type, numbers })
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => place().prop_map(Call::Ensure),
        1 => place().prop_map(Call::Create),
        1 => (place(), "[a-z]{0,8}").prop_map(|(place, name)| Call::Rename(place, name)),
        1 => place().prop_map(Call::DeleteView),
        1 => (0..2_u8).prop_map(Call::DeleteProject),
        10 => (place(), keys()).prop_map(|(place, keys)| Call::Link(place, keys)),
        6 => (place(), keys()).prop_map(|(place, keys)| Call::Unlink(place, keys)),
        1 => (0..2_u8, keys()).prop_map(|(project, keys)| Call::RemoveResource(project, keys)),
        1 => (0..2_u8, 0..3_u8).prop_map(|(project, env)| Call::RemoveEnvironment(project, env)),
        1 => Just(Call::Checkpoint),
    ]
}

pub(crate) fn calls(most: usize) -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 0..most)
}

/// What the store should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    projects: BTreeMap<String, BTreeMap<String, ModelView>>,
    /// Goes up with every link, as link time does.
    clock: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ModelView {
    name: String,
    version: u64,
    /// When each resource was linked.
    links: BTreeMap<Resource, u64>,
}

impl ModelView {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), version: 1, links: BTreeMap::new() }
    }
}

impl Model {
    /// Makes a call on the store and on the model, and checks that the answers agree.
    pub(crate) fn call(&mut self, store: &Store, call: &Call) {
        let project = |number: &u8| store.project(&project_key(*number)).unwrap();
        match call {
            Call::Ensure(place) => {
                let view = view_key(place.view);
                let answer = project(&place.project).ensure_view(NewView::new(&*view, "new"));
                let expected = self.project(place.project).entry(view);
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
                    self.project(place.project).insert(view, ModelView::new("new"));
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
            Call::Link(place, keys) => {
                let answer = project(&place.project).link(&view_key(place.view), keys.batch());
                self.link(*place, keys, answer);
            }
            Call::Unlink(place, keys) => {
                let answer = project(&place.project).unlink(&view_key(place.view), keys.batch());
                self.unlink(*place, keys, answer);
            }
            Call::Checkpoint => store.checkpoint().unwrap(),
            other => self.remove(store, other),
        }
    }

    /// The calls that take many links away at once.
    fn remove(&mut self, store: &Store, call: &Call) {
        let project = |number: &u8| store.project(&project_key(*number)).unwrap();
        match call {
            Call::DeleteView(place) => {
                let key = view_key(place.view);
                let answer = project(&place.project).delete_view(&key);
                let Some(view) = self.found(*place, answer.as_ref().err()) else {
                    return;
                };
                assert_eq!(answer.unwrap().unlinked.total(), view.links.len() as u64);
                self.project(place.project).remove(&key);
            }
            Call::DeleteProject(number) => {
                let answer = project(number).delete();
                match self.projects.remove(&project_key(*number)) {
                    None => assert!(matches!(answer, Err(Error::UnknownProject { .. }))),
                    Some(views) => {
                        let links: u64 = views.values().map(|view| view.links.len() as u64).sum();
                        let answer = answer.unwrap();
                        assert_eq!(answer.views, views.len() as u64);
                        assert_eq!(answer.unlinked.total(), links);
                    }
                }
            }
            Call::RemoveResource(number, keys) => {
                let Some(resource) = keys.parsed().into_iter().flatten().next() else {
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
        let Some(views) = self.projects.get_mut(&project_key(project)) else {
            assert!(matches!(answer, Err(Error::UnknownProject { .. })), "{answer:?}");
            return;
        };
        let mut resources = BTreeSet::new();
        let mut links = 0;
        for view in views.values_mut() {
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
        assert_eq!(answer.revision.is_some(), links > 0);
    }

    fn project(&mut self, project: u8) -> &mut BTreeMap<String, ModelView> {
        self.projects.entry(project_key(project)).or_default()
    }

    fn view(&mut self, place: Place) -> Option<&mut ModelView> {
        self.projects.get_mut(&project_key(place.project))?.get_mut(&view_key(place.view))
    }

    /// The view of a call, or the error that the call must have got.
    fn found(&mut self, place: Place, error: Option<&Error>) -> Option<&mut ModelView> {
        if !self.projects.contains_key(&project_key(place.project)) {
            assert!(matches!(error, Some(Error::UnknownProject { .. })), "{error:?}");
        } else if self.view(place).is_none() {
            assert!(matches!(error, Some(Error::UnknownView { .. })), "{error:?}");
        }
        self.view(place)
    }

    fn link(&mut self, place: Place, keys: &Keys, answer: viewlink::Result<Report>) {
        let mut clock = self.clock;
        let Some(view) = self.found(place, answer.as_ref().err()) else {
            return;
        };
        let expected = outcomes(keys, |resource| {
            clock += 1;
            match view.links.contains_key(resource) {
                true => "already linked",
                false => {
                    view.links.insert(resource.clone(), clock);
                    "linked"
                }
            }
        });
        self.clock = clock;
        assert_report(&answer.unwrap(), &expected);
    }

    fn unlink(&mut self, place: Place, keys: &Keys, answer: viewlink::Result<Report>) {
        let Some(view) = self.found(place, answer.as_ref().err()) else {
            return;
        };
        let expected = outcomes(keys, |resource| match view.links.remove(resource) {
            Some(_) => "unlinked",
            None => "not_linked",
        });
        assert_report(&answer.unwrap(), &expected);
    }
}

/// One outcome for each key, in the order of the checks.
fn outcomes(keys: &Keys, mut state: impl FnMut(&Resource) -> &'static str) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let outcome = |parsed: Parsed| match parsed {
        None => "invalid_key",
        Some(resource) if !seen.insert(resource.clone()) => "repeated",
        Some(resource) => state(&resource),
    };
    keys.parsed().into_iter().map(outcome).collect()
}

fn assert_report(report: &Report, expected: &[&str]) {
    let outcome = |outcome: &KeyOutcome| match outcome {
        KeyOutcome::Linked => "linked",
        KeyOutcome::AlreadyLinked => "already linked",
        KeyOutcome::Unlinked => "unlinked",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        other => panic!("an outcome the model does not know: {other:?}"),
    };
    let outcomes: Vec<_> = report.outcomes().map(|(_, found)| outcome(found)).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(report.success_count() + report.failure_count(), expected.len());
    let changed = expected.iter().any(|outcome| ["linked", "unlinked"].contains(outcome));
    assert_eq!(report.revision().is_some(), changed);
}

/// Checks everything that a snapshot shows against the model, in both directions.
pub(crate) fn assert_same(snapshot: &Snapshot, model: &Model) {
    let projects = snapshot.projects(Paging::first(100)).unwrap();
    let keys: Vec<_> = projects.items.iter().map(|project| project.key.to_string()).collect();
    assert!(keys.iter().eq(model.projects.keys()), "{keys:?}");
    for (project, views) in &model.projects {
        let reader = snapshot.project(project).unwrap();
        let page = reader.views(Paging::first(100)).unwrap();
        assert_eq!(page.total, views.len() as u64);
        let found = page.items.iter().map(|view| (view.key.to_string(), view.version));
        assert!(found.eq(views.iter().map(|(key, view)| (key.clone(), view.version))));
        let mut transposed = BTreeMap::<&Resource, Vec<&String>>::new();
        for (key, view) in views {
            assert_links(&reader, key, view);
            view.links.keys().for_each(|linked| transposed.entry(linked).or_default().push(key));
        }
        for (resource, keys) in transposed {
            let page = reader.linked_views(resource, Paging::first(100)).unwrap();
            let found: Vec<_> = page.items.iter().map(|view| view.key.to_string()).collect();
            assert!(found.iter().eq(keys.iter().copied()), "{resource}: {found:?}");
            let only_keys = reader.linked_view_keys(resource, Paging::first(100)).unwrap();
            assert!(only_keys.items.iter().eq(page.items.iter().map(|view| &view.key)));
        }
    }
}

fn assert_links(reader: &viewlink::ProjectSnapshot<'_>, key: &str, view: &ModelView) {
    for resource_type in ResourceType::ALL {
        let of_type =
            view.links.iter().filter(|(linked, _)| linked.resource_type() == resource_type);
        let by_key: Vec<_> = of_type.clone().map(|(linked, _)| linked.clone()).collect();
        let mut by_time: Vec<_> = of_type.map(|(linked, time)| (*time, linked.clone())).collect();
        by_time.sort();
        let by_time: Vec<_> = by_time.into_iter().map(|(_, linked)| linked).collect();
        for (sort, expected) in [(LinkSort::Key, by_key), (LinkSort::LinkTime, by_time)] {
            let all = Paging::first(100).sort(sort);
            let page = reader.linked_resources(key, resource_type, all).unwrap();
            assert_eq!(page.total, expected.len() as u64, "{key} {resource_type}");
            let found: Vec<_> = page.into_iter().map(|linked| linked.resource).collect();
            assert_eq!(found, expected, "{key} {resource_type} by {sort:?}");
        }
        assert_eq!(
            reader.view(key).unwrap().links.get(resource_type),
            view.links.keys().filter(|linked| linked.resource_type() == resource_type).count()
                as u64
        );
    }
}
