//! The memory image alone, without a disk: `cargo bench --bench image`.
//!
//! Each step of a change by itself: validating keys, which is done before a caller waits for its turn, then
//! deciding, encoding and applying. `VIEWLINK_LINKS` sets how many links there are (1,000,000).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that fails may panic"
)]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use viewlink::testing::{ImageCommand, ImageProject, ImageSnapshot, MemoryImage};
use viewlink::{
    Batch, LinkChange, LinkSort, NewView, Options, Paging, Resource, ResourceFilter, ResourceType,
};

/// Links of a view, and views of a resource.
const PER_VIEW: u64 = 1_000;
const VIEWS_OF_RESOURCE: u64 = 10;
const SIZES: [u64; 5] = [1, 10, 100, 1_000, 10_000];

fn links() -> u64 {
    std::env::var("VIEWLINK_LINKS").map_or(1_000_000, |links| links.parse().unwrap())
}

fn resources() -> u64 {
    links() / VIEWS_OF_RESOURCE
}

/// Spreads numbers over 64 bits (the finalizer of SplitMix64).
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

/// An image of many views, each with a run of the resources, whose keys are in no order.
fn filled() -> (MemoryImage, ImageProject) {
    let image = MemoryImage::new(Options::new());
    let project = image.project("bench").unwrap();
    for number in 0..links() / PER_VIEW {
        project.create_view(NewView::new(view(number), "bench")).unwrap();
        let keys = (0..PER_VIEW).map(|i| key((number * PER_VIEW + i) % resources()));
        // Applied, and not kept in the image's journal.
        let command =
            project.command([LinkChange::link(view(number), Batch::flags(keys))]).unwrap();
        image.apply(&image.decide(&command).unwrap().unwrap()).unwrap();
    }
    (image, project)
}

/// Keys that a view does not have and others do.
fn new_keys(number: u64, round: u64, count: u64) -> Vec<String> {
    let lacking = resources() - PER_VIEW;
    let (first, step) = (scatter(round) % lacking, 7_919);
    let place = |i: u64| number * PER_VIEW + PER_VIEW + (first + i * step) % lacking;
    (0..count).map(|i| key(place(i) % resources())).collect()
}

/// How long each step took.
#[derive(Clone, Copy, Default)]
struct Steps {
    validate: Duration,
    decide: Duration,
    encode: Duration,
    apply: Duration,
}

fn timed<T>(time: &mut Duration, act: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = black_box(act());
    *time += begin.elapsed();
    done
}

struct Bench {
    image: MemoryImage,
    project: ImageProject,
    round: u64,
    /// What pushes the image out of the caches before each change is decided.
    other: Option<Vec<u64>>,
    /// Whether a snapshot of before each change is held.
    holds: bool,
}

impl Bench {
    fn evict(&mut self) {
        if let Some(other) = &mut self.other {
            other.iter_mut().step_by(8).for_each(|word| *word = word.wrapping_add(1));
            black_box(other);
        }
    }

    fn change(&mut self, change: LinkChange) -> Steps {
        let mut steps = Steps::default();
        let held: Option<ImageSnapshot> = self.holds.then(|| self.image.snapshot());
        let project = self.project.clone();
        let command: ImageCommand =
            timed(&mut steps.validate, || project.command([change]).unwrap());
        self.evict();
        let change = timed(&mut steps.decide, || self.image.decide(&command).unwrap().unwrap());
        let bytes = timed(&mut steps.encode, || change.encode().unwrap());
        black_box(bytes);
        timed(&mut steps.apply, || self.image.apply(&change).unwrap());
        drop(held);
        steps
    }

    /// Links keys to a view and unlinks them again; tells the steps of the one that is asked for.
    fn round(&mut self, view_number: Option<u64>, count: u64, of_link: bool) -> Steps {
        self.round += 1;
        let number = view_number.unwrap_or(scatter(self.round) % (links() / PER_VIEW));
        let keys = new_keys(number, self.round, count);
        let linked = self.change(LinkChange::link(view(number), Batch::flags(keys.clone())));
        let unlinked = self.change(LinkChange::unlink(view(number), Batch::flags(keys)));
        if of_link { linked } else { unlinked }
    }
}

