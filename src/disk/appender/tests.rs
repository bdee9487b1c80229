//! Appended bytes are in the file, and stay in it.

use std::collections::BTreeSet;

use super::*;
use crate::disk::simulated::{CallKind, DiskFault, SimulatedDisk, Syncs};
use crate::disk::{FileDisk, MemoryDisk};

const LEN: usize = 64 << 10;

/// A file of zeros with a few bytes at its start, all of it synced.
fn file(disk: &dyn Disk, start: &[u8], len: usize) -> Arc<dyn DiskFile> {
    let file = disk.create("a").unwrap();
    file.write_at(0, &vec![0; len]).unwrap();
    file.write_at(0, start).unwrap();
    file.sync().unwrap();
    disk.sync_dir("").unwrap();
    file
}

fn appender(disk: &dyn Disk, start: &[u8], len: usize) -> Appender {
    let file = file(disk, start, len);
    Appender::open(disk, "a", file, start.len() as u64).unwrap()
}

fn direct() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.set_direct(true);
    disk
}

fn bytes(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from((at * 7 + seed) % 255 + 1).unwrap()).collect()
}

fn content(disk: &dyn Disk) -> Vec<u8> {
    let file = disk.open("a").unwrap();
    let mut content = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut content).unwrap();
    content
}

fn kinds(disk: &SimulatedDisk, from: usize) -> Vec<CallKind> {
    disk.log().split_off(from).into_iter().map(|call| call.kind).collect()
}

/// Appends of many lengths, each read at once by the first handle and by a new one.
fn appends(disk: &dyn Disk, start: usize) -> Appender {
    let mut expected = bytes(start, 1);
    let mut appender = appender(disk, &expected, LEN);
    let lengths = [1, 100, 410, 1, 511, 512, 513, 0, 4095, 4096, 4097, 20_000, 3, 4096, 8192];
    for (number, len) in lengths.into_iter().enumerate() {
        let data = bytes(len, number);
        appender.append(&data).unwrap();
        expected.extend_from_slice(&data);
        assert_eq!(appender.offset(), expected.len() as u64);
        let mut read = vec![0; LEN];
        appender.file.read_at(0, &mut read).unwrap();
        assert_eq!(read, content(disk));
        assert!(read.starts_with(&expected), "append {number}");
        assert!(read[expected.len()..].iter().all(|byte| *byte == 0), "append {number}");
    }
    appender
}

#[test]
fn appended_bytes_are_read_at_once_on_every_disk_after_any_start() {
    for start in [0, 1, 500, 512, 600, 4096, 5000] {
        let dir = tempfile::tempdir().unwrap();
        appends(&FileDisk::new(dir.path()).unwrap(), start);
        assert!(!appends(&MemoryDisk::default(), start).is_direct());
        assert!(!appends(&SimulatedDisk::new(), start).is_direct());
        let disk = direct();
        assert!(appends(&disk, start).is_direct());
        let written = kinds(&disk, 0).iter().filter(|kind| **kind == CallKind::WriteSynced).count();
        assert_eq!(written, 14, "each append is one call");
    }
}

#[test]
fn bytes_that_do_not_fit_into_the_file_extend_it_through_the_cache() {
    let disk = direct();
    let mut appender = appender(&disk, b"start", 1300);
    let from = disk.calls();
    let mut expected = b"start".to_vec();
    for len in [500, 600, 200, 300, 10] {
        let data = bytes(len, len);
        appender.append(&data).unwrap();
        expected.extend_from_slice(&data);
    }
    assert_eq!(content(&disk), expected);
    let (direct, plain) = ([CallKind::WriteSynced], [CallKind::Write, CallKind::Sync]);
    // The third append fits into the file, but its last block does not.
    assert_eq!(kinds(&disk, from), [&direct[..], &plain, &plain, &plain, &plain].concat());
    assert_eq!(disk.power_lost(1).contents()["a"], expected);
}

