//! Damage to the journal: synced changes are never dropped silently.

use viewlink::testing::SimulatedDisk;
use viewlink::{Checkpoints, Error, StoreFile};

use crate::content;
use crate::history::History;
use crate::request::{Act, Keys, PROJECTS, Request, VIEWS};
use crate::setup::{Clock, Setup};

/// The number of batches.
const BATCHES: u64 = 40;

/// More than the bytes of the frame of a batch, and less than those of two.
const RECORD: usize = 300;

/// The state of a store with a damaged byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It cannot be opened, because its journal is damaged or seems to be of a later version.
    Refused,
    /// It is open and current, but its journal cannot be read to the end.
    Unreadable,
    /// Everything is there.
    Whole,
    /// The last change is missing.
    Cut,
}

/// A store whose process was killed, with some segments. A checkpoint was made after a given number of changes.
fn killed(checkpoint_at: u64) -> (SimulatedDisk, History) {
    let (disk, clock, mut history) = (SimulatedDisk::new(), Clock::default(), History::new());
    let store = options(&clock).open_on(&disk).unwrap();
    let mut call = |request: &Request| {
        assert_eq!(request.call(&store).unwrap(), history.apply(request, 0));
        if history.revision() == checkpoint_at {
            store.checkpoint().unwrap();
        }
    };
    call(&Request::new(PROJECTS[0], Act::Create(VIEWS[0], 0)));
    for number in 0..BATCHES {
        let keys = Keys::flags((0..3).map(|key| format!("key-{number}-{key}")));
        call(&Request::new(PROJECTS[0], Act::Link(VIEWS[0], keys)));
    }
    (disk.killed(), history)
}

fn options(clock: &Clock) -> viewlink::Options {
    Setup::keeping_all().options(clock).checkpoints(Checkpoints::ByHand)
}

/// Opens a copy of the disk with one byte damaged.
fn look(disk: &SimulatedDisk, history: &History, name: &str, offset: usize) -> Found {
    let damaged = disk.killed();
    damaged.flip(name, offset, 1 << (offset % 8));
    let store = match options(&Clock::default()).open_on(&damaged) {
        Ok(store) => store,
        Err(Error::Damaged { file: StoreFile::Journal, .. } | Error::NewerFormat { .. }) => {
            return Found::Refused;
        }
        Err(other) => panic!("{name} {offset}: {other:?}"),
    };
    let snapshot = store.snapshot().unwrap();
    let revision = snapshot.revision();
    assert_eq!(content::lines(&snapshot).unwrap(), history.at(revision).unwrap().lines);
    match content::journal(&snapshot) {
        Err(Error::Damaged { file: StoreFile::Journal, .. } | Error::NewerFormat { .. }) => {
            Found::Unreadable
        }
        Err(other) => panic!("{name} {offset}: {other:?}"),
        Ok(_) if revision == history.revision() => Found::Whole,
        Ok(_) if revision + 1 == history.revision() => Found::Cut,
        Ok(_) => panic!("{name} {offset}: cut down to {revision}"),
    }
}

/// One byte after another of the journal is damaged.
#[test]
fn damage_to_a_synced_change_is_an_error_and_never_a_silent_loss() {
    let newest = BATCHES + 1;
    for (checkpoint_at, step) in [(0, 5), (newest / 2, 7), (newest, 11)] {
        let (disk, history) = killed(checkpoint_at);
        let segments: Vec<_> = disk
            .contents()
            .into_iter()
            .filter_map(|(name, bytes)| name.ends_with(".log").then_some((name, bytes)))
            .collect();
        assert!(segments.len() > 1, "one segment only");
        let (mut refused, mut cut) = (0, 0);
        for (number, (name, bytes)) in segments.iter().enumerate() {
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
            for offset in (0..used).step_by(step) {
                let found = look(&disk, &history, name, offset);
                refused += usize::from(found == Found::Refused);
                cut += usize::from(found == Found::Cut);
                assert_ne!(
                    found,
                    Found::Whole,
                    "{name} {offset} of {used}, checkpoint {checkpoint_at}"
                );
                // Only for the very last change nothing else proves that it had been synced.
                let last = number + 1 == segments.len() && offset + RECORD >= used;
                assert!(
                    found != Found::Cut || (last && checkpoint_at < newest),
                    "{name} {offset} of {used}, checkpoint {checkpoint_at}"
                );
            }
            for offset in (used + 40..bytes.len()).step_by(211) {
                assert_eq!(look(&disk, &history, name, offset), Found::Whole, "{name} {offset}");
            }
        }
        assert!(refused > 30, "{refused} with a checkpoint at {checkpoint_at}");
        assert_eq!(cut > 0, checkpoint_at < newest);
    }
}
