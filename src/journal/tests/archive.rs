//! The archive is correct after a crash at any call, and no segment is removed before it is archived.

use super::*;
use crate::disk::simulated::CallKind;

const KEEP_NONE: Retention = Retention { keep_changes: Some(0), keep_for: None };

fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// A journal of 60 changes.
fn journal() -> (SimulatedDisk, Journal) {
    let disk = SimulatedDisk::default();
    let mut journal = open(&shared(&disk), 0).unwrap();
    append(&mut journal, 60);
    assert!(journal.segments.firsts().len() > 3);
    (disk, journal)
}

fn archive(disk: &SimulatedDisk) -> Archive {
    Archive::open(shared(disk)).unwrap()
}

/// All changes of an archive.
fn archived(disk: &SimulatedDisk) -> Vec<(u64, Vec<u8>)> {
    let Ok(segments) = Segments::open_archive(shared(disk)) else { return Vec::new() };
    let segments = Arc::new(segments);
    let found = scan(&segments, StateHead::default()).unwrap();
    Reader::new(segments, 1, found.head).unwrap().map(Result::unwrap).collect()
}

fn trim_into(journal: &Journal, archive: &Archive) -> Result<()> {
    journal.segments.trim(KEEP_NONE, journal.head(), journal.head, Some(archive))
}

/// The last change of all finished segments.
fn finished(journal: &Journal) -> u64 {
    journal.segments.firsts().last().unwrap() - 1
}

#[test]
fn finished_segments_are_copied_once_up_to_their_last_valid_change() {
    let (disk, mut journal) = journal();
    let kept = SimulatedDisk::default();
    let archive = archive(&kept);
    archive.archive_finished(&journal.segments).unwrap();
    assert_eq!(archived(&kept), expected(1..=finished(&journal)));
    let calls = kept.calls();
    archive.archive_finished(&journal.segments).unwrap();
    assert_eq!(kept.calls(), calls, "nothing is copied twice");
    append(&mut journal, 20);
    archive.archive_finished(&journal.segments).unwrap();
    assert_eq!(archived(&kept), expected(1..=finished(&journal)));
    for (name, bytes) in kept.contents() {
        let original = &disk.contents()[&format!("journal/{name}")];
        assert!(original.starts_with(&bytes) && bytes.len() > 100, "{name}");
    }
}

#[test]
fn a_segment_is_removed_only_after_it_is_in_the_archive() {
    let (disk, journal) = journal();
    let kept = SimulatedDisk::default();
    let firsts = journal.segments.firsts();
    let full = archive(&kept);
    for kind in
        [CallKind::Create, CallKind::Write, CallKind::Sync, CallKind::Rename, CallKind::SyncDir]
    {
        kept.fail(DiskFault::new(io::ErrorKind::Other).on(kind));
        let error = trim_into(&journal, &full).unwrap_err();
        assert!(error.to_string().contains("archive the journal"), "{error}");
        assert_eq!(journal.segments.firsts(), firsts, "{kind:?}");
    }
    trim_into(&journal, &full).unwrap();
    let last = *firsts.last().unwrap();
    assert_eq!(journal.segments.firsts(), [last]);
    assert_eq!(archived(&kept), expected(1..=last - 1));
    assert_eq!(disk.list("journal").unwrap().len(), 1);
}

/// Store and archive lose power together; then the steps are repeated.
#[test]
fn archive_and_store_have_all_changes_together_after_power_loss_at_any_call() {
    let (disk, mut journal) = journal();
    let kept = SimulatedDisk::default();
    let archive = archive(&kept);
    let mut moments = Vec::new();
    for _ in 0..3 {
        let before = (disk.calls(), kept.calls());
        trim_into(&journal, &archive).unwrap();
        moments.push((before, (disk.calls(), kept.calls()), journal.head()));
        append(&mut journal, 30);
    }
    let (stores, archives): (Vec<_>, Vec<_>) = (disk.stops().collect(), kept.stops().collect());
    for ((stores_from, kept_from), (stores_to, kept_to), head) in moments {
        // The archive is ahead of the removals, so every earlier store works with every archive of that time.
        for (at, kept) in archives.iter().enumerate().take(kept_to + 1).skip(kept_from) {
            check_together(&stores[stores_from], kept, at as u64, head);
        }
        for (at, store) in stores.iter().enumerate().take(stores_to + 1).skip(stores_from) {
            check_together(store, &archives[kept_to], at as u64, head);
        }
    }
}

fn check_together(store: &SimulatedDisk, kept: &SimulatedDisk, seed: u64, head: u64) {
    let (store, kept) = (store.power_lost(seed), kept.power_lost(seed));
    let journal = open(&shared(&store), head).unwrap();
    assert_eq!(journal.head(), head);
    let archive = archive(&kept);
    archive.archive_finished(&journal.segments).unwrap();
    let last = finished(&journal);
    assert_eq!(archived(&kept), expected(1..=last));
    assert_eq!(read(&journal, last + 1).unwrap(), expected(last + 1..=head));
    trim_into(&journal, &archive).unwrap();
    assert_eq!(archived(&kept), expected(1..=last));
}