/// The power is lost at each call, and at the end. All earlier appends are there. Of the next append, any sectors are
/// there, each with its old or its new bytes.
#[test]
fn an_append_that_returned_survives_a_power_loss_and_the_next_one_is_there_in_any_sectors() {
    let disk = direct();
    let mut appender = appender(&disk, b"start", LEN);
    let mut whole = vec![(disk.calls(), content(&disk))];
    for len in [100, 2000, 500, 5, 4000] {
        appender.append(&bytes(len, len)).unwrap();
        whole.push((disk.calls(), content(&disk)));
    }
    whole.push((disk.calls() + 1, content(&disk)));
    let mut images = BTreeSet::new();
    for (call, stopped) in disk.stops().enumerate().skip(whole[0].0) {
        let at = whole.iter().rposition(|(calls, _)| *calls <= call).unwrap();
        let (before, after) = (&whole[at].1, &whole[at + 1].1);
        assert_eq!(&stopped.killed().contents()["a"], before);
        for seed in 0..100 {
            let found = stopped.power_lost(seed).contents().remove("a").unwrap();
            let sectors = found.chunks(512).zip(before.chunks(512).zip(after.chunks(512)));
            for (found, (before, after)) in sectors {
                assert!(found == before || found == after, "call {call} seed {seed}");
            }
            images.insert((call, found));
        }
    }
    // Appends to 1, 5, 2, 1 and 8 sectors, the first of each already written; and the end.
    let seen = |call: usize| images.iter().filter(|(at, _)| *at == whole[0].0 + call).count();
    assert_eq!([0, 2, 3, 5].map(seen), [2, 4, 2, 1]);
    assert!(seen(1) > 10 && seen(4) > 20, "{} {}", seen(1), seen(4));
}

#[test]
fn a_failed_direct_append_is_there_in_any_sectors_and_the_next_one_overwrites_it() {
    let disk = direct();
    let mut appender = appender(&disk, b"start", LEN);
    let before = content(&disk);
    disk.fail(DiskFault::new(io::ErrorKind::Other).on(CallKind::WriteSynced));
    let lost = bytes(2000, 1);
    appender.append(&lost).unwrap_err();
    assert_eq!((appender.offset(), appender.is_direct()), (5, true));
    let mut after = before.clone();
    after[5..2005].copy_from_slice(&lost);
    let half = content(&disk);
    assert_eq!((&half[..1024], &half[1024..]), (&after[..1024], &before[1024..]));
    let found: BTreeSet<_> =
        (0..300).map(|seed| disk.power_lost(seed).contents().remove("a").unwrap()).collect();
    assert!(found.contains(&before) && found.contains(&after));
    assert_eq!(found.len(), 16, "any of four sectors");

    // The next append is complete, also after parts of the failed one.
    let next = bytes(1000, 2);
    appender.append(&next).unwrap();
    for seed in 0..300 {
        let found = disk.power_lost(seed).contents().remove("a").unwrap();
        assert_eq!((&found[..5], &found[5..1005]), (&b"start"[..], &next[..]), "seed {seed}");
    }
}

#[test]
fn a_direct_append_of_one_sector_that_failed_can_be_read() {
    let disk = direct();
    let mut appender = appender(&disk, b"start", LEN);
    disk.fail(DiskFault::new(io::ErrorKind::Other).on(CallKind::WriteSynced));
    appender.append(b"lost").unwrap_err();
    assert!(disk.killed().contents()["a"].starts_with(b"startlost"));
    let starts = |seed| disk.power_lost(seed).contents()["a"].starts_with(b"startlost");
    assert_eq!((0..100).map(starts).collect::<BTreeSet<bool>>().len(), 2);
}

#[test]
fn after_an_invalid_direct_write_appends_go_through_the_cache() {
    for kind in [io::ErrorKind::InvalidInput, io::ErrorKind::Unsupported] {
        let disk = direct();
        let mut appender = appender(&disk, b"start", LEN);
        disk.fail(DiskFault::new(kind).on(CallKind::WriteSynced));
        appender.append(b"one").unwrap();
        appender.append(b"two").unwrap();
        assert!(!appender.is_direct());
        for seed in 0..100 {
            assert!(disk.power_lost(seed).contents()["a"].starts_with(b"startonetwo"));
        }
    }
}

#[test]
fn a_disk_without_handles_is_appended_to_through_the_cache() {
    for (kind, is_error) in
        [(io::ErrorKind::OutOfMemory, false), (io::ErrorKind::PermissionDenied, true)]
    {
        let disk = direct();
        let file = file(&disk, b"start", LEN);
        disk.fail(DiskFault::new(kind).on(CallKind::Open));
        let opened = Appender::open(&disk, "a", file, 5);
        assert_eq!(opened.is_err(), is_error);
        if let Ok(mut appender) = opened {
            appender.append(b"one").unwrap();
            assert!(
                !appender.is_direct()
                    && disk.power_lost(0).contents()["a"].starts_with(b"startone")
            );
        }
    }
}

