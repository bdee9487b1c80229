//! Shared by the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use viewlink::{
    Batch, Change, Error, Fault, KeyOutcome, KeySort, LinkSort, LinkedResource, NewView, Options,
    Outcome, Page, Paging, Project, ProjectSnapshot, RecoveryProgress, Report, Resource,
    ResourceType, Snapshot, Store, Timestamp,
};

pub(crate) use crate::random::Random;

/// A store in memory.
pub(crate) fn memory() -> Store {
    Options::new().open_in_memory().unwrap()
}

/// A store in memory, and a project of it with the views `v` and `w`.
pub(crate) fn two_views() -> (Store, Project) {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    (store, project)
}

pub(crate) fn project(store: &Store) -> Project {
    store.project("p").unwrap()
}

/// Stops writes, as if the journal cannot be synced; nothing changes.
pub(crate) fn stop_writes(store: &Store) {
    store.fail_next_change(Fault::Unknown);
    let project = store.project("never-there").unwrap();
    let error = project.create_view(NewView::new("never-there", "")).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}

pub(crate) fn create(project: &Project, key: &str) {
    project.create_view(NewView::new(key, key)).unwrap();
}

/// Links flags and expects that every one is new.
pub(crate) fn link(project: &Project, view: &str, keys: &[&str]) {
    let report = project.link(view, Batch::flags(keys.iter().copied()));
    let report = report.unwrap();
    assert!(report.outcomes().all(|(_, outcome)| *outcome == KeyOutcome::Linked), "{report:?}");
}

pub(crate) fn flag(key: &str) -> Resource {
    Resource::flag(key).unwrap()
}

/// A batch of resources of any type; segments are those of the environment `env`.
pub(crate) fn batch(resource_type: ResourceType, names: &[&str]) -> Batch {
    let names = names.iter().copied();
    match resource_type {
        ResourceType::Flag => Batch::flags(names),
        ResourceType::AiConfig => Batch::ai_configs(names),
        ResourceType::Metric => Batch::metrics(names),
        ResourceType::Segment => Batch::segments(names.map(|name| ("env", name))),
    }
}

/// The resource that [`batch`] names.
pub(crate) fn resource(resource_type: ResourceType, name: &str) -> Resource {
    match resource_type {
        ResourceType::Flag => Resource::flag(name),
        ResourceType::AiConfig => Resource::ai_config(name),
        ResourceType::Metric => Resource::metric(name),
        ResourceType::Segment => Resource::segment("env", name),
    }
    .unwrap()
}

/// Each key of a report with its outcome: `linked`, `already`, `unlinked` or a code.
pub(crate) fn outcomes(report: &Report) -> Vec<(String, &'static str)> {
    let word = |outcome: &KeyOutcome| match outcome {
        KeyOutcome::Linked => "linked",
        KeyOutcome::AlreadyLinked => "already",
        KeyOutcome::Unlinked => "unlinked",
        KeyOutcome::NotLinked => "not linked",
        KeyOutcome::Moved => "moved",
        KeyOutcome::Released => "released",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        other => panic!("{other:?}"),
    };
    let pairs = report.outcomes().map(|(key, outcome)| (key.key().to_owned(), word(outcome)));
    pairs.collect()
}

/// Keys with their outcomes, as [`outcomes`] gives them.
pub(crate) fn pairs(of: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    of.iter().map(|(key, outcome)| ((*key).to_string(), *outcome)).collect()
}

/// Checks that the counts of a report agree with each other and with its outcomes.
pub(crate) fn assert_counts(report: &Report) {
    let failed = report.outcomes().filter(|(_, outcome)| outcome.is_failure()).count();
    assert_eq!(report.failure_count(), failed);
    assert_eq!(report.failures().count(), failed);
    assert_eq!(report.success_count() + report.failure_count(), report.len());
    assert_eq!(report.outcomes().count(), report.len());
    assert_eq!(report.is_empty(), report.outcomes().next().is_none());
}

pub(crate) fn assert_clean(store: &Store) {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

/// Checks the store, and that its journal was replayed from the first change on.
pub(crate) fn assert_clean_and_replayed(store: &Store) {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    assert!(verification.counts.replayed, "{verification}");
}

/// A message that can be logged or sent to a client unchanged: one line that begins in lower case, without characters
/// that affect a terminal.
pub(crate) fn assert_plain(message: &str) {
    let acts = |character: char| character.is_control() || character == '\u{202e}';
    assert!(!message.chars().any(acts), "{message:?}");
    let first = message.chars().next().expect("a message");
    assert!(!first.is_uppercase() && !message.ends_with('.'), "{message}");
}

/// All changes of the journal.
pub(crate) fn journal(store: &Store) -> Vec<Change> {
    let changes = store.snapshot().unwrap().changes(1).unwrap();
    changes.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn revision(store: &Store) -> u64 {
    store.snapshot().unwrap().revision()
}

/// The keys of linked resources.
pub(crate) fn keys(page: &Page<LinkedResource>) -> Vec<String> {
    page.items.iter().map(|linked| linked.resource.to_string()).collect()
}

/// All flags of a view, the oldest link first.
pub(crate) fn flags(store: &Store, view: &str) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    keys(&reader.linked_resources(view, ResourceType::Flag, all()).unwrap())
}

/// The keys of the views of a resource.
pub(crate) fn views_of(store: &Store, resource: &Resource) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    view_keys(&reader, resource)
}

