//! What snapshots hold of the state, and for how long.
//!
//! The database cannot use pages again that a reader may still look at. So every reader has an entry
//! here, and one that is older than the options allow is taken its tables away by whoever commits
//! next, also when nobody reads from it any more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::model::error::{Error, Result};
use crate::options::Options;
use crate::storage::{Head, ReadTables, contain};
use crate::trace;

/// All that is held of the state of a store.
pub(crate) struct Holds {
    limit: Option<Duration>,
    clock: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The number of the next one.
    next: AtomicU64,
    /// Those that have their tables, the oldest first.
    slots: Mutex<BTreeMap<Place, Arc<Slot>>>,
}

/// When a hold began, and its number, which tells it from others that began then.
type Place = (Duration, u64);

struct Slot {
    head: Head,
    /// Whether it may become too old.
    expires: bool,
    /// `None` once it was too old, or the database closed.
    tables: RwLock<Option<Arc<ReadTables>>>,
}

/// The oldest of all holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oldest {
    pub(super) age: Duration,
    pub(super) revision: u64,
}

impl Holds {
    pub(super) fn new(options: &Options) -> Self {
        let (limit, clock) = (options.snapshot_limit, Arc::clone(&options.age_clock));
        Self { limit, clock, next: AtomicU64::new(0), slots: Mutex::default() }
    }

    /// The time now, from which on the age of a hold counts.
    pub(super) fn now(&self) -> Duration {
        (self.clock)()
    }

    /// Lets go of what is too old, but for what is being read at this moment.
    ///
    /// Cost: O(1) without a limit, else O(what is too old).
    pub(super) fn release_expired(&self) {
        let Some(limit) = self.limit else { return };
        let now = self.now();
        let mut slots = self.slots();
        let expired = slots.iter().take_while(|((since, _), _)| now.saturating_sub(*since) > limit);
        let expired = expired.filter(|(_, slot)| slot.expires && slot.release());
        let released: Vec<_> = expired.map(|(place, slot)| (*place, slot.head.revision)).collect();
        for (place, _) in &released {
            slots.remove(place);
        }
        drop(slots);
        if let Some(((since, _), revision)) = released.first() {
            let age = now.saturating_sub(*since);
            trace::snapshots_expired(released.len(), *revision, age, limit);
        }
    }

    /// Lets go of all there are, whose database is being closed, but for what is being read.
    pub(super) fn release_all(&self) {
        let slots = std::mem::take(&mut *self.slots());
        for slot in slots.values() {
            slot.release();
        }
    }

    /// How many there are, and the oldest.
    pub(super) fn figures(&self) -> (u64, Option<Oldest>) {
        let now = self.now();
        let slots = self.slots();
        let oldest = slots.first_key_value().map(|((since, _), slot)| {
            let (age, revision) = (now.saturating_sub(*since), slot.head.revision);
            Oldest { age, revision }
        });
        (slots.len() as u64, oldest)
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Place, Arc<Slot>>> {
        // Each change of the map is one insert or remove, so a panic elsewhere leaves it whole.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holds").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Slot {
    /// Lets go of the tables, unless somebody is reading; tells whether they are gone.
    fn release(&self) -> bool {
        let Ok(mut tables) = self.tables.try_write() else { return false };
        let tables = tables.take();
        // A panic of the database over it concerns nobody who commits.
        let _ = contain(|| {
            drop(tables);
            Ok(())
        });
        true
    }
}

/// The tables of one revision, as long as they are held.
pub(crate) struct Hold {
    holds: Arc<Holds>,
    place: Place,
    slot: Arc<Slot>,
}

impl Hold {
    /// Holds tables for one who reads since `since`, from when on their age counts: they may have been
    /// opened before, by another one. `expires` says whether the limit of the options counts for them.
    pub(super) fn new(
        holds: &Arc<Holds>,
        since: Duration,
        tables: Arc<ReadTables>,
        expires: bool,
    ) -> Self {
        let expires = expires && holds.limit.is_some();
        let head = tables.head();
        let slot = Arc::new(Slot { head, expires, tables: RwLock::new(Some(tables)) });
        let place = (since, holds.next.fetch_add(1, Ordering::Relaxed));
        holds.slots().insert(place, Arc::clone(&slot));
        Self { holds: Arc::clone(holds), place, slot }
    }

    /// The newest change that is in the tables.
    pub(crate) fn head(&self) -> Head {
        self.slot.head
    }

    /// Reads from the tables. Who reads is not disturbed when they become too old meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotExpired`] when they are too old; [`Error::Closed`] when the store was closed
    /// or recovered; those of `read`.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&ReadTables) -> Result<T>) -> Result<T> {
        self.check_age()?;
        let tables = self.slot.tables.read().unwrap_or_else(PoisonError::into_inner);
        match tables.as_ref() {
            Some(tables) => contain(|| read(tables)),
            None => self.check_age().and(Err(Error::Closed)),
        }
    }

    /// # Errors
    ///
    /// [`Error::SnapshotExpired`] when the tables are too old.
    pub(crate) fn check_age(&self) -> Result<()> {
        match self.holds.limit.filter(|limit| self.slot.expires && self.age() > *limit) {
            Some(limit) => {
                self.holds.release_expired();
                Err(self.expired(limit))
            }
            None => Ok(()),
        }
    }

    fn age(&self) -> Duration {
        self.holds.now().saturating_sub(self.place.0)
    }

    fn expired(&self, limit: Duration) -> Error {
        Error::SnapshotExpired { age: self.age(), limit }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holds.slots().remove(&self.place);
    }
}
