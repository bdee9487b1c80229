//! The metrics of a host that shares a log, for Prometheus.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use viewlink_cluster::{Member, State, Status};

use crate::snapshot_clock::SnapshotCounts;

/// Adds the figures of a member to those of its host.
pub(crate) fn register(registry: &mut Registry, member: Arc<Member>, snapshots: &SnapshotCounts) {
    let help = "Snapshots that this host published";
    registry.register("cluster_snapshots", help, snapshots.published.clone());
    let help = "Snapshots that this host could not publish";
    registry.register("cluster_failed_snapshots", help, snapshots.failed.clone());
    registry.register_collector(Box::new(Followed { member }));
}

/// How far a member follows the log, read when it is asked for.
#[derive(Debug)]
struct Followed {
    member: Arc<Member>,
}

/// The states of a member as labels.
const STATES: [&str; 7] =
    ["following", "away", "diverged", "needs_upgrade", "outrun", "failing", "closed"];

const fn label(state: &State) -> &'static str {
    match state {
        State::Following => "following",
        State::Away { .. } => "away",
        State::Diverged { .. } => "diverged",
        State::NeedsUpgrade { .. } => "needs_upgrade",
        State::Outrun { .. } => "outrun",
        State::Closed => "closed",
        _ => "failing",
    }
}

impl Collector for Followed {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let Status { sequence, lag, last_contact, state, .. } = self.member.status();
        let help = "This host has all messages of the log up to this sequence.";
        let taken = encoder.encode_descriptor("cluster_sequence", help, None, MetricType::Gauge)?;
        ConstGauge::new(sequence as f64).encode(taken)?;
        let help = "Messages of the log that this host is known not to have yet.";
        let behind =
            encoder.encode_descriptor("cluster_lag_messages", help, None, MetricType::Gauge)?;
        ConstGauge::new(lag as f64).encode(behind)?;
        if let Some(ago) = last_contact {
            let (help, unit) = ("Time since the log answered.", Some(&Unit::Seconds));
            let contact =
                encoder.encode_descriptor("cluster_last_contact", help, unit, MetricType::Gauge)?;
            ConstGauge::new(ago.as_secs_f64()).encode(contact)?;
        }
        let help = "1 for the state that this host is in.";
        let mut states =
            encoder.encode_descriptor("cluster_state", help, None, MetricType::Gauge)?;
        for of in STATES {
            let is_in = f64::from(u8::from(of == label(&state)));
            ConstGauge::new(is_in).encode(states.encode_family(&[("state", of)])?)?;
        }
        Ok(())
    }
}
