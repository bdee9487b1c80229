//! Random commands.

use proptest::prelude::*;

use super::Timed;
use crate::filter::{ResourceCondition, ResourceFilter, SetPredicate, TextPredicate};
use crate::model::key::{EnvironmentId, ProjectKey, ViewKey};
use crate::model::limit::Limits;
use crate::model::link_command::Choices;
use crate::model::project_settings::ProjectPatch;
use crate::model::resource::{Resource, ResourceType};
use crate::model::time::Timestamp;
use crate::model::validated_batch::ValidatedBatch;
use crate::model::view::{Maintainer, NewView, ViewFields, ViewPatch};
use crate::model::{
    Attribute, Batch, ChangeMeta, Command, LinkCommand, LinkOp, LinkPolicy, NewResource, Operation,
    Precondition, SegmentRef, Unfollow, ValidatedPut,
};

const LIMIT: usize = 100_000;

pub(super) fn project_key(number: u8) -> ProjectKey {
    ProjectKey::parse(&format!("project-{number}")).unwrap()
}

pub(crate) fn view_key(number: u8) -> ViewKey {
    ViewKey::parse(&format!("view-{number}")).unwrap()
}

fn environment(number: u16) -> String {
    ["env", "env1", "e"][usize::from(number % 3)].to_owned()
}

/// The key of a number: some keys have a common prefix, and some are prefixes of others.
pub(super) fn key(number: u16) -> String {
    match number {
        0 => "not a key".to_owned(),
        _ => match number % 4 {
            0 => format!("flag-{number:04}"),
            1 => format!("f{number}"),
            2 => format!("flag-{number:04}-with-a-longer-end"),
            _ => format!("flag-0{number}.x"),
        },
    }
}

pub(super) fn resource(resource_type: ResourceType, number: u16) -> Resource {
    let key = key(number.max(1));
    match resource_type {
        ResourceType::Flag => Resource::flag(&key),
        ResourceType::AiConfig => Resource::ai_config(&key),
        ResourceType::Metric => Resource::metric(&key),
        ResourceType::Segment => Resource::segment(&environment(number), &key),
    }
    .unwrap()
}

pub(crate) fn batch(resource_type: ResourceType, numbers: &[u16]) -> Batch {
    let keys = numbers.iter().map(|number| key(*number));
    match resource_type {
        ResourceType::Segment => {
            let named = |number: &u16| (environment(*number), key(*number));
            Batch::segments(numbers.iter().map(named))
        }
        _ => Batch::by_key(resource_type, keys),
    }
}

pub(crate) fn links(view: u8, op: LinkOp, batch: Batch) -> LinkCommand {
    let Batch { keys, filter, choices, meta: _ } = batch;
    let batch = ValidatedBatch::new(keys, 256);
    let (view, policy) = (view_key(view), LinkPolicy::Open);
    LinkCommand { view, op, batch, filter, choices, policy, limit: LIMIT }
}

pub(crate) fn command(project: u8, operation: Operation) -> Command {
    Command {
        project: project_key(project),
        precondition: Precondition::default(),
        meta: ChangeMeta::default(),
        removal_detail: LIMIT,
        link_limit: LIMIT,
        operation,
    }
}

pub(crate) fn change_links(project: u8, commands: Vec<LinkCommand>) -> Command {
    command(project, Operation::ChangeLinks { commands, limit: LIMIT })
}

pub(crate) fn create(project: u8, view: u8) -> Command {
    let fields = NewView::new("", format!("View {view}")).fields;
    command(project, Operation::CreateView { view: view_key(view), fields, ensure: true })
}

/// At a time that does not matter for the test.
pub(crate) fn at(command: Command) -> Timed {
    Timed { command, now: Timestamp::from_millis(5) }
}

pub(crate) fn resource_type() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(&ResourceType::ALL[..])
}

/// A few keys; sometimes so many that chunks are split or removed.
fn numbers() -> impl Strategy<Value = Vec<u16>> {
    let many = (1..900_u16, 1..1_500_u16, 1..4_usize, any::<bool>());
    let many = many.prop_map(|(first, count, step, back)| {
        let mut numbers: Vec<u16> = (first..first + count).step_by(step).collect();
        if back {
            numbers.reverse();
        }
        numbers
    });
    prop_oneof![12 => prop::collection::vec(0..24_u16, 0..9), 1 => many]
}

