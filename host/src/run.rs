//! The host as a program.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use viewlink::{LinkPolicy, Options, Store};

use crate::arguments::Arguments;
use crate::failure;
use crate::host::Host;
use crate::keys::{self, ApiKeys, KeysError, Role};
use crate::resources::{Resources, ResourcesError};
use crate::server::serve;
use crate::shutdown::Signals;
use crate::{log, welcome};

/// Why the host does not run.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The API keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Not all resources of the file can be registered.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// No API key can be made.
    #[error("no API key can be generated: give keys with --keys")]
    Random(#[from] getrandom::Error),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] viewlink::Error),
    /// The address cannot be used.
    #[error("cannot listen on {address}: give a free address of this machine with --listen")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something.
    #[error("the host failed")]
    Io(#[from] io::Error),
}

impl HostError {
    /// The error with what caused it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        failure::chain(self)
    }

    /// 2 when what was asked for cannot be done, as for arguments that are none; else 1.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Keys(_) | Self::Resources(_)) { 2 } else { 1 })
    }
}

/// Does what the command line asks for: serves until a signal comes, or verifies.
///
/// # Errors
///
/// [`HostError`] when the host cannot be started, or the network fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, HostError> {
    if arguments.verify {
        return verify(&arguments.db);
    }
    log::start(arguments.log);
    let runtime = Runtime::new()?;
    let served = runtime.block_on(start(arguments));
    // What a client left behind may still wait for the disk; the store is closed already.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served.map(|()| ExitCode::SUCCESS)
}

async fn start(arguments: &Arguments) -> Result<(), HostError> {
    // Before the store: a host that cannot serve makes none.
    let file_keys = arguments.keys.as_deref().map(ApiKeys::read).transpose()?;
    let resources = arguments.resources.as_deref().map(Resources::open).transpose()?;
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|source| HostError::Listen { address: arguments.listen.clone(), source })?;
    let address = listener.local_addr()?;
    let signals = Signals::catch()?;
    let store = options(arguments).open(&arguments.db)?;
    if let Some(resources) = resources {
        resources.register(&store, arguments.batch_limit)?;
    }
    let keys = match (file_keys, &arguments.keys) {
        (Some(keys), Some(file)) => {
            welcome::tell_keys(address, &keys, file)?;
            keys
        }
        _ => generated(&store, address)?,
    };
    let host = Host::new(store, keys, arguments.settings.clone());
    tracing::info!(%address, "listening");
    serve(host, listener, signals.received(), Duration::from_secs(arguments.grace)).await?;
    Ok(())
}

fn options(arguments: &Arguments) -> Options {
    let policy = if arguments.closed { LinkPolicy::Closed } else { LinkPolicy::Open };
    Options::new().batch_limit(arguments.batch_limit).link_policy(policy)
}

fn generated(store: &Store, address: std::net::SocketAddr) -> Result<ApiKeys, HostError> {
    let key = keys::generate()?;
    let mut keys = ApiKeys::default();
    keys.add(&key, Role::Writer);
    welcome::tell_request(address, &key, welcome::furnish(store)?)?;
    Ok(keys)
}

/// Prints what is wrong with a store that nobody has open.
fn verify(db: &Path) -> Result<ExitCode, HostError> {
    let store = Options::new().create_if_missing(false).open(db)?;
    let found = store.verify()?;
    println!("{found}");
    store.close()?;
    Ok(if found.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
