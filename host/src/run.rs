//! The host as a program.

use std::future::{Future, pending};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;
use viewlink::{Options, Store};

use crate::arguments::Arguments;
use crate::failure;
use crate::host::Host;
use crate::keys::{self, ApiKeys, KeysError, Role};
use crate::members::{Members, MembersError};
use crate::opening::{self, OpenError, Opened};
use crate::outlet::Outlet;
use crate::resources::{Resources, ResourcesError};
use crate::server::serve;
use crate::shutdown::Signals;
use crate::snapshot_clock::SnapshotClock;
use crate::{log, standing, welcome};

/// Why the host does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    /// The API keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The members cannot be used.
    #[error(transparent)]
    Members(#[from] MembersError),
    /// Not all resources of the file can be registered.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// No API key can be generated.
    #[error("no API key can be generated: give a file of keys with --keys")]
    Random(#[from] getrandom::Error),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] viewlink::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The address cannot be used.
    #[error("cannot listen on {address}: give a free address of this machine with --listen")]
    Listen {
        /// The given address.
        address: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The system returned an error.
    #[error("the host failed")]
    Io(#[from] io::Error),
}

impl HostError {
    /// 2 if the options or their files are wrong, as for invalid arguments; else 1.
    fn exit_code(&self) -> ExitCode {
        let is_wrong_input = matches!(
            self,
            Self::Keys(_)
                | Self::Members(_)
                | Self::Resources(_)
                | Self::Open(OpenError::Log(_) | OpenError::NotACopy { .. })
        );
        ExitCode::from(if is_wrong_input { 2 } else { 1 })
    }
}

/// How long the last lines may take when everything else is done.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Does what the command line asks for: serves until a signal arrives, or verifies. Prints errors on stderr.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let (out, log) = match outlets() {
        Ok(outlets) => outlets,
        // There is no stream for a message.
        Err(_) => return ExitCode::FAILURE,
    };
    let done = if arguments.verify {
        verify(&arguments.store())
    } else {
        log::start(arguments.log, log.clone());
        host(arguments, &out)
    };
    let code = done.unwrap_or_else(|error| {
        log.put(format!("viewlink-host: {}\n", failure::chain(&error)).into_bytes());
        error.exit_code()
    });
    out.drain(LAST_LINES);
    log.drain(LAST_LINES);
    code
}

fn outlets() -> io::Result<(Outlet, Outlet)> {
    Ok((Outlet::new(io::stdout().as_fd())?, Outlet::new(io::stderr().as_fd())?))
}

fn host(arguments: &Arguments, out: &Outlet) -> Result<ExitCode, HostError> {
    let runtime = Runtime::new()?;
    let served = runtime.block_on(start(arguments, out));
    // An operation of a client that disconnected may still wait for the disk. The store is closed already.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served.map(|()| ExitCode::SUCCESS)
}

async fn start(arguments: &Arguments, out: &Outlet) -> Result<(), HostError> {
    // The listener comes before the store, so that a host that cannot serve creates no store.
    let file_keys = arguments.keys.as_deref().map(ApiKeys::read).transpose()?;
    let members = arguments.members.as_deref().map(Members::read).transpose()?;
    let resources = arguments.resources.as_deref().map(Resources::open).transpose()?;
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|source| HostError::Listen { address: arguments.listen.clone(), source })?;
    let address = listener.local_addr()?;
    let mut stopped = Box::pin(Signals::catch()?.received());
    let opened = tokio::select! {
        opened = open(arguments.clone(), resources) => opened?,
        () = &mut stopped => return Ok(()),
    };
    let (keys, welcome) = match (file_keys, &arguments.keys) {
        (Some(keys), Some(file)) => {
            let welcome = welcome::of_keys(address, &keys, file);
            (keys, welcome)
        }
        _ => generated(opened.store(), address)?,
    };
    out.put(welcome.into_bytes());
    let (host, clock) = opened.host(keys, members.unwrap_or_default(), arguments);
    let every = arguments.log_options.snapshot_every.map(Duration::from_secs);
    let stop = until_stopped(stopped, host.clone(), clock.zip(every));
    tracing::info!(%address, "listening");
    serve(host, listener, stop, Duration::from_secs(arguments.grace)).await;
    Ok(())
}

/// Opens the store, and registers the resources of a file.
async fn open(arguments: Arguments, resources: Option<Resources>) -> Result<Opened, HostError> {
    let opening = spawn_blocking(move || {
        let opened = opening::open(&arguments)?;
        if let Some(resources) = resources {
            resources.register(opened.store(), arguments.batch_limit)?;
        }
        Ok(opened)
    });
    opening.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked).into()))
}

/// Waits until the host is to stop. Until then it publishes snapshots, and logs how the host follows the log.
async fn until_stopped(
    stopped: impl Future<Output = ()>,
    host: Host,
    clock: Option<(SnapshotClock, Duration)>,
) {
    let publish = async {
        match clock {
            Some((clock, every)) => clock.run(every).await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = stopped => {}
        () = publish => {}
        () = standing::log_changes(host) => {}
    }
}

/// A key that is generated for this run, and the text that shows it.
fn generated(store: &Store, address: SocketAddr) -> Result<(ApiKeys, String), HostError> {
    let key = keys::generate()?;
    let mut keys = ApiKeys::default();
    keys.add(&key, Role::Writer);
    let welcome = welcome::of_request(address, &key, welcome::furnish(store)?);
    Ok((keys, welcome))
}

/// Prints the problems of a store that no process has open for writing, and changes no byte of it.
fn verify(db: &Path) -> Result<ExitCode, HostError> {
    let store = Options::new().read_only(true).open(db)?;
    let found = store.verify()?;
    // The exit code also reports the result, in case the output is closed.
    let _ = writeln!(io::stdout(), "{found}");
    store.close()?;
    Ok(if found.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
