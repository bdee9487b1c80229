//! Loss of power at every disk call: nothing acknowledged is lost, and nothing is torn.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use viewlink::Checkpoints;
use viewlink::testing::Syncs;

use crate::explore::explore;
use crate::run::Run;
use crate::setup::{Setup, first_seed, number_from_environment};
use crate::tally::{Place, Tally};

/// The smallest number of images; more or fewer with `VIEWLINK_CRASH_IMAGES`.
const IMAGES: u64 = 4_000;

/// The number of calls, or groups of concurrent calls, of a run.
const STEPS: usize = 10;

/// Every third run has a thread for checkpoints.
const IN_BACKGROUND: u64 = 3;

/// The smallest number of images with a full segment, and the largest number of additional histories for them.
const ROTATING: u64 = 4;
const MORE: usize = 12;

/// Explores runs until there are this many images.
fn explore_runs(images: u64) -> Tally {
    let (next, total) = (AtomicU64::new(first_seed()), Mutex::new(Tally::default()));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while total.lock().unwrap().images < images {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    let run = match seed % IN_BACKGROUND {
                        0 => Run::record_in_background(seed, STEPS),
                        _ => Run::record(seed, STEPS),
                    };
                    let found = explore(&run, seed);
                    total.lock().unwrap().add(found);
                }
            });
        }
    });
    total.into_inner().unwrap()
}

/// Not with `print!`, because the harness hides its output if a test passes.
pub(crate) fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// If syncing a directory is not supported, the sync of a file after a rename is enough.
fn explore_where_directories_cannot_be_synced(setups: &[Setup]) {
    let mut tally = Tally::default();
    // Some of these histories trim the journal directly after a checkpoint that is newer than the previous one. More of
    // them run if the segments of the first ones did not become full.
    for (number, setup) in (0..).zip(setups.iter().cycle().take(setups.len() + MORE)) {
        if number as usize >= setups.len() && tally.rotating > ROTATING {
            break;
        }
        let seed = first_seed() + 20 + number;
        let run = Run::in_setup(seed, *setup, "", Syncs::FilesOnly);
        tally.add(explore(&run, seed));
    }
    print_line(&tally.to_string());
    assert!((tally.lost, tally.torn) == (0, 0), "{:#?}", tally.failures);
    assert!(tally.rotating > ROTATING, "{}", tally.rotating);
}

#[test]
fn no_crash_loses_or_tears_a_change_without_syncs_of_directories() {
    let forgetting = Setup::forgetting(Checkpoints::Inline, false);
    let trimming = Setup::trimming();
    explore_where_directories_cannot_be_synced(&[forgetting, trimming, trimming, trimming]);
}

#[test]
fn no_crash_loses_an_archived_change_without_syncs_of_directories() {
    let archiving = Setup::forgetting(Checkpoints::Inline, true);
    explore_where_directories_cannot_be_synced(&[archiving; 2]);
}

#[test]
fn no_crash_loses_or_tears_a_change() {
    let images = number_from_environment("VIEWLINK_CRASH_IMAGES", IMAGES);
    let tally = explore_runs(images);
    print_line(&tally.to_string());
    let Tally { in_recovery, fresh_segment, rotating, opening, .. } = &tally;
    let Tally { killed, followed, shared_syncs, places, .. } = &tally;
    let Tally { only_read, archives, positions, .. } = &tally;
    print_line(&format!(
        "{in_recovery} in a recovery, {fresh_segment} of them in its fresh segment; {opening} in an \
         opening; {rotating} while a segment was full; {killed} killed, {followed} of them followed to \
         the end; {shared_syncs} changes shared a sync; {only_read} also opened to read only; \
         {archives} archives and {positions} positions compared; {places:?}"
    ));
    assert!((tally.lost, tally.torn) == (0, 0), "{:#?}", tally.failures);
    let rare = images / 500;
    for place in Place::ALL {
        assert!(places.get(&place).is_some_and(|count| *count > rare), "{place:?}: {places:?}");
    }
    let counts = [in_recovery, killed, fresh_segment, rotating, opening, only_read, archives];
    assert!(counts.iter().all(|count| **count > rare), "{counts:?}");
    assert!(*followed > rare / 10);
    assert!(*positions > images);
    assert!(*shared_syncs as u64 > images / 10_000);
}
