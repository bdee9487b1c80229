//! A store over a long life: what it takes of memory and disk stays in proportion to what it holds.
//!
//! `VIEWLINK_LONG_LIFE=200000 cargo test --release --test it long_life -- --nocapture` runs it over
//! that many changes; it prints what it measured at every quarter, and `docs/testing.md` has that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use viewlink::{
    Batch, Error, NewView, Options, Paging, Project, ResourceType, Snapshot, Stats, Store,
    Verification,
};

use crate::support::{Ages, Random, all, assert_clean, content_of, flag, segments};

/// How many changes there are.
fn changes() -> u64 {
    let changes = std::env::var("VIEWLINK_LONG_LIFE").ok().and_then(|count| count.parse().ok());
    changes.unwrap_or(3_000)
}

const KEPT: u64 = 1_000;
const WAITING: usize = 500;
const SEGMENT: u64 = 32 << 10;
/// How old the one that is forgotten becomes; a second is a call here.
const LIMIT: Duration = Duration::from_secs(200);
/// The snapshots that are held at once, besides one that is forgotten.
const READERS: usize = 6;

fn options(ages: &Ages) -> Options {
    ages.options()
        .segment_size(SEGMENT)
        .keep_changes(Some(KEPT))
        .tail(WAITING, 40)
        .checkpoint_interval(256, 128 << 10)
        .cache_size(4 << 20)
        .snapshot_limit(Some(LIMIT))
}

/// What the store should hold: the flags of each view.
type Links = BTreeMap<String, BTreeSet<String>>;

/// A store that lives, and what goes with it.
struct Life {
    store: Store,
    project: Project,
    ages: Ages,
    random: Random,
    links: Links,
    held: VecDeque<Snapshot>,
    forgotten: Option<Snapshot>,
    /// The number of the next resource that is in one view only, and goes with it.
    passing: u64,
}

impl Life {
    fn new(path: &Path) -> Self {
        let ages = Ages::default();
        let store = options(&ages).open(path).unwrap();
        let (project, held) = (store.project("p").unwrap(), VecDeque::new());
        let (random, links) = (Random(17), Links::new());
        Self { store, project, ages, random, links, held, forgotten: None, passing: 0 }
    }

    /// One call that changes something, or finds nothing to change.
    fn change(&mut self) {
        let view = format!("view-{}", self.random.below(30));
        match self.random.below(100) {
            0..=2 => self.delete_view(&view),
            3 => self.remove_resource(),
            4..=9 => self.link_passing(&view),
            10..=59 => self.link(&view),
            _ => self.unlink(&view),
        }
    }

    fn some_keys(&mut self) -> BTreeSet<String> {
        let count = 1 + self.random.below(6);
        (0..count).map(|_| format!("flag-{:04}", self.random.below(1_500))).collect()
    }

    fn link(&mut self, view: &str) {
        let keys = self.some_keys();
        self.link_these(view, keys);
    }

    /// Resources of which nobody hears again once their view is deleted.
    fn link_passing(&mut self, view: &str) {
        let from = self.passing;
        self.passing += 20;
        self.link_these(view, (from..self.passing).map(|n| format!("passing-{n:09}")).collect());
    }

    fn link_these(&mut self, view: &str, keys: BTreeSet<String>) {
        self.project.ensure_view(NewView::new(view, view)).unwrap();
        self.project.link(view, Batch::flags(&keys)).unwrap().all_ok().unwrap();
        self.links.entry(view.to_owned()).or_default().extend(keys);
    }

    fn unlink(&mut self, view: &str) {
        let keys = self.some_keys();
        let Some(links) = self.links.get_mut(view) else { return };
        let report = self.project.unlink(view, Batch::flags(&keys)).unwrap();
        let gone = keys.iter().filter(|key| links.remove(*key)).count();
        assert_eq!(report.success_count(), gone);
    }

    fn delete_view(&mut self, view: &str) {
        if let Some(links) = self.links.remove(view) {
            let deleted = self.project.delete_view(view).unwrap();
            assert_eq!(deleted.unlinked.total(), links.len() as u64);
        }
    }

    fn remove_resource(&mut self) {
        let key = format!("flag-{:04}", self.random.below(1_500));
        let gone =
            self.links.values_mut().filter_map(|links| links.remove(&key).then_some(())).count();
        if !self.links.is_empty() {
            assert_eq!(self.project.remove_resource(&flag(&key)).unwrap().links, gone as u64);
        }
    }

    /// Readers open, read and close; one in a while is forgotten.
    fn read(&mut self) {
        self.ages.pass(1);
        if self.random.below(10) == 0 {
            self.held.push_back(self.store.snapshot().unwrap());
        }
        if self.held.len() > READERS {
            self.held.pop_front();
        }
        if self.random.below(800) == 0 {
            self.forgotten = Some(self.store.snapshot().unwrap());
        }
        if let Some(snapshot) = self.held.get(self.random.below(READERS)) {
            read_some(snapshot, &mut self.random);
        }
    }

