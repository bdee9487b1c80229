//! A member that loses power between any two calls to its disk, while the log continues.

use std::sync::Arc;

use viewlink::testing::SimulatedDisk;
use viewlink_cluster::{ClusterOptions, Log, Member};

use crate::support::{Cluster, LONG, POLL, assert_same, link, make_view, options, position};

fn open_on(cluster: &Cluster, disk: &SimulatedDisk, name: &str) -> Member {
    let log = Arc::clone(&cluster.log) as Arc<dyn Log>;
    let (dir, snapshots) = (cluster.dir.path().join(name), Arc::new(cluster.snapshots.clone()));
    let options = options().checkpoint_bytes(2 << 10);
    Member::open_on(disk, dir, options, log, snapshots, ClusterOptions::new().poll(POLL)).unwrap()
}

#[test]
fn a_member_that_loses_power_between_any_two_calls_of_its_disk_ends_as_the_others() {
    let (cluster, disk) = (Cluster::new(), SimulatedDisk::new());
    let other = cluster.open("other");
    let one = open_on(&cluster, &disk, "one");
    make_view(&other);
    // The number of calls to the disk when each change was acknowledged.
    let mut answered = Vec::new();
    for number in 0..24 {
        let member = if number % 2 == 0 { &one } else { &other };
        link(member, &format!("f{number}")).unwrap();
        if number % 2 == 0 {
            answered.push((disk.calls(), position(&one).revision()));
        }
    }
    assert_same(&[&one, &other]);
    drop(one);
    // The members that are opened below append only fences.
    let stops: Vec<_> = disk.stops().enumerate().collect();
    for (call, stopped) in stops.into_iter().step_by(3) {
        let disk = stopped.power_lost(call as u64);
        let least =
            answered.iter().filter(|(calls, _)| *calls <= call).map(|(_, revision)| *revision);
        let member = open_on(&cluster, &disk, "again");
        let found = position(&member).revision();
        assert!(
            found >= least.max().unwrap_or_default(),
            "call {call}: acknowledged changes are there"
        );
        member.fence(LONG).unwrap();
        assert_eq!(position(&member), position(&other), "call {call}");
        assert!(member.store().verify().unwrap().is_clean());
    }
}
