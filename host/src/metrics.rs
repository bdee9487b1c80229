//! The metrics of the host, for Prometheus.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use viewlink::{Action, Health, KeyOutcome, MemoryUse, Report, Stats, Store};
use viewlink_cluster::Member;

use crate::failure::Failure;
use crate::host::Host;
use crate::snapshot_clock::SnapshotCounts;
use crate::{member_metrics, operation, outlet};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KeyLabels {
    operation: &'static str,
    outcome: &'static str,
}

/// All metrics. Their labels have few values, whatever clients send.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<OperationLabel, Histogram, fn() -> Histogram>,
    keys: Family<KeyLabels, Counter>,
    /// Snapshots that a member publishes.
    pub(crate) snapshots: SnapshotCounts,
    pub(crate) connections: Gauge,
    pub(crate) connection_limit_reached: Counter,
    pub(crate) failed_accepts: Counter,
    pub(crate) silent_connections_closed: Counter,
}

impl Metrics {
    /// The metrics of a store and its host, and of a copy that shares a log.
    pub(crate) fn new(store: Store, member: Option<Arc<Member>>) -> Self {
        let mut registry = Registry::with_prefix("viewlink");
        let requests = Family::default();
        let latency = Family::new_with_constructor(latencies as fn() -> Histogram);
        let keys = Family::default();
        let connections = Gauge::default();
        registry.register("connections", "Connections open", connections.clone());
        registry.register("http_requests", "Requests answered", requests.clone());
        let help = "Time from the head of a request to the head of its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, latency.clone());
        registry.register("keys", "Keys of links and unlinks by outcome", keys.clone());
        registry.register_collector(Box::new(StoreFigures { store }));
        registry.register_collector(Box::new(LostLines));
        let snapshots = SnapshotCounts::default();
        if let Some(member) = member {
            member_metrics::register(&mut registry, member, &snapshots);
        }
        let help = "Times that the limit of open files permitted no more connections";
        let connection_limit_reached = counter(&mut registry, "connection_limit_reached", help);
        let help = "Connections that the system refused to accept";
        let failed_accepts = counter(&mut registry, "failed_accepts", help);
        let help = "Connections closed because they were silent";
        let silent_connections_closed = counter(&mut registry, "silent_connections_closed", help);
        Self {
            registry,
            requests,
            latency,
            keys,
            snapshots,
            connections,
            connection_limit_reached,
            failed_accepts,
            silent_connections_closed,
        }
    }

    /// Counts the outcomes of the keys of a change of links.
    pub(crate) fn count(&self, report: &Report) {
        let operation = match report.action() {
            Action::Link => "link",
            Action::Unlink => "unlink",
            Action::Replace => "replace",
            Action::Move => "move",
            _ => "other",
        };
        let mut outcomes = BTreeMap::new();
        for (_, outcome) in report.outcomes() {
            *outcomes.entry(outcome_name(outcome)).or_insert(0) += 1;
        }
        for (outcome, keys) in outcomes {
            self.keys.get_or_create(&KeyLabels { operation, outcome }).inc_by(keys);
        }
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn outcome_name(outcome: &KeyOutcome) -> &'static str {
    match outcome {
        KeyOutcome::Linked => "linked",
        KeyOutcome::AlreadyLinked => "already_linked",
        KeyOutcome::Unlinked => "unlinked",
        KeyOutcome::NotLinked => "not_linked_ignored",
        KeyOutcome::Moved => "moved",
        KeyOutcome::Released => "released",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        _ => "other",
    }
}

/// From 100 µs, which is less than a sync, to half a minute.
fn latencies() -> Histogram {
    let bounds = [1, 2, 5].map(|step| f64::from(step) * 1e-4);
    let decades = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5];
    let bounds = decades.iter().flat_map(|decade| bounds.map(|bound| bound * decade));
    Histogram::new(bounds.take_while(|bound| *bound < 30.0))
}

/// The number of lost log lines.
#[derive(Debug)]
struct LostLines;

impl Collector for LostLines {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let help = "Lines of the log that could not be written.";
        let lines = encoder.encode_descriptor("log_lines_lost", help, None, MetricType::Counter)?;
        ConstCounter::new(outlet::lost()).encode(lines)
    }
}

/// The statistics of the store, read at each request of the metrics.
#[derive(Debug)]
struct StoreFigures {
    store: Store,
}

