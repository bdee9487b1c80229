//! A member: a copy of the store that follows the log, and changes it.

mod begin;
mod following;
mod place;
mod publish;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use viewlink::{Options, Store};

use crate::entry;
use crate::error::{Error, Result, io};
use crate::order::{Order, sequence_of};
use crate::status::{State, Status};
use crate::tail::Tail;
use crate::token::Token;
use crate::{Appended, ClusterOptions, Log, LogError, Snapshots};

use following::Follower;
use place::Place;

/// A copy of the store in this process, beside those of other members of the same log.
///
/// [`store`](Self::store) has the whole API of a store. Reads are local. A change is made once it has its place in the log,
/// so all members make the same changes in the same order, and every caller gets the report of its own call as if there
/// were one store. Two threads belong to a member: one reads the log, one makes the changes that come.
///
/// Dropping it ends both, within the time that a call to the log takes; handles of its store can still be read then, and
/// changes are refused.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use viewlink::{Batch, NewView, Options, Resource};
/// use viewlink_cluster::{ClusterOptions, Log, Member, MemoryLog, MemorySnapshots};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
/// let snapshots = Arc::new(MemorySnapshots::new());
/// let open = |name: &str| {
///     let (log, snapshots) = (Arc::clone(&log), snapshots.clone());
///     Member::open(dir.path().join(name), Options::new(), log, snapshots, ClusterOptions::new())
/// };
/// let (one, other) = (open("one")?, open("other")?);
///
/// let project = one.store().project("default")?;
/// project.ensure_view(NewView::new("v", "V"))?;
/// project.link("v", Batch::flags(["checkout"]))?.all_ok()?;
///
/// // Read your own changes from another member.
/// assert!(other.wait_for(one.token()?, Duration::from_secs(10))?);
/// let flag = Resource::flag("checkout")?;
/// assert!(other.store().project("default")?.read()?.is_linked("v", &flag)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Member {
    store: Store,
    tail: Arc<Tail>,
    follower: Arc<Follower>,
    snapshots: Arc<dyn Snapshots>,
    place: Place,
    /// Held by the one that publishes a snapshot.
    publishing: Mutex<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Member {
    /// Opens a member in a directory, which it makes where there is none.
    ///
    /// One without a store takes the newest snapshot and follows the log from there, or begins the log where there is
    /// neither. One that lags beyond where the log was trimmed begins anew from a snapshot; its directory is set aside
    /// beside the new one, under a name that ends in a number. Where the log is away a member that has a store opens all
    /// the same, for reads.
    ///
    /// `options` are those of the store; a [memory limit](Options::memory_limit) holds for changes that are decided here
    /// only.
    ///
    /// Cost: that of [`Options::open`]; that of a snapshot where it begins anew. Changes of the log are made in the
    /// background.
    ///
    /// # Errors
    ///
    /// - [`Error::Store`]: the store cannot be opened.
    /// - [`Error::LeftLog`], [`Error::OtherLog`]: the store is no copy of what the log orders. Nothing was changed.
    /// - [`Error::NoSnapshot`]: the log was trimmed beyond what the member has, and no snapshot leads on.
    /// - [`Error::Log`]: the log or the place for snapshots is away and the member has no store, or they are not fit.
    /// - [`Error::Unreadable`]: the log begins with something else than an entry, or with one of a later version.
    /// - [`Error::Late`]: a new log could not be begun within the [deadline](ClusterOptions::deadline).
    /// - [`Error::Io`]: the directory cannot be read or written.
    pub fn open(
        dir: impl AsRef<Path>,
        options: Options,
        log: Arc<dyn Log>,
        snapshots: Arc<dyn Snapshots>,
        cluster: ClusterOptions,
    ) -> Result<Self> {
        Self::open_in(Place::make(dir.as_ref())?, options, log, snapshots, cluster)
    }

    /// The same with a store on a simulated disk, which never begins anew; the directory is for what is packed. With the
    /// feature `testing`.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    #[cfg(feature = "testing")]
    pub fn open_on(
        disk: &viewlink::testing::SimulatedDisk,
        dir: impl AsRef<Path>,
        options: Options,
        log: Arc<dyn Log>,
        snapshots: Arc<dyn Snapshots>,
        cluster: ClusterOptions,
    ) -> Result<Self> {
        let mut place = Place::make(dir.as_ref())?;
        place.disk = Some(disk.clone());
        Self::open_in(place, options, log, snapshots, cluster)
    }

    fn open_in(
        place: Place,
        options: Options,
        log: Arc<dyn Log>,
        snapshots: Arc<dyn Snapshots>,
        cluster: ClusterOptions,
    ) -> Result<Self> {
        let tail = Arc::new(Tail::new(log));
        let order = Order::new(Arc::clone(&tail), cluster.deadline);
        let options = options.sequencer(Arc::new(order));
        let begun = begin::begin(&place, &options, &tail, &*snapshots, cluster.deadline)?;
        let follower = Arc::new(Follower::new(begun.clone(), Arc::clone(&tail)));
        let (publishing, threads) = (Mutex::default(), Vec::new());
        let mut member =
            Self { store: begun, tail, follower, snapshots, place, publishing, threads };
        member.start(cluster.poll)?;
        Ok(member)
    }

    fn start(&mut self, wait: Duration) -> Result<()> {
        let (tail, snapshots, store) =
            (Arc::clone(&self.tail), Arc::clone(&self.snapshots), self.store.clone());
        let reads = move || {
            let is_ours = begin::confirm_in_time(&tail, &store, &*snapshots);
            // It must not keep the store open.
            drop((store, snapshots));
            if is_ours {
                tail.read_on(wait);
            }
        };
        let follower = Arc::clone(&self.follower);
        self.spawn("viewlink-log", reads)?;
        self.spawn("viewlink-follow", move || follower.follow_on())
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        self.threads.push(thread.map_err(io("start a thread"))?);
        Ok(())
    }

    /// The store of this member.
    ///
    /// What [`Store`] promises holds, but that a change waits for its place in the log, as does a call that changes nothing;
    /// where it gets none the error is [`viewlink::Error::SharedLog`], with what is known of the change.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where this member stands: who waits for it elsewhere has all that can be read here now.
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::Store`] where the store cannot be read.
    pub fn token(&self) -> Result<Token> {
        let (position, mark) = self.store.mark()?;
        Ok(Token { sequence: sequence_of(mark).unwrap_or_default(), position })
    }

    /// Waits until this member has all that another one had at a token; tells whether it has it before `timeout` is over.
    /// Example: at [`Member`].
    ///
    /// Cost: O(1), and the wait.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] with [`Diverged`](viewlink::Error::Diverged) where the token is of another store or this copy went
    /// another way, and as of [`Store::wait_for`].
    pub fn wait_for(&self, token: Token, timeout: Duration) -> Result<bool> {
        Ok(self.store.wait_for(token.position, timeout)?)
    }

    /// Reads the log up to this moment: afterwards reads of this member show every change that any member answered before
    /// the call. So a read behind a fence is linearizable.
    ///
    /// Cost: an append to the log, and what there is to catch up with.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] where it takes longer than `timeout`; [`Error::Log`] where the log refuses; [`Error::Store`] where
    /// the store cannot follow; [`Error::Closed`].
    pub fn fence(&self, timeout: Duration) -> Result<Token> {
        let until = Instant::now() + timeout;
        let sequence = self.append_fence(until, timeout)?;
        loop {
            let taken = self.tail.wait_taken(sequence, until);
            match taken {
                Ok(true) => {}
                Ok(false) => return Err(Error::Late(timeout)),
                Err(failure) => return Err(crate::order::failed(failure).into()),
            }
            let seeks = self.tail.seen().seeks;
            // Whoever took it has made what was before it once this returns.
            self.store.follow()?;
            let seen = self.tail.seen();
            if seen.seeks == seeks && seen.taken >= sequence {
                let (position, _) = self.store.mark()?;
                return Ok(Token { sequence, position });
            }
        }
    }

    /// Appends an entry without changes; tells its place.
    fn append_fence(&self, until: Instant, timeout: Duration) -> Result<u64> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| io("get random numbers")(error.into()))?;
        let (position, _) = self.store.mark()?;
        let messages = entry::messages(position, u128::from_ne_bytes(nonce), &[], usize::MAX);
        let messages = messages.map_err(|source| Error::Unreadable { source: source.into() })?;
        let message = messages.first().map(Vec::as_slice).unwrap_or_default();
        let mut backoff = crate::backoff::Backoff::new();
        while Instant::now() < until {
            match self.tail.log.append(None, message) {
                Appended::At(sequence) => return Ok(sequence),
                Appended::Refused(LogError::Away { .. })
                | Appended::Unknown(_)
                | Appended::Conflict => {}
                Appended::Refused(error) => return Err(error.into()),
            }
            if self.tail.sleep(backoff.next()) {
                return Err(Error::Closed);
            }
        }
        Err(Error::Late(timeout))
    }

    /// How this member stands. Waits for nothing.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn status(&self) -> Status {
        let seen = self.tail.seen();
        let state = match self.tail.is_closed() {
            true => State::Closed,
            false => self.follower.state(&seen),
        };
        Status {
            position: self.store.mark().ok().map(|(position, _)| position),
            sequence: seen.taken,
            lag: seen.newest.saturating_sub(seen.taken),
            last_contact: seen.contact.map(|contact| contact.elapsed()),
            state,
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.tail.close();
        for thread in self.threads.drain(..) {
            // One that panicked has ended, too.
            let _ = thread.join();
        }
    }
}