/// A step by its name.
type Step = (&'static str, fn(Steps) -> Duration);

const STEPS: [Step; 4] = [
    ("validate", |steps| steps.validate),
    ("decide", |steps| steps.decide),
    ("encode", |steps| steps.encode),
    ("apply", |steps| steps.apply),
];

fn measure(
    criterion: &mut Criterion,
    name: &str,
    bench: &mut Bench,
    sizes: &[u64],
    of: Option<u64>,
) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).measurement_time(Duration::from_millis(600));
    group.warm_up_time(Duration::from_millis(100));
    for &size in sizes {
        for (kind, of_link) in [("link", true), ("unlink", false)] {
            for (step, time) in STEPS {
                group.bench_function(BenchmarkId::new(format!("{kind}/{step}"), size), |bencher| {
                    bencher.iter_custom(|rounds| {
                        (0..rounds).map(|_| time(bench.round(of, size, of_link))).sum()
                    });
                });
            }
        }
    }
    group.finish();
}

fn changes(criterion: &mut Criterion) {
    let (image, project) = filled();
    let mut bench = Bench { image, project, round: 0, other: None, holds: false };
    measure(criterion, "hot", &mut bench, &SIZES, None);
    bench.holds = true;
    measure(criterion, "snapshot held", &mut bench, &[1, 1_000], None);
    bench.holds = false;
    bench.other = Some(vec![0; 8 << 20]);
    measure(criterion, "cold", &mut bench, &[1, 1_000], None);
}

/// The bytes of the process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4_096
}

fn memory(_: &mut Criterion) {
    let before = resident();
    let (image, project) = filled();
    let (used, resident) = (image.memory("bench").unwrap(), resident() - before);
    let each = |bytes: usize, of: u64| bytes as f64 / of as f64;
    println!(
        "bytes a link: {:.1} of RSS; links {:.1}, names {:.1} and postings {:.1}",
        resident as f64 / links() as f64,
        each(used.links, links()),
        each(used.names, links()),
        each(used.postings, links())
    );
    println!(
        "bytes a name: {:.1}; a view: {:.0}",
        each(used.names + used.postings, resources()),
        each(used.views, links() / PER_VIEW)
    );
    let bench = Bench { image, project, round: 0, other: None, holds: false };
    for (order, sorted) in [("as they come", false), ("sorted", true)] {
        let mut keys = new_keys(0, 1, 1_000);
        if sorted {
            keys.sort();
        }
        let change = LinkChange::link(view(0), Batch::flags(keys));
        let command = bench.project.command([change]).unwrap();
        let change = bench.image.decide(&command).unwrap().unwrap();
        let bytes = change.encode().unwrap().len();
        println!("a change of 1,000 keys of 21 bytes, {order}: {bytes} bytes");
    }
}

