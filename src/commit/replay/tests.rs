use super::*;
use crate::change::PutResource;
use crate::model::ChangeMeta;
use crate::model::ResourceFields;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::storage::State;

const TIME: Timestamp = Timestamp::from_millis(5);

/// A state after change 2: view 0 of project 0, with the flags `a` and `b`.
fn state() -> State {
    let state = State::in_memory();
    let fields = crate::model::view::ViewFields::default();
    let create = Effect::CreateView { view: view(0), new_project: true, fields };
    let linked = ["a", "b"].map(linked).to_vec();
    try_on(&state, 1, TIME, create).unwrap();
    try_on(&state, 2, TIME, change_links(linked, Vec::new())).unwrap();
    state
}

fn view(id: u32) -> ViewRef {
    ViewRef { id, key: "v".parse().unwrap() }
}

fn other_view(id: u32) -> ViewRef {
    ViewRef { id, key: "w".parse().unwrap() }
}

fn name(key: &'static str) -> ResourceName<'static> {
    ResourceName::packed(key)
}

fn linked(key: &'static str) -> LinkedName<'static> {
    LinkedName { request_index: 0, name: name(key) }
}

fn change_links(
    linked: Vec<LinkedName<'static>>,
    unlinked: Vec<ResourceName<'static>>,
) -> Effect<'static> {
    let resource_type = ResourceType::Flag;
    Effect::ChangeLinks(LinksChange { view: view(0), resource_type, linked, unlinked })
}

fn try_on(state: &State, revision: u64, time: Timestamp, effect: Effect<'_>) -> Result<()> {
    try_in(state, ProjectRef { id: 0, key: "p".parse().unwrap() }, revision, time, effect)
}

fn try_in(
    state: &State,
    project: ProjectRef,
    revision: u64,
    time: Timestamp,
    effect: Effect<'_>,
) -> Result<()> {
    let record = ChangeRecord { time, meta: ChangeMeta::default(), project, effect };
    let transaction = state.begin()?;
    let mut tables = transaction.tables()?;
    replay(&mut tables, revision, &record.encode()?)?;
    let finished = tables.finish()?;
    transaction.commit(finished)
}

#[test]
fn a_change_that_does_what_it_did_is_made() {
    let state = state();
    try_on(&state, 3, TIME, change_links(vec![linked("c")], vec![name("a")])).unwrap();
    let mut unlinked = TypeCounts::default();
    *unlinked.get_mut(ResourceType::Flag) = 2;
    try_on(&state, 4, TIME, Effect::DeleteView { view: view(0), unlinked }).unwrap();
    assert_eq!(state.read().unwrap().head().revision, 4);
}

#[test]
fn a_change_that_does_something_else_is_damage() {
    let fields = crate::model::view::ViewFields::default;
    let unlinked = TypeCounts::default();
    let resource_type = ResourceType::Flag;
    let misfits = [
        ("already linked", change_links(vec![linked("a")], Vec::new())),
        ("not linked", change_links(Vec::new(), vec![name("c")])),
        ("twice", change_links(vec![linked("c"), linked("c")], Vec::new())),
        ("out of order", change_links(vec![linked("d"), linked("c")], Vec::new())),
        ("unlinked twice", change_links(Vec::new(), vec![name("a"), name("a")])),
        ("other count", Effect::DeleteView { view: view(0), unlinked }),
        ("other view", Effect::DeleteView { view: view(1), unlinked }),
        ("no view", Effect::UpdateView { view: view(1), fields: fields() }),
        (
            "view is there",
            Effect::CreateView { view: view(1), new_project: false, fields: fields() },
        ),
        (
            "project is there",
            Effect::CreateView { view: other_view(1), new_project: true, fields: fields() },
        ),
        (
            "other id",
            Effect::CreateView { view: other_view(7), new_project: false, fields: fields() },
        ),
        ("other links", Effect::RemoveResource { resource_type, name: name("a"), links: 2 }),
        (
            "other segments",
            Effect::RemoveEnvironment { environment: "e".parse().unwrap(), segments: 1, links: 1 },
        ),
        ("other views", Effect::DeleteProject { views: 2, unlinked }),
    ];
    for (case, effect) in misfits {
        let error = try_on(&state(), 3, TIME, effect).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{case}: {error}");
    }
}

fn segment(key: &'static str, is_new: bool, id: &str) -> PutResource<'static> {
    let fields = ResourceFields {
        id: Some(id.parse().unwrap()),
        name: "n".into(),
        tags: vec!["t".into()],
        maintainer: None,
        archived: false,
        temporary: false,
        unbounded: false,
        created_at: TIME,
    };
    PutResource { resource_type: ResourceType::Segment, name: name(key), is_new, fields }
}

fn put(new_project: bool, resources: Vec<PutResource<'static>>) -> Effect<'static> {
    Effect::PutResources { new_project, resources }
}

#[test]
fn a_put_that_does_what_it_did_is_made() {
    let state = state();
    let both = vec![segment("e\0a", true, "1"), segment("e\0b", true, "2")];
    try_on(&state, 3, TIME, put(false, both)).unwrap();
    // The ids change places by way of a third one.
    let moved = vec![segment("e\0a", false, "3"), segment("e\0b", false, "1")];
    try_on(&state, 4, TIME, put(false, moved)).unwrap();
    try_on(&state, 5, TIME, put(false, vec![segment("e\0a", false, "2")])).unwrap();
    let tables = state.read().unwrap();
    let led = ["1", "2", "3"].map(|id| tables.segment(0, id).unwrap());
    let led = led.map(|to| to.map(|to| to.key().to_string()));
    assert_eq!(led, [Some("b".into()), Some("a".into()), None]);
}

#[test]
fn a_put_that_does_something_else_is_damage() {
    let misfits = [
        ("is there", put(false, vec![segment("e\0a", true, "1")])),
        ("is not there", put(false, vec![segment("e\0b", false, "2")])),
        ("the id is taken", put(false, vec![segment("e\0b", true, "1")])),
        (
            "the id is taken since",
            put(false, vec![segment("e\0b", true, "2"), segment("e\0c", true, "2")]),
        ),
        ("twice", put(false, vec![segment("e\0a", false, "2"), segment("e\0a", false, "3")])),
        ("new twice", put(false, vec![segment("e\0b", true, "2"), segment("e\0b", true, "2")])),
        ("the project is there", put(true, vec![segment("e\0b", true, "2")])),
        ("twice", put(false, vec![segment("e\0a", false, "2"), segment("e\0a", false, "3")])),
        ("nothing", put(false, Vec::new())),
    ];
    for (case, effect) in misfits {
        let state = state();
        try_on(&state, 3, TIME, put(false, vec![segment("e\0a", true, "1")])).unwrap();
        let error = try_on(&state, 4, TIME, effect).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{case}: {error}");
    }
}

#[test]
fn a_put_in_another_project_is_damage() {
    for (key, id, new_project) in [("p", 1, false), ("q", 0, true), ("q", 1, false)] {
        let state = state();
        let project = ProjectRef { id, key: key.parse().unwrap() };
        let effect = put(new_project, vec![segment("e\0a", true, "1")]);
        let error = try_in(&state, project, 3, TIME, effect).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{key} {id} {new_project}: {error}");
    }
    let project = ProjectRef { id: 1, key: "q".parse().unwrap() };
    let effect = put(true, vec![segment("e\0a", true, "1")]);
    try_in(&state(), project, 3, TIME, effect).unwrap();
}

#[test]
fn names_out_of_order_are_damage_also_where_they_are_only_recalled() {
    let recalled = |linked: Vec<_>, unlinked| {
        let project = ProjectRef { id: 0, key: "p".parse().unwrap() };
        let effect = change_links(linked, unlinked);
        let record = ChangeRecord { time: TIME, meta: ChangeMeta::default(), project, effect };
        let mut tail = Tail::default();
        recall(&mut tail, 3, &record.encode().unwrap()).map(|()| tail.len())
    };
    assert_eq!(recalled(vec![linked("a"), linked("b")], vec![name("c")]).unwrap(), 3);
    for keys in [["a", "a"], ["b", "a"]] {
        for (linked, unlinked) in
            [(keys.map(linked).to_vec(), Vec::new()), (Vec::new(), keys.map(name).to_vec())]
        {
            let error = recalled(linked, unlinked).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{keys:?}: {error}");
        }
    }
}

#[test]
fn a_change_out_of_order_is_damage() {
    let earlier = Timestamp::from_millis(4);
    for (revision, time) in [(2, TIME), (4, TIME), (3, earlier)] {
        let effect = change_links(vec![linked("c")], Vec::new());
        let error = try_on(&state(), revision, time, effect).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{revision}: {error}");
    }
}