#[test]
fn a_file_that_ends_before_the_offset_is_an_error() {
    let disk = direct();
    let file = file(&disk, b"", 512);
    let error = Appender::open(&disk, "a", file, 1000).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// The test of power losses must detect such a disk.
#[test]
fn a_direct_append_to_a_disk_that_lies_is_lost() {
    for syncs in [Syncs::Ignored, Syncs::Late] {
        let disk = direct();
        let mut appender = appender(&disk, b"start", LEN);
        disk.set_syncs("a", syncs);
        appender.append(b"one").unwrap();
        appender.append(b"two").unwrap();
        let count = |with: &[u8]| {
            let starts = |seed| disk.power_lost(seed).contents()["a"].starts_with(with);
            (0..100).filter(|seed| starts(*seed)).count()
        };
        assert!((1..100).contains(&count(b"startonetwo")), "{syncs:?}");
        assert_eq!(count(b"startone") == 100, syncs == Syncs::Late);
    }
}

#[test]
fn if_directories_cannot_be_synced_all_writes_go_through_the_cache() {
    let disk = direct();
    disk.set_syncs("", Syncs::FilesOnly);
    assert!(!appender(&disk, b"", LEN).is_direct());
    assert!(!appender(&SimulatedDisk::new(), b"", LEN).is_direct());
    for made in [direct().killed(), direct().power_lost(0), direct().stops().next().unwrap()] {
        assert!(appender(&made, b"", LEN).is_direct());
    }
}

/// A direct write does not sync other parts of the file, and unsynced older bytes never replace it.
#[test]
fn a_direct_write_replaces_earlier_unsynced_writes() {
    let disk = direct();
    let file = file(&disk, &[1; 4096], 4096);
    file.write_at(0, &[2; 1024]).unwrap();
    let mut appender = Appender::open(&disk, "a", Arc::clone(&file), 512).unwrap();
    appender.append(&[3; 512]).unwrap();
    let found: BTreeSet<_> = (0..100)
        .map(|seed| disk.power_lost(seed).contents().remove("a").unwrap())
        .map(|found| (found[0], found[512], found[1023], found[1024]))
        .collect();
    assert_eq!(found, [(1, 3, 3, 1), (2, 3, 3, 1)].into());
}

/// A file system in memory accepts such a handle and writes to its cache.
#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_an_alignment_is_written_through_the_cache() {
    let shared = std::path::Path::new("/dev/shm");
    if rustix::fs::statfs(shared).is_ok_and(|found| found.f_type == 0x0102_1994) {
        let dir = tempfile::tempdir_in(shared).unwrap();
        assert!(!appends(&FileDisk::new(dir.path()).unwrap(), 100).is_direct());
    }
}

/// `VIEWLINK_APPENDS=DIR cargo test --release --lib disk::appender -- --ignored --nocapture` measures how long appends
/// take in a directory, each way.
#[test]
#[ignore = "a measurement"]
fn how_long_an_append_takes() {
    let dir = std::env::var_os("VIEWLINK_APPENDS").map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(dir).unwrap();
    let disk = FileDisk::new(dir.path()).unwrap();
    for len in [100_usize, 20_000, 1_000_000] {
        let appends = if len < 1_000_000 { 2000 } else { 200 };
        let size = (len * appends).next_multiple_of(4096);
        let mut ways = [true, false].map(|past_cache| {
            let name = format!("{len}-{past_cache}");
            let file = disk.create(&name).unwrap();
            file.write_at(0, &vec![0; size]).unwrap();
            file.sync().unwrap();
            let mut appender = Appender::open(&disk, &name, file, 0).unwrap();
            println!("{len} bytes: {:?}", appender.blocks.as_ref().map(|it| it.direct.alignment()));
            if !past_cache {
                appender.blocks = None;
            }
            (appender, Vec::new())
        });
        // Alternating, so that both have the same load on the disk.
        for _ in 0..appends {
            for (appender, times) in &mut ways {
                let begun = std::time::Instant::now();
                appender.append(&vec![7; len]).unwrap();
                times.push(begun.elapsed());
            }
        }
        for (appender, times) in &mut ways {
            times.sort();
            let [median, late] = [times.len() / 2, times.len() * 99 / 100].map(|at| times[at]);
            println!(
                "{len} bytes, direct {}: median {median:?}, 99% {late:?}",
                appender.is_direct()
            );
        }
    }
}
