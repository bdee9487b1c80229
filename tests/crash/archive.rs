//! The archive of a journal: together with the journal it is the whole history.

use viewlink::testing::SimulatedDisk;

use crate::history::History;
use crate::setup::{ARCHIVE, Clock, Setup};
use crate::verdict::{Right, Verdict, judge};

/// Copies the segments of the archive back into the journal and compares all changes.
pub(crate) fn check_archive(
    disk: &SimulatedDisk,
    history: &History,
    at_least: u64,
) -> Result<Right, Verdict> {
    let setup = Setup::keeping_all();
    let store = setup.options(&Clock::default()).open_on(&with_all_segments(disk));
    let store = store.map_err(|error| Verdict::Refused(format!("with its archive: {error:?}")))?;
    judge(&store, history, at_least, setup)
}

/// The disk with the segments of the archive in the journal, except for those that are there already.
fn with_all_segments(disk: &SimulatedDisk) -> SimulatedDisk {
    let mut files = disk.contents();
    let archived: Vec<String> =
        files.keys().filter(|name| name.starts_with(ARCHIVE)).cloned().collect();
    for name in archived {
        let bytes = files.remove(&name).unwrap();
        if name.ends_with(".log") {
            files.entry(name.replacen(ARCHIVE, "journal", 1)).or_insert(bytes);
        }
    }
    SimulatedDisk::with_files(files)
}

#[test]
fn a_read_only_opening_creates_no_archive() {
    let disk = SimulatedDisk::new();
    let setup = Setup::keeping_all();
    drop(setup.options(&Clock::default()).open_on(&disk).unwrap());
    let before = disk.calls();
    let options = setup.options(&Clock::default()).archive(Some(ARCHIVE.into()));
    options.read_only(true).open_on(&disk).unwrap().close().unwrap();
    assert_eq!(disk.calls(), before, "{:?}", &disk.log()[before..]);
}
