//! Tests of the two sources, with the same stores.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use viewlink::{Batch, NewResource, NewView, Store};
use viewlink_host::{ApiKeys, Host, Members, Role, Settings, serve};

use crate::error::Error;
use crate::top::host_source::HostSource;
use crate::top::http::{ApiKey, Client};
use crate::top::picture::{Picture, ViewId};
use crate::top::source::{Look, Source};
use crate::top::store_source::StoreSource;

const KEY: &str = "a-reader-key";

/// A host for a store; it stops when this value is dropped.
struct RunningHost {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    running: Option<std::thread::JoinHandle<()>>,
}

impl RunningHost {
    fn of(store: Store) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = std::thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                listener.set_nonblocking(true).unwrap();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let mut keys = ApiKeys::default();
                keys.add(KEY, Role::Reader);
                let host = Host::new(store, keys, Members::default(), Settings::default());
                let stop = async { drop(stopped.await) };
                serve(host, listener, stop, Duration::from_secs(1)).await;
            });
        });
        Self { url, stop: Some(stop), running: Some(running) }
    }

    fn source(&self, dir: &Path) -> HostSource {
        let file = dir.join("key");
        std::fs::write(&file, format!("# readers\n{KEY} reader\n")).unwrap();
        let key = ApiKey::find(Some(&file)).unwrap();
        HostSource::new(Client::new(&self.url, key).unwrap())
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.running.take().map(|running| running.join());
    }
}

fn filled(path: &Path) -> Store {
    let store = Store::open(path).unwrap();
    let shop = store.project("shop").unwrap().actor("ada").comment("a start");
    shop.create_view(NewView::new("cart", "Cart")).unwrap();
    shop.link("cart", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    shop.link("cart", Batch::segments([("prod", "beta")])).unwrap().all_ok().unwrap();
    let app = store.project("app").unwrap();
    app.create_view(NewView::new("start", "Start")).unwrap();
    app.link("start", Batch::metrics(["m"])).unwrap().all_ok().unwrap();
    app.put_resources([NewResource::flag("alone")]).unwrap().all_ok().unwrap();
    store
}

fn new(look: Look) -> Picture {
    match look {
        Look::New(picture) => *picture,
        other => panic!("{other:?}"),
    }
}

fn id(project: &str, view: &str) -> ViewId {
    ViewId { project: project.into(), view: view.into() }
}

#[test]
fn a_store_and_the_host_that_has_it_show_the_same() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("views.viewlink");
    let store = filled(&path);
    let host = RunningHost::of(store);
    let mut over_http = host.source(dir.path());
    let of_host = new(over_http.look().unwrap());
    let resources = over_http.resources(&id("shop", "cart")).unwrap();
    let found = over_http.find("a").unwrap();
    let segments = over_http.find("prod/beta").unwrap();
    drop(host);

    let mut direct = StoreSource::new(&path);
    let of_store = new(direct.look().unwrap());
    assert_eq!(of_host.views, of_store.views);
    assert_eq!(of_host.changes, of_store.changes);
    assert_eq!((of_host.figures.revision, of_store.figures.revision), (6, 6));
    assert!(of_host.figures.memory > 0 && of_host.figures.journal > 0, "{:?}", of_host.figures);
    let sums = |picture: &Picture| {
        let rows = picture.projects.iter().map(|of| (of.key.clone(), of.views, of.links));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(sums(&of_host), [("app".into(), 1, 1), ("shop".into(), 1, 3)]);
    assert_eq!(sums(&of_store), sums(&of_host));
    assert_eq!(of_store.changes[5].what, "created view cart");
    assert_eq!(of_store.changes[5].actor.as_deref(), Some("ada"));

    assert_eq!(resources, direct.resources(&id("shop", "cart")).unwrap());
    let names: Vec<_> = resources.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((names, resources.total), (vec!["a", "b", "prod/beta"], 3));
    // A host finds a resource by its whole name; a store also finds it by a part of the name.
    let all = direct.find("a").unwrap();
    let one = all.iter().find(|of| of.name == "a").unwrap();
    assert_eq!(
        (found.as_slice(), one.views.as_slice()),
        (std::slice::from_ref(one), &["cart".into()][..])
    );
    assert!(all.iter().any(|of| of.name == "alone" && of.views.is_empty()), "{all:?}");
    assert_eq!((segments[0].name.as_str(), segments[0].resource_type), ("prod/beta", "segment"));
}

#[test]
fn a_host_is_followed_change_by_change() {
    let dir = TempDir::new().unwrap();
    let store = filled(&dir.path().join("views.viewlink"));
    let host = RunningHost::of(store.clone());
    let mut source = host.source(dir.path());
    new(source.look().unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    // A store that was just opened preallocates space for its journal, which the statistics show.
    while !matches!(source.look().unwrap(), Look::Same) {
        assert!(Instant::now() < deadline);
    }
    store.project("shop").unwrap().link("cart", Batch::flags(["c"])).unwrap().all_ok().unwrap();
    store.project("new").unwrap().create_view(NewView::new("v", "V")).unwrap();
    // A new listing begins after ten times the duration of the last one; changes are shown at once.
    let mut picture = new(source.look().unwrap());
    assert_eq!(picture.changes[0].what, "created view v");
    assert_eq!(picture.changes[1].what, "cart: linked 1 flag: c");
    while picture.views.len() < 3 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
        if let Look::New(newer) = source.look().unwrap() {
            picture = *newer;
        }
    }
    assert_eq!((picture.views.len(), picture.views[0].links.flags), (3, 3));
    store.project("new").unwrap().delete().unwrap();
    while picture.projects.len() > 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
        if let Look::New(newer) = source.look().unwrap() {
            picture = *newer;
        }
    }
    assert_eq!(picture.projects.len(), 2);
}

