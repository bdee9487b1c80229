//! A store over a long life: its memory and disk space stay proportional to its content.
//!
//! `VIEWLINK_LONG_LIFE=1000000 cargo test --release --test it long_life -- --nocapture` runs both lives with that many
//! changes. It prints the measurements at every quarter.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::metadata;
use std::path::Path;
use std::time::Instant;

use viewlink::{
    Batch, Error, LinkSort, MemoryUse, NewResource, NewView, Options, Paging, Project,
    ResourceFilter, ResourceType, Snapshot, Store, Verification,
};

use crate::support::{
    Random, all, assert_clean, checkpoint_file, content_of, flag, names, segments,
};

/// The number of changes.
fn changes(usual: u64) -> u64 {
    let changes = std::env::var("VIEWLINK_LONG_LIFE").ok().and_then(|count| count.parse().ok());
    changes.unwrap_or(usual)
}

const KEPT: u64 = 1_000;
const SEGMENT: u64 = 32 << 10;
const CHECKPOINT: u64 = 128 << 10;
/// The number of snapshots that are open at once, in addition to a forgotten one.
const READERS: usize = 6;
/// The number of flags that are used again.
const FLAGS: usize = 1_500;

fn options() -> Options {
    Options::new().segment_size(SEGMENT).keep_changes(Some(KEPT)).checkpoint_bytes(CHECKPOINT)
}

/// The expected content: the flags of each view.
type Links = BTreeMap<String, BTreeSet<String>>;

/// A store with a long life, and the data of the test.
struct Life {
    store: Store,
    project: Project,
    random: Random,
    links: Links,
    /// Views, registered resources and projects that are added once and then removed.
    views: VecDeque<String>,
    registered: VecDeque<String>,
    projects: VecDeque<String>,
    held: VecDeque<Snapshot>,
    forgotten: Option<Snapshot>,
    most_snapshots: u64,
    /// The number of the next item that is added once.
    passing: u64,
}

impl Life {
    fn new(store: Store) -> Self {
        let project = store.project("p").unwrap();
        Self {
            store,
            project,
            random: Random(17),
            links: Links::new(),
            views: VecDeque::new(),
            registered: VecDeque::new(),
            projects: VecDeque::new(),
            held: VecDeque::new(),
            forgotten: None,
            most_snapshots: 0,
            passing: 0,
        }
    }

    /// One call that changes something, or finds nothing to change.
    fn change(&mut self) {
        let view = format!("view-{}", self.random.below(30));
        match self.random.below(100) {
            0..=1 => self.delete_view(&view),
            2 => self.remove_resource(),
            3..=8 => self.link_passing(&view),
            9..=10 => self.pass_view(),
            11..=14 => self.pass_registered(),
            15 => self.pass_project(),
            16..=59 => self.link(&view),
            _ => self.unlink(&view),
        }
    }

    fn some_keys(&mut self) -> BTreeSet<String> {
        let count = 1 + self.random.below(6);
        (0..count).map(|_| format!("flag-{:04}", self.random.below(FLAGS))).collect()
    }

    fn link(&mut self, view: &str) {
        let keys = self.some_keys();
        self.link_these(view, keys);
    }

    fn next(&mut self, what: &str) -> String {
        self.passing += 1;
        format!("{what}-{:09}", self.passing)
    }

    /// Resources that are never used again once their view is deleted.
    fn link_passing(&mut self, view: &str) {
        let keys = (0..20).map(|_| self.next("passing")).collect();
        self.link_these(view, keys);
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
        let key = format!("flag-{:04}", self.random.below(FLAGS));
        let gone =
            self.links.values_mut().filter_map(|links| links.remove(&key).then_some(())).count();
        if !self.links.is_empty() {
            assert_eq!(self.project.remove_resource(&flag(&key)).unwrap().links, gone as u64);
        }
    }

