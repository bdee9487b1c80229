//! The counts of a verification.

use viewlink::{Options, ResourceType, Store};

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
fn a_verification_counts_the_content() {
    let store = filled();
    link(&project(&store), "v", &["d"]);
    let verification = store.verify().unwrap();
    let counts = verification.counts;
    assert!(verification.is_clean());
    assert_eq!((verification.findings.len(), verification.more_findings), (0, 0));
    assert_eq!((counts.projects, counts.views), (2, 3));
    assert_eq!(ResourceType::ALL.map(|ty| counts.links.get(ty)), [10, 9, 9, 9]);
    assert_eq!((counts.revision, counts.oldest_kept), (revision(&store), 1));
    assert!(counts.replayed);
    let expected = "clean: 2 projects, 3 views, 37 links (10 flags, 9 segments, 9 aiConfigs, 9 \
                    metrics), 0 registered resources (0 flags, 0 segments, 0 aiConfigs, 0 \
                    metrics), revisions 1 to 16 in the journal, replayed";
    assert_eq!(verification.to_string(), expected);
}

#[test]
fn an_incomplete_journal_is_not_replayed_by_a_verification() {
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
