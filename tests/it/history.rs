//! The changes of one view or resource.

use std::collections::BTreeMap;

use viewlink::{
    Batch, Checkpoints, EnvironmentId, HistoryEvent, HistoryPage, HistoryPaging, NewResource,
    Options, ResourceType, Store, Timestamp, ViewPatch,
};

use crate::support::{
    Clock, Random, all, create, flag, link, memory, project, revision, two_views,
};

/// The entries of a page: revision and events.
fn reported(page: &HistoryPage) -> Vec<(u64, Vec<String>)> {
    let entry = |entry: &viewlink::HistoryEntry| {
        (entry.revision, entry.events.iter().map(ToString::to_string).collect())
    };
    page.entries.iter().map(entry).collect()
}

fn of_flag(store: &Store, key: &str) -> Vec<(u64, Vec<String>)> {
    let reader = store.snapshot().unwrap().project("p").unwrap();
    let page = reader.resource_history(&flag(key), HistoryPaging::newest(100)).unwrap();
    assert_eq!((page.next, page.oldest), (None, 1));
    reported(&page)
}

fn entries(of: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
    let entry = |(revision, events): &(u64, &[&str])| {
        (*revision, events.iter().map(|event| (*event).to_owned()).collect())
    };
    of.iter().map(entry).collect()
}

#[test]
fn the_history_of_a_resource_has_every_kind_of_link_and_unlink() {
    let (store, project) = two_views();
    project.put_resources([NewResource::flag("a")]).unwrap().all_ok().unwrap();
    project.put_resources([NewResource::flag("a").name("A")]).unwrap().all_ok().unwrap();
    link(&project, "v", &["b", "a"]);
    link(&project, "w", &["a"]);
    project.replace("w", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    let deleted = project.delete_view("v").unwrap().revision.unwrap();
    project.revert(deleted).unwrap().change.unwrap();
    project.remove_resource(&flag("a")).unwrap();
    link(&project, "w", &["a"]);
    store.project("q").unwrap().put_resources([NewResource::flag("a")]).unwrap().all_ok().unwrap();
    let expected = [
        (11, &["a linked to w"][..]),
        (10, &["a removed from the registry", "a unlinked from v"]),
        (9, &["a linked to v"]),
        (8, &["a unlinked from v"]),
        (7, &["a unlinked from w"]),
        (6, &["a linked to w"]),
        (5, &["a linked to v"]),
        (4, &["a updated"]),
        (3, &["a registered"]),
    ];
    assert_eq!(of_flag(&store, "a"), entries(&expected));
    // The past has the history of a deleted project.
    project.delete().unwrap();
    create(&project, "w");
    let then = of_flag(&store, "a");
    assert_eq!(then[0], entries(&[(13, &["a unlinked from w"])])[0]);
    assert_eq!(then[1..], entries(&expected));
}

#[test]
fn a_view_that_was_renamed_has_that_in_the_history_of_both_keys_and_of_no_other() {
    let (_store, project) = two_views();
    let renamed = project.rename_view("v", "x").unwrap().revision;
    let reader = project.read().unwrap();
    for key in ["v", "x"] {
        let newest = reported(&reader.view_history(key, HistoryPaging::newest(1)).unwrap());
        assert_eq!(newest, entries(&[(renamed, &["view v renamed to x"])]));
    }
    let other = reported(&reader.view_history("w", HistoryPaging::newest(100)).unwrap());
    assert!(other.iter().all(|(revision, _)| *revision < renamed), "{other:?}");
}

#[test]
fn the_history_of_a_view_has_time_actor_and_comment() {
    let clock = Clock::default();
    clock.set(1_000);
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store).actor("ann");
    create(&project, "v");
    create(&project, "w");
    clock.set(2_000);
    project.comment("launch").link("v", Batch::flags(["b", "a"])).unwrap().all_ok().unwrap();
    clock.set(3_000);
    project.update_view("v", ViewPatch::new().name("W")).unwrap();
    let deleted = project.delete_view("v").unwrap().revision.unwrap();
    clock.set(4_000);
    let back = project.revert(deleted).unwrap().revision().unwrap();
    let page = project.read().unwrap().view_history("v", HistoryPaging::newest(2)).unwrap();
    let (first, second) = (&page.entries[0], &page.entries[1]);
    assert_eq!(
        (first.revision, first.reverts, first.time),
        (back, Some(deleted), Timestamp::from_millis(4_000))
    );
    let linked_at = |event: &HistoryEvent| match event {
        HistoryEvent::Linked { linked_at, .. } => Some(linked_at.as_millis()),
        _ => None,
    };
    let times: Vec<_> = first.events.iter().filter_map(linked_at).collect();
    assert_eq!((times, first.events.len()), (vec![2_000, 2_000], 3));
    assert_eq!(reported(&page)[1], (deleted, vec!["view v deleted".to_owned()]));
    assert_eq!((page.next, second.actor.as_deref()), (Some(deleted), Some("ann")));
    let rest = project
        .read()
        .unwrap()
        .view_history("v", HistoryPaging::newest(9).before(page.next))
        .unwrap();
    let expected = [
        (4, &["view v updated"][..]),
        (3, &["b linked to v", "a linked to v"]),
        (1, &["view v created"]),
    ];
    assert_eq!(reported(&rest), entries(&expected));
    assert_eq!((rest.next, rest.entries[1].comment.as_deref()), (None, Some("launch")));
}

