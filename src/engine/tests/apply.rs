//! Changes that are durable, and how readers see them.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::mpsc::TryRecvError;

use super::*;
use crate::engine::live::Open;
use crate::model::ChangeRecord;
use crate::model::chain_hash::ChainHash;
use crate::model::error::StoreFile;
use crate::model::resource::ResourceType;
use crate::project::LinkChange;
use crate::state::State;

thread_local! {
    static AT_BEGIN: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Runs `act` the next time that this thread applies changes.
fn at_begin(act: impl FnOnce() + 'static) {
    AT_BEGIN.set(Some(Box::new(act)));
}

/// Called when changes are applied.
pub(in crate::engine) fn begin() {
    if let Some(act) = AT_BEGIN.take() {
        act();
    }
}

fn store() -> Arc<Engine> {
    let engine = start_with(SimulatedDisk::new(), Options::new()).unwrap();
    make_view(&engine);
    engine
}

/// After a failure of the state: the change is there after recovery, and the store continues.
fn assert_recovers(engine: &Arc<Engine>, links_after: u64) {
    assert!(matches!(engine.health(), Health::WritesStopped { .. }));
    let late = link(engine, 99, 1).unwrap_err();
    assert!(matches!(late, Error::WritesStopped { .. }), "{late}");
    engine.recover().unwrap();
    assert_eq!(engine.health(), Health::Writable);
    assert_eq!(links(engine), links_after);
    link(engine, 100, 1).unwrap();
    assert_clean(engine);
}

#[test]
fn a_small_change_that_panics_while_it_is_shown_is_committed_and_ends_reads_until_recovery() {
    let engine = store();
    at_begin(|| resume_unwind(Box::new("by a test")));
    let error = link(&engine, 0, 3).unwrap_err();
    assert!(matches!(error, Error::State { outcome: Outcome::Committed, .. }), "{error}");
    // A part of it may have been applied.
    let read = engine.snapshot().err();
    assert!(matches!(read, Some(Error::WritesStopped { .. })), "{read:?}");
    assert_recovers(&engine, 3);
}

#[test]
fn a_large_change_that_panics_while_it_is_shown_is_committed_and_readers_see_the_state_before() {
    let engine = store();
    link(&engine, 0, 5).unwrap();
    assert_eq!(links(&engine), 5);
    at_begin(|| resume_unwind(Box::new("by a test")));
    let error = link(&engine, 1, 3_000).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Committed, "{error}");
    assert_eq!(links(&engine), 5);
    assert_recovers(&engine, 3_005);
}

/// The decided change does not fit the state that it is applied to.
#[test]
fn a_change_that_does_not_fit_the_state_is_committed_and_stops_the_writes() {
    for (keys, is_shown) in [(3, false), (3_000, true)] {
        let engine = store();
        let other = Arc::downgrade(&engine);
        let swap = move || {
            let engine = other.upgrade().unwrap();
            let (open, _guard) = engine.snapshot().unwrap();
            engine.live.set(Open { state: State::default(), ..open });
        };
        // The clock is called between reading the state and applying the change.
        let options = Options { clock: clock_that(swap), ..engine.options.clone() };
        let error = decide_with(&engine, options, keys);
        assert_eq!(error.outcome(), Outcome::Committed, "{error}");
        assert!(format!("{error:?}").contains("Damaged"), "{error:?}");
        assert_eq!(engine.snapshot().is_ok(), is_shown);
        assert_recovers(&engine, keys as u64);
    }
}

fn clock_that(act: impl Fn() + Send + Sync + 'static) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    Arc::new(move || {
        act();
        Timestamp::from_millis(1)
    })
}

/// Links keys in a commit with other options than those of the store.
fn decide_with(engine: &Arc<Engine>, options: Options, keys: usize) -> Error {
    let keys: Vec<u16> = (1..=u16::try_from(keys).unwrap()).collect();
    let request = super::groups::request(&keys);
    let mut answers = Vec::new();
    engine.writer().commit(&engine.live, &options, vec![request], |all| answers = all);
    answers.remove(0).unwrap_err()
}

#[test]
fn readers_wait_only_for_the_first_large_change_and_for_small_ones_while_they_are_applied() {
    for (keys, read_before, waits) in
        [(10, true, true), (3_000, true, false), (3_000, false, true), (30_000, false, false)]
    {
        let engine = store();
        if read_before {
            assert_eq!(links(&engine), 0);
        }
        let (reading, seen) = (Arc::clone(&engine), Arc::new(Mutex::new(None)));
        let found = Arc::clone(&seen);
        at_begin(move || {
            let read = spawn(move || links(&reading));
            *found.lock().unwrap() = Some(read.recv_timeout(SHORT).ok());
        });
        link(&engine, 0, keys).unwrap();
        let expected = if waits { None } else { Some(0) };
        assert_eq!(*seen.lock().unwrap(), Some(expected), "{keys} keys");
        assert_eq!(links(&engine), keys as u64);
    }
}

/// 3,000 flags go from one view to another and back, each time in one change.
#[test]
fn a_reader_sees_large_changes_whole_or_not_at_all() {
    let engine = store();
    let project = project(&engine);
    project.create_view(NewView::new("w", "name")).unwrap();
    let flags = || Batch::flags((0..3_000).map(|key| format!("flag-0-{key}")));
    link(&engine, 0, 3_000).unwrap();
    let (reading, writing) = (Arc::clone(&engine), project.clone());
    let written = spawn(move || {
        for (from, to) in [("v", "w"), ("w", "v")].into_iter().cycle().take(20) {
            let change = [LinkChange::unlink(from, flags()), LinkChange::link(to, flags())];
            for report in writing.change_links(change).unwrap() {
                report.all_ok().unwrap();
            }
        }
    });
    let mut reads = 0;
    while matches!(written.try_recv(), Err(TryRecvError::Empty)) {
        let open = reading.snapshot().unwrap().0;
        let held = open.state.project(&"p".parse().unwrap()).unwrap();
        let count = |view: &str| {
            let view = held.read().view(&view.parse().unwrap()).unwrap();
            view.links.get(ResourceType::Flag)
        };
        let counts = (count("v"), count("w"));
        assert!([(0, 3_000), (3_000, 0)].contains(&counts), "{counts:?}");
        reads += 1;
    }
    assert!(reads > 20, "{reads}");
    assert_clean(&engine);
}

#[test]
fn a_change_that_does_not_fit_is_an_error_of_apply() {
    let engine = store();
    let (open, _guard) = engine.snapshot().unwrap();
    let twice = crate::journal::Reader::new(Arc::clone(&open.segments), 1, 1).unwrap().next();
    let change = ChangeRecord::decode(&twice.unwrap().unwrap().1).unwrap();
    let live = Live::new(open);
    let error = live
        .apply(&[change], &[ChainHash::default()], crate::model::mark::Mark::default())
        .unwrap_err();
    assert!(matches!(error, Error::Damaged { file: StoreFile::Journal | StoreFile::State, .. }));
    assert!(live.read().is_none());
}
