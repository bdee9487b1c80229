//! Parts of copies with different histories are not accepted as one journal.

use super::*;

fn disk() -> Arc<dyn Disk> {
    Arc::new(MemoryDisk::default())
}

fn hash_after(revision: u64) -> ChainHash {
    (1..=revision).fold(ChainHash::default(), |hash, revision| hash.after(&payload(revision)))
}

fn state(revision: u64, hash: ChainHash) -> StateHead {
    StateHead { revision, hash: Some(hash) }
}

/// A copy of a disk with other changes after it.
fn fork(disk: &SimulatedDisk, count: u64) -> SimulatedDisk {
    let fork = disk.killed();
    let mut journal = open(&(Arc::new(fork.clone()) as Arc<dyn Disk>), 0).unwrap();
    for _ in 0..count {
        let next = journal.head() + 1;
        journal.append(&[format!("other {next}")], &[], time(next)).unwrap();
    }
    fork
}

#[test]
fn the_hash_after_each_kept_change_is_found() {
    let disk = disk();
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 40);
    journal.append(&[payload(41), payload(42), payload(43)], &[], time(41)).unwrap();
    assert_eq!(journal.head_hash(), hash_after(43));
    let segments = &journal.segments;
    for revision in 0..=43 {
        assert_eq!(segments.hash_at(revision).unwrap(), Some(hash_after(revision)));
    }
    assert_eq!(segments.hash_at(44).unwrap(), None);
    assert_eq!(segments.hash_at(u64::MAX).unwrap(), None);
    trim(&journal, KEEP_TEN, 43, 0).unwrap();
    let oldest = segments.oldest().unwrap();
    assert!(oldest > 2);
    assert_eq!(segments.hash_at(oldest - 1).unwrap(), Some(hash_after(oldest - 1)));
    assert_eq!(segments.hash_at(oldest - 2).unwrap(), None);
    let reopened = open(&disk, 43).unwrap();
    assert_eq!(
        (reopened.head_hash(), reopened.head_point()),
        (hash_after(43), journal.head_point())
    );
}

#[test]
fn a_reader_returns_the_hash_after_each_change_from_any_start() {
    let disk = disk();
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 40);
    for from in [1, 2, 20, 40] {
        let mut reader = Reader::new(Arc::clone(&journal.segments), from, 40).unwrap();
        assert_eq!(reader.hash(), None);
        while let Some(change) = reader.next() {
            assert_eq!(reader.hash(), Some(hash_after(change.unwrap().0)));
        }
    }
}

#[test]
fn a_state_with_another_history_than_the_journal_is_damage() {
    let disk = disk();
    append(&mut open(&disk, 0).unwrap(), 40);
    for revision in 0..=40 {
        let journal = open_with(&disk, state(revision, hash_after(revision)), OPTIONS).unwrap();
        assert_eq!(journal.head(), 40);
        let other = state(revision, ChainHash([1; 16]));
        let error = open_with(&disk, other, OPTIONS).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains(&format!("change {revision}")), "{told}");
        assert!(told.contains("state and journal are of copies"), "{told}");
        assert!(told.contains("different histories"), "{told}");
    }
}

#[test]
fn a_state_inside_a_group_is_compared_with_its_change() {
    let disk = disk();
    let mut journal = open(&disk, 0).unwrap();
    journal.append(&[payload(1), payload(2), payload(3)], &[], time(1)).unwrap();
    for revision in 1..=3 {
        open_with(&disk, state(revision, hash_after(revision)), OPTIONS).unwrap();
        open_with(&disk, state(revision, hash_after(revision - 1)), OPTIONS).unwrap_err();
    }
}

/// A segment of a copy with another history, under the name of one of the store.
#[test]
fn segments_of_copies_with_different_histories_are_damage() {
    let start = SimulatedDisk::default();
    append(&mut open(&(Arc::new(start.clone()) as Arc<dyn Disk>), 0).unwrap(), 3);
    let (one, other) = (fork(&start, 57), start.killed());
    let other: Arc<dyn Disk> = Arc::new(other);
    let mut journal = open(&other, 0).unwrap();
    for next in 4..=60 {
        // With the same lengths, so that the segments begin with the same revisions.
        journal.append(&[format!("outer {next}")], &[], time(next)).unwrap();
    }
    let mixed: Arc<dyn Disk> = Arc::new(one.killed());
    let firsts = journal.segments.firsts();
    assert!(firsts.len() > 4);
    let replaced = firsts[firsts.len() - 2];
    let name = format!("journal/{replaced:020}.log");
    let from = other.open(&name).unwrap();
    let mut bytes = vec![0; usize::try_from(from.len().unwrap()).unwrap()];
    from.read_at(0, &mut bytes).unwrap();
    assert!(mixed.open(&name).is_ok(), "the fork has that segment, too");
    mixed.create(&name).unwrap().write_at(0, &bytes).unwrap();

    let error = open(&mixed, 0).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("different histories"), "{error}");
    let segments = Arc::new(Segments::open(mixed, ID).unwrap());
    let read = Reader::new(segments, 1, 60).unwrap().collect::<Result<Vec<_>>>();
    let error = read.unwrap_err().to_string();
    assert!(error.contains(&format!("change {replaced} does not follow")), "{error}");
}

/// With correct checksums: only the chain shows that the frame does not follow.
#[test]
fn a_frame_with_a_hash_that_does_not_match_its_changes_is_damage() {
    let disk = disk();
    let journal = open(&disk, 0).unwrap();
    let mut bytes = Vec::new();
    let before = Point { hash: ChainHash([1; 16]), ..Point::default() };
    let frame = NewFrame {
        before,
        durable_up_to: 0,
        age: Age::default(),
        mark: &[],
        payloads: &[payload(1)],
    };
    frame.push(ID, &mut bytes).unwrap();
    journal.active.file.write_at(HEADER_LEN, &bytes).unwrap();
    let error = open(&disk, 0).unwrap_err().to_string();
    assert!(error.contains("change 1 does not follow"), "{error}");
    let error = Reader::new(Arc::clone(&journal.segments), 1, 1).unwrap().next().unwrap();
    assert!(error.unwrap_err().to_string().contains("change 1 does not follow"));
}
