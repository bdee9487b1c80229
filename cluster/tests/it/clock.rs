//! Hosts with a wrong clock.

use std::time::{Duration, SystemTime};

use viewlink::Outcome;
use viewlink_cluster::State;

use crate::support::{Cluster, LONG, assert_same, link, make_view, revision, wait_until};

#[test]
fn a_host_whose_clock_is_far_ahead_of_the_log_changes_nothing_until_it_is_corrected() {
    let cluster = Cluster::new();
    let one = cluster.open("one");
    make_view(&one);
    drop(one);
    cluster.log.set_time(Some(SystemTime::now() - Duration::from_secs(90)));
    let one = cluster.open("one");
    let error = link(&one, "a").unwrap_err();
    assert_eq!((error.outcome(), revision(&one)), (Outcome::NotApplied, 1), "{error}");
    assert!(format!("{error:?}").contains("ClockAhead"), "{error:?}");
    assert!(matches!(one.status().state, State::Failing { .. }));
    one.fence(LONG).unwrap();
    cluster.log.set_time(Some(SystemTime::now()));
    wait_until("the member notices the correction", || link(&one, "a").is_ok());
    assert_eq!(one.status().state, State::Following);
    assert_same(&[&one, &cluster.open("other")]);
}

#[test]
fn a_clock_that_is_late_or_a_little_fast_is_accepted() {
    let cluster = Cluster::new();
    let now = SystemTime::now();
    let times = [now - Duration::from_secs(30), now + Duration::from_secs(3600)];
    for (number, time) in times.into_iter().enumerate() {
        cluster.log.set_time(Some(time));
        let one = cluster.open("one");
        make_view(&one);
        link(&one, &format!("f{number}")).unwrap();
    }
}