fn choices() -> impl Strategy<Value = Choices> {
    any::<[bool; 4]>().prop_map(
        |[ignore_missing, refuse_existing, failures_only, keep_last_view]| Choices {
            ignore_missing,
            refuse_existing,
            failures_only,
            keep_last_view,
        },
    )
}

fn policy() -> impl Strategy<Value = LinkPolicy> {
    prop_oneof![3 => Just(LinkPolicy::Open), 1 => Just(LinkPolicy::Closed)]
}

/// Links by key, as in commands that share a group.
fn links_by_key(
    op: impl Strategy<Value = LinkOp>,
    views: u8,
    resource_type: impl Strategy<Value = ResourceType>,
    numbers: impl Strategy<Value = Vec<u16>>,
) -> impl Strategy<Value = LinkCommand> {
    (0..views, op, resource_type, numbers, choices(), policy()).prop_map(
        |(view, op, resource_type, numbers, choices, policy)| LinkCommand {
            choices: Choices { keep_last_view: false, ..choices },
            policy,
            ..links(view, op, batch(resource_type, &numbers))
        },
    )
}

fn condition() -> impl Strategy<Value = ResourceCondition> {
    prop_oneof![
        (0..4_u8)
            .prop_map(|tag| ResourceCondition::Tags(SetPredicate::AnyOf(vec![format!("t{tag}")]))),
        Just(ResourceCondition::Key(TextPredicate::StartsWith("flag-00".into()))),
        (0..3_u8)
            .prop_map(|view| ResourceCondition::View(SetPredicate::NoneOf(vec![view_key(view)]))),
        (0..3_u8)
            .prop_map(|view| ResourceCondition::View(SetPredicate::AnyOf(vec![view_key(view)]))),
        any::<bool>().prop_map(ResourceCondition::Archived),
        (0..2_u8).prop_map(|id| ResourceCondition::MaintainerId(TextPredicate::Equals(format!(
            "m{id}"
        )))),
        Just(ResourceCondition::Environment(EnvironmentId::parse("env").unwrap())),
    ]
}

/// A filter with at most this number of conditions.
fn filter(most: usize) -> impl Strategy<Value = ResourceFilter> {
    let conditions = prop::collection::vec(condition(), 0..=most);
    conditions.prop_map(|all| all.into_iter().fold(ResourceFilter::all(), ResourceFilter::and))
}

fn unfollow() -> impl Strategy<Value = Unfollow> {
    use Unfollow::{KeepLinks, RemoveLinks, RemoveLinksKeepLastView};
    prop::sample::select(vec![KeepLinks, RemoveLinks, RemoveLinksKeepLastView])
}

/// Commands that register resources and make views follow filters. Each view is named by the filters of later views.
pub(super) fn following() -> impl Strategy<Value = Vec<Timed>> {
    let puts = prop::collection::vec(new_resource(), 0..40);
    let views = prop::collection::vec((resource_type(), filter(1), any::<[bool; 2]>()), 3);
    (puts, views).prop_map(|(puts, views)| {
        let put = Operation::PutResources(ValidatedPut::new(puts, Limits::default()));
        let mut commands: Vec<Timed> = (0..3).map(|view| at(create(0, view))).collect();
        commands.push(at(command(0, put)));
        for (view, (resource_type, mut filter, [others, none])) in (0_u8..).zip(views) {
            if others && view > 0 {
                let named = (0..view).map(view_key).collect();
                let test =
                    if none { SetPredicate::NoneOf(named) } else { SetPredicate::AnyOf(named) };
                filter = ResourceFilter::all().and(ResourceCondition::View(test));
            }
            // Most have one type, so that they refer to each other.
            let resource_type = if none { resource_type } else { ResourceType::Flag };
            let view = view_key(view);
            commands.push(at(command(0, Operation::Follow { view, resource_type, filter })));
        }
        commands
    })
}

