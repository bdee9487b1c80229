//! What is in memory, for tests of members, keeps the same laws.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use viewlink_cluster::{Log, MemoryLog, MemorySnapshots};

use crate::{conformance, snapshots};

#[test]
fn a_log_in_memory_conforms() {
    let logs: Mutex<HashMap<String, Arc<MemoryLog>>> = Mutex::default();
    conformance::conforms(&|name| {
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(logs.entry(name.to_owned()).or_default()) as Arc<dyn Log>
    });
}

#[test]
fn snapshots_in_memory_conform() {
    let place = MemorySnapshots::new();
    snapshots::conforms(&|| Arc::new(place.clone()));
}
