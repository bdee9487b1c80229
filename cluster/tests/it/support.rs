//! Members of one log, and how they are compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use viewlink::{Batch, NewView, Options, Position, Project, Store, Timestamp};
use viewlink_cluster::{
    Appended, Bounds, ClusterOptions, Log, LogError, Member, MemoryLog, MemorySnapshots, Message,
    Result, State,
};

/// Long enough for whatever is not blocked.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// So that members end soon.
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

/// A clock that stands still, so that changes have the same bytes everywhere; and files that are soon full.
pub(crate) fn options() -> Options {
    Options::new().segment_size(8 << 10).clock(|| Timestamp::from_millis(5))
}

/// A store by itself that gets the same calls as members, of their lineage.
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

/// All changes of a store, as its feed tells them.
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

/// Checks that members have the same, to the last change, and are sound.
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

/// Waits until a member is as expected.
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

/// A log whose acknowledgements are lost while it is told so.
#[derive(Debug)]
pub(crate) struct Mute {
    below: Arc<MemoryLog>,
    is_mute: AtomicBool,
    /// Whether reads fail as well.
    is_deaf: bool,
}

impl Mute {
    pub(crate) fn on(cluster: &Cluster, is_deaf: bool) -> Arc<Self> {
        let (below, is_mute) = (Arc::clone(&cluster.log), AtomicBool::new(false));
        Arc::new(Self { below, is_mute, is_deaf })
    }

    pub(crate) fn set(&self, is_mute: bool) {
        self.is_mute.store(is_mute, Ordering::SeqCst);
    }

    /// An error in place of what would be heard.
    fn hear<T>(&self, heard: T) -> std::result::Result<T, LogError> {
        match self.is_mute.load(Ordering::SeqCst) {
            true => Err(LogError::Away { what: "hear".to_owned(), source: None }),
            false => Ok(heard),
        }
    }
}

impl Log for Mute {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        self.hear(self.below.append(after, message)).unwrap_or_else(Appended::Unknown)
    }

    fn read(&self, from: u64, wait: Duration) -> std::result::Result<Vec<Message>, LogError> {
        let found = self.below.read(from, wait);
        if self.is_deaf { self.hear(found)? } else { found }
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
