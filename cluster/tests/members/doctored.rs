//! The checker accepts the history of a store, and no changed version of it.

use std::sync::Mutex;
use std::thread;

use viewlink::{Batch, Change, ChangeKind, Options, Resource, Store, Timestamp};

use crate::checker::{Answer, Call, History, PROJECT, Random, Reply, Request, check};

/// The calls of four callers to one store, and its changes.
fn made() -> (History, Vec<Change>) {
    let store = Options::new().keep_changes(None).open_in_memory().unwrap();
    let history = Mutex::new(History::default());
    thread::scope(|scope| {
        for caller in 0..4 {
            let (store, history) = (&store, &history);
            scope.spawn(move || {
                let mut random = Random(caller);
                for number in 0..250 {
                    let request = Request::random(&mut random);
                    History::call(history, store, &format!("{caller}/{number}"), request);
                }
            });
        }
    });
    let feed = store.feed(0).unwrap().next_page(100_000).unwrap();
    (history.into_inner().unwrap(), feed)
}

fn renumbered(mut feed: Vec<Change>) -> Vec<Change> {
    for (revision, change) in (1..).zip(&mut feed) {
        change.revision = revision;
    }
    feed
}

fn answer_of<'a>(history: &'a mut History, change: &Change) -> &'a mut Answer {
    let is_its = |call: &&mut Call| Some(&*call.actor) == change.actor.as_deref();
    match &mut history.calls.iter_mut().find(is_its).unwrap().reply {
        Reply::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_history_of_a_store_is_accepted() {
    let (history, feed) = made();
    let checked = check(&history, &feed).unwrap();
    assert_eq!(checked.changes, feed.len());
    assert_eq!(checked.reports, feed.len(), "every report of a change is compared");
    assert_eq!(checked.reports + checked.answers, history.calls.len());
    assert!(checked.changes > 300 && checked.answers > 100, "{checked:?}");
}

#[test]
fn a_lost_change_is_noticed_wherever_it_was() {
    let (history, feed) = made();
    for at in [0, 1, feed.len() / 2, feed.len() - 1] {
        let mut lost = feed.clone();
        lost.remove(at);
        assert!(check(&history, &lost).is_err(), "with a gap at {at}");
        assert!(check(&history, &renumbered(lost)).is_err(), "without a gap at {at}");
    }
}

#[test]
fn a_lost_change_of_a_view_is_noticed() {
    let (history, feed) = made();
    let of_view = |change: &&Change| {
        change.actor.is_some() && format!("{:?}", change.kind).starts_with("View")
    };
    let mut found = 0;
    for lost in feed.iter().filter(of_view).take(20) {
        let rest = feed.iter().filter(|change| change.revision != lost.revision).cloned().collect();
        assert!(check(&history, &renumbered(rest)).is_err(), "{lost:?}");
        found += 1;
    }
    assert!(found > 5);
}

#[test]
fn a_repeated_change_is_noticed() {
    let (history, feed) = made();
    for at in [1, feed.len() / 2, feed.len() - 1] {
        let mut repeated = feed.clone();
        repeated.insert(at, feed[at - 1].clone());
        assert!(check(&history, &renumbered(repeated)).is_err(), "at {at}");
    }
    let mut at_the_end = feed.clone();
    at_the_end.push(feed[0].clone());
    assert!(check(&history, &renumbered(at_the_end)).is_err());
}

#[test]
fn swapped_changes_are_noticed() {
    let (history, feed) = made();
    for at in [1, feed.len() / 2, feed.len() - 1] {
        let mut swapped = feed.clone();
        swapped.swap(at - 1, at);
        assert!(check(&history, &renumbered(swapped)).is_err(), "at {at}");
    }
}

#[test]
fn a_changed_report_is_noticed() {
    let (history, feed) = made();
    for change in [&feed[0], &feed[feed.len() / 2], &feed[feed.len() - 1]] {
        let mut changed = history.clone();
        answer_of(&mut changed, change).text.push_str(", key-1 Linked");
        assert!(check(&changed, &feed).is_err(), "{change:?}");
    }
}

#[test]
fn a_changed_answer_of_a_call_that_changed_nothing_is_noticed() {
    let (history, feed) = made();
    let changed_nothing = |call: &Call| {
        let made = feed.iter().any(|change| change.actor.as_deref() == Some(&*call.actor));
        !made && matches!(call.reply, Reply::Answer(_))
    };
    let places: Vec<usize> =
        (0..history.calls.len()).filter(|at| changed_nothing(&history.calls[*at])).collect();
    for at in [places[0], places[places.len() / 2], places[places.len() - 1]] {
        let mut changed = history.clone();
        let Reply::Answer(answer) = &mut changed.calls[at].reply else { unreachable!() };
        answer.text.push_str(" and more");
        assert!(check(&changed, &feed).is_err(), "{:?}", history.calls[at]);
    }
}

#[test]
fn a_change_of_a_call_that_was_refused_is_noticed() {
    let (mut history, feed) = made();
    let last = feed[feed.len() - 1].actor.clone().unwrap();
    let call = history.calls.iter_mut().find(|call| call.actor == last).unwrap();
    call.reply = Reply::Unknown("no answer".to_owned());
    assert_eq!(
        check(&history, &feed).unwrap().unknown,
        1,
        "a change of unknown outcome may be there"
    );
    let call = history.calls.iter_mut().find(|call| call.actor == last).unwrap();
    call.reply = Reply::NotMade("refused".to_owned());
    assert!(check(&history, &feed).is_err());
}

#[test]
fn a_change_without_a_call_is_noticed() {
    let (mut history, feed) = made();
    let last = feed[feed.len() - 1].actor.clone().unwrap();
    history.calls.retain(|call| call.actor != last);
    assert!(check(&history, &feed).is_err());
}

#[test]
fn a_changed_change_is_noticed() {
    let (history, feed) = made();
    for at in [0, feed.len() / 2, feed.len() - 1] {
        let mut changed = feed.clone();
        changed[at].comment = Some("no caller wrote this".to_owned());
        assert!(check(&history, &changed).is_err(), "at {at}");
    }
    let is_of_links = |change: &Change| matches!(change.kind, ChangeKind::LinksChanged { .. });
    let mut changed = feed.clone();
    let change = changed.iter_mut().rfind(|change| is_of_links(change)).unwrap();
    let ChangeKind::LinksChanged { linked, .. } = &mut change.kind else { unreachable!() };
    linked.push(Resource::flag("invented").unwrap());
    assert!(check(&history, &changed).is_err());
}

/// A store with a view, whose clock stands still.
fn still() -> (Store, Mutex<History>) {
    let options = Options::new().clock(|| Timestamp::from_millis(0));
    let store = options.open_in_memory().unwrap();
    let history = Mutex::new(History::default());
    History::call(&history, &store, "create", Request::Create("view-1".to_owned()));
    (store, history)
}

fn end((store, history): (Store, Mutex<History>)) -> (History, Vec<Change>) {
    let feed = store.feed(0).unwrap().next_page(100).unwrap();
    (history.into_inner().unwrap(), feed)
}

#[test]
fn a_lost_newest_change_is_noticed_even_if_no_later_call_saw_it() {
    let (store, history) = still();
    History::call(&history, &store, "link", Request::link("view-1", "key-1"));
    let (history, mut feed) = end((store, history));
    assert_eq!(check(&history, &feed).unwrap().changes, 2);
    feed.pop();
    assert!(check(&history, &feed).is_err());
}

#[test]
fn a_view_that_was_shown_and_is_not_there_is_noticed_while_the_clock_stands_still() {
    let (history, feed) = end(still());
    assert_eq!(check(&history, &feed).unwrap().changes, 1);
    assert!(check(&history, &[]).is_err());
}

#[test]
fn a_call_that_was_made_twice_with_an_effect_each_time_is_noticed() {
    let (store, history) = still();
    History::call(&history, &store, "link", Request::link("view-1", "key-1"));
    let project = |actor: &str| store.project(PROJECT).unwrap().actor(actor);
    History::call(&history, &store, "delete", Request::Delete("view-1".to_owned()));
    History::call(&history, &store, "again", Request::Create("view-1".to_owned()));
    history.lock().unwrap().calls[1].reply = Reply::Unknown("no answer".to_owned());
    let (once, feed) =
        (history.lock().unwrap().clone(), store.feed(0).unwrap().next_page(100).unwrap());
    assert!(check(&once, &feed).is_ok());
    // The call takes effect a second time, as if a copy of it had been delayed.
    project("link").link("view-1", Batch::flags(["key-1"])).unwrap().all_ok().unwrap();
    let (history, feed) = end((store.clone(), history));
    assert!(check(&history, &feed).unwrap_err().contains("twice"));
}

#[test]
fn a_change_that_comes_before_one_that_was_answered_earlier_is_noticed() {
    let (mut history, feed) = made();
    let middle = feed[feed.len() / 2].actor.clone().unwrap();
    let newest = history.calls.iter().map(|call| call.times.1).max().unwrap();
    let call = history.calls.iter_mut().find(|call| call.actor == middle).unwrap();
    call.times = (newest + 1, newest + 2);
    assert!(check(&history, &feed).unwrap_err().contains("began after"));
}

#[test]
fn an_answer_from_before_a_change_that_was_answered_earlier_is_noticed() {
    let (store, history) = still();
    History::call(&history, &store, "link", Request::link("view-1", "key-1"));
    let (mut history, feed) = end((store, history));
    // The answer of an empty store, as at revision 0.
    let empty = Options::new().open_in_memory().unwrap();
    let mut stale = Call::begin(&empty, "stale", Request::link("view-1", "key-1"));
    stale.make(&empty);
    assert!(matches!(stale.reply, Reply::Answer(_)));
    (stale.between, stale.times) = ((0, 2), (0, u64::MAX));
    history.calls.push(stale);
    assert!(check(&history, &feed).is_ok(), "it may have been answered at revision 0");
    history.calls[2].times.0 = history.calls[1].times.1 + 1;
    assert!(check(&history, &feed).is_err(), "it began after revision 2 had been answered");
}
