//! Members of one log, and their comparison.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use viewlink::{Batch, NewView, Options, Position, Project, Store, Timestamp};
use viewlink_cluster::{
    Appended, Bounds, ClusterOptions, Log, LogError, Member, MemoryLog, MemorySnapshots, Message,
    Result, State,
};

/// Long enough for every call that is not blocked.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Short, so that members close quickly.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// Several members, each in a directory of its own.
pub(crate) struct Cluster {
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) snapshots: MemorySnapshots,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) deadline: Duration,
}

impl Cluster {
    pub(crate) fn on(log: MemoryLog) -> Self {
        let (log, dir) = (Arc::new(log), tempfile::tempdir().unwrap());
        Self { log, snapshots: MemorySnapshots::new(), dir, deadline: LONG }
    }

    pub(crate) fn new() -> Self {
        Self::on(MemoryLog::new())
    }

    pub(crate) fn try_open(&self, name: &str) -> Result<Member> {
        self.open_over(name, Arc::clone(&self.log) as Arc<dyn Log>)
    }

    pub(crate) fn open(&self, name: &str) -> Member {
        self.try_open(name).unwrap()
    }

    pub(crate) fn open_over(&self, name: &str, log: Arc<dyn Log>) -> Result<Member> {
        let cluster = ClusterOptions::new().deadline(self.deadline).poll(POLL);
        let snapshots = Arc::new(self.snapshots.clone());
        Member::open(self.dir.path().join(name), options(), log, snapshots, cluster)
    }
}

/// A clock that stands still, so that changes have the same bytes everywhere; and small files.
pub(crate) fn options() -> Options {
    Options::new().segment_size(8 << 10).clock(|| Timestamp::from_millis(5))
}

/// A lone store with the lineage of a member, which gets the same calls.
pub(crate) fn lone(like: &Member) -> Store {
    options().lineage(Some(position(like).lineage())).open_in_memory().unwrap()
}

pub(crate) fn project(member: &Member) -> Project {
    member.store().project("p").unwrap()
}

pub(crate) fn make_view(member: &Member) {
    project(member).ensure_view(NewView::new("v", "V")).unwrap();
}

pub(crate) fn link(member: &Member, key: &str) -> viewlink::Result<()> {
    project(member).link("v", Batch::flags([key]))?.all_ok().map(drop)
}

pub(crate) fn position(member: &Member) -> Position {
    member.store().mark().unwrap().0
}

pub(crate) fn revision(member: &Member) -> u64 {
    position(member).revision()
}

/// All changes of a store, from its feed.
pub(crate) fn feed(store: &Store) -> Vec<String> {
    let mut feed = store.feed(0).unwrap();
    let mut all = Vec::new();
    loop {
        let page = feed.next_page(100).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.into_iter().map(|change| format!("{change:?}")));
    }
}

/// Checks that members have the same position and the same changes, and that their stores are sound.
pub(crate) fn assert_same(members: &[&Member]) {
    let fences = members.iter().map(|member| member.fence(LONG).unwrap().position());
    drop(fences.collect::<Vec<_>>());
    let (first, rest) = members.split_first().unwrap();
    let whole = (position(first), feed(first.store()));
    for member in rest {
        assert!(member.wait_for(first.token().unwrap(), LONG).unwrap());
        assert_eq!((position(member), feed(member.store())), whole);
    }
    for member in members {
        let verification = member.store().verify().unwrap();
        assert!(verification.is_clean(), "{verification}");
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn is_diverged(member: &Member) -> bool {
    matches!(member.status().state, State::Diverged { .. })
}

/// A random number below a bound.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A log whose answers get lost while it is silent.
#[derive(Debug)]
pub(crate) struct Silent {
    below: Arc<MemoryLog>,
    is_silent: AtomicBool,
    /// Whether reads fail as well as appends.
    fails_reads: bool,
}

impl Silent {
    pub(crate) fn on(cluster: &Cluster, fails_reads: bool) -> Arc<Self> {
        let (below, is_silent) = (Arc::clone(&cluster.log), AtomicBool::new(false));
        Arc::new(Self { below, is_silent, fails_reads })
    }

    pub(crate) fn set(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::SeqCst);
    }

    /// The answer, or an error while the log is silent.
    fn answer<T>(&self, answer: T) -> std::result::Result<T, LogError> {
        match self.is_silent.load(Ordering::SeqCst) {
            true => Err(LogError::Away { what: "get an answer".to_owned(), source: None }),
            false => Ok(answer),
        }
    }
}

impl Log for Silent {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        self.answer(self.below.append(after, message)).unwrap_or_else(Appended::Unknown)
    }

    fn read(&self, from: u64, wait: Duration) -> std::result::Result<Vec<Message>, LogError> {
        let found = self.below.read(from, wait);
        if self.fails_reads { self.answer(found)? } else { found }
    }

    fn bounds(&self) -> std::result::Result<Bounds, LogError> {
        self.below.bounds()
    }

    fn trim(&self, below: u64) -> std::result::Result<(), LogError> {
        self.below.trim(below)
    }

    fn max_message_len(&self) -> usize {
        self.below.max_message_len()
    }
}
