//! Logs that begin with the store of a host.

use std::path::Path;
use std::sync::Arc;

use viewlink::{Batch, NewView};
use viewlink_cluster::{ClusterOptions, Error, Log, Member, Result, Snapshots};

use crate::support::{
    Cluster, POLL, assert_same, feed, link, make_view, options, position, revision,
};

/// Makes a store without a log in the directory of a member.
fn make_store(cluster: &Cluster, name: &str) {
    let store = options().open(cluster.dir.path().join(name).join("store")).unwrap();
    let project = store.project("p").unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    for number in 0..20 {
        project.link("v", Batch::flags([format!("f{number}")])).unwrap().all_ok().unwrap();
    }
    store.close().unwrap();
}

fn begin(cluster: &Cluster, name: &str) -> Result<Member> {
    let log = Arc::clone(&cluster.log) as Arc<dyn Log>;
    let (dir, snapshots) = (cluster.dir.path().join(name), Arc::new(cluster.snapshots.clone()));
    let begin = ClusterOptions::new().poll(POLL).begin_with_store(true);
    Member::open(dir, options(), log, snapshots, begin)
}

#[test]
fn a_log_begins_with_the_store_of_a_host_and_other_members_get_all_of_it() {
    let cluster = Cluster::new();
    make_store(&cluster, "one");
    let one = begin(&cluster, "one").unwrap();
    assert_eq!(revision(&one), 21);
    let other = cluster.open("other");
    assert_same(&[&one, &other]);
    link(&other, "of-other").unwrap();
    link(&one, "of-one").unwrap();
    assert_same(&[&one, &other]);
    assert_eq!(feed(other.store()).len(), 23, "the changes before the log and after its beginning");
    one.publish_snapshot().unwrap();
    one.publish_snapshot().unwrap();
    assert_same(&[&one, &other, &cluster.open("late")]);
}

#[test]
fn a_member_that_began_a_log_opens_again_before_and_after_the_first_change() {
    let cluster = Cluster::new();
    make_store(&cluster, "one");
    for round in 0..3 {
        drop(begin(&cluster, "one").unwrap());
        let one = cluster.open("one");
        assert_eq!(revision(&one), 21 + round);
        link(&one, &format!("round-{round}")).unwrap();
        assert_same(&[&one, &cluster.open("other")]);
    }
    assert_eq!(cluster.snapshots.list().unwrap().len(), 1);
    // It opens for reads while the log does not answer, too.
    cluster.log.set_away(true);
    assert_eq!(revision(&begin(&cluster, "one").unwrap()), 24);
}

#[test]
fn a_store_without_a_log_is_refused_unless_an_empty_log_may_begin_with_it() {
    let cluster = Cluster::new();
    make_store(&cluster, "one");
    let error = cluster.try_open("one").unwrap_err();
    assert!(matches!(error, Error::LeftLog { .. }), "{error}");
    assert_eq!(cluster.log.bounds().unwrap().last, 0, "nothing was appended");

    let other = cluster.open("other");
    make_view(&other);
    let before = position(&other);
    let error = begin(&cluster, "one").unwrap_err();
    assert!(matches!(error, Error::LeftLog { .. }), "the log is not empty: {error}");
    assert_eq!(position(&other), before);
    assert!(cluster.snapshots.list().unwrap().is_empty());
}

#[test]
fn without_its_snapshot_a_new_member_of_such_a_log_reports_that() {
    let cluster = Cluster::new();
    make_store(&cluster, "one");
    let one = begin(&cluster, "one").unwrap();
    cluster.snapshots.remove(&cluster.snapshots.list().unwrap()[0]).unwrap();
    let error = cluster.try_open("new").unwrap_err();
    assert!(matches!(error, Error::NoSnapshot { .. }), "{error}");
    one.publish_snapshot().unwrap();
    assert_same(&[&one, &cluster.open("new")]);
}

#[test]
fn a_store_that_was_changed_after_it_began_a_log_is_refused() {
    let cluster = Cluster::new();
    make_store(&cluster, "one");
    drop(begin(&cluster, "one").unwrap());
    let path: &Path = &cluster.dir.path().join("one/store");
    let store = options().open(path).unwrap();
    store.project("p").unwrap().link("v", Batch::flags(["alone"])).unwrap().all_ok().unwrap();
    store.close().unwrap();
    for opened in [cluster.try_open("one"), begin(&cluster, "one")] {
        assert!(matches!(opened.unwrap_err(), Error::LeftLog { .. }));
    }
    // If the log does not answer, this is found later.
    cluster.log.set_away(true);
    let one = cluster.open("one");
    cluster.log.set_away(false);
    crate::support::wait_until("it reports that", || crate::support::is_diverged(&one));
    assert!(link(&one, "more").is_err());
}
