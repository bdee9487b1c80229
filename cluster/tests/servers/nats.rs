//! Servers of NATS JetStream.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::process::Process;
use super::proxy::Proxy;
pub(crate) use super::proxy::Wire;
use super::{free_port, http_get, named, wait_until};

/// One server, or several that replicate, with wires between them that can be cut.
pub(crate) struct Nats {
    program: PathBuf,
    servers: Vec<Server>,
    folder: tempfile::TempDir,
}

struct Server {
    port: u16,
    monitor: u16,
    /// To the others.
    wires: Vec<(usize, Proxy)>,
    process: Option<Process>,
}

impl Nats {
    /// Starts servers that sync every write; returns nothing if no program is named.
    pub(crate) fn start(count: usize) -> Option<Self> {
        Self::start_with(count, "always")
    }

    /// Starts servers with another `sync_interval`.
    pub(crate) fn start_with(count: usize, sync: &str) -> Option<Self> {
        let program = named("VIEWLINK_NATS_SERVER")?;
        let folder = tempfile::tempdir().unwrap();
        let routes: Vec<u16> = (0..count).map(|_| free_port()).collect();
        let servers = (0..count).map(|at| {
            let others = (0..count).filter(|other| *other != at);
            let wires = others.map(|other| (other, Proxy::to(routes[other]))).collect();
            Server { port: free_port(), monitor: free_port(), wires, process: None }
        });
        let mut nats = Self { program, servers: servers.collect(), folder };
        for (at, route) in routes.iter().enumerate() {
            std::fs::write(nats.file(at, "conf"), nats.configuration(at, *route, sync)).unwrap();
            nats.restart(at);
        }
        nats.wait_until_ready();
        Some(nats)
    }

    fn configuration(&self, at: usize, route: u16, sync: &str) -> String {
        let Server { port, monitor, wires, .. } = &self.servers[at];
        let routes: Vec<String> =
            wires.iter().map(|(_, wire)| format!("nats://127.0.0.1:{}", wire.port)).collect();
        let store = self.folder.path().join(format!("data{at}"));
        let cluster = if routes.is_empty() {
            String::new()
        } else {
            // No server can connect to the advertised address, so all connections between servers use the proxies.
            format!(
                "cluster {{ name: test, listen: \"127.0.0.1:{route}\", advertise: \"127.0.0.1:1\", \
                 no_advertise: true, routes: [{}] }}",
                routes.join(", ")
            )
        };
        format!(
            "server_name: n{at}\nlisten: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
             jetstream {{ store_dir: {store:?}, sync_interval: {sync}, max_mem: 64MB, max_file: 4GB }}\n\
             accounts {{\n  APP {{ jetstream: enabled, users: [ {{ user: app, password: app }} ] }}\n  \
             SYS {{ users: [ {{ user: sys, password: sys }} ] }}\n}}\nsystem_account: SYS\n{cluster}\n"
        )
    }

    fn file(&self, at: usize, ending: &str) -> PathBuf {
        self.folder.path().join(format!("n{at}.{ending}"))
    }

    fn wait_until_ready(&self) {
        wait_until("the servers of NATS", Duration::from_secs(30), || {
            (0..self.count()).all(|at| self.is_healthy(at))
                && (self.count() == 1 || self.meta_leader().is_some())
        });
    }

    fn is_healthy(&self, at: usize) -> bool {
        http_get(self.servers[at].monitor, "/healthz").is_some_and(|body| body.contains("\"ok\""))
    }

    pub(crate) fn count(&self) -> usize {
        self.servers.len()
    }

    /// The ports of all servers for clients.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.servers.iter().map(|server| server.port).collect()
    }

    /// URLs of all servers, that of one first.
    pub(crate) fn urls(&self, first: usize) -> String {
        urls(&self.ports(), first)
    }

    /// URLs for the system account.
    pub(crate) fn system_urls(&self) -> String {
        as_system(&self.urls(0))
    }

    /// The server that leads a stream, by its own report.
    pub(crate) fn leader(&self, stream: &str) -> Option<usize> {
        (0..self.count()).find(|at| {
            let answer = http_get(self.servers[*at].monitor, "/jsz?accounts=1&streams=1");
            let Some(answer) = answer.and_then(|body| serde_json::from_str::<Value>(&body).ok())
            else {
                return false;
            };
            let accounts = answer["account_details"].as_array().cloned().unwrap_or_default();
            let streams = accounts.iter().filter_map(|account| account["stream_detail"].as_array());
            streams
                .flatten()
                .any(|s| s["name"] == stream && s["cluster"]["leader"] == format!("n{at}").as_str())
        })
    }

    fn meta_leader(&self) -> Option<String> {
        let answer: Value =
            serde_json::from_str(&http_get(self.servers[0].monitor, "/jsz")?).ok()?;
        answer["meta_cluster"]["leader"].as_str().filter(|name| !name.is_empty()).map(str::to_owned)
    }

    pub(crate) fn kill(&mut self, at: usize) {
        if let Some(process) = &mut self.servers[at].process {
            process.kill();
        }
    }

    /// Stops a server until [`Nats::resume`].
    pub(crate) fn stop(&self, at: usize) {
        self.servers[at].process.iter().for_each(Process::stop);
    }

    pub(crate) fn resume(&self, at: usize) {
        self.servers[at].process.iter().for_each(Process::resume);
    }

    /// Starts a server again.
    pub(crate) fn restart(&mut self, at: usize) {
        let arguments = [PathBuf::from("-c"), self.file(at, "conf")];
        let log = self.file(at, "log");
        let process = Process::start(&self.program, &arguments, None, &log, Signal::TERM);
        self.servers[at].process = Some(process);
    }

    pub(crate) fn wait_until_healthy(&self, at: usize) {
        wait_until("a server of NATS", Duration::from_secs(60), || self.is_healthy(at));
    }

    /// Sets all wires between a server and the others.
    pub(crate) fn wire(&self, at: usize, wire: Wire) {
        for (from, server) in self.servers.iter().enumerate() {
            for (to, proxy) in &server.wires {
                if from == at || *to == at {
                    proxy.set(wire);
                }
            }
        }
    }
}

/// URLs of servers at ports of this machine, that of one first.
pub(crate) fn urls(ports: &[u16], first: usize) -> String {
    let url = |at: usize| format!("nats://app:app@127.0.0.1:{}", ports[(first + at) % ports.len()]);
    (0..ports.len()).map(url).collect::<Vec<_>>().join(",")
}

/// The same URLs for the system account.
pub(crate) fn as_system(urls: &str) -> String {
    urls.replace("app:app@", "sys:sys@")
}
