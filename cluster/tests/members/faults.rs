//! Faults of members and of their servers, and the check of all calls afterwards.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use viewlink::{Change, Store};
use viewlink_cluster::Member;

use crate::checker::{History, Reply, check};
use crate::process::{LogAt, Running, Task, history};
use crate::servers::faults::count;
use crate::servers::line::Line;
use crate::servers::nats::Wire;

/// How long a fault lasts.
const LASTING: Duration = Duration::from_secs(2);
/// The pause between two faults.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a member may take to reach the end of the log after the faults.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many members there are before another one joins.
const MEMBERS: usize = 3;

/// The servers of a log, and their faults.
pub(crate) trait Servers {
    /// Makes the fault with a number, runs a function during it, and repairs it.
    fn fault(&mut self, number: usize, during: &mut dyn FnMut());

    /// The ports of the servers.
    fn ports(&self) -> Vec<u16>;

    /// The log on servers at ports; a member connects to one of them first.
    fn log(&self, ports: &[u16], first: usize) -> LogAt;
}

/// A fault of a member.
#[derive(Clone, Copy, Debug)]
enum MemberFault {
    /// Its process is killed, and started again.
    Killed,
    /// Its connections to all servers end.
    CutOff,
    /// It is closed, and opened again.
    Closed,
    /// Nothing passes between it and the servers, and no connection ends.
    Silenced,
    /// Its process is killed and its directory is lost; a new member replaces it.
    Replaced,
    /// Its process stops for a while.
    Stopped,
}

/// In the order in which they are made.
const FAULTS: [MemberFault; 6] = [
    MemberFault::Killed,
    MemberFault::CutOff,
    MemberFault::Replaced,
    MemberFault::Silenced,
    MemberFault::Closed,
    MemberFault::Stopped,
];

impl MemberFault {
    fn make(self, member: &mut Running, line: &Line) {
        println!("  {self:?}: {}", member.task.name);
        match self {
            Self::Killed => {
                member.kill();
                sleep(LASTING);
                member.restart();
            }
            Self::Closed => {
                member.close();
                sleep(LASTING);
                member.restart();
            }
            Self::Replaced => {
                member.kill();
                std::fs::remove_dir_all(member.task.directory()).unwrap();
                sleep(LASTING);
                member.restart();
            }
            Self::Stopped => {
                member.stop();
                sleep(LASTING);
                member.resume();
            }
            Self::CutOff | Self::Silenced => {
                let wire = if matches!(self, Self::CutOff) { Wire::Closed } else { Wire::Silent };
                line.set(wire);
                sleep(LASTING);
                line.set(Wire::Whole);
            }
        }
    }
}

/// Several members, each in a process of its own, on servers.
struct Cluster<'s, S: Servers> {
    servers: &'s mut S,
    folder: tempfile::TempDir,
    members: Vec<(Running, Line)>,
    /// How many faults members and servers had.
    faults: (usize, usize),
}

impl<S: Servers> Cluster<'_, S> {
    fn task(&self, at: usize, ports: &[u16]) -> Task {
        let log = self.servers.log(ports, at % ports.len());
        let (folder, name) = (self.folder.path().to_owned(), format!("m{at}"));
        Task { folder, name, log, publishes: at == 0, starts: 0 }
    }

    /// Starts one more member.
    fn join(&mut self) {
        let line = Line::to(&self.servers.ports());
        let task = self.task(self.members.len(), &line.ports());
        self.members.push((Running::start(task), line));
    }

    /// Makes a fault of a server, of a member, or one of each at the same time.
    fn fault(&mut self, number: usize) {
        let Self { servers, members, faults, .. } = self;
        let kind = FAULTS[faults.0 % FAULTS.len()];
        let at = (faults.0 + faults.0 / FAULTS.len()) % members.len();
        let (member, line) = &mut members[at];
        match number % 3 {
            0 => {
                servers.fault(faults.1, &mut || sleep(LASTING));
                faults.1 += 1;
            }
            1 => {
                kind.make(member, line);
                faults.0 += 1;
            }
            _ => {
                servers.fault(faults.1, &mut || kind.make(member, line));
                *faults = (faults.0 + 1, faults.1 + 1);
            }
        }
    }

    /// Makes faults until there were enough of them.
    fn make_faults(&mut self, enough: usize) {
        let begun = Instant::now();
        sleep(PAUSE);
        for number in 0.. {
            let made = self.faults.0 + self.faults.1;
            if made >= enough {
                break;
            }
            if made >= enough / 2 && self.members.len() == MEMBERS {
                self.join();
            }
            self.fault(number);
            sleep(PAUSE);
        }
        let (members, servers) = self.faults;
        println!("{servers} faults of servers, {members} of members, in {:?}", begun.elapsed());
    }

    /// Opens all members again in this process.
    fn open_again(&self) -> Vec<Member> {
        let ports = self.servers.ports();
        (0..self.members.len()).map(|at| self.task(at, &ports).open()).collect()
    }
}

