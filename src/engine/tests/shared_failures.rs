//! Failures in stores that share one order of changes.

use super::shared_order::{Order, assert_same, copy, mark, shared};
use super::*;
use crate::Fault;
use crate::model::key::ViewKey;
use crate::sequencer::{LoggedGroup, Proposed};

fn failed(outcome: Outcome) -> Proposed {
    Proposed::Failed { outcome, source: "asked for by a test".into() }
}

#[test]
fn a_change_without_a_place_has_the_outcome_from_the_order_and_the_store_continues() {
    let order: Arc<Order> = Arc::default();
    let (one, _) = copy(&order);
    make_view(&one);
    for outcome in [Outcome::NotApplied, Outcome::Unknown] {
        order.answers.lock().unwrap().push(failed(outcome));
        let error = link(&one, 1, 2).unwrap_err();
        assert!(matches!(error, Error::SharedLog { .. }), "{error}");
        assert_eq!((error.outcome(), one.health()), (outcome, Health::Writable));
        assert_eq!(links(&one), 0);
    }
    // A call that would change nothing is certainly not applied. A call that was refused may have been refused on an
    // outdated state.
    order.answers.lock().unwrap().push(failed(Outcome::Unknown));
    let error = project(&one).delete_view("other").unwrap_err();
    assert!(matches!(error, Error::SharedLog { outcome: Outcome::NotApplied, .. }), "{error}");
    link(&one, 2, 2).unwrap();
    assert_clean(&one);
}

/// The order has it, so it is committed, and arrives again.
#[test]
fn a_change_that_has_its_place_and_fails_here_is_committed_and_applied_once_later() {
    for (fault, goes_on) in
        [(Fault::NotApplied, true), (Fault::Unknown, false), (Fault::Committed, false)]
    {
        let order: Arc<Order> = Arc::default();
        let ((one, disk), (other, _)) = (copy(&order), copy(&order));
        make_view(&one);
        one.set_fault(fault);
        let error = link(&one, 1, 2).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Committed, "{fault:?}: {error}");
        assert_eq!(one.health() == Health::Writable, goes_on, "{fault:?}");
        let killed = start_with(disk.power_lost(3), shared(&order)).unwrap();
        one.recover().unwrap();
        for engine in [&one, &killed, &other] {
            engine.follow().unwrap();
            assert_same(engine, &one);
            assert_eq!((links(engine), revision(engine)), (2, 2), "{fault:?}");
        }
    }
}

#[test]
fn changes_of_others_that_cannot_be_appended_arrive_again() {
    for fault in [Fault::NotApplied, Fault::Unknown, Fault::Committed] {
        let order: Arc<Order> = Arc::default();
        let ((one, _), (other, disk)) = (copy(&order), copy(&order));
        make_view(&one);
        (0..5).for_each(|number| link(&one, number, 2).unwrap());
        other.set_fault(fault);
        other.follow().unwrap_err();
        let killed = start_with(disk.power_lost(5), shared(&order)).unwrap();
        other.recover().unwrap();
        for engine in [&other, &killed] {
            engine.follow().unwrap();
            assert_same(engine, &one);
        }
    }
}

/// Adds a group at the end of the order.
fn push(order: &Order, at: &Engine, changes: Vec<Vec<u8>>) {
    let mut groups = order.groups.lock().unwrap();
    let mark = mark(groups.len() + 1);
    groups.push(LoggedGroup { base: at.at().unwrap().0, changes, mark });
}

#[test]
fn a_change_of_a_later_version_stops_a_copy_before_it_and_reads_continue() {
    let order: Arc<Order> = Arc::default();
    let ((one, disk), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    push(&order, &one, vec![vec![1, 2, 3]]);
    for engine in [&one, &other] {
        for _ in 0..2 {
            let error = engine.follow().unwrap_err();
            assert!(matches!(error, Error::NewerFormat { found: 1, .. }), "{error}");
        }
        let error = link(engine, 1, 1).unwrap_err();
        assert!(matches!(error, Error::NewerFormat { .. }), "{error}");
        assert_eq!((revision(engine), engine.health()), (1, Health::Writable));
        assert_clean(engine);
    }
    let reopened = start_with(disk.power_lost(1), shared(&order)).unwrap();
    assert_eq!(revision(&reopened), 1);
    // After an upgrade, the change at this place is known.
    order.groups.lock().unwrap().pop();
    link(&one, 1, 1).unwrap();
    other.follow().unwrap();
    assert_same(&one, &other);
}

#[test]
fn a_change_that_does_not_fit_is_not_applied_and_those_before_it_are() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    (0..3).for_each(|number| link(&one, number, 1).unwrap());
    let unfit = {
        let mut change = one.past_change(2).unwrap().0;
        // Its links already exist.
        change.stamp.revision = 5;
        change.encode().unwrap()
    };
    push(&order, &one, vec![unfit]);
    for engine in [&one, &other] {
        let error = engine.follow().unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
        assert_eq!((revision(engine), engine.health()), (4, Health::Writable));
        assert_eq!(engine.at().unwrap().1, mark(4));
        assert_clean(engine);
    }
    assert_same(&one, &other);
}

#[test]
fn a_group_that_was_decided_at_another_position_is_not_applied() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    let stranger = start_with(SimulatedDisk::new(), options().lineage(Some([3; 16]))).unwrap();
    let view = NewView::new("w", "another name");
    project(&stranger).create_view(view).unwrap();
    let change = one.past_change(1).unwrap().0.encode().unwrap();
    push(&order, &stranger, vec![change]);
    for engine in [&one, &other] {
        let error = engine.follow().unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
        assert_eq!(revision(engine), 1);
    }
    let no_such: ViewKey = "w".parse().unwrap();
    assert!(project(&one).read().unwrap().view(no_such.as_str()).is_err());
}

/// With any state on its disk, the machine reaches the same state as the others.
#[test]
fn a_copy_that_loses_power_between_any_two_calls_reaches_the_state_of_the_others() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, disk)) = (copy(&order), copy(&order));
    make_view(&one);
    for number in 0..24 {
        link(&one, number, 1 + number % 3).unwrap();
        match number % 3 {
            0 => drop(other.follow().unwrap()),
            1 => link(&other, 100 + number, 2).unwrap(),
            _ => {}
        }
    }
    one.follow().unwrap();
    for (call, stopped) in disk.stops().enumerate() {
        let after = stopped.power_lost(call as u64);
        let after = match start_with(after, shared(&order)) {
            Ok(after) => after,
            Err(error) => panic!("call {call}: {error}"),
        };
        after.follow().unwrap();
        assert_eq!(after.at().unwrap(), one.at().unwrap(), "call {call}");
        assert_eq!(super::shared_order::digest(&after), super::shared_order::digest(&one));
    }
}

#[test]
fn a_call_that_was_not_proposed_is_not_applied_after_any_failure_of_others() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    other.set_fault(Fault::Unknown);
    assert_eq!(link(&other, 1, 2).unwrap_err().outcome(), Outcome::NotApplied);
}
