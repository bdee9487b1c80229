use super::*;

/// The number of sectors of the disk in these tests.
const SECTORS: usize = 16;

fn disk(flushes: Flushes) -> Record {
    Record::new(Image::zeros((SECTORS * SECTOR) as u64), flushes)
}

/// Writes some sectors, filled with one byte.
fn write(record: &mut Record, sectors: Range<usize>, byte: u8) {
    record.write((sectors.start * SECTOR) as u64, &vec![byte; sectors.len() * SECTOR]);
}

/// The byte that fills each sector; a sector must not have two different bytes.
fn sectors(image: &Image) -> Vec<u8> {
    let bytes = image.read(0, SECTORS * SECTOR);
    let full = |sector: &[u8]| {
        assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is not whole");
        sector[0]
    };
    bytes.chunks(SECTOR).map(full).collect()
}

/// The contents after losses of power at one moment, with many seeds.
fn remains(record: &Record, moment: usize) -> impl Iterator<Item = Remains> {
    (0..500).map(move |seed| record.power_lost(moment, &mut fastrand::Rng::with_seed(seed)))
}

#[test]
fn flushed_writes_are_there() {
    let mut record = disk(Flushes::Kept);
    write(&mut record, 0..4, 1);
    write(&mut record, 2..4, 2);
    record.flush();
    write(&mut record, 8..12, 3);
    for remains in remains(&record, record.moment()) {
        assert_eq!(sectors(&remains.image)[..8], [1, 1, 2, 2, 0, 0, 0, 0]);
        assert_eq!(remains.unflushed, 1);
    }
}

#[test]
fn of_an_unflushed_write_there_is_nothing_all_or_some_sectors() {
    let mut record = disk(Flushes::Kept);
    write(&mut record, 0..4, 1);
    let mut seen = std::collections::BTreeSet::new();
    for remains in remains(&record, 1) {
        let there = sectors(&remains.image)[..4].to_vec();
        let count = there.iter().filter(|byte| **byte == 1).count();
        let expected = (usize::from(count == 4), usize::from(count > 0 && count < 4));
        assert_eq!((remains.kept, remains.torn), expected);
        seen.insert(there);
    }
    for there in [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 1]] {
        assert!(seen.contains(there.as_slice()), "{there:?} of {seen:?}");
    }
}

#[test]
fn writes_that_were_not_flushed_may_come_in_any_order() {
    let mut record = disk(Flushes::Kept);
    write(&mut record, 0..1, 1);
    write(&mut record, 0..1, 2);
    let whole = |remains: &Remains| remains.kept == 2;
    let last: Vec<u8> =
        remains(&record, 2).filter(whole).map(|remains| sectors(&remains.image)[0]).collect();
    assert!(last.contains(&1) && last.contains(&2));
}

#[test]
fn writes_after_the_loss_of_power_are_not_there() {
    let mut record = disk(Flushes::Kept);
    write(&mut record, 0..1, 1);
    record.flush();
    let moment = record.moment();
    write(&mut record, 0..2, 2);
    record.flush();
    for remains in remains(&record, moment) {
        assert_eq!(sectors(&remains.image)[..2], [1, 0]);
    }
    assert_eq!(sectors(record.now())[..2], [2, 2]);
}

#[test]
fn a_disk_that_ignores_flushes_loses_flushed_writes() {
    let mut record = disk(Flushes::Ignored);
    write(&mut record, 0..1, 1);
    record.flush();
    assert_eq!(record.moment(), 1);
    assert!(remains(&record, 1).any(|remains| sectors(&remains.image)[0] == 0));
    assert_eq!(sectors(record.now())[0], 1);
}

#[test]
fn a_seed_gives_the_same_result_each_time() {
    let mut record = disk(Flushes::Kept);
    for number in 0..SECTORS - 2 {
        write(&mut record, number..number + 3, u8::try_from(number).unwrap());
    }
    for (one, other) in remains(&record, 10).zip(remains(&record, 10)) {
        assert_eq!(one.image, other.image);
    }
}

#[test]
fn random_moments_include_every_moment_and_often_one_before_a_flush() {
    let mut record = disk(Flushes::Kept);
    (0..10).for_each(|number| write(&mut record, number..number + 1, 1));
    record.flush();
    let moments = (0..2_000).map(|seed| record.random_moment(&mut fastrand::Rng::with_seed(seed)));
    let mut counts = [0; 12];
    moments.for_each(|moment| counts[moment] += 1);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert!(counts[10] > 800, "{counts:?}");
}
