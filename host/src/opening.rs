//! Opens the store of a host: the only copy, or one that follows a log.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use viewlink::{LinkPolicy, Options, Store};
use viewlink_cluster::{ClusterOptions, Member, Snapshots, State};

use crate::arguments::Arguments;
use crate::host::Host;
use crate::keys::ApiKeys;
use crate::members::Members;
use crate::shared_log::{self, SharedLogError};
use crate::snapshot_clock::SnapshotClock;

/// A copy that takes longer than this to catch up with the shared log writes a line to the log of the host.
const CATCH_UP: Duration = Duration::from_secs(10);

/// An open store.
pub(crate) enum Opened {
    /// The only copy.
    Alone(Store),
    /// One of several copies, and the place for their snapshots.
    Member(Arc<Member>, Arc<dyn Snapshots>),
}

/// Why a store is not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The store itself.
    #[error("the store failed")]
    Store(#[from] viewlink::Error),
    /// The directory has the only copy of a store, which would not be part of the log.
    #[error(
        "{path:?} has a store that shares no log: give another directory with --db; the host creates its copy of the \
         shared store there"
    )]
    NotACopy {
        /// The directory.
        path: PathBuf,
    },
    /// The log as the options name it.
    #[error(transparent)]
    Log(#[from] SharedLogError),
    /// The copy that follows the log.
    #[error("the copy of the store cannot follow the log")]
    Member(#[from] viewlink_cluster::Error),
}

/// Opens the store that the command line names. Waits for the disk, and for the log.
pub(crate) fn open(arguments: &Arguments) -> Result<Opened, OpenError> {
    let (db, options) = (&arguments.db, options(arguments));
    if arguments.log_options.is_shared() && db.join("checkpoint.redb").exists() {
        return Err(OpenError::NotACopy { path: db.clone() });
    }
    let Some(shared) = shared_log::open(&arguments.log_options)? else {
        return Ok(Opened::Alone(options.open(db)?));
    };
    let (log, snapshots) = (shared.log, shared.snapshots);
    let member = Member::open(db, options, log, Arc::clone(&snapshots), ClusterOptions::new())?;
    catch_up(&member);
    Ok(Opened::Member(Arc::new(member), snapshots))
}

fn options(arguments: &Arguments) -> Options {
    let policy = if arguments.closed { LinkPolicy::Closed } else { LinkPolicy::Open };
    let memory_limit = arguments.memory_limit.map(|limit| limit.saturating_mul(1 << 20));
    let options = Options::new().batch_limit(arguments.batch_limit).link_policy(policy);
    options.memory_limit(memory_limit)
}

/// Waits until a copy has all that the log had when it was opened, so that its first reads are not old. A copy that
/// cannot follow the log at the moment serves what it has.
fn catch_up(member: &Member) {
    while let Err(error) = member.fence(CATCH_UP) {
        let is_late = matches!(error, viewlink_cluster::Error::Late(_));
        if !is_late || member.status().state != State::Following {
            let error = crate::failure::chain(&error);
            tracing::warn!(
                error,
                "the copy of the host does not follow the log yet; reads may be old"
            );
            return;
        }
        tracing::info!(sequence = member.status().sequence, "catching up with the log");
    }
}

impl Opened {
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Alone(store) => store,
            Self::Member(member, _) => member.store(),
        }
    }

    /// The host of this store, and the part that publishes snapshots if there is a shared log.
    pub(crate) fn host(
        self,
        keys: ApiKeys,
        members: Members,
        arguments: &Arguments,
    ) -> (Host, Option<SnapshotClock>) {
        let settings = arguments.settings.clone();
        match self {
            Self::Alone(store) => (Host::new(store, keys, members, settings), None),
            Self::Member(member, snapshots) => {
                let host = Host::of_member(Arc::clone(&member), keys, members, settings);
                let counts = host.metrics().snapshots.clone();
                (host, Some(SnapshotClock::new(member, snapshots, counts)))
            }
        }
    }
}
