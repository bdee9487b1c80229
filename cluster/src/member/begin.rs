//! The store of a member at its opening: its own, one from a snapshot, or a new one.

use std::time::{Duration, Instant};

use viewlink::{Options, Position, Store};

use super::Place;
use super::publish::{install, newest, put};
use crate::backoff::Backoff;
use crate::entry::{self, Entry};
use crate::error::{Error, Result, io};
use crate::order::sequence_of;
use crate::tail::Tail;
use crate::{Appended, ClusterOptions, LogError, Message, Snapshots};

/// How long a read waits for a message that should exist.
const WAIT: Duration = Duration::from_millis(200);

/// Opens the store of a member, ready to follow the log.
pub(super) fn begin(
    place: &Place,
    options: &Options,
    tail: &Tail,
    snapshots: &dyn Snapshots,
    cluster: &ClusterOptions,
) -> Result<Store> {
    let deadline = cluster.deadline;
    if !place.has_store() {
        let options = match newest(snapshots)? {
            Some((name, _)) => install(snapshots, &name, place).map(|()| options.clone())?,
            None => options.clone().lineage(Some(new_lineage(tail, deadline)?)),
        };
        let store = open(place, &options, tail, snapshots)?;
        return check_confirmed(place, store, tail, snapshots);
    }
    if cluster.begin_with_store {
        begin_with_store(place, options, tail, snapshots, deadline)?;
    }
    let store = open(place, options, tail, snapshots)?;
    let Some((needed, first)) = missing(&store, tail)? else {
        return check_confirmed(place, store, tail, snapshots);
    };
    let snapshot = newest(snapshots)?.filter(|(name, _)| name.sequence.saturating_add(1) >= first);
    let Some((name, _)) = snapshot else { return Err(Error::NoSnapshot { needed, first }) };
    store.close()?;
    install(snapshots, &name, place)?;
    let store = open(place, options, tail, snapshots)?;
    check_confirmed(place, store, tail, snapshots)
}

