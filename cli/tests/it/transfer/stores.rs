//! Stores to export, with times that the test sets.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use viewlink::{
    Batch, LinkedResource, Maintainer, NewResource, NewView, Options, Paging, ResourceType, Store,
    Timestamp, ViewPatch,
};

use crate::support::{Ran, Stage, run_plain};

/// A text with quotes, separators and line ends, and not only ASCII.
pub(crate) const HARD: &str = "a, \"b\"\r\n\tc \\ \u{0} \u{202e}ü 日本 🦀";

/// The first time in the stores of the tests. Times far away from it look like another unit.
pub(crate) const SINCE: u64 = 1_700_000_000_000;

/// A store in a directory, with a clock.
pub(crate) struct Made {
    store: Store,
    time: Arc<AtomicU64>,
}

impl Made {
    pub(crate) fn at(path: &Path) -> Self {
        let time = Arc::new(AtomicU64::new(SINCE));
        let clock = Arc::clone(&time);
        let options =
            Options::new().clock(move || Timestamp::from_millis(clock.load(Ordering::SeqCst)));
        Self { store: options.open(path).unwrap(), time }
    }

    /// The store, with its clock at this time after [`SINCE`].
    pub(crate) fn when(&self, millis: u64) -> &Store {
        self.time.store(SINCE + millis, Ordering::SeqCst);
        &self.store
    }

    pub(crate) fn close(self) {
        self.store.close().unwrap();
    }
}

/// A store with all kinds of content: two projects, views with and without updates, links of all types at several
/// times, registered resources with all fields.
pub(crate) fn with_everything(path: &Path) {
    let made = Made::at(path);
    let shop = |millis| made.when(millis).project("shop").unwrap();
    let team = Maintainer::Team("checkout".into());
    let view = NewView::new("b-view", HARD).description(HARD).tags(["t", HARD, ""]);
    shop(1_000).create_view(view.maintainer(team.clone())).unwrap();
    shop(2_000).link("b-view", Batch::flags(["f-2", "f-1"])).unwrap().all_ok().unwrap();
    shop(2_500).create_view(NewView::new("a-view", "a-view")).unwrap();
    let segments = Batch::segments([("prod", "beta"), ("test", "beta")]);
    shop(2_500).link("a-view", segments).unwrap().all_ok().unwrap();
    shop(2_500).link("b-view", Batch::metrics(["latency"])).unwrap().all_ok().unwrap();
    for name in ["Second", "Third"] {
        shop(3_000).update_view("a-view", ViewPatch::new().name(name)).unwrap();
    }
    shop(9_000).link("a-view", Batch::ai_configs(["f-1"])).unwrap().all_ok().unwrap();
    let resources = [
        NewResource::flag("f-1").name(HARD).tags([HARD, "x"]).maintainer(team).temporary(true),
        NewResource::segment_with_id("prod", "beta", "61f3b0c2").unbounded(true).archived(true),
        NewResource::segment("test", "beta").created_at(Timestamp::from_millis(SINCE + 77)),
        NewResource::metric("m").maintainer(Maintainer::Member("m-1".into())),
    ];
    shop(9_500).put_resources(resources).unwrap().all_ok().unwrap();
    let other = made.when(9_600).project("other").unwrap();
    other.create_view(NewView::new("a-view", "")).unwrap();
    other.link("a-view", Batch::flags(["f-1"])).unwrap().all_ok().unwrap();
    made.close();
}

/// The lines of an export as JSON, without the fields that an import does not restore.
pub(crate) fn lines(store: &Path) -> Vec<Value> {
    let ran = run_plain(["export".as_ref(), store.as_os_str()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut lines = ran.json_lines();
    for line in &mut lines {
        for part in line.as_object_mut().unwrap().values_mut() {
            let part = part.as_object_mut().unwrap();
            for lost in ["storeId", "revision", "id"] {
                // For a segment it is a text, which is kept.
                if !(lost == "id" && part.get("type").is_some()) {
                    part.remove(lost);
                }
            }
            if let Some(version) = part.get_mut("version").filter(|version| version.is_u64()) {
                *version = json!(version.as_u64().unwrap().min(2));
            }
        }
    }
    lines
}

/// Every link of a store in the order of the lists by link time; if `change_by_key`, links of one change are in key order.
pub(crate) fn links_by_time(store: &Path, change_by_key: bool) -> Vec<String> {
    let store = Options::new().create_if_missing(false).open(store).unwrap();
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    let snapshot = store.snapshot().unwrap();
    let mut all = Vec::new();
    for info in snapshot.projects(Paging::first(usize::MAX)).unwrap() {
        let project = snapshot.project(info.key.as_str()).unwrap();
        for view in project.views(Paging::first(usize::MAX)).unwrap() {
            for of in ResourceType::ALL {
                let paging = Paging::first(usize::MAX);
                let page = project.linked_resources(view.key.as_str(), of, paging).unwrap();
                let mut items = page.items;
                if change_by_key {
                    items.sort_by_key(|linked| {
                        (linked.linked_at, linked.revision, linked.resource.clone())
                    });
                }
                let line = |linked: &LinkedResource| {
                    format!("{} {} {:?} {}", info.key, view.key, linked.resource, linked.linked_at)
                };
                all.extend(items.iter().map(line));
            }
        }
    }
    all
}

/// Exports the stage's store to a file, and imports that into another store.
pub(crate) fn restore(stage: &Stage, store: &str) -> Ran {
    let (file, store) = (stage.path("export.jsonl"), stage.path(store));
    let ran = stage.run("export", &["--out", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    run_plain(["import".as_ref(), store.as_os_str(), file.as_os_str()])
}

/// The names next to the store of a stage.
pub(crate) fn names(stage: &Stage) -> Vec<String> {
    let entries = std::fs::read_dir(stage.path("")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