impl Collector for StoreFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let stats = self.store.stats();
        let sizes = stats.groups;
        let help = "Changes made durable since the host started.";
        let changes = ConstCounter::new(sizes.changes());
        changes.encode(encoder.encode_descriptor("changes", help, None, MetricType::Counter)?)?;

        let buckets: Vec<(f64, u64)> = sizes.buckets().map(bucket).collect();
        let help = "Changes that shared a write and a sync of the journal.";
        let mut histogram =
            encoder.encode_descriptor("group_size", help, None, MetricType::Histogram)?;
        let (sum, count) = (sizes.changes() as f64, sizes.groups());
        histogram.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;

        for (name, help, value) in [
            ("checkpoints", "Checkpoints since the host started.", stats.checkpoints),
            ("failed_checkpoints", "Checkpoints that failed.", stats.failed_checkpoints),
            ("slow_commits", "Commits that took a second or longer.", stats.slow_commits),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(descriptor)?;
        }
        self.encode_gauges(&stats, &mut encoder)?;
        self.encode_memory(&mut encoder)?;
        encode_times(&stats, &mut encoder)
    }
}

impl StoreFigures {
    /// Encodes values that go up and down.
    fn encode_gauges(&self, stats: &Stats, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let writable = u64::from(self.store.health() == Health::Writable);
        let since = "Journal written since the checkpoint.";
        let on_disk = "The newest change in the checkpoint.";
        for (name, help, unit, value) in [
            ("writable", "Whether the store accepts changes.", None, writable),
            ("revision", "The newest change.", None, stats.revision),
            ("snapshots", "Snapshots held.", None, stats.snapshots),
            ("checkpoint_revision", on_disk, None, stats.checkpoint_revision),
            ("checkpoint", "Length of the checkpoint.", BYTES, stats.checkpoint_bytes),
            ("journal_since_checkpoint", since, BYTES, stats.bytes_since_checkpoint),
            ("journal_segments", "Segments of the journal.", None, stats.journal_segments),
            ("journal", "Length of the journal.", BYTES, stats.journal_bytes),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            ConstGauge::new(value as f64).encode(descriptor)?;
        }
        Ok(())
    }

    /// Encodes the memory that each part of the state uses; nothing if the state cannot be read.
    fn encode_memory(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(MemoryUse { views, links, names, backlinks, registry, .. }) =
            self.store.sizes().map(|sizes| sizes.memory)
        else {
            return Ok(());
        };
        let help = "Memory that the state uses.";
        let mut memory = encoder.encode_descriptor("memory", help, BYTES, MetricType::Gauge)?;
        for (part, bytes) in [
            ("views", views),
            ("links", links),
            ("names", names),
            ("backlinks", backlinks),
            ("registry", registry),
        ] {
            let labels = [("part", part)];
            ConstGauge::new(bytes as f64).encode(memory.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// The unit of lengths.
const BYTES: Option<&Unit> = Some(&Unit::Bytes);

/// Encodes durations; 0 if there is none yet.
fn encode_times(stats: &Stats, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for (name, help, time) in [
        ("oldest_snapshot", "Age of the oldest snapshot.", stats.oldest_snapshot),
        ("last_commit", "Duration of the last commit.", stats.last_commit),
        ("longest_commit", "Duration of the longest commit.", stats.longest_commit),
        ("last_checkpoint", "Duration of the last checkpoint.", stats.last_checkpoint),
        ("longest_checkpoint", "Duration of the longest checkpoint.", stats.longest_checkpoint),
    ] {
        let unit = Some(&Unit::Seconds);
        let descriptor = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        ConstGauge::new(time.unwrap_or_default().as_secs_f64()).encode(descriptor)?;
    }
    Ok(())
}

fn bucket((bound, groups): (u64, u64)) -> (f64, u64) {
    (if bound == u64::MAX { f64::INFINITY } else { bound as f64 }, groups)
}

/// Counts a request, and measures how long it takes.
pub(crate) async fn observe(State(host): State<Host>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = operation::name(request.method(), path);
    let begin = Instant::now();
    let response = next.run(request).await;
    let metrics = host.metrics();
    let status = response.status().as_u16();
    metrics.requests.get_or_create(&RequestLabels { operation, status }).inc();
    let latency = metrics.latency.get_or_create(&OperationLabel { operation });
    latency.observe(begin.elapsed().as_secs_f64());
    response
}

/// All metrics as text.
pub(crate) async fn answer(State(host): State<Host>) -> Result<Response, Failure> {
    let mut metrics = String::new();
    text::encode(&mut metrics, &host.metrics().registry).map_err(Failure::of_host)?;
    let text_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, text_type)], metrics).into_response())
}
