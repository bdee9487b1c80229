//! The engine alone, on a real file: `cargo bench`.
//!
//! Links and unlinks sync once each, so their times include the disk: compare them with the sync measured in the same
//! run, and with the same operations in memory.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that fails may panic")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use viewlink::{
    Batch, LinkSort, NewResource, NewView, Options, Paging, Project, Resource, ResourceFilter,
    ResourceType, Store,
};

/// Links in the store before anything is measured: views of 1,000 keys out of `LINKS / 10`.
const LINKS: u64 = 100_000;
const PER_VIEW: u64 = 1_000;

/// Spreads numbers over 64 bits (the finalizer of SplitMix64), so that keys come in random order.
fn scatter(number: u64) -> u64 {
    let z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

fn key(number: u64) -> String {
    format!("flag-{:016x}", scatter(number))
}

fn view(number: u64) -> String {
    format!("view-{number}")
}

fn filled(path: &Path) -> Store {
    fill(Options::new().open(path).unwrap())
}

fn fill(store: Store) -> Store {
    let project = store.project("bench").unwrap();
    for number in 0..LINKS / PER_VIEW {
        project.ensure_view(NewView::new(view(number), "bench")).unwrap();
        let keys = (0..PER_VIEW).map(|i| key((number * PER_VIEW + i) % (LINKS / 10)));
        project.link(&view(number), Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    store.checkpoint().unwrap();
    store
}

fn change(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    changes(criterion, "change", &filled(&dir.path().join("store")));
}

fn change_in_memory(criterion: &mut Criterion) {
    changes(criterion, "change in memory", &fill(Options::new().open_in_memory().unwrap()));
}

/// Links new keys and unlinks them again, so that the store keeps its size; only one of the two is timed.
fn changes(criterion: &mut Criterion, name: &str, store: &Store) {
    let project = store.project("bench").unwrap();
    let mut next = LINKS;
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    for size in [1, 10, 100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(size));
        for (name, link_counts) in [("link", true), ("unlink", false)] {
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter_custom(|rounds| {
                    let round = |_| {
                        let (link, unlink) = link_and_unlink(&project, &mut next, size);
                        if link_counts { link } else { unlink }
                    };
                    (0..rounds).map(round).sum()
                });
            });
        }
    }
    group.finish();
}

fn link_and_unlink(project: &Project, next: &mut u64, size: u64) -> (Duration, Duration) {
    let keys: Vec<String> = (*next..*next + size).map(key).collect();
    *next += size;
    let begin = Instant::now();
    project.link("view-0", Batch::flags(keys.clone())).unwrap().all_ok().unwrap();
    let linked = begin.elapsed();
    project.unlink("view-0", Batch::flags(keys)).unwrap().all_ok().unwrap();
    (linked, begin.elapsed() - linked)
}

/// The least cost of a durable change here: one write into an existing file, and one sync.
fn sync(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let mut file = File::create(dir.path().join("file")).unwrap();
    file.write_all(&vec![0; 1 << 20]).unwrap();
    file.sync_all().unwrap();
    criterion.bench_function("write 100 bytes and sync", |bencher| {
        bencher.iter(|| {
            file.seek(SeekFrom::Start(4096)).unwrap();
            file.write_all(black_box(&[1; 100])).unwrap();
            file.sync_data().unwrap();
        });
    });
}

