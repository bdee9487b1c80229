//! The journal counts its own age, independently of jumps of the clock.

use super::*;

const DAY: u64 = 24 * 60 * 60 * 1000;
/// A day of this year, and one in 2096.
const TODAY: u64 = 1_760_000_000_000;
const FAR: u64 = 3_976_000_000_000;

const KEEP_DAYS: Retention =
    Retention { keep_changes: None, keep_for: Some(Duration::from_millis(40 * DAY)) };
const DAILY: JournalOptions = JournalOptions { segment_size: SIZE, retention: KEEP_DAYS };

/// Opens the journal with a state at its end.
fn reopen(disk: &Arc<dyn Disk>, revision: u64) -> Journal {
    open_with(disk, StateHead { revision, hash: None }, DAILY).unwrap()
}

/// Appends one change per day, and trims after each.
fn append_days(journal: &mut Journal, from: u64, days: u64) -> u64 {
    for day in 0..days {
        append_at(journal, from + day * DAY);
    }
    from + days * DAY
}

fn append_at(journal: &mut Journal, now: u64) {
    let next = journal.head() + 1;
    journal.append(&[payload(next)], &[], time(now)).unwrap();
    trim_to_head(journal);
}

fn trim_to_head(journal: &Journal) {
    let (retention, head) = (journal.retention(), journal.head_point());
    journal.segments.trim(retention, head.revision, head, None).unwrap();
}

fn oldest(journal: &Journal) -> u64 {
    journal.segments.oldest().unwrap()
}

fn age_in_days(journal: &Journal) -> u64 {
    journal.head.age.millis / DAY
}

#[test]
fn a_change_in_2096_removes_no_history_and_the_journal_continues_to_age() {
    for reopened in [false, true] {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
        let mut journal = reopen(&disk, 0);
        let next_opening = |journal: &mut Journal| {
            if reopened {
                *journal = reopen(&disk, journal.head());
            }
        };
        let today = append_days(&mut journal, TODAY, 26);
        let before = age_in_days(&journal);
        next_opening(&mut journal);
        append_at(&mut journal, FAR);
        assert_eq!(oldest(&journal), 1, "the history stays");
        assert_eq!(age_in_days(&journal), before + 10, "a quarter of the kept time");
        next_opening(&mut journal);
        append_at(&mut journal, today);
        assert_eq!((oldest(&journal), age_in_days(&journal)), (1, before + 10));
        next_opening(&mut journal);
        append_days(&mut journal, today + DAY, 20);
        assert_eq!(age_in_days(&journal), before + 30, "it continues to age, a day each day");
        next_opening(&mut journal);
        append_days(&mut journal, today + 21 * DAY, 40);
        assert!(oldest(&journal) > 26, "the earlier changes are too old now");
        let kept = journal.head() + 1 - oldest(&journal);
        assert!((40..75).contains(&kept), "{kept} days are kept");
    }
}

#[test]
fn a_clock_that_stays_in_2096_ages_the_journal_from_there() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = reopen(&disk, 0);
    append_days(&mut journal, TODAY, 20);
    let before = age_in_days(&journal);
    append_days(&mut journal, FAR, 15);
    assert_eq!((oldest(&journal), age_in_days(&journal)), (1, before + 24));
}

/// A store that is opened once a month for one change.
#[test]
fn history_is_kept_for_a_few_changes_longer_if_changes_are_rare() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    for month in 0..100 {
        append_at(&mut reopen(&disk, month), TODAY + month * 30 * DAY);
    }
    let journal = reopen(&disk, 100);
    assert_eq!(age_in_days(&journal), 100 * 10);
    let kept = journal.head() + 1 - oldest(&journal);
    assert!((2..=6).contains(&kept), "{kept} changes of 10 days each");
}

#[test]
fn an_append_that_failed_does_not_age_the_journal() {
    let disk = SimulatedDisk::default();
    let mut journal = reopen(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0);
    append_at(&mut journal, TODAY);
    let before = journal.head_point();
    disk.fail(DiskFault::new(io::ErrorKind::StorageFull));
    assert!(journal.append(&[payload(2)], &[], time(FAR)).unwrap_err().usable);
    assert_eq!(journal.head_point(), before);
}

#[test]
fn without_a_time_limit_a_step_is_at_most_a_day() {
    assert_eq!(KEEP_ALL.longest_step(), Duration::from_millis(DAY));
    assert_eq!(KEEP_DAYS.longest_step(), Duration::from_millis(10 * DAY));
}
