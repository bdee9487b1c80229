//! Shared by the tests: a host without a network, and its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, request};
use serde_json::Value;
use tower::ServiceExt as _;
use viewlink::{Batch, NewView, Options, Store, Timestamp};
use viewlink_cluster::Member;
use viewlink_host::{ApiKeys, Host, Members, Role, Settings, router};

pub(crate) const WRITER: &str = "a-writer";
pub(crate) const READER: &str = "a-reader";
/// The path of the view of the host.
pub(crate) const VIEW: &str = "/api/v2/projects/default/views/my-view";
/// The path of the links of its flags.
pub(crate) const FLAGS: &str = "/api/v2/projects/default/views/my-view/link/flags";

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON. Every answer of the API that has a body must have this content type.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Expects the whole request to fail, and returns the message.
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)));
        self.json()["message"].as_str().unwrap().to_owned()
    }

    /// Expects a 200, and returns its JSON.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }
}

/// A host and its store.
pub(crate) struct TestHost {
    pub(crate) store: Store,
    router: Router,
}

impl TestHost {
    /// A host with a view and the flags `a` and `b` in it.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::knowing(Members::default(), settings)
    }

    /// A host with a file of members.
    pub(crate) fn knowing(members: Members, settings: Settings) -> Self {
        // One millisecond for each change, so that no two changes have the same time.
        let time = AtomicU64::new(1_700_000_000_000);
        let clock = move || Timestamp::from_millis(time.fetch_add(1, Ordering::SeqCst));
        let options = Options::new().batch_limit(10_000).clock(clock);
        Self::filled(options.open_in_memory().unwrap(), members, settings)
    }

    /// A host with that view, on an empty store.
    pub(crate) fn of(store: Store) -> Self {
        Self::filled(store, Members::default(), Settings::default())
    }

    fn filled(store: Store, members: Members, settings: Settings) -> Self {
        let project = store.project("default").unwrap();
        project.create_view(NewView::new("my-view", "My view")).unwrap();
        project.link("my-view", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
        Self::on(store, members, settings)
    }

    /// A host for a store as it is.
    pub(crate) fn serving(store: Store) -> Self {
        Self::on(store, Members::default(), Settings::default())
    }

    fn on(store: Store, members: Members, settings: Settings) -> Self {
        let router = router(&Host::new(store.clone(), keys(), members, settings));
        Self { store, router }
    }

    /// One of a copy that shares a log.
    pub(crate) fn of_member(member: Arc<Member>, settings: Settings) -> Self {
        let store = member.store().clone();
        let host = Host::of_member(member, keys(), Members::default(), settings);
        Self { store, router: router(&host) }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// A request of the writer without a body.
    pub(crate) async fn call(&self, method: &str, path: &str) -> Answer {
        self.send(request(method, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).await
    }

    /// A request of the writer with a body of JSON.
    pub(crate) async fn json(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = request(method, path).header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }
}

fn keys() -> ApiKeys {
    let mut keys = ApiKeys::default();
    keys.add(WRITER, Role::Writer);
    keys.add(READER, Role::Reader);
    keys
}

/// A request of the writer.
pub(crate) fn request(method: &str, path: &str) -> request::Builder {
    anonymous(method, path).header("authorization", WRITER)
}

/// A request without a key.
pub(crate) fn anonymous(method: &str, path: &str) -> request::Builder {
    Request::builder().method(method).uri(path)
}