    /// Adds a view, and deletes another one.
    fn pass_view(&mut self) {
        let view = self.next("view");
        self.link_passing(&view);
        self.link(&view);
        self.views.push_back(view);
        if self.views.len() > 5 {
            let view = self.views.pop_front().unwrap();
            self.delete_view(&view);
        }
    }

    /// Registers a resource, and removes another one.
    fn pass_registered(&mut self) {
        let key = self.next("registered");
        let put = NewResource::flag(&key).name(&key).tags([&*key, "one-of-many"]);
        self.project.put_resources([put]).unwrap().all_ok().unwrap();
        self.registered.push_back(key);
        if self.registered.len() > 100 {
            let key = self.registered.pop_front().unwrap();
            assert_eq!(self.project.remove_resource(&flag(&key)).unwrap().registered, 1);
        }
    }

    /// Adds a whole project, and removes another one.
    fn pass_project(&mut self) {
        let key = self.next("project");
        let project = self.store.project(&key).unwrap();
        project.create_view(NewView::new("v", "V")).unwrap();
        project.link("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
        self.projects.push_back(key);
        if self.projects.len() > 3 {
            let key = self.projects.pop_front().unwrap();
            assert_eq!(self.store.project(&key).unwrap().delete().unwrap().unlinked.total(), 2);
        }
    }

    /// Readers open, read and close snapshots; now and then one is forgotten.
    fn read(&mut self) {
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
        self.most_snapshots = self.most_snapshots.max(self.store.stats().snapshots);
    }

    /// The content is the expected one.
    fn check(&self) -> Verification {
        let snapshot = self.store.snapshot().unwrap();
        assert_eq!(snapshot.projects(all()).unwrap().total, 1 + self.projects.len() as u64);
        let reader = snapshot.project("p").unwrap();
        assert_eq!(reader.views(all()).unwrap().total, self.links.len() as u64);
        for (view, expected) in &self.links {
            let paging = all().sort(LinkSort::Key);
            let page = reader.linked_resources(view, ResourceType::Flag, paging).unwrap();
            let found = page.items.iter().map(|link| link.resource.key().as_str());
            assert!(found.eq(expected.iter().map(String::as_str)), "{view}");
        }
        let registered =
            reader.resources(ResourceType::Flag, &ResourceFilter::all(), all()).unwrap();
        let found = registered.items.iter().map(|found| found.resource.key().as_str());
        assert!(found.eq(self.registered.iter().map(String::as_str)));
        let verification = self.store.verify().unwrap();
        assert!(verification.is_clean(), "{verification}");
        verification
    }

    /// The memory that the same content needs in a store that was just opened.
    fn memory_anew(&self) -> MemoryUse {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copy");
        let start = Instant::now();
        let revision = self.store.backup_to(&path).unwrap();
        let took = start.elapsed();
        let copy = options().open(&path).unwrap();
        assert_eq!(copy.stats().revision, revision);
        assert_eq!(content_of(&copy), content_of(&self.store));
        assert_clean(&copy);
        println!("copied in {took:?}");
        copy.sizes().unwrap().memory
    }

    /// Lives until there were this many changes.
    fn until(&mut self, changes: u64) -> Figures {
        while self.store.stats().revision < changes {
            self.change();
            self.read();
        }
        // So that the size on disk is known.
        self.store.checkpoint().unwrap();
        let figures = Figures::of(self);
        println!("{changes:>7} changes: {figures:?}");
        figures
    }
}

fn read_some(snapshot: &Snapshot, random: &mut Random) {
    let resource = flag(&format!("flag-{:04}", random.below(FLAGS)));
    let read = snapshot.project("p").and_then(|reader| {
        let views = reader.linked_view_keys(&resource, Paging::first(5))?;
        views.items.iter().try_for_each(|view| {
            assert!(reader.is_linked(view.as_str(), &resource)?);
            Ok(())
        })
    });
    assert!(matches!(read, Ok(()) | Err(Error::UnknownProject { .. })), "{read:?}");
}

/// The memory and disk space of a store.
#[derive(Clone, Copy, Debug)]
struct Figures {
    links: u64,
    memory: MemoryUse,
    anew: MemoryUse,
    checkpoint_bytes: u64,
    journal_bytes: u64,
    journal_segments: u64,
    most_snapshots: u64,
    /// Only printed: other tests may run in the same process.
    #[allow(dead_code, reason = "printed")]
    resident_bytes: u64,
}

impl Figures {
    fn of(life: &Life) -> Self {
        let links = life.check().counts.links.total();
        let sizes = life.store.sizes().unwrap();
        Self {
            links,
            memory: sizes.memory,
            anew: life.memory_anew(),
            checkpoint_bytes: sizes.checkpoint_bytes,
            journal_bytes: sizes.journal.bytes,
            journal_segments: sizes.journal.segments,
            most_snapshots: life.most_snapshots,
            resident_bytes: resident_bytes(),
        }
    }

