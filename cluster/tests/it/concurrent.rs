//! Many callers on several members at the same time. Each answer is compared with a store that gets the calls one by one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use viewlink::{Batch, NewView, Project, Report};
use viewlink_cluster::{Member, MemoryLog};

use crate::support::{Cluster, Random, assert_same, feed, lone, make_view, project, revision};

/// A call to link or unlink, and its report.
#[derive(Debug)]
struct Made {
    links: bool,
    keys: Vec<String>,
    report: Report,
    /// The newest acknowledged revision before the call, and the revision of the member after it.
    between: (u64, u64),
}

impl Made {
    fn make(project: &Project, links: bool, keys: &[String]) -> viewlink::Result<Report> {
        match links {
            true => project.link("v", Batch::flags(keys)),
            false => project.unlink("v", Batch::flags(keys)),
        }
    }

    fn outcomes(report: &Report) -> Vec<String> {
        report.outcomes().map(|outcome| format!("{outcome:?}")).collect()
    }
}

fn work(member: &Member, seed: u64, rounds: usize, answered: &AtomicU64, made: &Mutex<Vec<Made>>) {
    let mut random = Random(seed);
    for _ in 0..rounds {
        let keys: Vec<String> =
            (0..1 + random.below(3)).map(|_| format!("f{}", random.below(8))).collect();
        let (links, before) = (random.below(2) == 0, answered.load(Ordering::SeqCst));
        let Ok(report) = Made::make(&project(member), links, &keys) else { continue };
        let after = revision(member);
        answered.fetch_max(report.revision().unwrap_or_default(), Ordering::SeqCst);
        made.lock().unwrap().push(Made { links, keys, report, between: (before, after) });
    }
}

/// Makes the calls one by one in the order of their revisions. A call that changed nothing must be right at one revision
/// between its beginning and its end.
fn replay(mut made: Vec<Made>, like: &Member) -> viewlink::Store {
    let alone = lone(like);
    let project = alone.project("p").unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    let mut open = Vec::new();
    let mut changes = BTreeMap::new();
    for call in made.drain(..) {
        match call.report.revision() {
            Some(revision) => assert!(changes.insert(revision, call).is_none(), "{revision} twice"),
            None => open.push(call),
        }
    }
    let newest = changes.keys().next_back().copied().unwrap_or(1);
    for at in 1..=newest {
        if at > 1 {
            let call = &changes[&at];
            let report = Made::make(&project, call.links, &call.keys).unwrap();
            assert_eq!(format!("{report:?}"), format!("{:?}", call.report));
        }
        open.retain(|call| {
            let (from, to) = call.between;
            let could_be = (from..=to).contains(&at);
            !could_be || {
                let report = Made::make(&project.dry_run(), call.links, &call.keys).unwrap();
                Made::outcomes(&report) != Made::outcomes(&call.report)
            }
        });
    }
    assert!(open.is_empty(), "not right at any revision during the call: {open:?}");
    alone
}

fn run(cluster: &Cluster, threads: usize, rounds: usize) {
    let members: Vec<Member> = (0..3).map(|number| cluster.open(&format!("m{number}"))).collect();
    members.iter().for_each(make_view);
    let (answered, made) = (AtomicU64::new(1), Mutex::default());
    thread::scope(|scope| {
        for (number, member) in members.iter().enumerate() {
            for at in 0..threads {
                let seed = (number * threads + at) as u64;
                let (answered, made) = (&answered, &made);
                scope.spawn(move || work(member, seed, rounds, answered, made));
            }
        }
    });
    assert_same(&members.iter().collect::<Vec<_>>());
    let alone = replay(made.into_inner().unwrap(), &members[0]);
    assert_eq!(feed(members[0].store()), feed(&alone));
}

#[test]
fn every_answer_to_many_callers_on_three_members_is_that_of_one_store() {
    run(&Cluster::new(), 4, 60);
}

/// Then only the rule decides which entries take effect.
#[test]
fn every_answer_is_that_of_one_store_if_the_log_checks_no_condition() {
    run(&Cluster::on(MemoryLog::new().unconditional()), 4, 60);
}

/// The deadline is longer than every delay, so every call gets its answer.
#[test]
fn every_answer_is_that_of_one_store_if_messages_are_late_repeated_or_lost() {
    for seed in 0..3 {
        run(&Cluster::on(MemoryLog::troubled(seed, 30)), 3, 15);
    }
}
