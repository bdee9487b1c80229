//! What a verification finds that no public call can bring about, and who hears of a lost request.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::Batch;
use crate::model::ChangeMeta;
use crate::model::error::{Outcome, StoreFile};
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;
use crate::model::view::ViewFields;
use crate::storage::{Edit, LinkKey};

/// A store with a view and some links, whose journal reaches back to the first change.
fn store() -> Arc<Engine> {
    let options = Options::new().clock(|| Timestamp::from_millis(1));
    let engine = start_with(MemoryDisk::default(), options).unwrap();
    let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
    project.ensure_view(NewView::new("v", "name")).unwrap();
    project.link("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    assert_clean(&engine);
    engine
}

fn ask() -> Ask {
    Ask { meta: ChangeMeta::default(), keys: 1, dry_run: false }
}

#[test]
fn a_journal_that_does_not_end_where_the_state_is_breaks_an_invariant() {
    let engine = store();
    let open = engine.open();
    let open = open.as_ref().unwrap();
    // After a failure the journal may be ahead, and never behind.
    for (journal_head, at_rest, clean) in [
        (2, true, true),
        (2, false, true),
        (3, true, false),
        (3, false, true),
        (1, true, false),
        (1, false, false),
    ] {
        let found = verify::verify(open, journal_head, at_rest).unwrap();
        let broken: Vec<u8> = found.findings.iter().map(|finding| finding.invariant).collect();
        let expected: &[u8] = if clean { &[] } else { &[4] };
        assert_eq!(broken, expected, "journal at {journal_head}, at rest: {at_rest}");
    }
}

/// The count of a view is written as it was before its link was made.
#[test]
fn a_row_that_contradicts_the_others_stops_the_writes() {
    let engine = store();
    let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
    {
        let open = engine.open();
        let transaction = open.as_ref().unwrap().state.begin().unwrap();
        let mut tables = transaction.tables().unwrap();
        let stamp = crate::model::Stamp { revision: 2, time: Timestamp::from_millis(1) };
        let fields = ViewFields::default();
        let (project, key) = ("p".parse().unwrap(), "w".parse().unwrap());
        let (_, mut view) = tables.create_view(&project, &key, fields.clone(), stamp).unwrap();
        let before = view.clone();
        let links = [LinkKey { name: ResourceName::packed("x"), request_index: 0 }];
        tables.change_links(&mut view, ResourceType::Flag, Edit::Link, &links, stamp).unwrap();
        tables.update_view(before, fields, stamp).unwrap();
        let finished = tables.finish().unwrap();
        transaction.commit(finished).unwrap();
    }
    let error = project.unlink("w", Batch::flags(["x"])).unwrap_err();
    assert!(matches!(error, Error::Damaged { file: StoreFile::State, .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert!(matches!(engine.health(), Health::WritesStopped { .. }));
    let late = project.link("v", Batch::flags(["c"])).unwrap_err();
    assert!(matches!(late, Error::WritesStopped { .. }), "{late}");
}

#[test]
fn a_state_that_the_journal_does_not_lead_to_breaks_an_invariant() {
    let engine = store();
    {
        let open = engine.open();
        let transaction = open.as_ref().unwrap().state.begin().unwrap();
        let mut tables = transaction.tables().unwrap();
        let view = tables.view(0, &"v".parse().unwrap()).unwrap().unwrap();
        let stamp = crate::model::Stamp { revision: 2, time: Timestamp::from_millis(1) };
        let fields = ViewFields { name: "never given".into(), ..view.fields().clone() };
        tables.update_view(view, fields, stamp).unwrap();
        let finished = tables.finish().unwrap();
        transaction.commit(finished).unwrap();
    }
    let found = engine.verify().unwrap();
    assert!(found.counts.replayed);
    assert!(found.findings.iter().any(|finding| finding.invariant == 5), "{found}");
}

#[test]
fn a_request_that_is_lost_is_an_error_of_unknown_outcome() {
    let nothing = |_: &mut Draft<'_, '_>| Ok(((), None));
    let (request, place) = Request::<(), _>::new(ask(), nothing);
    let request: Box<dyn Call> = Box::new(request);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(place.wait()).unwrap());
    drop(request);
    match receiver.recv_timeout(Duration::from_secs(20)).unwrap() {
        Word::Answer(Err(error)) => assert_eq!(error.outcome(), Outcome::Unknown, "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_that_meets_damage_stops_writes_and_one_that_is_wrong_itself_does_not() {
    let engine = store();
    let fail = |error: fn() -> Error| {
        let act = move |_: &mut Draft<'_, '_>| Err::<((), Option<Recorded>), _>(error());
        engine.commit(ask(), act).unwrap_err()
    };
    let wrong =
        fail(|| Error::UnknownView { project: "p".parse().unwrap(), view: "x".parse().unwrap() });
    assert!(matches!(wrong, Error::UnknownView { .. }), "{wrong}");
    assert_eq!(engine.health(), Health::Writable);
    let damage = fail(|| Error::damaged(StoreFile::State, "block", "by a test"));
    assert!(matches!(damage, Error::Damaged { .. }), "{damage}");
    assert!(matches!(engine.health(), Health::WritesStopped { .. }));
}
