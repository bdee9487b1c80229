use super::*;
use crate::disk::{Disk, MemoryDisk};
use crate::model::Stamp;
use crate::model::time::Timestamp;

impl State {
    /// A new one, for tests.
    pub(crate) fn in_memory() -> Self {
        let disk = MemoryDisk::default();
        let options = StateOptions::new(1 << 20);
        Self::create(disk.create("s").unwrap(), StoreId([0; 16]), options).unwrap();
        let state = Self::open(disk.open("s").unwrap(), options, |_| {}).unwrap();
        state.admit().unwrap();
        state
    }
}

/// A change that touches nothing but the head, after `during` looked at it.
fn change_with(state: &State, during: impl FnOnce()) {
    let transaction = state.begin().unwrap();
    let mut tables = transaction.tables().unwrap();
    let revision = tables.head().revision + 1;
    tables.complete(Stamp { revision, time: Timestamp::from_millis(revision) });
    let finished = tables.finish().unwrap();
    during();
    transaction.commit(finished).unwrap();
}

fn change(state: &State) {
    change_with(state, || {});
}

#[test]
fn those_who_read_between_two_changes_share_the_tables() {
    let state = State::in_memory();
    let first = state.read().unwrap();
    assert!(Arc::ptr_eq(&first, &state.read().unwrap()));
    // One that began before the change was shown is shared by nobody who begins behind it.
    change_with(&state, || assert!(Arc::ptr_eq(&first, &state.read().unwrap())));
    let second = state.read().unwrap();
    assert_eq!((first.head().revision, second.head().revision), (0, 1));
    state.checkpoint().unwrap();
    assert_eq!(state.read().unwrap().head().revision, 1);
}

#[test]
fn a_change_that_is_taken_back_shows_nothing_and_forgets_nothing() {
    let state = State::in_memory();
    let first = state.read().unwrap();
    state.begin().unwrap().abort().unwrap();
    assert!(Arc::ptr_eq(&first, &state.read().unwrap()));
}

#[test]
fn tables_that_nobody_reads_any_more_hold_no_compaction_up_and_keep_no_pages() {
    let mut state = State::in_memory();
    change(&state);
    drop(state.read().unwrap());
    state.compact().unwrap();
    let lengths = [false, true].map(|reads| {
        for _ in 0..400 {
            change(&state);
            if reads {
                drop(state.read().unwrap());
            }
        }
        state.checkpoint().unwrap();
        state.file_len().unwrap()
    });
    assert_eq!(lengths[0], lengths[1], "with a reader after each change");
}

#[test]
fn a_reader_that_stays_holds_a_compaction_up() {
    let mut state = State::in_memory();
    let reader = state.read().unwrap();
    assert!(matches!(state.compact(), Err(Error::SnapshotsOpen)));
    drop(reader);
    state.compact().unwrap();
}