/// An image with one view that has all links.
fn large_view(removal_detail: usize) -> (MemoryImage, ImageProject) {
    let image = MemoryImage::with_removal_detail(Options::new(), removal_detail);
    let project = image.project("bench").unwrap();
    project.create_view(NewView::new(view(0), "all")).unwrap();
    for part in 0..10 {
        let each = links() / 10;
        let keys = (part * each..(part + 1) * each).map(|number| key(number + resources()));
        project.link(&view(0), Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    (image, project)
}

fn large(criterion: &mut Criterion) {
    let (image, project) = large_view(0);
    let mut bench = Bench { image, project, round: 0, other: None, holds: false };
    measure(criterion, "view of all links", &mut bench, &[1, 1_000], Some(0));
}

/// The deletion of a view of all links is one change, with what undoing it needs and without.
fn deletion(_: &mut Criterion) {
    for (what, detail) in [("counts alone", 0), ("all that undoing needs", usize::MAX)] {
        let (image, project) = large_view(detail);
        let begin = Instant::now();
        project.delete_view(&view(0)).unwrap();
        let (took, bytes) = (begin.elapsed(), image.last_change_len());
        println!("a deletion of {} links with {what}: {took:.1?}, {bytes} bytes", links());
    }
}

/// A hundred thousand views, and a resource that is in each of them.
fn many_views(criterion: &mut Criterion) {
    let image = MemoryImage::new(Options::new());
    let project = image.project("bench").unwrap();
    for number in 0..100_000 {
        project.create_view(NewView::new(view(number), "bench")).unwrap();
        project.link(&view(number), Batch::flags(["everywhere"])).unwrap().all_ok().unwrap();
    }
    let snapshot = image.snapshot();
    let reader = snapshot.project("bench").unwrap();
    let everywhere = Resource::flag("everywhere").unwrap();
    criterion.bench_function("100,000 views/is_linked", |bencher| {
        bencher.iter(|| reader.is_linked(&view(77_777), &everywhere).unwrap());
    });
    criterion.bench_function("100,000 views/first 100 of the resource", |bencher| {
        bencher.iter(|| reader.linked_views(&everywhere, Paging::first(100)).unwrap());
    });
    let mut bench = Bench { image: image.clone(), project, round: 0, other: None, holds: false };
    measure(criterion, "100,000 views", &mut bench, &[1], Some(7));
    let begin = Instant::now();
    bench.project.remove_resource(&everywhere).unwrap();
    println!(
        "a resource out of 100,000 views: {:?}, {} bytes",
        begin.elapsed(),
        image.last_change_len()
    );
}

/// What 128 callers ask for at the same time, 10 keys each.
fn group(criterion: &mut Criterion) {
    let (image, project) = filled();
    let mut round = 0;
    let mut commands = |of: fn(String, Batch) -> LinkChange| -> Vec<ImageCommand> {
        round += 1;
        let command = |caller| {
            let number = scatter((round - 1) / 2 + caller) % (links() / PER_VIEW);
            let batch = Batch::flags(new_keys(number, caller, 10));
            project.command([of(view(number), batch)]).unwrap()
        };
        (0..128).map(command).collect()
    };
    for (step, applies) in [("decide", false), ("apply", true)] {
        criterion.bench_function(&format!("group of 128/{step}"), |bencher| {
            bencher.iter_custom(|rounds| {
                let (mut decide, mut apply) = (Duration::ZERO, Duration::ZERO);
                for _ in 0..rounds {
                    for of in [LinkChange::link, LinkChange::unlink] {
                        let commands = commands(of);
                        let changes = timed(&mut decide, || image.decide_group(&commands).unwrap());
                        assert_eq!(changes.len(), 128);
                        let all = || changes.iter().for_each(|change| image.apply(change).unwrap());
                        timed(&mut apply, all);
                    }
                }
                if applies { apply / 2 } else { decide / 2 }
            });
        });
    }
}

fn reads(criterion: &mut Criterion) {
    let (image, _project) = filled();
    let snapshot = image.snapshot();
    let reader = snapshot.project("bench").unwrap();
    let mut round = 0;
    let mut next = move || {
        round += 1;
        scatter(round)
    };
    let mut group = criterion.benchmark_group("read");
    group.bench_function("is_linked", |bencher| {
        bencher.iter(|| {
            let number = next();
            let resource = Resource::flag(&key(number % resources())).unwrap();
            reader.is_linked(&view(number % (links() / PER_VIEW)), &resource).unwrap()
        });
    });
    group.bench_function("linked_view_keys", |bencher| {
        bencher.iter(|| {
            let resource = Resource::flag(&key(next() % resources())).unwrap();
            reader.linked_view_keys(&resource, Paging::first(100)).unwrap()
        });
    });
    for sort in [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt] {
        group.bench_function(BenchmarkId::new("page_100", format!("{sort:?}")), |bencher| {
            bencher.iter(|| {
                let of = view(next() % (links() / PER_VIEW));
                let paging = Paging::first(100).offset(300).sort(sort);
                let all = ResourceFilter::all();
                reader.linked_resources_matching(&of, ResourceType::Flag, &all, paging).unwrap()
            });
        });
    }
    group.finish();
}

/// An image whose views have members that are neighbours in key order.
fn filled_in_order() -> MemoryImage {
    let image = MemoryImage::new(Options::new());
    let project = image.project("bench").unwrap();
    let mut keys: Vec<String> = (0..resources()).map(key).collect();
    keys.sort_unstable();
    for number in 0..links() / PER_VIEW {
        project.create_view(NewView::new(view(number), "bench")).unwrap();
        let first = number * PER_VIEW;
        let at = |i: u64| usize::try_from((first + i) % resources()).unwrap();
        let keys = (0..PER_VIEW).map(|i| keys[at(i)].clone());
        project.link(&view(number), Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    image
}

/// The middle one of several times.
fn middle<T>(mut act: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begin = Instant::now();
            let made = act();
            let time = begin.elapsed();
            drop(made);
            time
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn checkpoints(_: &mut Criterion) {
    let path = std::env::temp_dir().join(format!("viewlink-bench-{}", std::process::id()));
    for (what, image) in [("no neighbours", filled().0), ("neighbours", filled_in_order())] {
        let length = image.write_checkpoint(&path).unwrap();
        let write = middle(|| image.write_checkpoint(&path).unwrap());
        let load = middle(|| MemoryImage::load_checkpoint(&path, Options::new()).unwrap());
        let loaded = MemoryImage::load_checkpoint(&path, Options::new()).unwrap();
        assert_eq!(loaded.digest().unwrap(), image.digest().unwrap());
        println!(
            "checkpoint of {} links, {what}: written in {write:.1?}, loaded in {load:.1?}, {:.2} bytes a link",
            links(),
            length as f64 / links() as f64
        );
    }
    fs::remove_file(path).unwrap();
}

criterion_group!(benches, memory, checkpoints, changes, group, deletion, large, many_views, reads);
criterion_main!(benches);
