//! What a verification counts.

use viewlink::{Batch, Options, ResourceType, Store};

use crate::support::{batch, create, link, memory, project, revision};

/// A store with two projects, three views and links of every type.
fn filled() -> Store {
    let store = memory();
    for (project, views) in [("p", &["v", "w"][..]), ("q", &["v"])] {
        let project = store.project(project).unwrap();
        for view in views {
            create(&project, view);
            for resource_type in ResourceType::ALL {
                let batch = batch(resource_type, &["a", "b", "c"]);
                project.link(view, batch).unwrap().all_ok().unwrap();
            }
        }
    }
    store
}

#[test]
fn a_verification_counts_what_is_there() {
    let store = filled();
    link(&project(&store), "v", &["d"]);
    let verification = store.verify().unwrap();
    let counts = verification.counts;
    assert!(verification.is_clean());
    assert_eq!((verification.findings.len(), verification.more_findings), (0, 0));
    assert_eq!((counts.projects, counts.views), (2, 3));
    assert_eq!(ResourceType::ALL.map(|ty| counts.links.get(ty)), [10, 9, 9, 9]);
    // One list for each resource of each project.
    assert_eq!((counts.posting_lists, counts.dead_view_ids), (25, 0));
    assert_eq!((counts.revision, counts.oldest_kept), (revision(&store), 1));
    assert!(counts.replayed);
    let expected = "clean: 2 projects, 3 views, 37 links (10 flags, 9 segments, 9 aiConfigs, 9 \
                    metrics), 0 registered resources (0 flags, 0 segments, 0 aiConfigs, 0 \
                    metrics), 25 posting lists with 0 dead view ids, revisions 1 to 16 in the \
                    journal, replayed";
    assert_eq!(verification.to_string(), expected);
}

#[test]
fn a_deleted_view_is_counted_in_lists_until_they_are_written_or_swept() {
    let store = filled();
    let project = project(&store);
    // What waits in memory is written for the first time here.
    store.checkpoint().unwrap();
    project.delete_view("v").unwrap();
    let counts = || {
        let verification = store.verify().unwrap();
        assert!(verification.is_clean(), "{verification}");
        verification.counts
    };
    assert_eq!((counts().dead_view_ids, counts().links.total()), (12, 24));
    link(&project, "w", &["d"]);
    project.unlink("w", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    store.checkpoint().unwrap();
    // The sweep behind the fold went through the flags, the one that was written among them.
    assert_eq!(counts().dead_view_ids, 9);
    link(&project, "w", &["e"]);
    store.checkpoint().unwrap();
    assert_eq!(counts().dead_view_ids, 6);
    project.delete().unwrap();
    let last = counts();
    assert_eq!((last.dead_view_ids, last.posting_lists, last.links.total()), (0, 12, 12));
}

#[test]
fn a_journal_that_does_not_reach_back_is_not_replayed() {
    let options = Options::new().segment_size(4_096).keep_changes(Some(1));
    let store = options.open_in_memory().unwrap();
    create(&project(&store), "v");
    for number in 0..50 {
        link(&project(&store), "v", &[&format!("{number:0250}")]);
    }
    store.checkpoint().unwrap();
    let verification = store.verify().unwrap();
    let counts = verification.counts;
    assert!(verification.is_clean() && !counts.replayed, "{verification}");
    assert!(counts.oldest_kept > 1 && counts.oldest_kept <= counts.revision);
    assert!(!verification.to_string().contains("replayed"));
}

#[test]
fn an_empty_store_is_clean() {
    let counts = memory().verify().unwrap().counts;
    assert_eq!((counts.projects, counts.views, counts.links.total()), (0, 0, 0));
    assert_eq!((counts.revision, counts.oldest_kept), (0, 1));
}