#[test]
fn a_removal_stored_as_counts_is_in_the_history_of_every_possible_resource() {
    let store = Options::new().removal_detail(0).open_in_memory().unwrap();
    let project = project(&store);
    for view in ["v", "w"] {
        create(&project, view);
        link(&project, view, &["a"]);
    }
    project.link("w", Batch::segments([("e", "s")])).unwrap().all_ok().unwrap();
    let before = revision(&store);
    project.remove_environment(&EnvironmentId::parse("e").unwrap()).unwrap();
    project.delete_view("v").unwrap();
    project.remove_resource(&flag("a")).unwrap();
    let unknown = "a large removal, of which the journal has only counts";
    let reader = project.read().unwrap();
    let since = |page: HistoryPage| {
        reported(&page).into_iter().filter(|(revision, _)| *revision > before).collect::<Vec<_>>()
    };
    let of_a = since(reader.resource_history(&flag("a"), HistoryPaging::newest(9)).unwrap());
    assert_eq!(of_a, entries(&[(before + 3, &[unknown]), (before + 2, &[unknown])]));
    let of_b = since(reader.resource_history(&flag("b"), HistoryPaging::newest(9)).unwrap());
    assert_eq!(of_b, entries(&[(before + 2, &[unknown])]));
    let of_v = since(reader.view_history("v", HistoryPaging::newest(9)).unwrap());
    let deleted = (before + 2, &["view v deleted", unknown][..]);
    assert_eq!(of_v, entries(&[(before + 3, &[unknown]), deleted, (before + 1, &[unknown])]));
}

#[test]
fn pages_over_all_segments_are_what_replaying_the_history_gives() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().segment_size(4_096).checkpoint_bytes(2_000);
    let store = options.open(dir.path()).unwrap();
    let project = project(&store);
    ["v", "w", "x"].iter().for_each(|view| create(&project, view));
    let (mut random, mut expected) = (Random(3), BTreeMap::<u64, Vec<String>>::new());
    for _ in 0..300 {
        let view = ["v", "w", "x"][random.below(3)];
        let keys: Vec<_> = (0..random.below(4)).map(|_| format!("k{}", random.below(6))).collect();
        let was = project.read().unwrap().is_linked(view, &flag("k1")).unwrap();
        let revision = match random.below(2) {
            0 => project.link(view, Batch::flags(keys)).unwrap().revision(),
            _ => project.unlink(view, Batch::flags(keys).ignore_missing()).unwrap().revision(),
        };
        let is = project.read().unwrap().is_linked(view, &flag("k1")).unwrap();
        if was != is {
            let did = if is { "linked to" } else { "unlinked from" };
            expected.insert(revision.unwrap(), vec![format!("k1 {did} {view}")]);
        }
    }
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = project
            .read()
            .unwrap()
            .resource_history(&flag("k1"), HistoryPaging::newest(7).before(before))
            .unwrap();
        assert!(page.entries.len() <= 7);
        found.extend(reported(&page));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert!(found.len() > 30);
    assert!(found.iter().rev().map(|(revision, events)| (revision, events)).eq(&expected));
    // The history of an older snapshot ends at its revision.
    let middle = found[10].0;
    let then = store.snapshot_at(middle).unwrap().project("p").unwrap();
    assert_eq!(
        reported(&then.resource_history(&flag("k1"), HistoryPaging::newest(1)).unwrap())[0].0,
        middle
    );
}

#[test]
fn the_history_says_which_revisions_were_trimmed() {
    let options = Options::new().segment_size(4_096).keep_changes(Some(5));
    let store =
        options.checkpoints(Checkpoints::Inline).checkpoint_bytes(1).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    for _ in 0..100 {
        link(&project, "v", &["a"]);
        project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    }
    let page = project.read().unwrap().view_history("v", HistoryPaging::newest(1_000)).unwrap();
    let last = page.entries.last().unwrap().revision;
    assert!(page.oldest > 1 && last == page.oldest && page.next.is_none(), "{last}");
    let nothing = project
        .read()
        .unwrap()
        .view_history("v", HistoryPaging::newest(9).before(page.oldest))
        .unwrap();
    assert_eq!((nothing.entries.len(), nothing.next), (0, None));
    let unknown = project.read().unwrap().view_history("no key", HistoryPaging::newest(9));
    assert!(matches!(unknown, Err(viewlink::Error::InvalidKey { .. })));
    let empty = memory();
    create(&empty.project("p").unwrap(), "v");
    let reader = empty.project("p").unwrap().read().unwrap();
    assert_eq!(reader.view_history("w", HistoryPaging::newest(9)).unwrap().entries, []);
    assert_eq!(reader.linked_resources("v", ResourceType::Flag, all()).unwrap().total, 0);
}

#[test]
fn a_page_ends_after_many_events_or_many_read_changes() {
    let (store, project) = two_views();
    for part in 0..3 {
        let keys = (0..6_000).map(|number| format!("f{part}-{number}"));
        project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    let page = |before| {
        project.read().unwrap().view_history("v", HistoryPaging::newest(10).before(before)).unwrap()
    };
    // Only whole changes: with the second one there are ten thousand events or more.
    let first = page(None);
    let events: Vec<_> = first.entries.iter().map(|entry| entry.events.len()).collect();
    assert_eq!((events, first.next), (vec![6_000, 6_000], Some(4)));
    assert_eq!(page(first.next).entries.len(), 2);
    // Changes that are only read also count: more than sixteen MiB of other changes.
    let long = project.comment("x".repeat(16_000));
    for number in 0..1_100 {
        long.link("w", Batch::flags([format!("f{number}")])).unwrap().all_ok().unwrap();
    }
    let first = page(None);
    assert_eq!(first.entries.len(), 0);
    let next = first.next.expect("there is more");
    assert!(next > 6 && next < revision(&store), "{next}");
    assert_eq!(page(Some(next)).entries[0].revision, 5);
}