/// Links by keys, ids or filters.
fn any_links() -> impl Strategy<Value = LinkCommand> {
    let op = prop::sample::select(vec![LinkOp::Link, LinkOp::Unlink, LinkOp::Replace]);
    let filter = prop::option::weighted(0.2, filter(1));
    let ids = prop::option::weighted(0.2, prop::collection::vec(0..6_u8, 1..4));
    (links_by_key(op, 4, resource_type(), numbers()), choices(), filter, ids).prop_map(
        |(mut links, choices, filter, ids)| {
            links.choices = choices;
            links.filter = filter;
            if let Some(ids) = ids
                && links.batch.resource_type() == ResourceType::Segment
            {
                let named = (1..5).map(|number| SegmentRef::Named {
                    environment: environment(number),
                    key: key(number),
                });
                let ids = ids.into_iter().map(|id| SegmentRef::Id(format!("id-{id}")));
                let keys = Batch::segment_refs(named.chain(ids)).keys;
                links.batch = ValidatedBatch::new(keys, 256);
            }
            links
        },
    )
}

fn maintainer() -> impl Strategy<Value = Option<Maintainer>> {
    prop_oneof![
        Just(None),
        (0..2_u8).prop_map(|id| Some(Maintainer::Member(format!("m{id}")))),
        (0..2_u8).prop_map(|key| Some(Maintainer::Team(format!("m{key}")))),
    ]
}

fn fields() -> impl Strategy<Value = ViewFields> {
    ("[ab]{0,2}", "[cd]{0,2}", prop::collection::vec("[t][0-3]", 0..3), maintainer()).prop_map(
        |(name, description, tags, maintainer)| {
            let view = NewView::new("", name).description(description).tags(tags);
            ViewFields { maintainer, ..view.fields }
        },
    )
}

