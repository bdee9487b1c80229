//! Failures of members, stores and logs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use viewlink::{Batch, Fault, Health, Outcome, Resource};
use viewlink_cluster::{Appended, Error, Log, Member, State, Token};

use crate::support::{
    Cluster, LONG, Silent, assert_same, is_diverged, link, make_view, options, position, project,
    revision, wait_until,
};

fn is_linked(member: &Member, key: &str) -> bool {
    project(member).read().unwrap().is_linked("v", &Resource::flag(key).unwrap()).unwrap()
}

#[test]
fn a_log_that_does_not_answer_is_not_a_failure_of_the_store() {
    let mut cluster = Cluster::new();
    cluster.deadline = Duration::from_millis(200);
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    assert_same(&[&one, &other]);
    cluster.log.set_away(true);
    let error = link(&one, "a").unwrap_err();
    assert!(matches!(error, viewlink::Error::SharedLog { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotApplied, "it was never sent");
    assert_eq!(one.store().health(), Health::Writable);
    assert!(!is_linked(&one, "a"));
    wait_until("it reports that", || matches!(one.status().state, State::Away { .. }));
    assert!(one.fence(Duration::from_millis(50)).is_err());
    drop(other);
    let other = cluster.open("other");
    assert!(!is_linked(&other, "a"), "the member opens for reads");
    cluster.log.set_away(false);
    wait_until("the log answers again", || link(&one, "a").is_ok());
    wait_until("it reports that", || one.status().state == State::Following);
    assert_same(&[&one, &other]);
    assert!(is_linked(&other, "a"));
    assert_eq!((one.status().lag, one.status().position), (0, Some(position(&one))));
}

#[test]
fn a_change_whose_acknowledgement_is_lost_is_found_by_reading_the_log() {
    let cluster = Cluster::new();
    let log = Silent::on(&cluster, false);
    let one = cluster.open_over("one", log.clone()).unwrap();
    make_view(&one);
    log.set(true);
    (0..5).for_each(|number| link(&one, &format!("f{number}")).unwrap());
    assert_eq!(revision(&one), 6);
}

/// Like a process that is killed after it appended its change and before it read the log.
#[test]
fn a_member_that_closes_before_it_gets_an_answer_has_its_change_once_when_it_is_opened_again() {
    let mut cluster = Cluster::new();
    cluster.deadline = Duration::from_millis(150);
    let log = Silent::on(&cluster, true);
    let one = cluster.open_over("one", log.clone()).unwrap();
    let other = cluster.open("other");
    make_view(&one);
    log.set(true);
    let error = link(&one, "a").unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    drop(one);
    assert!(other.fence(LONG).unwrap().position().revision() == 2 && is_linked(&other, "a"));
    link(&other, "b").unwrap();
    let one = cluster.open("one");
    assert_same(&[&one, &other]);
    assert_eq!(revision(&one), 3);
}

#[test]
fn a_change_that_the_log_has_and_the_journal_refuses_is_committed_and_takes_effect_once() {
    for fault in [Fault::NotApplied, Fault::Unknown, Fault::Committed] {
        let cluster = Cluster::new();
        let (one, other) = (cluster.open("one"), cluster.open("other"));
        make_view(&one);
        one.store().fail_next_change(fault);
        let error = link(&one, "a").unwrap_err();
        assert_eq!(error.outcome(), Outcome::Committed, "{fault:?}: {error}");
        // The member recovers by itself.
        wait_until("it recovers", || {
            one.store().health() == Health::Writable && revision(&one) == 2
        });
        link(&one, "b").unwrap();
        // The same with a change of another member.
        one.store().fail_next_change(fault);
        link(&other, "c").unwrap();
        assert_same(&[&one, &other]);
        assert_eq!(revision(&one), 4, "{fault:?}");
    }
}

#[test]
fn a_log_that_lost_its_end_is_reported_and_nothing_is_overwritten() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    link(&one, "a").unwrap();
    let sequence = one.fence(LONG).unwrap().sequence();
    assert_same(&[&one, &other]);
    let before = position(&one);
    cluster.log.cut_behind(sequence - 4);
    wait_until("it reports that", || is_diverged(&one));
    let error = link(&one, "b").unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotApplied, "{error}");
    assert!(is_linked(&one, "a"), "reads continue");
    drop((one, other));
    let one = cluster.open("one");
    wait_until("it reports that", || is_diverged(&one));
    assert_eq!(position(&one), before);
    assert!(link(&one, "b").is_err());
}

