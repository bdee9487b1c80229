//! Cursors: the lists they belong to, and paging during changes.

use std::collections::BTreeSet;

use viewlink::{
    Cursor, Error, KeySort, LinkSort, Options, Paging, Project, ResourceType, Result, Snapshot,
    Store, ViewSort,
};

use crate::support::{
    Random, all, batch, create, flag, keys, link, memory, project, resource, two_views,
};

/// A list with the position to read from: the names of its items, and where the next page begins.
type Read = Box<dyn Fn(&Snapshot, Option<Cursor>, usize) -> Result<(Vec<String>, Option<Cursor>)>>;

fn paging<S: Default>(cursor: Option<Cursor>, limit: usize) -> Paging<S> {
    cursor.map_or_else(|| Paging::first(limit), |cursor| Paging::after(cursor, limit))
}

fn projects() -> Read {
    Box::new(|snapshot, cursor, limit| {
        let page = snapshot.projects(paging(cursor, limit))?;
        Ok((page.items.iter().map(|info| info.key.to_string()).collect(), page.next))
    })
}

fn views(project: &'static str) -> Read {
    Box::new(move |snapshot, cursor, limit| {
        let page = snapshot.project(project)?.views(paging(cursor, limit))?;
        Ok((page.items.iter().map(|view| view.key.to_string()).collect(), page.next))
    })
}

fn views_sorted(project: &'static str, sort: ViewSort) -> Read {
    Box::new(move |snapshot, cursor, limit| {
        let page = snapshot.project(project)?.views(paging(cursor, limit).sort(sort))?;
        Ok((page.items.iter().map(|view| view.key.to_string()).collect(), page.next))
    })
}

fn views_of(project: &'static str, resource_type: ResourceType, key: &'static str) -> Read {
    Box::new(move |snapshot, cursor, limit| {
        let resource = resource(resource_type, key);
        let reader = snapshot.project(project)?;
        let page = reader.linked_views(&resource, paging(cursor, limit))?;
        Ok((page.items.iter().map(|view| view.key.to_string()).collect(), page.next))
    })
}

fn links(
    project: &'static str,
    view: &'static str,
    resource_type: ResourceType,
    sort: LinkSort,
) -> Read {
    Box::new(move |snapshot, cursor, limit| {
        let reader = snapshot.project(project)?;
        let page =
            reader.linked_resources(view, resource_type, paging(cursor, limit).sort(sort))?;
        Ok((keys(&page), page.next))
    })
}

/// Two projects with two views each, and two resources of two types in all of them. Every list differs from the others
/// in one property.
fn lists() -> (Store, Vec<Read>) {
    let store = memory();
    for name in ["p", "q"] {
        let project = store.project(name).unwrap();
        for view in ["v", "w"] {
            create(&project, view);
            for resource_type in ResourceType::ALL {
                let batch = batch(resource_type, &["a", "b"]);
                project.link(view, batch).unwrap().all_ok().unwrap();
            }
        }
    }
    let (time, key) = (LinkSort::LinkTime, LinkSort::Key);
    let lists = vec![
        projects(),
        views("p"),
        views("q"),
        views_sorted("p", ViewSort::Name),
        views_sorted("p", ViewSort::UpdatedAt),
        views_of("p", ResourceType::Flag, "a"),
        views_of("p", ResourceType::Flag, "b"),
        views_of("p", ResourceType::Segment, "a"),
        views_of("q", ResourceType::Flag, "a"),
        links("p", "v", ResourceType::Flag, time),
        links("p", "v", ResourceType::Flag, key),
        links("p", "v", ResourceType::Flag, LinkSort::LinkedAt),
        links("p", "v", ResourceType::Segment, time),
        links("p", "v", ResourceType::Segment, key),
        links("p", "w", ResourceType::Flag, time),
        links("q", "v", ResourceType::Flag, time),
    ];
    (store, lists)
}

