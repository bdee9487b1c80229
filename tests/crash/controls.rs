//! Disks and stores that are broken on purpose. A test that finds nothing wrong there could not find anything.

use viewlink::Checkpoints;
use viewlink::testing::Syncs;

use crate::child;
use crate::explore::explore;
use crate::images::print_line;
use crate::run::Run;
use crate::setup::{ARCHIVE, Setup, first_seed};
use crate::tally::Tally;

/// Explores a run on a disk that is dishonest about files whose names start with `prefix`; this must be detected.
fn caught(seed: u64, prefix: &str, syncs: Syncs) -> Tally {
    let tally = explore(&Run::on_a_disk(seed, 3, prefix, syncs), seed);
    assert!(tally.lost + tally.torn > tally.images / 50, "seed {seed}: {tally}");
    tally
}

/// The same for some runs; only the journal is affected.
fn caught_in_the_journal(syncs: Syncs) -> Tally {
    let mut total = Tally::default();
    for seed in first_seed()..first_seed() + 2 {
        total.add(caught(seed, "journal/", syncs));
    }
    total
}

/// The same as a store that does not sync the journal.
#[test]
fn a_journal_that_is_never_synced_is_detected() {
    let tally = caught_in_the_journal(Syncs::Ignored);
    assert!(tally.lost > tally.images / 10, "{tally}");
}

/// The same as a store that answers, and makes its checkpoint, before it syncs the journal.
#[test]
fn a_checkpoint_newer_than_the_journal_is_detected() {
    let tally = caught_in_the_journal(Syncs::Late);
    assert!(tally.refused > 0, "{tally}: no checkpoint was newer than its journal");
    assert!(tally.lost > tally.refused, "{tally}, {} refused", tally.refused);
}

/// The same as a store that renames a checkpoint, and trims the journal, before it syncs the file.
#[test]
fn a_checkpoint_that_is_never_synced_is_detected() {
    let mut total = Tally::default();
    for seed in first_seed()..first_seed() + 4 {
        total.add(explore(&Run::on_a_disk(seed, 6, "unfinished.redb", Syncs::Ignored), seed));
    }
    assert!(total.refused > total.images / 200, "{total}, {} refused", total.refused);
}

/// The same as a store that trims the journal before its archive is synced.
#[test]
fn an_archive_that_is_never_synced_is_detected() {
    let mut total = Tally::default();
    for seed in first_seed()..first_seed() + 3 {
        let setup = Setup::forgetting(Checkpoints::Inline, true);
        total.add(explore(&Run::in_setup(seed, setup, ARCHIVE, Syncs::Ignored), seed));
    }
    assert!(total.lost > 0, "{total} of {} archives", total.archives);
}

/// Not a test but the work of a process of the test below.
#[test]
fn explores_a_dishonest_disk() {
    let Some(seed) = child::task() else { return };
    let tally = caught(seed.parse().unwrap(), "", Syncs::Ignored);
    assert!(tally.lost + tally.torn > tally.images / 10, "{tally}");
    print_line("it was caught");
}

/// If pages of the state are not those that the database wrote, its own clean-up may panic and end the process. This
/// counts as detected, too.
#[test]
fn a_disk_that_ignores_all_syncs_is_detected() {
    for seed in first_seed()..first_seed() + 2 {
        let mut command = child::command("controls::explores_a_dishonest_disk", &seed.to_string());
        let output = command.output().unwrap();
        let reported = String::from_utf8_lossy(&output.stdout).contains("it was caught");
        assert!(reported || output.status.code().is_none(), "{output:?}");
    }
}