fn new_resource() -> impl Strategy<Value = NewResource> {
    let about = (prop::collection::vec("[t][0-3]", 0..3), maintainer(), any::<[bool; 4]>());
    (resource_type(), 0..24_u16, 0..9_u8, about).prop_map(
        |(resource_type, number, id, (tags, maintainer, marks))| {
            let text = key(number);
            let new = match resource_type {
                ResourceType::Flag => NewResource::flag(text),
                ResourceType::AiConfig => NewResource::ai_config(text),
                ResourceType::Metric => NewResource::metric(text),
                ResourceType::Segment if id > 5 => NewResource::segment(environment(number), text),
                ResourceType::Segment => {
                    NewResource::segment_with_id(environment(number), text, format!("id-{id}"))
                }
            };
            let [archived, temporary, unbounded, named] = marks;
            let new = if named { new.attribute(Attribute::Status, "on") } else { new };
            let new = new.tags(tags).archived(archived).temporary(temporary).unbounded(unbounded);
            let new = if named { new.name(format!("Name {id}")) } else { new };
            match maintainer {
                Some(maintainer) => new.maintainer(maintainer),
                None => new,
            }
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let view = || (0..4_u8).prop_map(view_key);
    let links = prop::collection::vec(any_links(), 0..4);
    let puts = prop::collection::vec(new_resource(), 0..6);
    let environments = prop::sample::select(vec!["env", "env1", "e"]);
    prop_oneof![
        6 => (view(), fields(), prop::bool::weighted(0.8))
            .prop_map(|(view, fields, ensure)| Operation::CreateView { view, fields, ensure }),
        2 => (view(), "[ab]{0,2}", any::<bool>()).prop_map(|(view, name, rest)| {
            let patch = ViewPatch::new().name(name);
            let patch = if rest { patch.description("d").no_maintainer().tags(["t1"]) } else { patch };
            Operation::UpdateView { view, patch, limits: Limits::default() }
        }),
        2 => view().prop_map(|view| Operation::DeleteView { view }),
        16 => links.prop_map(|commands| Operation::ChangeLinks { commands, limit: LIMIT }),
        6 => puts.prop_map(|puts| {
            Operation::PutResources(ValidatedPut::new(puts, Limits::default()))
        }),
        3 => (prop::collection::vec(new_resource(), 0..4), prop::collection::btree_set(0..4_u8, 0..3))
            .prop_map(|(puts, views)| Operation::Register {
                put: ValidatedPut::new(puts, Limits::default()),
                views: views.into_iter().map(view_key).collect(),
                limit: LIMIT,
            }),
        2 => (resource_type(), 1..24_u16)
            .prop_map(|(of, number)| Operation::RemoveResource(resource(of, number))),
        1 => environments
            .prop_map(|id| Operation::RemoveEnvironment(EnvironmentId::parse(id).unwrap())),
        1 => Just(Operation::DeleteProject),
        1 => ("[ab]{0,2}", any::<[bool; 3]>()).prop_map(|(name, [flags, rest, begins])| {
            let patch = ProjectPatch::new().require_view_for_new_flags(flags);
            let patch = if rest { patch.name(name).require_view_for_new_segments(flags) } else { patch };
            Operation::PutProject { patch, begins, limits: Limits::default() }
        }),
        5 => over_views(),
        4 => (view(), resource_type(), filter(2))
            .prop_map(|(view, resource_type, filter)| Operation::Follow { view, resource_type, filter }),
        1 => (view(), resource_type(), unfollow()).prop_map(|(view, resource_type, unfollow)| {
            Operation::Unfollow { view, resource_type, unfollow }
        }),
    ]
}

fn timed(command: impl Strategy<Value = Command>) -> impl Strategy<Value = Timed> {
    // Clocks stand still, advance, and go back.
    (command, 0..6_u64)
        .prop_map(|(command, now)| Timed { command, now: Timestamp::from_millis(1_000 + now) })
}

/// Operations that create a view from another one, or move links.
pub(super) fn over_views() -> impl Strategy<Value = Operation> {
    let view = || (0..4_u8).prop_map(view_key);
    let moves = prop::collection::vec(any_links(), 1..3);
    prop_oneof![
        1 => (view(), view()).prop_map(|(view, to)| Operation::RenameView { view, to }),
        1 => (view(), view(), "[ab]{0,2}").prop_map(|(view, to, name)| {
            let (patch, limits) = (ViewPatch::new().name(name), Limits::default());
            Operation::CopyView { view, to, patch, limits, limit: LIMIT }
        }),
        3 => (view(), view(), moves).prop_map(|(from, to, moves)| {
            let of = |command| LinkCommand { op: LinkOp::Move, view: from.clone(), ..command };
            let commands = moves.into_iter().map(of).collect();
            Operation::MoveLinks { commands, to, limit: LIMIT }
        }),
    ]
}

/// A command of any kind; some have a precondition, and some keep little data for reverting.
pub(crate) fn any_command() -> impl Strategy<Value = Timed> {
    let revision = || prop::option::weighted(0.04, 0..20_u64);
    let detail = prop_oneof![4 => Just(LIMIT), 1 => 0..6_usize];
    let precondition = (revision(), revision());
    timed((0..3_u8, operation(), precondition, detail, 0..9_u8).prop_map(
        |(project, operation, (store_at, view_at), removal_detail, actor)| Command {
            precondition: Precondition { store_at, view_at, view_changed_by: None },
            removal_detail,
            meta: ChangeMeta {
                actor: (actor < 2).then(|| format!("actor {actor}")),
                comment: (actor == 3).then(|| "why".to_owned()),
                reverts: (actor == 4).then_some(7),
            },
            // Most of them are in one project, so that they affect each other.
            ..command(project / 2, operation)
        },
    ))
}

pub(crate) fn any_commands(most: usize) -> impl Strategy<Value = Vec<Timed>> {
    prop::collection::vec(any_command(), 0..most)
}

/// Commands that share a group: links and unlinks by key, in few views, so that they affect each other.
pub(crate) fn group(most: usize) -> impl Strategy<Value = Vec<Timed>> {
    let op = || prop::sample::select(vec![LinkOp::Link, LinkOp::Unlink]);
    let types = || prop_oneof![3 => Just(ResourceType::Flag), 1 => resource_type()];
    let few =
        || prop_oneof![3 => prop::collection::vec(1..5_u16, 0..4).boxed(), 1 => numbers().boxed()];
    let parts = prop::collection::vec(links_by_key(op(), 3, types(), few()), 1..5);
    let of_group =
        timed((0..3_u8, parts).prop_map(|(project, parts)| change_links(project / 2, parts)));
    prop::collection::vec(of_group, 1..most)
}