    fn assert_bounded(&self) {
        let parts = |memory: &MemoryUse| {
            [memory.views, memory.links, memory.names, memory.backlinks, memory.registry]
        };
        // Each part needs little more memory than if nothing had ever been removed.
        for (now, anew) in parts(&self.memory).into_iter().zip(parts(&self.anew)) {
            assert!(now < 3 * anew + (64 << 10), "{self:?}");
        }
        assert!(self.memory.total() < 2 * self.anew.total() + (128 << 10), "{self:?}");
        assert!(self.most_snapshots <= READERS as u64 + 3, "{self:?}");
        assert!(self.checkpoint_bytes < (128 << 10) + 30 * self.links, "{self:?}");
        assert!(self.journal_bytes < 12 * SEGMENT && self.journal_segments < 12, "{self:?}");
    }
}

/// The memory of this process; 0 if it is unknown.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}

#[test]
fn after_many_changes_the_memory_is_proportional_to_the_content() {
    let changes = changes(100_000);
    let mut life = Life::new(options().open_in_memory().unwrap());
    for quarter in 1..=4 {
        life.until(changes * quarter / 4).assert_bounded();
    }
    println!("{:?}", life.store.stats());
    let stats = life.store.stats();
    assert!(stats.checkpoints > changes / 10_000 && stats.failed_checkpoints == 0, "{stats:?}");
    // All content is removed, and so is its memory.
    drop((life.held, life.forgotten));
    let keys = life.projects.iter().map(String::as_str).chain(["p"]);
    for key in keys {
        life.store.project(key).unwrap().delete().unwrap();
    }
    let memory = life.store.sizes().unwrap().memory;
    assert!(memory.total() < 4_096, "{memory:?}");
}

#[test]
fn after_many_changes_the_files_are_proportional_to_the_content() {
    let changes = changes(4_000);
    let dir = tempfile::tempdir().unwrap();
    let mut life = Life::new(options().open(dir.path()).unwrap());
    for quarter in 1..=4 {
        let figures = life.until(changes * quarter / 4);
        figures.assert_bounded();
        assert_on_disk(&figures, dir.path());
    }
    assert_eq!(names(dir.path()), ["checkpoint.redb", "journal", "lock"]);
    let Life { store, project, held, forgotten, .. } = life;
    drop((project, held, forgotten));
    let before = content_of(&store);
    store.close().unwrap();
    let store = options().open(dir.path()).unwrap();
    assert_eq!(content_of(&store), before);
    assert_clean(&store);
}

/// The files are as large as the statistics say, and there are no other files.
fn assert_on_disk(figures: &Figures, path: &Path) {
    let length = |path: &Path| metadata(path).unwrap().len();
    assert_eq!(length(&checkpoint_file(path)), figures.checkpoint_bytes);
    let segments = segments(path);
    let bytes: u64 = segments.iter().map(|path| length(path)).sum();
    assert_eq!((segments.len() as u64, bytes), (figures.journal_segments, figures.journal_bytes));
    let others = names(&path.join("journal")).len() - segments.len();
    assert!(others <= 1, "at most the one that is created in advance");
}