fn reads(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir.path().join("store"));
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("bench").unwrap();
    let linked = Resource::flag(&key(17)).unwrap();
    let mut group = criterion.benchmark_group("read");
    group.bench_function("is_linked", |bencher| {
        bencher.iter(|| reader.is_linked("view-0", black_box(&linked)).unwrap());
    });
    group.bench_function("linked_views (10 views)", |bencher| {
        bencher.iter(|| reader.linked_views(black_box(&linked), Paging::first(100)).unwrap());
    });
    for sort in [LinkSort::Key, LinkSort::LinkTime] {
        group.bench_function(format!("100 of 1,000 linked resources by {sort:?}"), |bencher| {
            bencher.iter(|| {
                let paging = Paging::first(100).sort(sort);
                reader.linked_resources("view-1", ResourceType::Flag, paging).unwrap()
            });
        });
    }
    group.bench_function("snapshot", |bencher| bencher.iter(|| store.snapshot().unwrap()));
    group.bench_function("is_linked, each in its own snapshot", |bencher| {
        bencher.iter(|| {
            let snapshot = store.snapshot().unwrap();
            snapshot.project("bench").unwrap().is_linked("view-0", black_box(&linked)).unwrap()
        });
    });
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    filled(&path).close().unwrap();
    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10);
    group.bench_function("open and close", |bencher| {
        bencher.iter(|| Store::open(&path).unwrap().close().unwrap());
    });
    let store = Store::open(&path).unwrap();
    let project = store.project("bench").unwrap();
    group.bench_function("delete a view of 1,000 links", |bencher| {
        bencher.iter_batched(
            || {
                project.ensure_view(NewView::new("short-lived", "bench")).unwrap();
                let keys = (0..PER_VIEW).map(key);
                project.link("short-lived", Batch::flags(keys)).unwrap().all_ok().unwrap()
            },
            |_| project.delete_view("short-lived").unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Callers who come at the same time share syncs: the time for one of many unlinks of one key.
fn concurrency(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir.path().join("store"));
    let project = store.project("bench").unwrap();
    let mut next = 2 * LINKS;
    let mut group = criterion.benchmark_group("concurrent unlink");
    group.sample_size(10);
    for threads in [1, 8, 32, 128] {
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(threads), |bencher| {
            bencher.iter_custom(|rounds| {
                let keys: Vec<String> = (next..next + rounds).map(key).collect();
                next += rounds;
                for keys in keys.chunks(10_000) {
                    project.link("view-0", Batch::flags(keys)).unwrap().all_ok().unwrap();
                }
                let share = keys.len().div_ceil(threads).max(1);
                let begin = Instant::now();
                thread::scope(|scope| {
                    for share in keys.chunks(share) {
                        let unlink = |key: &String| {
                            project.unlink("view-0", Batch::flags([key])).unwrap().all_ok().unwrap()
                        };
                        scope.spawn(move || share.iter().map(unlink).for_each(drop));
                    }
                });
                begin.elapsed()
            });
        });
    }
    group.finish();
}

/// Pending backlinks are moved into the posting lists, and everything is written to disk.
fn fold(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir.path().join("store"));
    let project = store.project("bench").unwrap();
    let mut group = criterion.benchmark_group("fold and checkpoint");
    group.sample_size(10);
    for links in [1_000, 10_000, 100_000] {
        let mut round = 0;
        group.bench_function(BenchmarkId::from_parameter(links), |bencher| {
            bencher.iter_batched(
                || {
                    // Existing resources go into a separate view and out again, in turns.
                    project.ensure_view(NewView::new("folded", "bench")).unwrap();
                    for part in 0..links / 1_000 {
                        let keys = Batch::flags((part * 1_000..(part + 1) * 1_000).map(key));
                        let report = match round % 2 {
                            0 => project.link("folded", keys).unwrap(),
                            _ => project.unlink("folded", keys).unwrap(),
                        };
                        report.all_ok().unwrap();
                    }
                    round += 1;
                },
                |()| store.checkpoint().unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Opening a store that was killed with a good part of a checkpoint interval to replay.
fn open_after_kill(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let (path, killed) = (dir.path().join("store"), dir.path().join("killed"));
    let store = filled(&path);
    let project = store.project("bench").unwrap();
    for part in 0..150 {
        let keys = (0..100).map(|number| key(3 * LINKS + part * 100 + number));
        project.link(&view(part % 100), Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10);
    group.bench_function("open with 15,000 keys to replay", |bencher| {
        bencher.iter_batched(
            || copy(&path, &killed),
            |()| Store::open(&killed).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// The files of a store as after a kill.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(to.join("journal")).into_iter().flatten() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Flags in the registry; one in `TAGGED` has the requested tag.
const REGISTERED: u64 = 100_000;
const TAGGED: u64 = 100;

/// A store with a registry, and an empty view.
fn registered(path: &Path) -> Store {
    let store = Options::new().open(path).unwrap();
    let project = store.project("bench").unwrap();
    project.ensure_view(NewView::new("by-filter", "bench")).unwrap();
    for part in 0..REGISTERED / 10_000 {
        let flags = (part * 10_000..(part + 1) * 10_000).map(|number| {
            let tags = match number % TAGGED {
                0 => ["wanted", "common"],
                _ => ["other", "common"],
            };
            NewResource::flag(key(number)).name(format!("{} {number}", tags[0])).tags(tags)
        });
        project.put_resources(flags).unwrap().all_ok().unwrap();
    }
    store.checkpoint().unwrap();
    store
}

/// Linking and unlinking the 1,000 of 100,000 flags that a filter finds: by tag, through the index, and by a part of
/// the name, which checks every flag. For comparison, the same flags by key.
fn filters(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(&dir.path().join("store"));
    let project = store.project("bench").unwrap();
    let filter = |text| ResourceFilter::parse(ResourceType::Flag, text).unwrap();
    let by_filter = |text| Batch::matching(ResourceType::Flag, filter(text));
    let keys = || Batch::flags((0..REGISTERED).step_by(TAGGED as usize).map(key));
    let mut group = criterion.benchmark_group("filter");
    group.sample_size(10);
    for (name, batch) in
        [("tag", by_filter("tags:wanted")), ("key", keys()), ("query", by_filter("query:wanted"))]
    {
        group.bench_function(format!("link 1,000 of 100,000 flags by {name}"), |bencher| {
            bencher.iter_batched(
                || project.unlink("by-filter", keys()).unwrap(),
                |_| assert_eq!(project.link("by-filter", batch.clone()).unwrap().len(), 1_000),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// How many views follow a filter each, and how many flags are put at once.
const FOLLOWING: u64 = 10_000;
const PUT: u64 = 1_000;

/// A put of 1,000 flags, each with a tag of its own, into a store with 10,000 views: none follows a filter; each follows
/// one that finds none of the flags; each follows one, and 1,000 find one flag each.
fn standing_filters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("put 1,000 flags with 10,000 views");
    group.sample_size(20);
    for (name, tags) in [
        ("without filters", None),
        ("filters of others", Some("other")),
        ("filters of them", Some("tag")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = Options::new().open(dir.path().join("store")).unwrap();
        let project = store.project("bench").unwrap();
        for number in 0..FOLLOWING {
            project.create_view(NewView::new(view(number), "bench")).unwrap();
            if let Some(tag) = tags {
                let text = format!("tags:{tag}-{number}");
                let filter = ResourceFilter::parse(ResourceType::Flag, &text).unwrap();
                project
                    .follow(&view(number), ResourceType::Flag, filter)
                    .unwrap()
                    .all_ok()
                    .unwrap();
            }
        }
        let mut round = 0;
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    round += 1;
                    let tag = |number| format!("tag-{}", (number + round * PUT) % FOLLOWING);
                    let flag = |number| NewResource::flag(key(number)).tags([tag(number)]);
                    (0..PUT).map(flag).collect::<Vec<_>>()
                },
                |flags| project.put_resources(flags).unwrap().all_ok().unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    sync,
    change,
    change_in_memory,
    concurrency,
    reads,
    fold,
    whole,
    open_after_kill,
    filters,
    standing_filters
);
criterion_main!(benches);
