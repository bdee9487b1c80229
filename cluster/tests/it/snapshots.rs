//! Members that start from a snapshot, and logs that are trimmed.

use viewlink::{Batch, Outcome};
use viewlink_cluster::{Appended, Error, Log, Snapshots, State};

use crate::support::{
    Cluster, LONG, Silent, assert_same, link, make_view, position, project, revision, wait_until,
};

#[test]
fn a_new_member_starts_from_the_newest_snapshot() {
    let cluster = Cluster::new();
    let one = cluster.open("one");
    make_view(&one);
    (0..30).for_each(|number| link(&one, &format!("f{number}")).unwrap());
    let token = one.publish_snapshot().unwrap();
    assert_eq!(token, one.token().unwrap());
    (30..40).for_each(|number| link(&one, &format!("f{number}")).unwrap());
    let new = cluster.open("new");
    assert_same(&[&one, &new]);
    link(&new, "of-new").unwrap();
    assert_same(&[&one, &new]);
    let left: Vec<_> = std::fs::read_dir(cluster.dir.path().join("new")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the store: {left:?}");
}

#[test]
fn two_snapshots_are_kept_and_the_log_reaches_back_to_the_older_one() {
    let cluster = Cluster::new();
    let (one, lagging) = (cluster.open("one"), cluster.open("lagging"));
    make_view(&one);
    assert_same(&[&one, &lagging]);
    let of_lagging = position(&lagging);
    drop(lagging);
    let mut tokens = Vec::new();
    for round in 0..4 {
        (0..5).for_each(|number| link(&one, &format!("f{round}-{number}")).unwrap());
        tokens.push(one.publish_snapshot().unwrap());
    }
    assert_eq!(cluster.snapshots.list().unwrap().len(), 2);
    assert_eq!(cluster.log.bounds().unwrap().first, tokens[2].sequence() + 1);
    // The member needs trimmed messages, and starts from a snapshot. Its old store is kept.
    let lagging = cluster.open("lagging");
    assert_same(&[&one, &lagging]);
    let kept_store = cluster.dir.path().join("lagging/store.1");
    let (kept, _) = viewlink::Store::open(kept_store).unwrap().mark().unwrap();
    assert_eq!(kept, of_lagging);
    drop(lagging);
    // The next opening needs no snapshot.
    link(&one, "more").unwrap();
    let lagging = cluster.open("lagging");
    assert_same(&[&one, &lagging]);
    assert!(!cluster.dir.path().join("lagging/store.2").exists());
}

#[test]
fn without_a_usable_snapshot_a_member_reports_that_and_keeps_its_store() {
    let cluster = Cluster::new();
    let (one, lagging) = (cluster.open("one"), cluster.open("lagging"));
    make_view(&one);
    assert_same(&[&one, &lagging]);
    drop(lagging);
    link(&one, "a").unwrap();
    link(&one, "b").unwrap();
    let last = one.fence(LONG).unwrap().sequence();
    cluster.log.trim(last).unwrap();
    for name in ["lagging", "new"] {
        let error = cluster.try_open(name).unwrap_err();
        assert!(matches!(error, Error::NoSnapshot { .. }), "{name}: {error}");
    }
    assert!(cluster.dir.path().join("lagging/store").exists());
    one.publish_snapshot().unwrap();
    let (lagging, new) = (cluster.open("lagging"), cluster.open("new"));
    assert_same(&[&one, &lagging, &new]);
}

#[test]
fn a_running_member_that_needs_trimmed_messages_reports_that_and_starts_from_a_snapshot_when_opened_again()
 {
    let cluster = Cluster::new();
    let (one, log) = (cluster.open("one"), Silent::on(&cluster, true));
    make_view(&one);
    let lagging = cluster.open_over("lagging", log.clone()).unwrap();
    assert_same(&[&one, &lagging]);
    log.set(true);
    wait_until("it reports that", || matches!(lagging.status().state, State::Away { .. }));
    for number in 0..3 {
        link(&one, &format!("f{number}")).unwrap();
        one.publish_snapshot().unwrap();
    }
    log.set(false);
    wait_until("it reports that", || matches!(lagging.status().state, State::Outrun { .. }));
    let error = link(&lagging, "a").unwrap_err();
    assert_eq!((error.outcome(), revision(&lagging)), (Outcome::NotApplied, 1), "{error}");
    drop(lagging);
    let lagging = cluster.open("lagging");
    assert_same(&[&one, &lagging]);
}

#[test]
fn a_copy_that_was_restored_from_an_old_backup_continues() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    (0..10).for_each(|number| link(&one, &format!("f{number}")).unwrap());
    let backup = cluster.dir.path().join("backup");
    one.store().backup_to(&backup).unwrap();
    (10..20).for_each(|number| link(&other, &format!("f{number}")).unwrap());
    drop(one);
    let store = cluster.dir.path().join("one/store");
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(&backup, &store).unwrap();
    let one = cluster.open("one");
    assert_same(&[&one, &other]);
    assert_eq!(revision(&one), 21);
}

#[test]
fn a_large_change_has_parts_and_a_member_that_stops_halfway_leaves_no_change() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    let keys: Vec<String> = (0..60_000_u64)
        .map(|number| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let before = cluster.log.bounds().unwrap().last;
    project(&one).link("v", Batch::flags(&keys)).unwrap().all_ok().unwrap();
    let messages = cluster.log.messages();
    let parts: Vec<_> = messages.iter().filter(|message| message.sequence > before).collect();
    assert!(parts.len() > 1, "{}", parts.len());
    assert!(parts.iter().all(|message| message.bytes.len() <= 512 << 10));
    assert_same(&[&one, &other]);
    // An entry without its last part: the other parts have no effect after the position of the copies changed.
    project(&one).unlink("v", Batch::flags(&keys)).unwrap().all_ok().unwrap();
    let last = cluster.log.bounds().unwrap().last;
    let all = cluster.log.messages();
    let unlinked: Vec<_> = all
        .iter()
        .filter(|message| message.sequence > parts.last().unwrap().sequence)
        .cloned()
        .collect();
    drop((one, other));
    cluster.log.cut_behind(last - 1);
    std::fs::remove_dir_all(cluster.dir.path().join("one")).unwrap();
    std::fs::remove_dir_all(cluster.dir.path().join("other")).unwrap();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    one.fence(LONG).unwrap();
    assert_eq!(revision(&one), 2, "the unlink lacks its end");
    link(&other, "more").unwrap();
    // The last part arrives too late.
    let end = unlinked.last().unwrap();
    assert!(matches!(cluster.log.append(None, &end.bytes), Appended::At(_)));
    assert_same(&[&one, &other]);
    assert_eq!(revision(&one), 3);
}
