//! Making a change again from its record (invariants 5 and 7).
//!
//! The same functions change the tables as when the change was made. What they did then stands in
//! the record too; where they do something else now, state and journal do not belong together.

use crate::change::{ChangeRecord, Effect, LinkedName, LinksChange, ProjectRef, Stamp, ViewRef};
use crate::error::{Error, Result, StoreFile};
use crate::registry;
use crate::resource::ResourceName;
use crate::storage::{Edit, LinkKey, ProjectRow, Tail, ViewRow, WriteTables};

/// Makes the change `revision` on tables that stand at the one before it; tells how many keys it
/// walked.
///
/// # Errors
///
/// [`Error::Damaged`] when the record cannot be read or does not fit the tables.
pub(super) fn replay(tables: &mut WriteTables<'_>, revision: u64, payload: &[u8]) -> Result<u64> {
    let record = ChangeRecord::decode(revision, payload)?;
    let stamp = Stamp { revision, time: record.time };
    let head = tables.head();
    if revision != head.revision + 1 || stamp.time < head.time {
        return Err(misfit(revision));
    }
    let work = record.work();
    if !fits(tables, record, stamp)? {
        return Err(misfit(revision));
    }
    tables.complete(stamp);
    Ok(work)
}

/// Remembers what a change, which the tables have, did to the backlinks.
///
/// What is remembered must be what [`WriteTables`] remember when the change is made.
///
/// # Errors
///
/// [`Error::Damaged`] when the record cannot be read.
pub(super) fn recall(tail: &mut Tail, revision: u64, payload: &[u8]) -> Result<()> {
    let ChangeRecord { project, effect, .. } = ChangeRecord::decode(revision, payload)?;
    match effect {
        Effect::ChangeLinks(links) => recall_links(tail, revision, project.id, &links)?,
        Effect::ChangeManyLinks(parts) => {
            for links in &parts {
                recall_links(tail, revision, project.id, links)?;
            }
        }
        Effect::RemoveResource { resource_type, name, .. } => {
            tail.forget_resource(project.id, resource_type, &name);
        }
        Effect::RemoveEnvironment { environment, .. } => {
            tail.forget_environment(project.id, &environment);
        }
        // The ids of views that are gone are dropped by readers and by the fold.
        Effect::DeleteView { .. } | Effect::DeleteProject { .. } => {}
        Effect::CreateView { .. } | Effect::UpdateView { .. } => {}
        Effect::PutResources { .. } => {}
    }
    Ok(())
}

fn recall_links(
    tail: &mut Tail,
    revision: u64,
    project: u32,
    links: &LinksChange<'_>,
) -> Result<()> {
    let LinksChange { view, resource_type, linked, unlinked } = links;
    if !are_in_order(linked, unlinked) {
        return Err(misfit(revision));
    }
    let place = (project, view.id);
    let unlinked: Vec<_> = unlinked.iter().collect();
    tail.remember(place, *resource_type, Edit::Unlink, &unlinked);
    let linked: Vec<_> = linked.iter().map(|linked| &linked.name).collect();
    tail.remember(place, *resource_type, Edit::Link, &linked);
    Ok(())
}

fn misfit(revision: u64) -> Error {
    let detail = "it does not fit the state it is made on";
    Error::damaged(StoreFile::Journal, format!("change {revision} of the journal"), detail)
}

/// Makes the change; tells whether it did what it did the first time.
fn fits(tables: &mut WriteTables<'_>, record: ChangeRecord<'_>, stamp: Stamp) -> Result<bool> {
    let ChangeRecord { project, effect, .. } = record;
    if let Effect::CreateView { view, new_project, fields } = effect {
        let free = match project_of(tables, &project)? {
            Some(found) => !new_project && tables.view(found.id, &view.key)?.is_none(),
            None => new_project,
        };
        if !free {
            return Ok(false);
        }
        let (in_project, created) = tables.create_view(&project.key, &view.key, fields, stamp)?;
        return Ok(in_project.id == project.id && created.id() == view.id);
    }
    if let Effect::PutResources { new_project, resources } = effect {
        let found = tables.project(&project.key)?;
        if found.is_none() != new_project || resources.is_empty() {
            return Ok(false);
        }
        let put_in = registry::replay(tables, &project.key, resources, stamp)?;
        return Ok(put_in == Some(project.id));
    }
    match project_of(tables, &project)? {
        Some(row) => fits_in(tables, &row, effect, stamp),
        None => Ok(false),
    }
}