/// Members under faults, with the number of faults that the environment names, or the given number.
pub(crate) fn run(servers: &mut impl Servers, faults: u64) {
    let enough = usize::try_from(count(faults)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster { servers, folder, members: Vec::new(), faults: (0, 0) };
    (0..MEMBERS).for_each(|_| cluster.join());
    cluster.make_faults(enough);
    cluster.members.iter_mut().for_each(|(member, _)| member.close());
    let members = cluster.open_again();
    fence(&members);
    // A message that was sent last may still arrive, and then has no effect.
    sleep(Duration::from_secs(3));
    fence(&members);
    let feed = equal_feeds(&members);
    let history = history(cluster.folder.path());
    if let Err(error) = check_replies(&history, &feed, enough) {
        panic!("{error}; the files of the members are in {:?}", cluster.folder.keep());
    }

    cluster.join();
    let (new, _) = cluster.members.last_mut().unwrap();
    new.close();
    let new = new.task.open();
    fence(std::slice::from_ref(&new));
    assert!(equal_feeds(&[new]).starts_with(&feed), "a new member, which began with a snapshot");
}

fn fence(members: &[Member]) {
    members.iter().for_each(|member| _ = member.fence(PATIENCE).unwrap());
}

/// Checks every reply, and prints how many there were of each kind.
fn check_replies(history: &History, feed: &[Change], faults: usize) -> Result<(), String> {
    let mut replies: BTreeMap<String, usize> = BTreeMap::new();
    let (mut answered, mut unknown) = (0, 0);
    for call in &history.calls {
        let why = match &call.reply {
            Reply::Answer(_) => {
                answered += 1;
                continue;
            }
            Reply::NotMade(why) => format!("not made: {why}"),
            Reply::Unknown(why) => {
                unknown += 1;
                format!("unknown: {why}")
            }
        };
        *replies.entry(why.chars().take(200).collect()).or_default() += 1;
    }
    println!("{replies:#?}");
    let begun = Instant::now();
    let checked = check(history, feed)?;
    println!(
        "{} calls: {answered} acknowledged, of which {} changed something; {unknown} of unknown outcome, of which {} took \
         effect; {} not made; lost 0; wrong reports 0; {} changes, the same in every member; verify clean; checked in {:?}",
        history.calls.len(),
        checked.reports,
        checked.unknown,
        history.calls.len() - answered - unknown,
        checked.changes,
        begun.elapsed(),
    );
    assert_eq!(checked.reports + checked.answers, answered, "every answer is checked");
    assert!(checked.reports > 20 * faults, "too few calls changed something: {checked:?}");
    Ok(())
}

/// All changes of a store, in pages.
fn all_changes(store: &Store) -> Vec<Change> {
    let (mut feed, mut changes) = (store.feed(0).unwrap(), Vec::new());
    loop {
        let page = feed.next_page(10_000).unwrap();
        if page.is_empty() {
            assert_eq!(changes.len() as u64, store.snapshot().unwrap().revision());
            return changes;
        }
        changes.extend(page);
    }
}

/// The changes of all members, after a check that they are equal and that the members are sound.
fn equal_feeds(members: &[Member]) -> Vec<Change> {
    let mut feeds = members.iter().map(|member| {
        assert!(member.store().verify().unwrap().is_clean());
        all_changes(member.store())
    });
    let first = feeds.next().unwrap();
    assert!(feeds.all(|feed| feed == first), "the members have different changes");
    first
}