#[test]
fn the_error_for_a_missing_key_or_a_silent_host_says_what_to_do() {
    let dir = TempDir::new().unwrap();
    let host = RunningHost::of(filled(&dir.path().join("views.viewlink")));
    let error = HostSource::new(Client::new(&host.url, None).unwrap()).look().unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert!(error.to_string().contains("--api-key-file FILE"), "{error}");
    let (mut source, url) = (host.source(dir.path()), host.url.clone());
    new(source.look().unwrap());
    drop(host);
    let error = source.look().unwrap_err();
    assert_eq!(error.code(), "unreachable_host");
    assert!(error.to_string().starts_with(&format!("cannot reach the host at {url}: ")), "{error}");
}

#[test]
fn a_store_is_free_between_two_reads_and_is_read_again_after_a_change() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("views.viewlink");
    filled(&path).close().unwrap();
    let mut source = StoreSource::new(&path).waiting(Duration::ZERO, Duration::ZERO);
    assert_eq!(new(source.look().unwrap()).views.len(), 2);
    assert!(matches!(source.look().unwrap(), Look::Same));

    // A host can start and is not disturbed. The display keeps the last data.
    let store = Store::open(&path).unwrap();
    store.project("app").unwrap().create_view(NewView::new("new", "New")).unwrap();
    let Look::Stale(notice) = source.look().unwrap() else { panic!("the store is in use") };
    assert!(notice.contains("viewlink top http://127.0.0.1:8080"), "{notice}");
    assert!(matches!(source.resources(&id("shop", "cart")), Err(Error::HostHasStore { .. })));
    store.close().unwrap();
    assert_eq!(new(source.look().unwrap()).views.len(), 3);
}

#[test]
fn files_that_still_change_are_not_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("views.viewlink");
    filled(&path).close().unwrap();
    let still = Duration::from_millis(300);
    let mut source = StoreSource::new(&path).waiting(still, Duration::ZERO);
    new(source.look().unwrap());
    let store = Store::open(&path).unwrap();
    store.project("app").unwrap().create_view(NewView::new("new", "New")).unwrap();
    store.close().unwrap();
    assert!(matches!(source.look().unwrap(), Look::Same));
    std::thread::sleep(still * 2);
    assert_eq!(new(source.look().unwrap()).views.len(), 3);
}

#[test]
fn a_store_in_use_at_the_start_and_a_missing_store_are_errors() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("views.viewlink");
    let store = filled(&path);
    let error = StoreSource::new(&path).look().unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().contains("URL of the host")),
        ("store_in_use", true)
    );
    store.close().unwrap();
    let error = StoreSource::new(dir.path().join("none")).look().unwrap_err();
    assert_eq!(error.code(), "no_store");
}
