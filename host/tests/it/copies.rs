//! Hosts whose copies of the store share a log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use viewlink::{NewView, Options, Position};
use viewlink_cluster::{
    Appended, Bounds, ClusterOptions, Log, LogError, Member, MemoryLog, MemorySnapshots, Message,
};
use viewlink_host::Settings;

use crate::support::{Answer, FLAGS, TestHost, VIEW};

const VIEWS: &str = "/api/v2/projects/default/views";
const POSITION: &str = "x-viewlink-position";

/// A log as one host sees it: what is new in it may be late, and acknowledgements may be lost.
#[derive(Debug)]
struct Seen {
    log: Arc<MemoryLog>,
    is_late: AtomicBool,
    is_mute: AtomicBool,
}

impl Log for Seen {
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended {
        if !self.is_mute.load(Ordering::SeqCst) {
            return self.log.append(after, message);
        }
        Appended::Unknown(LogError::Away { what: "append".to_owned(), source: None })
    }

    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError> {
        let read = self.log.read(from, wait)?;
        if self.is_late.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
            return Ok(Vec::new());
        }
        Ok(read)
    }

    fn bounds(&self) -> Result<Bounds, LogError> {
        self.log.bounds()
    }

    fn trim(&self, below: u64) -> Result<(), LogError> {
        self.log.trim(below)
    }

    fn max_message_len(&self) -> usize {
        self.log.max_message_len()
    }
}

/// Hosts that share a log, and how each of them sees it.
struct Hosts {
    log: Arc<MemoryLog>,
    seen: Vec<Arc<Seen>>,
    hosts: Vec<TestHost>,
    _dir: TempDir,
}

impl Hosts {
    /// Two hosts that have `my-view` with the flags `a` and `b`.
    async fn two() -> Self {
        let settings = Settings { wait: 1, ..Settings::default() };
        Self::with(settings, Duration::from_millis(400)).await
    }

    async fn with(settings: Settings, deadline: Duration) -> Self {
        let log = Arc::new(MemoryLog::new());
        let (snapshots, dir) = (Arc::new(MemorySnapshots::new()), tempfile::tempdir().unwrap());
        let options = ClusterOptions::new().deadline(deadline).poll(Duration::from_millis(20));
        let (mut seen, mut hosts) = (Vec::new(), Vec::new());
        for name in ["one", "other"] {
            let (is_late, is_mute) = (AtomicBool::new(false), AtomicBool::new(false));
            let view = Arc::new(Seen { log: Arc::clone(&log), is_late, is_mute });
            let member = Member::open(
                dir.path().join(name),
                Options::new(),
                Arc::clone(&view) as Arc<dyn Log>,
                snapshots.clone(),
                options.clone(),
            );
            hosts.push(TestHost::of_member(Arc::new(member.unwrap()), settings.clone()));
            seen.push(view);
        }
        let hosts = Self { log, seen, hosts, _dir: dir };
        let project = hosts.one().store.project("default").unwrap();
        project.ensure_view(NewView::new("my-view", "My view")).unwrap();
        let linked = link(hosts.one(), &["a", "b"]).await;
        linked.ok();
        let shown = hosts.other().get(&format!("{VIEW}?atLeast={}", position(&linked))).await;
        shown.ok();
        hosts
    }

    fn one(&self) -> &TestHost {
        &self.hosts[0]
    }

    fn other(&self) -> &TestHost {
        &self.hosts[1]
    }
}

async fn link(host: &TestHost, keys: &[&str]) -> Answer {
    host.json("POST", FLAGS, json!({ "keys": keys }).to_string()).await
}