/// The end is lost, and other members append there before this member reads the log.
#[test]
fn a_member_with_a_change_that_the_log_lost_notices_the_changes_that_replaced_it() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    assert_same(&[&one, &other]);
    let sequence = cluster.log.bounds().unwrap().last;
    drop(other);
    link(&one, "only-here").unwrap();
    let before = position(&one);
    drop(one);
    cluster.log.cut_behind(sequence);
    let other = cluster.open("other");
    (0..3).for_each(|number| link(&other, &format!("f{number}")).unwrap());
    let one = cluster.open("one");
    wait_until("it reports that", || is_diverged(&one));
    assert!(link(&one, "x").is_err());
    assert_eq!(position(&one), before);
}

#[test]
fn a_store_that_was_changed_without_the_log_is_no_longer_a_member() {
    let cluster = Cluster::new();
    let one = cluster.open("one");
    make_view(&one);
    drop(one);
    let path = cluster.dir.path().join("one/store");
    let alone = options().open(&path).unwrap();
    alone.project("p").unwrap().link("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    alone.close().unwrap();
    let error = cluster.try_open("one").unwrap_err();
    assert!(matches!(error, Error::LeftLog { .. }), "{error}");
    assert!(path.exists());
}

#[test]
fn a_member_of_another_log_is_refused() {
    let (cluster, others) = (Cluster::new(), Cluster::new());
    make_view(&cluster.open("one"));
    let stranger = others.open("one");
    make_view(&stranger);
    link(&stranger, "a").unwrap();
    drop(stranger);
    let error = cluster.open_over("one", Arc::clone(&others.log) as Arc<dyn Log>).unwrap_err();
    assert!(matches!(error, Error::OtherLog { .. }), "{error}");
    // If the log cannot be reached at the opening, this is found later.
    others.log.set_away(true);
    let one = cluster.open_over("one", Arc::clone(&others.log) as Arc<dyn Log>).unwrap();
    others.log.set_away(false);
    wait_until("it reports that", || is_diverged(&one));
    assert!(link(&one, "b").is_err());
}

#[test]
fn a_message_that_is_not_an_entry_stops_members_until_it_is_removed() {
    let cluster = Cluster::new();
    let one = cluster.open("one");
    make_view(&one);
    let Appended::At(sequence) = cluster.log.append(None, b"another program wrote this") else {
        panic!()
    };
    let error = link(&one, "a").unwrap_err();
    assert!(format!("{:?}", std::error::Error::source(&error)).contains(&sequence.to_string()));
    wait_until("it reports that", || matches!(one.status().state, State::Failing { .. }));
    drop(one);
    cluster.log.remove(sequence);
    let one = cluster.open("one");
    link(&one, "a").unwrap();
    assert_eq!(revision(&one), 2);
}

#[test]
fn a_member_closes_quickly_while_a_change_waits_and_its_store_can_still_be_read() {
    let cluster = Cluster::new();
    let log = Silent::on(&cluster, true);
    let one = cluster.open_over("one", log.clone()).unwrap();
    make_view(&one);
    log.set(true);
    let store = one.store().clone();
    let waiting = store.clone();
    let call = std::thread::spawn(move || {
        waiting.project("p").unwrap().link("v", Batch::flags(["a"])).unwrap_err()
    });
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    drop(one);
    assert_eq!(call.join().unwrap().outcome(), Outcome::Unknown);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(store.snapshot().unwrap().revision(), 1);
    let error = store.project("p").unwrap().link("v", Batch::flags(["b"])).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotApplied);
    store.close().unwrap();
}

#[test]
fn the_changes_of_a_token_can_be_read_from_any_member() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    for number in 0..20 {
        let (from, to) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        link(from, &format!("f{number}")).unwrap();
        let token: Token = from.token().unwrap().to_string().parse().unwrap();
        assert!(to.wait_for(token, LONG).unwrap());
        assert!(is_linked(to, &format!("f{number}")));
        to.fence(LONG).unwrap();
    }
    let ahead = cluster.open("one-more").token().unwrap();
    assert!(ahead.sequence() <= cluster.log.bounds().unwrap().last);
    assert!("12".parse::<Token>().is_err() && "x@y".parse::<Token>().is_err());
}

/// A read after a fence shows every change that another member acknowledged before.
#[test]
fn a_fence_shows_the_changes_that_any_member_acknowledged_before_it() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    for number in 0..50 {
        link(&one, &format!("f{number}")).unwrap();
        other.fence(LONG).unwrap();
        assert!(is_linked(&other, &format!("f{number}")), "{number}");
    }
}
