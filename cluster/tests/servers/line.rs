//! The connections of one client to its servers, which can be cut.

use super::proxy::{Proxy, Wire};

/// One proxy for each server.
pub(crate) struct Line(Vec<Proxy>);

impl Line {
    pub(crate) fn to(ports: &[u16]) -> Self {
        Self(ports.iter().map(|port| Proxy::to(*port)).collect())
    }

    /// The ports of the proxies, in the order of the servers.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.0.iter().map(|proxy| proxy.port).collect()
    }

    /// Sets the connections to all servers.
    pub(crate) fn set(&self, wire: Wire) {
        self.0.iter().for_each(|proxy| proxy.set(wire));
    }
}