#[test]
fn a_cursor_is_good_for_its_own_list_and_for_no_other() {
    let (store, lists) = lists();
    let snapshot = store.snapshot().unwrap();
    let cursors: Vec<Cursor> =
        lists.iter().map(|read| read(&snapshot, None, 1).unwrap().1.unwrap()).collect();
    for (of, cursor) in cursors.iter().enumerate() {
        for (number, read) in lists.iter().enumerate() {
            let result = read(&snapshot, Some(cursor.clone()), 5);
            if of == number {
                let (items, next) = result.unwrap();
                assert_eq!((items.len(), next), (1, None), "list {number}");
            } else {
                let error = result.unwrap_err();
                let invalid = matches!(error, Error::InvalidCursor { .. });
                assert!(invalid, "cursor of {of} in list {number}: {error}");
            }
        }
    }
}

#[test]
fn a_cursor_is_text_that_fits_into_a_url_and_reads_back() {
    let (store, lists) = lists();
    let snapshot = store.snapshot().unwrap();
    for read in &lists {
        let cursor = read(&snapshot, None, 1).unwrap().1.unwrap();
        let text = cursor.to_string();
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(text.bytes().all(safe), "{text}");
        let back: Cursor = text.parse().unwrap();
        assert_eq!(back, cursor);
        let rest = read(&snapshot, Some(back), 5).unwrap();
        assert_eq!(rest, read(&snapshot, Some(cursor), 5).unwrap());
    }
}

#[test]
fn an_invalid_cursor_is_an_error() {
    let (store, lists) = lists();
    let snapshot = store.snapshot().unwrap();
    let text = lists[8](&snapshot, None, 1).unwrap().1.unwrap().to_string();
    let mut texts = vec![
        String::new(),
        "no cursor".into(),
        "\0".into(),
        "ä".into(),
        format!("{text}="),
        format!("{text}AAAA"),
        format!(" {text}"),
        "_".repeat(10_000),
    ];
    texts.extend((0..text.len()).map(|length| text[..length].to_owned()));
    for text in texts {
        let error = text.parse::<Cursor>().unwrap_err();
        assert!(matches!(error, Error::InvalidCursor { .. }), "{text:?}: {error}");
    }
}

#[test]
fn a_modified_cursor_is_an_error_or_another_position_and_never_a_panic() {
    let (store, lists) = lists();
    let snapshot = store.snapshot().unwrap();
    let mut read_on = 0;
    for read in &lists {
        let text = read(&snapshot, None, 1).unwrap().1.unwrap().to_string();
        for place in 0..text.len() {
            for with in ["A", "B", "Q", "_", "z"] {
                let mut changed = text.clone();
                changed.replace_range(place..=place, with);
                let Ok(cursor) = changed.parse::<Cursor>() else { continue };
                match read(&snapshot, Some(cursor), 5) {
                    Ok((items, _)) => read_on += usize::from(items.len() <= 2),
                    Err(error) => assert!(matches!(error, Error::InvalidCursor { .. }), "{error}"),
                }
            }
        }
    }
    // If only the key or time in the cursor changed, it is another position in the same list.
    assert!(read_on > 0);
}

#[test]
fn a_cursor_is_invalid_after_its_view_is_deleted() {
    let (store, project) = two_views();
    for sort in [LinkSort::LinkTime, LinkSort::Key, LinkSort::LinkedAt] {
        link(&project, "v", &["a", "b"]);
        let list = links("p", "v", ResourceType::Flag, sort);
        let cursor = list(&store.snapshot().unwrap(), None, 1).unwrap().1.unwrap();
        project.delete_view("v").unwrap();
        create(&project, "v");
        link(&project, "v", &["a", "b"]);
        let error = list(&store.snapshot().unwrap(), Some(cursor), 1).unwrap_err();
        assert!(matches!(error, Error::InvalidCursor { .. }), "{sort:?}: {error}");
        project.unlink("v", batch(ResourceType::Flag, &["a", "b"])).unwrap().all_ok().unwrap();
    }
}

#[test]
fn a_cursor_is_valid_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["b", "a", "c"]);
    let list = links("p", "v", ResourceType::Flag, LinkSort::LinkTime);
    let cursor = list(&store.snapshot().unwrap(), None, 1).unwrap().1.unwrap().to_string();
    store.close().unwrap();
    let store = Options::new().open(dir.path()).unwrap();
    let cursor = cursor.parse().unwrap();
    let (rest, next) = list(&store.snapshot().unwrap(), Some(cursor), 5).unwrap();
    assert_eq!((rest, next), (vec!["a".to_owned(), "c".to_owned()], None));
}

