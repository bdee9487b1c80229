//! The findings of a verification, by the number of the invariant.

use super::*;
use crate::engine::checkpoint_file::NAME;
use crate::engine::live::Open;
use crate::model::chain_hash::ChainHash;
use crate::verify::Verification;

/// A store with a checkpoint and later changes, whose journal reaches back to the first change.
fn store() -> (Arc<Engine>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let options = Options::new().checkpoints(Checkpoints::ByHand);
    let engine = start_with(disk.clone(), options).unwrap();
    make_view(&engine);
    (0..5).for_each(|number| link(&engine, number, 10).unwrap());
    engine.checkpoint().unwrap();
    (5..9).for_each(|number| link(&engine, number, 10).unwrap());
    assert_clean(&engine);
    (engine, disk)
}

/// The numbers of the invariants that do not hold.
fn broken(verification: &Verification) -> Vec<u8> {
    let mut broken: Vec<u8> =
        verification.findings.iter().map(|finding| finding.invariant).collect();
    broken.dedup();
    broken
}

/// Overwrites a file while the store is open.
fn put(disk: &SimulatedDisk, name: &str, bytes: &[u8]) {
    disk.create(name).unwrap().write_at(0, bytes).unwrap();
}

/// The index of the last byte that is not zero.
fn last_used(bytes: &[u8]) -> usize {
    (0..bytes.len()).rev().find(|at| bytes[*at] != 0).unwrap()
}

/// Returns the bytes of a file after a damage.
type Damage<'d> = &'d dyn Fn(&[u8]) -> Vec<u8>;

#[test]
fn a_damaged_checkpoint_breaks_invariant_7_and_no_other() {
    let flipped = |whole: &[u8]| {
        let mut bytes = whole.to_vec();
        // Some bytes of a page are unused.
        bytes.iter_mut().filter(|byte| **byte != 0).step_by(16).for_each(|byte| *byte ^= 1);
        bytes
    };
    let cut = |whole: &[u8]| whole[..whole.len() / 2].to_vec();
    let cases: [(&str, Damage<'_>); 4] = [
        ("flipped", &flipped),
        ("cut", &cut),
        ("empty", &|_: &[u8]| Vec::new()),
        ("something else", &|_: &[u8]| vec![7; 5_000]),
    ];
    for (case, damage) in cases {
        let (engine, disk) = store();
        put(&disk, NAME, &damage(&disk.contents()[NAME]));
        let found = engine.verify().unwrap();
        assert_eq!(broken(&found), [7], "{case}: {found}");
        // The next checkpoint repairs it.
        link(&engine, 10, 1).unwrap();
        engine.checkpoint().unwrap();
        assert_clean(&engine);
    }
}

#[test]
fn a_checkpoint_of_another_store_breaks_invariant_7() {
    let (engine, disk) = store();
    put(&disk, NAME, &store().1.contents()[NAME]);
    let found = engine.verify().unwrap();
    assert!(found.to_string().contains("to another store (invariant 7)"), "{found}");
}

#[test]
fn a_damaged_journal_breaks_invariant_8() {
    // In the newest change, which a replay from the checkpoint also reads, and in an older one.
    for is_newest in [true, false] {
        let (engine, disk) = store();
        let mut files = disk.contents().into_iter();
        let (name, bytes) = files.rfind(|(name, _)| name.starts_with("journal/")).unwrap();
        let used = last_used(&bytes);
        disk.flip(&name, if is_newest { used - 20 } else { used / 3 }, 1);
        let found = engine.verify().unwrap();
        assert!(broken(&found).contains(&8), "{found}");
        assert!(!is_newest || broken(&found) == [9, 8], "{found}");
        assert!(!found.counts.replayed);
    }
}

#[test]
fn a_state_that_the_journal_does_not_lead_to_breaks_invariant_9() {
    let (engine, _) = store();
    let (open, _guard) = engine.snapshot().unwrap();
    let (other, _) = store();
    project(&other).delete_view("v").unwrap();
    let state = other.snapshot().unwrap().0.state.with_revision(open.state.head().revision);
    for (case, open) in [
        ("another state", Open { state, ..open.clone() }),
        ("another hash", Open { hash: ChainHash::default(), ..open }),
    ] {
        engine.live.set(open);
        let found = engine.verify().unwrap();
        assert_eq!(broken(&found), [9], "{case}: {found}");
        // One from the checkpoint, and one from the first change.
        assert_eq!(found.findings.len(), 2, "{found}");
        assert!(found.counts.replayed);
    }
}

#[test]
fn a_state_that_contradicts_itself_breaks_the_invariant_of_its_number() {
    let (engine, _) = store();
    let (open, _guard) = engine.snapshot().unwrap();
    let state = open.state.clone().with_revision(1);
    engine.live.set(Open { state, ..open });
    let found = engine.verify().unwrap();
    assert!(broken(&found).contains(&4), "{found}");
    assert!(found.to_string().contains("a view is newer than the state (invariant 4)"), "{found}");
}

/// A checkpoint that is older than the oldest change of the journal.
#[test]
fn an_older_checkpoint_at_the_place_of_the_newest_one_is_found() {
    let disk = SimulatedDisk::new();
    let options = options().checkpoints(Checkpoints::ByHand).keep_changes(Some(1));
    let engine = start_with(disk.clone(), options).unwrap();
    make_view(&engine);
    engine.checkpoint().unwrap();
    let older = disk.contents()[NAME].clone();
    (0..20).for_each(|number| link(&engine, number, 100).unwrap());
    engine.checkpoint().unwrap();
    assert!(engine.sizes().unwrap().journal.oldest > 3);
    assert_clean(&engine);
    put(&disk, NAME, &older);
    let found = engine.verify().unwrap();
    assert_eq!(broken(&found), [9], "{found}");
}