/// Asks until the answer has a status.
async fn until(host: &TestHost, path: &str, status: u16) -> Value {
    let begun = Instant::now();
    loop {
        let answer = host.get(path).await;
        if answer.status == status {
            return answer.json();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", answer.text());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn position(answer: &Answer) -> Position {
    answer.headers[POSITION].to_str().unwrap().parse().unwrap()
}

fn flags(answer: &Answer) -> u64 {
    answer.ok()["totalCount"].as_u64().unwrap()
}

const LINKED: &str = "/api/v2/projects/default/views/my-view/linked/flags";

#[tokio::test]
async fn a_read_at_the_position_of_a_change_shows_it_on_another_host_that_is_late() {
    let hosts = Hosts::two().await;
    hosts.seen[1].is_late.store(true, Ordering::SeqCst);
    let changed = position(&link(hosts.one(), &["c"]).await);
    assert_eq!(flags(&hosts.other().get(LINKED).await), 2, "without a position it is local");

    let seen = Arc::clone(&hosts.seen[1]);
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        seen.is_late.store(false, Ordering::SeqCst);
    });
    let path = format!("{LINKED}?limit=1&atLeast={changed}");
    let shown = hosts.other().get(&path).await;
    assert_eq!((flags(&shown), position(&shown)), (3, changed));
    assert_eq!(shown.ok()["items"].as_array().unwrap().len(), 1, "the other parameter counts");
    later.join().unwrap();
    let removed = format!("{FLAGS}?atLeast={changed}");
    let report = hosts.other().json("DELETE", &removed, r#"{"keys": ["c", "x"]}"#).await.ok();
    assert_eq!((&report["successCount"], &report["failureCount"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_position_that_is_not_there_in_time_is_a_503_to_send_again() {
    let hosts = Hosts::two().await;
    hosts.seen[1].is_late.store(true, Ordering::SeqCst);
    let before = position(&hosts.other().get(VIEW).await);
    let changed = position(&link(hosts.one(), &["c"]).await);
    let path = format!("{VIEW}?atLeast={changed}");
    let begun = Instant::now();
    let answer = hosts.other().get(&path).await;
    answer.refused(503, "position_not_reached");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(position(&answer), before, "where that host is");
    hosts.seen[1].is_late.store(false, Ordering::SeqCst);
    hosts.other().get(&path).await.ok();
}

#[tokio::test]
async fn a_log_that_is_away_takes_no_changes_and_reads_continue() {
    let hosts = Hosts::two().await;
    hosts.log.set_away(true);
    let answer = link(hosts.one(), &["c"]).await;
    let message = answer.refused(503, "log_unavailable");
    assert!(message.contains("nothing changed"), "{message}");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(flags(&hosts.one().get(LINKED).await), 2);
    let health = hosts.one().get("/healthz").await.ok();
    assert_eq!((&health["status"], &health["role"]), (&json!("log_away"), &json!("member")));
    assert!(health["reason"].is_string() && health["lag"].is_u64(), "{health}");
    let ready = hosts.one().get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("log_away")));
    let figures = hosts.one().get("/metrics").await.text();
    assert!(figures.contains("viewlink_cluster_state{state=\"away\"} 1"), "{figures}");

    hosts.log.set_away(false);
    link(hosts.one(), &["c"]).await.ok();
    let ready = until(hosts.one(), "/readyz", 200).await;
    assert_eq!((&ready["status"], &ready["lag"]), (&json!("ok"), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_wait_for_a_log_that_is_away_hold_up_no_reads() {
    let settings = Settings { store_calls: 4, ..Settings::default() };
    let hosts = Hosts::with(settings, Duration::from_secs(3)).await;
    hosts.log.set_away(true);
    let hosts = Arc::new(hosts);
    let begun = Instant::now();
    let changes: Vec<_> = (0..8)
        .map(|_| {
            let hosts = Arc::clone(&hosts);
            tokio::spawn(async move { link(hosts.one(), &["c"]).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..10 {
        hosts.one().get(VIEW).await.ok();
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    hosts.log.set_away(false);
    for change in changes {
        change.await.unwrap().ok();
    }
}

#[tokio::test]
async fn a_change_whose_acknowledgement_is_lost_has_an_unknown_outcome() {
    let hosts = Hosts::two().await;
    hosts.seen[0].is_mute.store(true, Ordering::SeqCst);
    let answer = link(hosts.one(), &["c"]).await;
    let message = answer.refused(500, "outcome_unknown");
    assert!(message.contains("completely or not at all"), "{message}");
    assert!(!answer.headers.contains_key("retry-after"), "it must not be sent again blindly");
}

#[tokio::test]
async fn a_copy_that_has_more_than_its_log_is_taken_out_of_service() {
    let hosts = Hosts::two().await;
    let end = hosts.log.bounds().unwrap().last;
    link(hosts.one(), &["c"]).await.ok();
    hosts.log.cut_behind(end);
    let health = until(hosts.one(), "/healthz", 503).await;
    assert_eq!(health["status"], "diverged");
    link(hosts.one(), &["d"]).await.refused(503, "log_unavailable");
    hosts.one().get(VIEW).await.ok();
}

#[tokio::test]
async fn an_answer_gives_the_position_of_what_it_shows_and_after_a_change_one_that_has_it() {
    let hosts = Hosts::two().await;
    for host in [TestHost::new(), hosts.hosts.into_iter().next().unwrap()] {
        let now = || host.store.snapshot().unwrap().position();
        let read = host.get(VIEW).await;
        assert_eq!(position(&read), now());
        assert_eq!(position(&link(&host, &["c"]).await), now());
        let past = host.get(&format!("{VIEW}?asOf={}", position(&read).revision())).await;
        assert_eq!((past.ok(), position(&past)), (read.ok(), position(&read)));
        let refused = host.json("POST", VIEWS, r#"{"key": "my-view", "name": "again"}"#).await;
        refused.refused(409, "view_exists");
        assert_eq!(position(&refused), now());
        let page = host.get("/api/v2/changes?limit=1").await;
        assert_eq!(page.ok()["position"], position(&page).to_string());
        assert!(!host.get("/nothing").await.headers.contains_key(POSITION));
        host.call("DELETE", VIEW).await.headers.contains_key(POSITION).then_some(()).unwrap();
        let health = host.get("/healthz").await.ok();
        assert_eq!(health["position"], now().to_string());
    }
}

#[tokio::test]
async fn a_position_of_another_history_is_refused_as_one_and_an_invalid_one_is_a_400() {
    let other = TestHost::new();
    let elsewhere = position(&other.get(VIEW).await);
    let hosts = Hosts::two().await;
    for host in [TestHost::new(), hosts.hosts.into_iter().next().unwrap()] {
        let get = async |query: &str| host.get(&format!("{VIEW}?{query}")).await;
        get(&format!("atLeast={elsewhere}")).await.refused(409, "changes_diverged");
        let message = get("atLeast=12").await.refused(400, "invalid_request");
        assert!(message.contains("x-viewlink-position"), "{message}");
        let here = position(&host.get(VIEW).await);
        get(&format!("atLeast={here}&atLeast={here}")).await.refused(400, "invalid_request");
        get(&format!("atLeast={here}")).await.ok();
    }
}
