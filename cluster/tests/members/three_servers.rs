//! Three members over three servers of NATS, which are killed, stopped and cut off from each other.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use viewlink::{Change, Options};
use viewlink_cluster::{
    ClusterOptions, DirectorySnapshots, JetStreamLog, JetStreamOptions, Member, SyncProof,
};

use crate::checker::{History, Random, Request, Told, check};
use crate::servers::faults::{Fault, seconds};
use crate::servers::nats::Nats;

const STREAM: &str = "changes";
const THREADS: usize = 8;
/// For all that should be over in a moment, and is not always on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(90);

/// Opens a member whose client goes to one server first.
pub(crate) fn open_member(nats: &Nats, folder: &Path, name: &str, first: usize) -> Member {
    let options = JetStreamOptions::new(&nats.urls(first), STREAM).unwrap();
    let proof = SyncProof::SystemUser(nats.system_urls());
    let options = options.sync_proof(proof).follow_discovered(false);
    let log = Arc::new(JetStreamLog::open(options).unwrap());
    let snapshots = Arc::new(DirectorySnapshots::open(folder.join("snapshots")).unwrap());
    let store = Options::new().keep_changes(None).checkpoint_bytes(1 << 20);
    Member::open(folder.join(name), store, log, snapshots, ClusterOptions::new()).unwrap()
}

#[test]
fn three_members_on_servers_with_faults_are_one_store() {
    let Some(mut nats) = Nats::start(3) else { return };
    let folder = tempfile::tempdir().unwrap();
    let open = |nats: &Nats, at: usize| open_member(nats, folder.path(), &format!("m{at}"), at);
    let members: Vec<Member> = (0..3).map(|at| open(&nats, at)).collect();
    let history = Mutex::new(History::default());
    let is_over = AtomicBool::new(false);
    scope(|scope| {
        for (at, member) in members.iter().enumerate() {
            for thread in 0..THREADS {
                let (history, is_over) = (&history, &is_over);
                scope.spawn(move || call_on(member, &format!("m{at}/{thread}"), history, is_over));
            }
        }
        make_faults(&mut nats, &members);
        is_over.store(true, Ordering::SeqCst);
    });
    let history = history.into_inner().unwrap();
    print_told(&history);
    members.iter().for_each(|member| drop(member.fence(PATIENCE).unwrap()));
    // What was sent last may still come, and be void.
    sleep(Duration::from_secs(3));
    members.iter().for_each(|member| drop(member.fence(PATIENCE).unwrap()));
    let feed = equal_feeds(&members);
    let checked = check(&history, &feed).unwrap();
    println!("{checked:?}");
    assert!(checked.reports > 500, "too little was tried: {checked:?}");

    let fourth = open(&nats, 3);
    fourth.fence(PATIENCE).unwrap();
    let position = |member: &Member| member.store().snapshot().unwrap().position();
    assert_eq!(position(&fourth), position(&members[0]), "one that began from a snapshot");
    drop(members);
    let again: Vec<Member> = (0..3).map(|at| open(&nats, at)).collect();
    again.iter().for_each(|member| drop(member.fence(PATIENCE).unwrap()));
    assert!(equal_feeds(&again).starts_with(&feed), "opened anew");
}

fn call_on(member: &Member, name: &str, history: &Mutex<History>, is_over: &AtomicBool) {
    let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(131) + u64::from(byte));
    let (mut random, mut number) = (Random(seed), 0);
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        let request = Request::random(&mut random);
        let told = History::call(history, member.store(), &format!("{name}/{number}"), &request);
        if !matches!(told, Told::Answer(_)) {
            sleep(Duration::from_millis(50));
        }
    }
}

/// Faults until the time is over; snapshots meanwhile, so that the log is trimmed.
fn make_faults(nats: &mut Nats, members: &[Member]) {
    let (begun, lasting, mut number) = (Instant::now(), seconds(60), 0);
    sleep(Duration::from_secs(2));
    while begun.elapsed() < lasting {
        if let Err(error) = members[number % members.len()].publish_snapshot() {
            println!("  no snapshot: {error:?}");
        }
        Fault::at(number).happen(nats, STREAM, Duration::from_secs(4));
        sleep(Duration::from_secs(6));
        number += 1;
    }
    println!("{number} faults in {:?}", begun.elapsed());
}

fn print_told(history: &History) {
    let mut told: HashMap<String, usize> = HashMap::new();
    for call in &history.calls {
        let kind = match &call.told {
            Told::Answer(_) => "answered".to_owned(),
            Told::NotMade(why) => format!("not made: {why}"),
            Told::Unknown(why) => format!("unknown: {why}"),
        };
        *told.entry(kind.chars().take(200).collect()).or_default() += 1;
    }
    println!("{told:#?}");
}

/// The changes of all members, which are the same; the members are as they should be.
fn equal_feeds(members: &[Member]) -> Vec<Change> {
    let mut feeds = members.iter().map(|member| {
        assert!(member.store().verify().unwrap().is_clean());
        let mut feed = member.store().feed(0).unwrap();
        feed.next_page(usize::MAX).unwrap()
    });
    let first = feeds.next().unwrap();
    assert!(feeds.all(|feed| feed == first), "the members have other changes");
    first
}
