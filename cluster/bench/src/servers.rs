//! Three servers of etcd on this machine, in a temporary folder.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::Failure;
use crate::process::Process;

/// How many servers there are.
const COUNT: usize = 3;

pub(crate) struct Servers {
    /// The ports for clients.
    ports: Vec<u16>,
    _processes: Vec<Process>,
    _folder: tempfile::TempDir,
}

impl Servers {
    /// Starts the program that `VIEWLINK_ETCD` names.
    pub(crate) fn start() -> Result<Self, Failure> {
        let program = std::env::var_os("VIEWLINK_ETCD").map(PathBuf::from);
        let program = program.ok_or("VIEWLINK_ETCD does not name the program etcd")?;
        let folder = tempfile::tempdir()?;
        let ports = free_ports()?;
        let peers = free_ports()?;
        let processes =
            (0..COUNT).map(|at| server(&program, folder.path(), at, &ports, &peers)).collect();
        Ok(Self { ports, _processes: processes, _folder: folder })
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.ports.iter().map(|port| url(*port)).collect()
    }
}

fn free_ports() -> std::io::Result<Vec<u16>> {
    let listeners: std::io::Result<Vec<TcpListener>> =
        (0..COUNT).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    listeners?.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Starts one server with a port for clients and one for the other servers.
fn server(program: &Path, folder: &Path, at: usize, ports: &[u16], peers: &[u16]) -> Process {
    let all: Vec<String> =
        peers.iter().enumerate().map(|(at, peer)| format!("e{at}={}", url(*peer))).collect();
    let (client, peer) = (url(ports[at]), url(peers[at]));
    let arguments = [
        ("--name", format!("e{at}")),
        ("--data-dir", folder.join(format!("e{at}")).display().to_string()),
        ("--listen-client-urls", client.clone()),
        ("--advertise-client-urls", client),
        ("--listen-peer-urls", peer.clone()),
        ("--initial-advertise-peer-urls", peer),
        ("--initial-cluster", all.join(",")),
    ];
    let arguments: Vec<String> =
        arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    Process::start(program, &arguments, None, &folder.join("log"), Signal::TERM)
}