/// Begins an empty log with the store of a member: with a snapshot of it, and a first entry with its position.
fn begin_with_store(
    place: &Place,
    options: &Options,
    tail: &Tail,
    snapshots: &dyn Snapshots,
    deadline: Duration,
) -> Result<()> {
    match tail.log.bounds() {
        Ok(bounds) if bounds.last == 0 => {}
        // A member that began the log earlier opens for reads.
        Ok(_) | Err(LogError::Away { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let store = place.open(options.clone())?;
    let (position, mark) = store.mark()?;
    if sequence_of(mark) == Some(0) {
        place.clear()?;
        put(&store, place, snapshots)?;
        place.clear()?;
        // If another member begins the log at the same moment, the opening of the store notices.
        first_base(tail, deadline, Some(position))?;
    }
    Ok(store.close()?)
}

/// Opens or creates the store, and lets the log be read from its position.
fn open(place: &Place, options: &Options, tail: &Tail, snapshots: &dyn Snapshots) -> Result<Store> {
    let (path, store) = (place.store(), place.open(options.clone())?);
    let (position, mark) = store.mark()?;
    let sequence = match sequence_of(mark) {
        Some(0) if position.revision() > 0 && !is_beginning(position, tail, snapshots)? => None,
        sequence => sequence,
    };
    let Some(sequence) = sequence else { return Err(Error::LeftLog { path, position }) };
    tail.seek(sequence);
    Ok(store)
}

/// Whether the log may have begun with a store at a position.
fn is_beginning(position: Position, tail: &Tail, snapshots: &dyn Snapshots) -> Result<bool> {
    match tail.log.read(1, WAIT) {
        Ok(messages) => Ok(messages.first().is_some_and(|message| {
            let entry = Entry::decode(message.sequence, &message.bytes);
            entry.is_ok_and(|entry| entry.base == position)
        })),
        Err(LogError::Trimmed { .. }) => is_of_snapshot(position, snapshots),
        // That is checked later.
        Err(LogError::Away { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Whether the newest snapshot, if there is one, has the lineage of a position.
fn is_of_snapshot(position: Position, snapshots: &dyn Snapshots) -> Result<bool> {
    let snapshot = newest(snapshots)?;
    Ok(snapshot.is_none_or(|(_, other)| other.lineage() == position.lineage()))
}

/// The message that a store needs and the first message of the log, if the needed one was trimmed.
fn missing(store: &Store, tail: &Tail) -> Result<Option<(u64, u64)>> {
    let needed = sequence_of(store.mark()?.1).unwrap_or_default().saturating_add(1);
    match tail.log.bounds() {
        Ok(bounds) if bounds.first > needed && bounds.last >= needed => {
            Ok(Some((needed, bounds.first)))
        }
        // The thread that reads the log tries again.
        Ok(_) | Err(LogError::Away { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The lineage for a new store, from the first entry of the log.
fn new_lineage(tail: &Tail, deadline: Duration) -> Result<[u8; 16]> {
    let base = first_base(tail, deadline, None)?;
    if base.revision() > 0 {
        // The log began with a store, which only snapshots contain.
        return Err(Error::NoSnapshot { needed: 0, first: 1 });
    }
    Ok(base.lineage())
}

/// The base of the first entry of a log. An empty log gets a first entry, with the position of a store or a new lineage. If
/// several members append one at the same moment, the first one counts.
fn first_base(tail: &Tail, deadline: Duration, store: Option<Position>) -> Result<Position> {
    let (until, mut backoff) = (Instant::now() + deadline, Backoff::new());
    while Instant::now() < until {
        match first_message(tail, store) {
            Ok(Some(message)) => {
                let entry = Entry::decode(message.sequence, &message.bytes);
                let entry = entry.map_err(|error| Error::Unreadable { source: error.into() })?;
                return Ok(entry.base);
            }
            Ok(None) | Err(Error::Log(LogError::Away { .. })) => {}
            Err(Error::Log(LogError::Trimmed { from, first })) => {
                return Err(Error::NoSnapshot { needed: from, first });
            }
            Err(error) => return Err(error),
        }
        std::thread::sleep(backoff.next());
    }
    Err(Error::Late(deadline))
}

/// The first message of a log, which is appended if the log is empty.
fn first_message(tail: &Tail, store: Option<Position>) -> Result<Option<Message>> {
    if tail.log.bounds()?.last == 0 {
        append_first(tail, store)?;
    }
    Ok(tail.log.read(1, WAIT)?.into_iter().next())
}

/// Appends the first entry of a log, with the position of a store or a new lineage.
fn append_first(tail: &Tail, store: Option<Position>) -> Result<()> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| io("get random numbers")(error.into()))?;
    let mut empty = [0; 40];
    empty.iter_mut().zip(&random).take(16).for_each(|(byte, random)| *byte = *random);
    let base = store.unwrap_or(Position::from_bytes(empty));
    let nonce = random.last_chunk().map_or(0, |nonce| u128::from_ne_bytes(*nonce));
    let message = Entry { base, nonce, part: 0, parts: 1, body: &[] };
    let message = message.encode().map_err(|error| Error::Unreadable { source: error.into() })?;
    debug_assert!(message.len() < entry::MAX_MESSAGE, "an entry without changes is short");
    match tail.log.append(Some(0), &message) {
        Appended::Refused(error) if !matches!(error, LogError::Away { .. }) => Err(error.into()),
        // The caller reads the message that is first.
        _ => Ok(()),
    }
}

/// Checks that the log belongs to the store. If the log does not answer, that is checked later.
fn check_confirmed(
    place: &Place,
    store: Store,
    tail: &Tail,
    snapshots: &dyn Snapshots,
) -> Result<Store> {
    match is_ours(&store, tail, snapshots) {
        Ok(true) => {
            tail.clock.compare(&*tail.log);
            tail.confirm(true);
        }
        Ok(false) => return Err(Error::OtherLog { path: place.store() }),
        Err(Error::Log(LogError::Away { .. })) => {}
        Err(error) => return Err(error),
    }
    Ok(store)
}

/// Checks whether the log belongs to the store, again and again until the log answers. Returns the result.
pub(super) fn confirm_until_closed(tail: &Tail, store: &Store, snapshots: &dyn Snapshots) -> bool {
    let mut backoff = Backoff::new();
    while !tail.is_closed() {
        if tail.wait_confirmed(Instant::now()).unwrap_or(false) {
            return true;
        }
        match is_ours(store, tail, snapshots) {
            Ok(is_ours) => {
                tail.confirm(is_ours);
                return is_ours;
            }
            Err(Error::Log(error)) => tail.note_away(&error),
            // The store cannot be read at the moment; try again.
            Err(_) => {}
        }
        tail.sleep(backoff.next());
    }
    false
}

/// Whether a log belongs to a store: its entry at the mark of the store has the same lineage. If that entry was trimmed, the
/// newest snapshot must have the same lineage.
fn is_ours(store: &Store, tail: &Tail, snapshots: &dyn Snapshots) -> Result<bool> {
    let (position, mark) = store.mark()?;
    let last = sequence_of(mark).unwrap_or_default().max(1);
    match tail.log.read(last, WAIT) {
        Ok(messages) => Ok(messages.first().is_none_or(|message| {
            // A message that is not an entry, or is newer, is reported when it is followed.
            let entry = Entry::decode(message.sequence, &message.bytes);
            let is_start = sequence_of(mark) == Some(0) && position.revision() > 0;
            entry.map_or(true, |Entry { base, .. }| match is_start {
                true => base == position,
                false => base.lineage() == position.lineage(),
            })
        })),
        Err(LogError::Trimmed { .. }) => is_of_snapshot(position, snapshots),
        // The thread that reads the log reports the lost end.
        Err(LogError::CutOff { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
