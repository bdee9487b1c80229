//! Calls that a read-only store refuses.

use viewlink::{Batch, Error, Health, Options, Outcome, Store, Timestamp};

use super::{read, told_by};
use crate::dry_runs::{CALLS, fill};
use crate::support::{copy, project};

fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    fill(&project(&store));
    store.close().unwrap();
    dir
}

#[test]
fn every_call_that_changes_something_is_refused_and_changes_nothing() {
    let dir = filled();
    let store = read(dir.path());
    let before = told_by(&store);
    for (number, call) in CALLS.iter().enumerate() {
        assert_eq!(call(&project(&store)), "Err(ReadOnly)", "{number}");
    }
    for refused in [store.checkpoint(), store.compact()] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::ReadOnly), "{error}");
        assert_eq!(error.outcome(), Outcome::NotApplied);
    }
    // Also calls that would change nothing, or name something that does not exist.
    let nothing = project(&store).link("v", Batch::flags(["a"]));
    assert!(matches!(nothing, Err(Error::ReadOnly)), "{nothing:?}");
    let nowhere = project(&store).delete_view("nowhere").map(drop);
    assert!(matches!(nowhere, Err(Error::ReadOnly)), "{nowhere:?}");
    assert_eq!(told_by(&store), before);
    assert_eq!(store.stats().groups.changes(), 0);
}

#[test]
fn a_dry_run_of_any_call_answers_as_in_a_writable_store() {
    let dir = filled();
    for (number, call) in CALLS.iter().enumerate() {
        let copied = tempfile::tempdir().unwrap();
        copy(dir.path(), copied.path());
        let options = || Options::new().clock(|| Timestamp::from_millis(1 << 50));
        let store = options().read_only(true).open(dir.path()).unwrap();
        let before = told_by(&store);
        let dry = call(&project(&store).dry_run());
        let ordinary = options().open(copied.path()).unwrap();
        assert_eq!(dry, call(&project(&ordinary).dry_run()), "{number}");
        assert_eq!(told_by(&store), before, "{number}");
    }
}

#[test]
fn a_read_only_store_reports_that_until_it_is_closed() {
    let dir = filled();
    let store = read(dir.path());
    assert_eq!(store.health(), Health::ReadOnly);
    store.recover().unwrap();
    assert_eq!(store.health(), Health::ReadOnly);
    let other = store.clone();
    store.close().unwrap();
    assert_eq!(other.health(), Health::Closed);
    assert!(matches!(other.snapshot(), Err(Error::Closed)));
    assert!(matches!(other.recover(), Err(Error::Closed)));
    assert!(matches!(other.close(), Err(Error::Closed)));
}
