//! Random histories, and one that contains every kind of data.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use crate::model::key::EnvironmentId;
use crate::{
    Attribute, AttributeValue, Batch, Checkpoints, Maintainer, NewResource, NewView, Options,
    Project, ProjectSettings, Resource, ResourceCondition, ResourceFilter, ResourceType,
    SetPredicate, Store, Timestamp, Unfollow, ViewPatch,
};

/// A step of a history, with small numbers for its project, its view and resources.
#[derive(Clone, Debug)]
pub(super) enum Step {
    View(u8, u8),
    Update(u8, u8),
    Link(u8, u8, ResourceType, Vec<u16>),
    Unlink(u8, u8, ResourceType, Vec<u16>),
    Put(u8, ResourceType, Vec<u16>),
    DeleteView(u8, u8),
    Remove(u8, ResourceType, u16),
    RemoveEnvironment(u8),
    DeleteProject(u8),
    Say(u8, u8),
    /// The view follows a tag for a type, or no filter if it is `None`.
    Follow(u8, u8, ResourceType, Option<&'static str>),
}

pub(super) fn resource_type() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(ResourceType::ALL.to_vec())
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let at = || (0_u8..2, 0_u8..4);
    let numbers = || prop::collection::vec(0_u16..60, 1..40);
    let links = || (at(), resource_type(), numbers());
    prop_oneof![
        4 => at().prop_map(|(project, view)| Step::View(project, view)),
        1 => at().prop_map(|(project, view)| Step::Update(project, view)),
        8 => links().prop_map(|((project, view), of, keys)| Step::Link(project, view, of, keys)),
        4 => links().prop_map(|((project, view), of, keys)| Step::Unlink(project, view, of, keys)),
        2 => links().prop_map(|((project, _), of, keys)| Step::Put(project, of, keys)),
        1 => at().prop_map(|(project, view)| Step::DeleteView(project, view)),
        1 => (0_u8..2, resource_type(), 0_u16..60)
            .prop_map(|(project, of, key)| Step::Remove(project, of, key)),
        1 => (0_u8..2).prop_map(Step::RemoveEnvironment),
        1 => (0_u8..2).prop_map(Step::DeleteProject),
        1 => (0_u8..2, 0_u8..4).prop_map(|(project, what)| Step::Say(project, what)),
        3 => (at(), resource_type(), prop::sample::select(vec![Some("x"), Some("z"), None]))
            .prop_map(|((project, view), of, tag)| Step::Follow(project, view, of, tag)),
    ]
}

pub(super) fn key(number: u16) -> String {
    format!("{}key-{}", ["a", "B", "0"][usize::from(number % 3)], number * 7 % 61)
}

pub(super) fn environment(number: u16) -> &'static str {
    ["blue", "green"][usize::from(number % 2)]
}

pub(super) fn resource(of: ResourceType, number: u16) -> Resource {
    let key = key(number);
    match of {
        ResourceType::Flag => Resource::flag(&key),
        ResourceType::Segment => Resource::segment(environment(number), &key),
        ResourceType::AiConfig => Resource::ai_config(&key),
        ResourceType::Metric => Resource::metric(&key),
    }
    .unwrap()
}

pub(super) fn batch(of: ResourceType, numbers: &[u16]) -> Batch {
    let keys = numbers.iter().map(|number| key(*number));
    match of {
        ResourceType::Flag => Batch::flags(keys),
        ResourceType::Segment => {
            Batch::segments(numbers.iter().map(|number| (environment(*number), key(*number))))
        }
        ResourceType::AiConfig => Batch::ai_configs(keys),
        ResourceType::Metric => Batch::metrics(keys),
    }
}

pub(super) fn put(of: ResourceType, number: u16) -> NewResource {
    let new = match of {
        ResourceType::Flag => NewResource::flag(key(number)),
        ResourceType::Segment if number.is_multiple_of(3) => {
            NewResource::segment_with_id(environment(number), key(number), format!("id-{number}"))
        }
        ResourceType::Segment => NewResource::segment(environment(number), key(number)),
        ResourceType::AiConfig => NewResource::ai_config(key(number)),
        ResourceType::Metric => NewResource::metric(key(number)),
    };
    let new = new.name(format!("{number}th")).tags([["x", "y"][usize::from(number % 2)], "z"]);
    match number % 4 {
        0 => new.attribute(Attribute::Status, "active"),
        1 => new.attribute(Attribute::FollowerId, AttributeValue::texts(["bob", "ann"])),
        2 => new.attribute(Attribute::StaleState, i64::from(number) - 9),
        _ => new,
    }
}

