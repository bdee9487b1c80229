//! A subscriber that keeps the spans and events of the store, separately for each thread.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// A span or event.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    pub(crate) numbers: BTreeMap<&'static str, u64>,
    pub(crate) texts: BTreeMap<&'static str, String>,
    /// The names of its declared fields.
    pub(crate) fields: Vec<&'static str>,
    /// Its spans, the innermost last.
    pub(crate) within: Vec<&'static str>,
}

impl Logged {
    /// The value of a field.
    pub(crate) fn number(&self, field: &str) -> u64 {
        *self.numbers.get(field).unwrap_or_else(|| panic!("{field} in {self:?}"))
    }

    fn new(metadata: &Metadata<'static>, within: Vec<&'static str>) -> Self {
        Self {
            name: metadata.name(),
            target: metadata.target(),
            level: *metadata.level(),
            numbers: BTreeMap::new(),
            texts: BTreeMap::new(),
            fields: metadata.fields().iter().map(|field| field.name()).collect(),
            within,
        }
    }
}

impl Visit for Logged {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.numbers.insert(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.texts.insert(field.name(), format!("{value:?}"));
    }
}

#[derive(Default)]
struct Log {
    logged: Vec<Logged>,
    /// The place for the records of each span.
    spans: HashMap<u64, usize>,
    entered: Vec<u64>,
    /// The name of the span or event at which it panics.
    panics_at: Option<&'static str>,
    /// The calls in which it panics.
    panics_in: &'static [&'static str],
}

impl Log {
    fn names(&self) -> Vec<&'static str> {
        let names = self.entered.iter().filter_map(|id| self.logged.get(*self.spans.get(id)?));
        names.map(|logged| logged.name).collect()
    }
}

thread_local! {
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// The spans and events of the store in this thread while `act` runs.
pub(crate) fn listen<T>(act: impl FnOnce() -> T) -> (T, Vec<Logged>) {
    listen_badly(None, act)
}

/// The same with a subscriber that panics at a span or event.
pub(crate) fn listen_badly<T>(
    panics_at: Option<&'static str>,
    act: impl FnOnce() -> T,
) -> (T, Vec<Logged>) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(Collector::default()).unwrap());
    LOG.set(Some(Log { panics_at, ..Log::default() }));
    let done = act();
    let log = LOG.take().unwrap();
    assert!(log.entered.is_empty(), "a span was not left: {:?}", log.names());
    (done, log.logged)
}

/// Runs `act` under a subscriber that panics in some of the calls for spans and events.
pub(crate) fn listen_in_panic<T>(calls: &'static [&'static str], act: impl FnOnce() -> T) -> T {
    listen(|| {
        with_log(|log| log.panics_in = calls);
        let done = act();
        // A span that was entered cannot be left then.
        LOG.set(Some(Log::default()));
        done
    })
    .0
}

#[derive(Default)]
struct Collector {
    last: AtomicU64,
}

fn with_log(act: impl FnOnce(&mut Log)) {
    LOG.with_borrow_mut(|log| log.as_mut().map(act));
}

/// Panics if this thread requested it for this call.
fn called(call: &str) {
    let panics = |log: &Log| log.panics_in.contains(&call);
    assert!(!LOG.with_borrow(|log| log.as_ref().is_some_and(panics)), "{call} is broken");
}

impl Subscriber for Collector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match metadata.target().starts_with("viewlink") {
            true => Interest::sometimes(),
            false => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let panics = |log: &Log| log.panics_at == Some(metadata.name());
        assert!(
            !LOG.with_borrow(|log| log.as_ref().is_some_and(panics)),
            "the subscriber is broken"
        );
        LOG.with_borrow(Option::is_some)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        called("new_span");
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        with_log(|log| {
            let mut logged = Logged::new(attributes.metadata(), log.names());
            attributes.record(&mut logged);
            log.spans.insert(id, log.logged.len());
            log.logged.push(logged);
        });
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        called("record");
        with_log(|log| {
            let place = log.spans[&span.into_u64()];
            values.record(&mut log.logged[place]);
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        called("event");
        with_log(|log| {
            let mut logged = Logged::new(event.metadata(), log.names());
            event.record(&mut logged);
            log.logged.push(logged);
        });
    }

    fn enter(&self, span: &Id) {
        called("enter");
        with_log(|log| log.entered.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        called("exit");
        with_log(|log| assert_eq!(log.entered.pop(), Some(span.into_u64())));
    }

    fn try_close(&self, _: Id) -> bool {
        called("try_close");
        true
    }
}