pub(crate) fn view_keys(reader: &ProjectSnapshot, resource: &Resource) -> Vec<String> {
    let page = reader.linked_views(resource, all()).unwrap();
    page.into_iter().map(|view| view.key.to_string()).collect()
}

/// A page with the whole list.
pub(crate) fn all<S: Default>() -> Paging<S> {
    Paging::first(usize::MAX)
}

/// Everything that a snapshot shows, except the journal.
pub(crate) fn content(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = vec![format!("revision {}", snapshot.revision())];
    for info in snapshot.projects(all::<KeySort>()).unwrap() {
        lines.push(format!("{info:?}"));
        let reader = snapshot.project(info.key.as_str()).unwrap();
        let mut resources = BTreeSet::new();
        for view in reader.views(all()).unwrap() {
            lines.push(format!("{view:?}"));
            for resource_type in ResourceType::ALL {
                for sort in [LinkSort::LinkTime, LinkSort::Key] {
                    let paging = all().sort(sort);
                    let page = reader.linked_resources(view.key.as_str(), resource_type, paging);
                    for linked in page.unwrap() {
                        lines.push(format!("{sort:?} {linked:?}"));
                        resources.insert(linked.resource);
                    }
                }
            }
        }
        for resource in resources {
            lines.push(format!("{resource} {:?}", view_keys(&reader, &resource)));
        }
    }
    lines
}

/// [`content`] of the current state of the store.
pub(crate) fn content_of(store: &Store) -> Vec<String> {
    content(&store.snapshot().unwrap())
}

/// The names and bytes of all files below a directory, except the file `lock`.
pub(crate) fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(files(&path));
        } else if path.file_name().is_none_or(|name| name != "lock") {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// The error of an open that must fail and must not change any byte or name.
pub(crate) fn refused(path: &Path, options: Options) -> Error {
    let seen = || if path.is_dir() { files(path) } else { BTreeMap::new() };
    let before = seen();
    let error = options.open(path).unwrap_err();
    assert!(before == seen(), "{error}: the files changed");
    error
}

/// Copies a directory in its current state, as a killed process leaves it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// The segments in a directory, the oldest first; without one that is created in advance.
pub(crate) fn segments_in(dir: &Path) -> Vec<PathBuf> {
    let is_segment = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_string_lossy();
        stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit())
    };
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(is_segment).collect();
    paths.sort();
    paths
}

/// The journal's segments, the oldest first.
pub(crate) fn segments(dir: &Path) -> Vec<PathBuf> {
    segments_in(&dir.join("journal"))
}

/// The file of the newest checkpoint.
pub(crate) fn checkpoint_file(dir: &Path) -> PathBuf {
    dir.join("checkpoint.redb")
}

/// The first revision that a segment may have.
pub(crate) fn first_revision(segment: &Path) -> u64 {
    segment.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Waits until a condition holds that other threads cause.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "never {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Options with which an opening fails if it has to replay changes.
pub(crate) fn replaying_nothing(options: Options) -> Options {
    options.on_recovery(|progress| {
        let is_loading = matches!(progress, RecoveryProgress::Loading { .. });
        assert!(is_loading, "{progress:?}");
    })
}

/// A unique key that compresses badly with other keys, so that files do not become shorter.
pub(crate) fn noise(number: usize, length: usize) -> String {
    let mut random = Random(number as u64);
    let words = (0..length.div_ceil(16)).map(|_| format!("{:016x}", random.next()));
    words.collect::<String>()[..length].to_owned()
}

/// A clock that a test sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    /// Advances to a time in steps, with an action at each step: the age of kept changes grows by at most a quarter of
    /// the limit at once.
    pub(crate) fn pass(&self, to: u64, step: u64, mut act: impl FnMut(u64)) {
        while self.0.load(Ordering::SeqCst) < to {
            self.set((self.0.load(Ordering::SeqCst) + step).min(to));
            act(self.0.load(Ordering::SeqCst));
        }
    }

    pub(crate) fn options(&self) -> Options {
        let time = Arc::clone(&self.0);
        Options::new().clock(move || Timestamp::from_millis(time.load(Ordering::SeqCst)))
    }
}

/// Copies a store and opens the copy, which must be clean.
pub(crate) fn copy_of(store: &Store, path: &Path) -> Store {
    assert_eq!(store.backup_to(path).unwrap(), revision(store));
    let copy = Store::open(path).unwrap();
    assert_clean(&copy);
    copy
}

/// The names in a directory, in order.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