/// The same in a project that is there.
fn fits_in(
    tables: &mut WriteTables<'_>,
    row: &ProjectRow,
    effect: Effect<'_>,
    stamp: Stamp,
) -> Result<bool> {
    match effect {
        Effect::CreateView { .. } | Effect::PutResources { .. } => Ok(false),
        Effect::UpdateView { view, fields } => match view_of(tables, row, &view)? {
            Some(found) => tables.update_view(found, fields, stamp).map(|_| true),
            None => Ok(false),
        },
        Effect::DeleteView { view, unlinked } => match view_of(tables, row, &view)? {
            Some(found) => Ok(tables.delete_view(&row.key, &found)? == unlinked),
            None => Ok(false),
        },
        Effect::ChangeLinks(links) => links_fit(tables, row, links, stamp),
        Effect::ChangeManyLinks(parts) => {
            for links in parts {
                if !links_fit(tables, row, links, stamp)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Effect::RemoveResource { resource_type, name, links } => {
            Ok(tables.remove_resource(row, resource_type, &name, stamp)?.links == links)
        }
        Effect::RemoveEnvironment { environment, segments, links } => {
            let removed = tables.remove_environment(row, &environment, stamp)?;
            Ok((removed.linked, removed.links) == (segments, links))
        }
        Effect::DeleteProject { views, unlinked } => {
            Ok(tables.delete_project(row)? == (views, unlinked))
        }
    }
}

fn links_fit(
    tables: &mut WriteTables<'_>,
    row: &ProjectRow,
    links: LinksChange<'_>,
    stamp: Stamp,
) -> Result<bool> {
    let LinksChange { view, resource_type, linked, unlinked } = links;
    let Some(mut found) = view_of(tables, row, &view)? else {
        return Ok(false);
    };
    if !are_in_order(&linked, &unlinked) {
        return Ok(false);
    }
    let (unlinked, linked) = (to_unlink(unlinked), to_link(linked));
    for (edit, keys) in [(Edit::Unlink, unlinked), (Edit::Link, linked)] {
        let changed = tables.change_links(&mut found, resource_type, edit, &keys, stamp)?;
        if changed.contains(&false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether names come in key order, each once, as blocks and runs take them.
fn are_in_order(linked: &[LinkedName<'_>], unlinked: &[ResourceName<'_>]) -> bool {
    linked.is_sorted_by(|one, other| one.name < other.name)
        && unlinked.is_sorted_by(|one, other| one < other)
}

/// The project of a record, if it is there under the same id.
fn project_of(tables: &mut WriteTables<'_>, project: &ProjectRef) -> Result<Option<ProjectRow>> {
    Ok(tables.project(&project.key)?.filter(|found| found.id == project.id))
}

/// The view of a record, if it is there under the same id.
fn view_of(
    tables: &mut WriteTables<'_>,
    project: &ProjectRow,
    view: &ViewRef,
) -> Result<Option<ViewRow>> {
    Ok(tables.view(project.id, &view.key)?.filter(|found| found.id() == view.id))
}

fn to_link(linked: Vec<LinkedName<'_>>) -> Vec<LinkKey<'_>> {
    linked.into_iter().map(|LinkedName { ordinal, name }| LinkKey { name, ordinal }).collect()
}

fn to_unlink(unlinked: Vec<ResourceName<'_>>) -> Vec<LinkKey<'_>> {
    unlinked.into_iter().map(|name| LinkKey { name, ordinal: 0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Note, PutResource};
    use crate::disk::{Disk, MemoryDisk};
    use crate::journal::StoreId;
    use crate::registry::ResourceFields;
    use crate::resource::ResourceType;
    use crate::storage::{State, StateOptions};
    use crate::time::Timestamp;
    use crate::view::LinkCounts;

    const TIME: Timestamp = Timestamp::from_millis(5);

    /// A state after change 2: view 0 of project 0, with the flags `a` and `b`.
    fn state() -> State {
        let disk = MemoryDisk::default();
        let options = StateOptions { cache_size: 1 << 20, check: false };
        State::create(disk.create("s").unwrap(), StoreId([0; 16]), options).unwrap();
        let state = State::open(disk.open("s").unwrap(), options, |_| {}).unwrap();
        state.admit().unwrap();
        let fields = crate::view::ViewFields::default();
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
        LinkedName { ordinal: 0, name: name(key) }
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
        let record = ChangeRecord { time, note: Note::default(), project, effect };
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
        let mut unlinked = LinkCounts::default();
        *unlinked.get_mut(ResourceType::Flag) = 2;
        try_on(&state, 4, TIME, Effect::DeleteView { view: view(0), unlinked }).unwrap();
        assert_eq!(state.read().unwrap().head().revision, 4);
    }

    #[test]
    fn a_change_that_does_something_else_is_damage() {
        let fields = crate::view::ViewFields::default;
        let unlinked = LinkCounts::default();
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
                Effect::RemoveEnvironment {
                    environment: "e".parse().unwrap(),
                    segments: 1,
                    links: 1,
                },
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
            let record = ChangeRecord { time: TIME, note: Note::default(), project, effect };
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
}