#[test]
fn a_cursor_keeps_its_position_when_its_item_is_removed() {
    for (sort, rest) in [(LinkSort::LinkTime, ["a", "d"]), (LinkSort::Key, ["c", "d"])] {
        let (store, project) = two_views();
        link(&project, "v", &["c", "b", "a", "d"]);
        let list = links("p", "v", ResourceType::Flag, sort);
        let cursor = list(&store.snapshot().unwrap(), None, 2).unwrap().1;
        // In both orders `b` was the last item read.
        project.remove_resource(&flag("b")).unwrap();
        let (items, next) = list(&store.snapshot().unwrap(), cursor, 5).unwrap();
        assert_eq!((items, next), (rest.map(str::to_owned).to_vec(), None), "{sort:?}");
    }
}

/// Reads a list page by page, each page from a newer snapshot, while items are added and removed. Items that were there
/// all the time are read exactly once, and no item twice.
fn walk_while_changing(
    store: &Store,
    list: &Read,
    random: &mut Random,
    set: impl Fn(&str, bool),
    twice_where_set_again: bool,
) {
    let name = |number: usize| format!("k{number:03}");
    let mut stayed: BTreeSet<String> = (0..60).step_by(2).map(name).collect();
    stayed.iter().for_each(|key| set(key, true));
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let snapshot = store.snapshot().unwrap();
        let (items, next) = list(&snapshot, cursor, 1 + random.below(5)).unwrap();
        seen.extend(items);
        assert!(seen.len() < 1_000, "paging does not end: {seen:?}");
        cursor = next;
        if cursor.is_none() {
            break;
        }
        for _ in 0..6 {
            let (key, there) = (name(random.below(60)), random.below(2) == 0);
            // In time order an item that is set again is a new item, so it may be read a second time.
            if !there || !twice_where_set_again || !seen.contains(&key) {
                set(&key, there);
            }
            if !there {
                stayed.remove(&key);
            }
        }
    }
    let once: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "an item was seen twice: {seen:?}");
    assert!(stayed.is_subset(&once), "not seen: {:?}", stayed.difference(&once));
    assert!(stayed.len() > 3, "too few items stayed for a meaningful test");
}

fn set_link(project: &Project, view: &str, key: &str, there: bool) {
    let batch = batch(ResourceType::Flag, &[key]);
    let report = if there { project.link(view, batch) } else { project.unlink(view, batch) };
    assert_eq!(report.unwrap().len(), 1);
}

#[test]
fn paging_through_links_during_writes_skips_and_repeats_nothing() {
    for seed in 0..8 {
        for sort in [LinkSort::LinkTime, LinkSort::Key, LinkSort::LinkedAt] {
            let (store, project) = two_views();
            let list = links("p", "v", ResourceType::Flag, sort);
            let set = |key: &str, there: bool| set_link(&project, "v", key, there);
            let by_time = sort != LinkSort::Key;
            walk_while_changing(&store, &list, &mut Random(seed), set, by_time);
        }
    }
}

#[test]
fn paging_through_views_during_writes_skips_and_repeats_nothing() {
    for seed in 0..4 {
        let (store, project) = two_views();
        project.delete_view("v").unwrap();
        project.delete_view("w").unwrap();
        let set = |key: &str, there: bool| {
            if there {
                project.ensure_view(viewlink::NewView::new(key, "")).unwrap();
                set_link(&project, key, "a", true);
            } else {
                let _ = project.delete_view(key);
            }
        };
        walk_while_changing(&store, &views("p"), &mut Random(seed), set, false);
        project.delete().unwrap();
        let of_a = views_of("p", ResourceType::Flag, "a");
        walk_while_changing(&store, &of_a, &mut Random(seed), set, false);
    }
}

#[test]
fn paging_through_projects_during_writes_skips_and_repeats_nothing() {
    let store = memory();
    let set = |key: &str, there: bool| {
        let project = store.project(key).unwrap();
        if there {
            project.ensure_view(viewlink::NewView::new("v", "")).unwrap();
        } else {
            let _ = project.delete();
        }
    };
    walk_while_changing(&store, &projects(), &mut Random(3), set, false);
    assert!(store.snapshot().unwrap().projects(all::<KeySort>()).unwrap().total > 0);
}