fn project(store: &Store, number: u8) -> Project {
    store.project(["first", "second"][usize::from(number)]).unwrap()
}

pub(super) fn view(number: u8) -> String {
    format!("view-{number}")
}

/// Runs a step; it need not change anything.
pub(super) fn take(store: &Store, step: &Step) {
    match step {
        Step::View(of, number) => {
            let new = NewView::new(view(*number), "new").tags(["b", "a"]);
            drop(project(store, *of).create_view(new));
        }
        Step::Update(of, number) => {
            let patch = ViewPatch::new().name("other").maintainer(Maintainer::Team("t".into()));
            drop(project(store, *of).update_view(&view(*number), patch));
        }
        Step::Link(of, number, resource_type, keys) => {
            drop(project(store, *of).link(&view(*number), batch(*resource_type, keys)));
        }
        Step::Unlink(of, number, resource_type, keys) => {
            drop(project(store, *of).unlink(&view(*number), batch(*resource_type, keys)));
        }
        Step::Put(of, resource_type, keys) => {
            let new = keys.iter().map(|key| put(*resource_type, *key));
            drop(project(store, *of).put_resources(new));
        }
        Step::DeleteView(of, number) => drop(project(store, *of).delete_view(&view(*number))),
        Step::Remove(of, resource_type, key) => {
            drop(project(store, *of).remove_resource(&resource(*resource_type, *key)));
        }
        Step::RemoveEnvironment(of) => {
            let blue = EnvironmentId::parse("blue").unwrap();
            drop(project(store, *of).remove_environment(&blue));
        }
        Step::DeleteProject(of) => drop(project(store, *of).delete()),
        Step::Say(of, what) => {
            let settings = ProjectSettings::new().name(format!("project {what}"));
            let settings = settings.require_view_for_new_flags(*what > 1);
            drop(project(store, *of).put(settings));
        }
        Step::Follow(of, number, resource_type, Some(tag)) => {
            let tags = SetPredicate::AllOf(vec![(*tag).to_owned()]);
            let filter = ResourceFilter::all().and(ResourceCondition::Tags(tags));
            drop(project(store, *of).follow(&view(*number), *resource_type, filter));
        }
        Step::Follow(of, number, resource_type, None) => {
            let (project, keep) = (project(store, *of), Unfollow::KeepLinks);
            drop(project.unfollow(&view(*number), *resource_type, keep));
        }
    }
}

/// Options with a clock that advances by a millisecond with every second call.
fn options() -> Options {
    let time = AtomicU64::new(2_000);
    Options::new()
        .checkpoints(Checkpoints::ByHand)
        .segment_size(1 << 16)
        .clock(move || Timestamp::from_millis(time.fetch_add(1, Ordering::Relaxed) / 2))
}

/// A store in memory with a history.
pub(super) fn history(steps: &[Step]) -> Store {
    let store = options().open_in_memory().unwrap();
    steps.iter().for_each(|step| take(&store, step));
    store
}

/// A history that contains every kind of data.
pub(super) fn rich_history() -> Store {
    let mut steps = Vec::new();
    for project in 0..2 {
        for view in 0..4 {
            steps.push(Step::View(project, view));
            for resource_type in ResourceType::ALL {
                let first = u16::from(view) * 9;
                steps.push(Step::Link(project, view, resource_type, (first..first + 30).collect()));
                let gone = (first..first + 30).step_by(4).collect();
                steps.push(Step::Unlink(project, view, resource_type, gone));
                steps.push(Step::Link(project, view, resource_type, vec![first + 8, first]));
            }
        }
        steps.push(Step::Put(project, ResourceType::Flag, (0..40).collect()));
        steps.push(Step::Put(project, ResourceType::Segment, (0..40).collect()));
        for (view, resource_type) in [(0, ResourceType::Flag), (1, ResourceType::Segment)] {
            steps.push(Step::Follow(project, view, resource_type, Some("x")));
            // Keys hold some of the links that the filter holds, too.
            steps.push(Step::Link(project, view, resource_type, (30..40).collect()));
        }
    }
    steps.push(Step::DeleteView(0, 3));
    steps.push(Step::Say(0, 2));
    history(&steps)
}