    /// All that is there is what should be.
    fn check(&self) -> Verification {
        let snapshot = self.store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        assert_eq!(reader.views(all()).unwrap().total, self.links.len() as u64);
        for (view, expected) in &self.links {
            let paging = all().sort(viewlink::LinkSort::Key);
            let page = reader.linked_resources(view, ResourceType::Flag, paging).unwrap();
            let found = page.items.iter().map(|link| link.resource.key().as_str());
            assert!(found.eq(expected.iter().map(String::as_str)), "{view}");
        }
        let verification = self.store.verify().unwrap();
        assert!(verification.is_clean(), "{verification}");
        verification
    }
}

fn read_some(snapshot: &Snapshot, random: &mut Random) {
    let resource = flag(&format!("flag-{:04}", random.below(1_500)));
    let read = snapshot.project("p").and_then(|reader| {
        let views = reader.linked_view_keys(&resource, Paging::first(5))?;
        views.items.iter().try_for_each(|view| {
            assert!(reader.is_linked(view.as_str(), &resource)?);
            Ok(())
        })
    });
    let fits =
        matches!(read, Ok(()) | Err(Error::SnapshotExpired { .. } | Error::UnknownProject { .. }));
    assert!(fits, "{read:?}");
}

/// What a store takes.
#[derive(Clone, Copy, Debug)]
struct Figures {
    links: u64,
    state_bytes: u64,
    journal_bytes: u64,
    posting_lists: u64,
    dead_view_ids: u64,
    most_waiting: u64,
    most_snapshots: u64,
    /// Only told: other tests may run in the same process.
    #[allow(dead_code, reason = "printed")]
    resident_bytes: u64,
}

impl Figures {
    fn of(life: &Life, path: &Path, most: &Stats) -> Self {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let counts = life.check().counts;
        Self {
            links: counts.links.total(),
            state_bytes: length(&path.join("state.redb")),
            journal_bytes: segments(path).iter().map(|path| length(path)).sum(),
            posting_lists: counts.posting_lists,
            dead_view_ids: counts.dead_view_ids,
            most_waiting: most.waiting_backlinks,
            most_snapshots: most.snapshots,
            resident_bytes: resident_bytes(),
        }
    }
}

/// The memory of this process; 0 where that is not told.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}

#[test]
fn a_long_life_takes_no_more_than_what_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let mut life = Life::new(dir.path());
    let mut quarters = Vec::new();
    let mut most = life.store.stats();
    while quarters.len() < 4 {
        life.change();
        life.read();
        let stats = life.store.stats();
        most.waiting_backlinks = most.waiting_backlinks.max(stats.waiting_backlinks);
        most.snapshots = most.snapshots.max(stats.snapshots);
        most.oldest_snapshot = most.oldest_snapshot.max(stats.oldest_snapshot);
        if stats.revision >= changes() * (quarters.len() as u64 + 1) / 4 {
            let figures = Figures::of(&life, dir.path(), &most);
            println!("{:>7} changes: {figures:?}", stats.revision);
            quarters.push(figures);
        }
    }
    println!("{:?}", life.store.stats());
    assert_bounded(&quarters);
    copy_and_compact(life, dir.path());
    // At the limit, and a few calls that found nothing to change and so let nothing go.
    assert!(most.oldest_snapshot.unwrap() < LIMIT + Duration::from_secs(20), "{most:?}");
}

/// What a long life left can be copied, compacted when nobody looks at it, and opened.
fn copy_and_compact(mut life: Life, path: &Path) {
    let length = || std::fs::metadata(path.join("state.redb")).unwrap().len();
    let copied = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let revision = life.store.backup_to(copied.path()).unwrap();
    let took = start.elapsed();
    let copy = options(&life.ages).open(copied.path()).unwrap();
    assert_eq!(copy.stats().revision, revision);
    assert_clean(&copy);
    assert_eq!(content_of(&copy), content_of(&life.store));
    drop(copy);
    let of_copy = std::fs::metadata(copied.path().join("state.redb")).unwrap().len();
    life.held.push_back(life.store.snapshot().unwrap());
    assert!(matches!(life.store.compact(), Err(Error::SnapshotsOpen)));
    life.held.clear();
    life.forgotten = None;
    let before = length();
    life.store.compact().unwrap();
    println!("state: {before} bytes, {of_copy} copied in {took:?}, {} compacted", length());
    assert!(life.check().is_clean());
    let Life { store, project, ages, .. } = life;
    drop(project);
    store.close().unwrap();
    assert_clean(&options(&ages).open(path).unwrap());
}

fn assert_bounded(quarters: &[Figures]) {
    for figures in quarters {
        assert!(figures.most_waiting < 4 * WAITING as u64, "{figures:?}");
        assert!(figures.most_snapshots <= READERS as u64 + 3, "{figures:?}");
        assert!(figures.journal_bytes < 12 * SEGMENT, "{figures:?}");
        // What is dead is never much more than what lives.
        assert!(figures.dead_view_ids < figures.links, "{figures:?}");
        assert!(figures.posting_lists < 2 * figures.links, "{figures:?}");
        assert!(figures.state_bytes < (16 << 20) + 300 * figures.links, "{figures:?}");
    }
}