/// Each call of a copy: it is complete or missing, and made again.
#[test]
fn a_copy_is_complete_or_missing_after_a_power_loss_at_any_call() {
    let (_, journal) = journal();
    let kept = SimulatedDisk::default();
    archive(&kept).archive_finished(&journal.segments).unwrap();
    let whole = kept.contents();
    for (call, stopped) in kept.stops().enumerate() {
        for seed in 0..20 {
            let after = stopped.power_lost(call as u64 * 32 + seed);
            for (name, bytes) in after.contents() {
                assert!(name == "unfinished" || whole[&name] == bytes, "{name} at {call}");
            }
            archive(&after).archive_finished(&journal.segments).unwrap();
            assert!(whole.iter().all(|(name, bytes)| after.contents()[name] == *bytes));
            assert_eq!(archived(&after), archived(&kept));
        }
    }
}

/// Openings write changes that are not known to be synced into fresh segments, some with the same first revision.
#[test]
fn the_archive_is_correct_after_any_number_of_openings_and_crashes() {
    let (disk, kept) = (SimulatedDisk::default(), SimulatedDisk::default());
    let (mut disk, mut next) = (disk, 1);
    for round in 0..60_u64 {
        let mut journal = open(&shared(&disk), next - 1).unwrap();
        assert!(journal.head() >= next - 1, "acknowledged changes are there");
        let archive = archive(&kept);
        archive.archive_finished(&journal.segments).unwrap();
        append(&mut journal, round % 4);
        next = journal.head() + 1;
        if round % 3 == 0 {
            // This change only reaches the page cache.
            disk.fail(DiskFault::new(io::ErrorKind::Other).on(CallKind::Sync));
            journal.append(&[payload(next)], &[], time(next)).unwrap_err();
            disk.clear_fault();
        }
        if round % 5 == 0 && round > 30 {
            trim_into(&journal, &archive).unwrap();
        }
        disk = if round % 2 == 0 { disk.killed() } else { disk.power_lost(round) };
    }
    let journal = open(&shared(&disk), next - 1).unwrap();
    archive(&kept).archive_finished(&journal.segments).unwrap();
    let last = finished(&journal);
    assert!(last > 50);
    assert_eq!(archived(&kept), expected(1..=last));
    assert_eq!(read(&journal, last + 1).unwrap(), expected(last + 1..=journal.head()));
}

#[test]
fn an_archive_of_another_history_is_refused_and_nothing_is_removed() {
    let (disk, journal) = journal();
    let other_way: Arc<dyn Disk> = Arc::new(SimulatedDisk::default());
    let mut other = open(&other_way, 0).unwrap();
    for next in 1..=60 {
        other.append(&[vec![9; payload(next).len()]], &[], time(next)).unwrap();
    }
    assert_eq!(other.segments.firsts(), journal.segments.firsts());
    let kept = SimulatedDisk::default();
    archive(&kept).archive_finished(&other.segments).unwrap();
    let before = (kept.contents(), journal.segments.firsts());
    for _ in 0..2 {
        let error = trim_into(&journal, &archive(&kept)).unwrap_err();
        let Error::Io { source, .. } = &error else { panic!("{error}") };
        assert_eq!(source.kind(), io::ErrorKind::AlreadyExists);
        assert!(source.to_string().contains("choose another directory"), "{source}");
    }
    assert_eq!((kept.contents(), journal.segments.firsts()), before);
    assert_eq!(open(&shared(&disk), 0).unwrap().head(), 60);
}

#[test]
fn a_damaged_copy_is_refused_and_a_damaged_segment_is_an_error() {
    let (disk, journal) = journal();
    let kept = SimulatedDisk::default();
    archive(&kept).archive_finished(&journal.segments).unwrap();
    kept.flip("00000000000000000001.log", 150, 1);
    assert!(matches!(trim_into(&journal, &archive(&kept)), Err(Error::Io { .. })));
    disk.flip("journal/00000000000000000001.log", 150, 1);
    let empty = SimulatedDisk::default();
    let error = trim_into(&journal, &archive(&empty)).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(empty.contents().is_empty());
}

/// A copy of the store, which has its own id, is restored with the archive of the original.
#[test]
fn an_archive_continues_a_copy_of_the_store() {
    let (_, journal) = journal();
    let kept = SimulatedDisk::default();
    archive(&kept).archive_finished(&journal.segments).unwrap();
    let segments = Arc::new(Segments::open_archive(shared(&kept)).unwrap());
    assert_eq!(segments.store_id(), ID);
    let hash = journal.segments.hash_at(20).unwrap();
    let found = scan(&segments, StateHead { revision: 20, hash }).unwrap();
    assert_eq!(found.head, finished(&journal));
    assert_eq!(Some(found.head_hash), journal.segments.hash_at(found.head).unwrap());
    let changes = Reader::new(Arc::clone(&segments), 21, found.head).unwrap();
    assert_eq!(changes.map(Result::unwrap).collect::<Vec<_>>(), expected(21..=found.head));
    let other = StateHead { revision: 20, hash: Some(ChainHash([1; 16])) };
    let error = scan(&segments, other).unwrap_err();
    assert!(error.to_string().contains("different histories"), "{error}");
}

#[test]
fn an_empty_archive_has_nothing_to_read() {
    let error = Segments::open_archive(Arc::new(MemoryDisk::default())).unwrap_err();
    let Error::Io { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
}
