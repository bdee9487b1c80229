//! A member: a copy of the store that follows the log and adds changes to it.

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

/// A copy of the store in this process. Other members of the same log have equal copies.
///
/// [`store`](Self::store) has the whole API of a store. Reads are local. A change takes effect after it got its place in the
/// log, so all members make the same changes in the same order, and every caller gets the report of its own call, as if
/// there were one store. A member has two threads: one reads the log, the other applies the changes of other members.
///
/// Dropping a member ends both threads, which takes as long as one call to the log. Handles of its store can still read
/// after that, and changes are refused.
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
    /// Locked while a snapshot is published.
    publishing: Mutex<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Member {
    /// Opens a member in a directory, and creates the directory if it does not exist.
    ///
    /// A member without a store installs the newest snapshot and follows the log from there. If there is neither a snapshot
    /// nor a log, it begins the log. A member that needs messages which were trimmed from the log replaces its store by the
    /// newest snapshot; the old store stays in the directory, under a name that ends in a number. If the log cannot be
    /// reached, a member that has a store opens for reads.
    ///
    /// `options` are the options of the store. A [memory limit](Options::memory_limit) applies only to changes that are
    /// decided by this member. A directory with a store that never had a log is refused, unless the log is empty and
    /// [`ClusterOptions::begin_with_store`] is set.
    ///
    /// Cost: that of [`Options::open`], and that of a snapshot if one is installed. Changes of the log are applied in the
    /// background.
    ///
    /// # Errors
    ///
    /// - [`Error::Store`]: the store cannot be opened.
    /// - [`Error::LeftLog`], [`Error::OtherLog`]: the store is not a copy that follows this log. Nothing was changed.
    /// - [`Error::NoSnapshot`]: messages that the member needs were trimmed, and no snapshot contains them.
    /// - [`Error::Log`]: the log or the place for snapshots is unfit, or cannot be reached and the member has no store.
    /// - [`Error::Unreadable`]: the first message of the log is not an entry, or an entry of a later version.
    /// - [`Error::Late`]: a new log could not be started within the [deadline](ClusterOptions::deadline).
    /// - [`Error::Io`]: the directory cannot be read or written.
    pub fn open(
        dir: impl AsRef<Path>,
        options: Options,
        log: Arc<dyn Log>,
        snapshots: Arc<dyn Snapshots>,
        cluster: ClusterOptions,
    ) -> Result<Self> {
        Self::open_in(Place::create(dir.as_ref())?, options, log, snapshots, cluster)
    }

    /// Opens a member with a store on a simulated disk, which is never replaced by a snapshot. The directory is for packing
    /// snapshots. With the feature `testing`.
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
        let mut place = Place::create(dir.as_ref())?;
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
        let tail = Arc::new(Tail::new(log, cluster.max_clock_lead));
        let order = Order::new(Arc::clone(&tail), cluster.deadline);
        let options = options.sequencer(Arc::new(order));
        let begun = begin::begin(&place, &options, &tail, &*snapshots, &cluster)?;
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
            let is_ours = begin::confirm_until_closed(&tail, &store, &*snapshots);
            // This thread must not keep the store open.
            drop((store, snapshots));
            if is_ours {
                tail.read_until_closed(wait);
            }
        };
        let follower = Arc::clone(&self.follower);
        self.spawn("viewlink-log", reads)?;
        self.spawn("viewlink-follow", move || follower.follow_until_closed())
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        self.threads.push(thread.map_err(io("start a thread"))?);
        Ok(())
    }

    /// The store of this member.
    ///
    /// All guarantees of [`Store`] apply. Two things differ: a change waits for its place in the log, and so does a call that
    /// turns out to change nothing. A change that gets no place fails with [`viewlink::Error::SharedLog`], which includes the
    /// outcome as far as it is known.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The current moment of this member. Another member that waited for the token has everything that can be read here now.
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be read.
    pub fn token(&self) -> Result<Token> {
        let (position, mark) = self.store.mark()?;
        Ok(Token { sequence: sequence_of(mark).unwrap_or_default(), position })
    }

    /// Waits until this member has everything that another member had at a token. Returns `false` if it does not within
    /// `timeout`. Example: at [`Member`].
    ///
    /// Cost: O(1), and the wait.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], with the errors of [`Store::wait_for`]: [`Diverged`](viewlink::Error::Diverged) if the token is from
    /// another store, or from a different history of this one.
    pub fn wait_for(&self, token: Token, timeout: Duration) -> Result<bool> {
        Ok(self.store.wait_for(token.position, timeout)?)
    }

    /// Reads the log up to this moment. After that, reads of this member show every change that any member acknowledged
    /// before the call: a read after a fence is linearizable.
    ///
    /// Cost: an append to the log, and applying the changes that this member does not have yet.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] if it takes longer than `timeout`; [`Error::Log`] if the log refuses the append; [`Error::Store`] if the
    /// store cannot follow the log; [`Error::Closed`].
    pub fn fence(&self, timeout: Duration) -> Result<Token> {
        let until = Instant::now() + timeout;
        let sequence = self.append_fence(until, timeout)?;
        loop {
            let processed = self.tail.wait_processed(sequence, until);
            match processed {
                Ok(true) => {}
                Ok(false) => return Err(Error::Late(timeout)),
                Err(failure) => return Err(crate::order::failed(failure).into()),
            }
            let seeks = self.tail.seen().seeks;
            // When this returns, the changes before the fence are applied, also those that another thread took.
            self.store.follow()?;
            let seen = self.tail.seen();
            if seen.seeks == seeks && seen.processed >= sequence {
                let (position, _) = self.store.mark()?;
                return Ok(Token { sequence, position });
            }
        }
    }

    /// Appends an entry without changes, and returns its sequence.
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

    /// The status of this member. It does not wait.
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
            sequence: seen.processed,
            lag: seen.newest.saturating_sub(seen.processed),
            last_contact: seen.contact.map(|contact| contact.elapsed()),
            state,
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.tail.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has ended as well.
            let _ = thread.join();
        }
    }
}
