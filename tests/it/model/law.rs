//! Properties of every sequence of calls.

use std::collections::BTreeSet;

use viewlink::{
    Batch, Error, KeyOutcome, LinkSort, NewView, Paging, Resource, ResourceFilter, ResourceType,
    Snapshot, Store,
};

use super::{Call, Keys, Model, assert_same};

/// Makes calls on a store and a model; checks everything after each of them, and at the end all older snapshots again.
pub(crate) fn assert_model(store: &Store, mut model: Model, calls: &[Call]) {
    let mut history = Vec::new();
    for call in calls {
        model.call(store, call);
        let snapshot = store.snapshot().unwrap();
        assert_same(&snapshot, &model);
        history.push((snapshot, model.clone()));
    }
    for (snapshot, model) in &history {
        assert_same(snapshot, model);
    }
    assert_past(store, &history);
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

/// Checks some of the revisions again that the journal keeps.
fn assert_past(store: &Store, history: &[(Snapshot, Model)]) {
    for (snapshot, model) in history.iter().step_by(5) {
        match store.snapshot_at(snapshot.revision()) {
            Ok(then) => {
                assert_eq!(then.position(), snapshot.position());
                assert_same(&then, model);
            }
            Err(error) => assert!(matches!(error, Error::JournalTrimmed { .. }), "{error}"),
        }
    }
}

/// Links keys to a view that has some already, and unlinks the new ones.
pub(crate) fn assert_unlink_restores(store: &Store, before: &Keys, extra: &Keys) {
    let project = store.project("restored").unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    let _ = project.link("v", before.batch()).unwrap();
    let links = || {
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("restored").unwrap();
        ResourceType::ALL.map(|resource_type| {
            let (all, paging) = (ResourceFilter::all(), Paging::first(100));
            reader.linked_resources_matching("v", resource_type, &all, paging).unwrap().items
        })
    };
    let expected = links();
    let linked = project.link("v", extra.batch()).unwrap();
    let new = linked.outcomes().filter(|(_, outcome)| **outcome == KeyOutcome::Linked);
    let added: Vec<String> = new.map(|(resource, _)| resource.key().to_owned()).collect();
    project.unlink("v", extra.only(&added).batch()).unwrap().all_ok().unwrap();
    assert_eq!(links(), expected);
}

/// Reads the links of a view in pages, by cursor or by offset, and checks that each is read once.
pub(crate) fn assert_paging(
    store: &Store,
    numbers: &[u16],
    limit: usize,
    sort: LinkSort,
    by_cursor: bool,
) {
    let project = store.project("p").unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    for part in numbers.chunks(7) {
        let _ = project.link("v", Batch::flags(part.iter().map(|n| format!("f{n}")))).unwrap();
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let read = |paging: Paging<LinkSort>| {
        let (all, paging) = (ResourceFilter::all(), paging.sort(sort));
        reader.linked_resources_matching("v", ResourceType::Flag, &all, paging).unwrap()
    };
    let whole = read(Paging::first(1_000)).items;
    let mut visited = Vec::new();
    let mut page = read(Paging::first(limit));
    loop {
        assert_eq!(page.total, whole.len() as u64);
        assert!(page.items.len() <= limit);
        visited.extend(page.items);
        let Some(next) = page.next else { break };
        page = match by_cursor {
            true => read(Paging::after(next, limit)),
            false => read(Paging::first(limit).offset(visited.len())),
        };
    }
    assert_eq!(visited, whole);
    let distinct: BTreeSet<_> = visited.iter().map(|linked| &linked.resource).collect();
    let keys: BTreeSet<_> = numbers.iter().collect();
    assert_eq!((distinct.len(), visited.len()), (keys.len(), keys.len()));
}

/// Adds a resource to this number of views, and reads them in pages.
pub(crate) fn assert_views_page(store: &Store, views: u8, limit: usize) {
    let project = store.project("p").unwrap();
    project.ensure_view(NewView::new("empty", "E")).unwrap();
    for view in 0..views {
        // Created in another order than that of the keys.
        let key = format!("v{:02}", view.wrapping_mul(7) % 20);
        project.ensure_view(NewView::new(&*key, "V")).unwrap();
        project.link(&key, Batch::flags(["f"])).unwrap().all_ok().unwrap();
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let flag = Resource::flag("f").unwrap();
    let mut keys = Vec::new();
    let mut page = reader.linked_views(&flag, Paging::first(limit)).unwrap();
    loop {
        keys.extend(page.items.into_iter().map(|view| view.key));
        let Some(next) = page.next else { break };
        page = reader.linked_views(&flag, Paging::after(next, limit)).unwrap();
    }
    assert_eq!(keys.len(), usize::from(views));
    assert!(keys.is_sorted_by(|one, other| one < other));
}
