//! How a member comes to its store: its own, one from a snapshot, or a new one.

use std::time::{Duration, Instant};

use viewlink::{Options, Position, Store};

use super::Place;
use super::publish::{install, newest};
use crate::backoff::Backoff;
use crate::entry::{self, Entry};
use crate::error::{Error, Result, io};
use crate::order::sequence_of;
use crate::tail::Tail;
use crate::{Appended, LogError, Message, Snapshots};

/// How long a read waits for what should be there.
const WAIT: Duration = Duration::from_millis(200);

/// Opens the store of a member, so that it can follow the log.
pub(super) fn begin(
    place: &Place,
    options: &Options,
    tail: &Tail,
    snapshots: &dyn Snapshots,
    deadline: Duration,
) -> Result<Store> {
    if place.has_store() {
        let store = open(place, options, tail)?;
        let Some((needed, first)) = outrun(&store, tail)? else {
            return check_confirmed(place, store, tail, snapshots);
        };
        let snapshot =
            newest(snapshots)?.filter(|(name, _)| name.sequence.saturating_add(1) >= first);
        let Some((name, _)) = snapshot else { return Err(Error::NoSnapshot { needed, first }) };
        store.close()?;
        install(snapshots, &name, place)?;
        let store = open(place, options, tail)?;
        return check_confirmed(place, store, tail, snapshots);
    }
    match newest(snapshots)? {
        Some((name, _)) => {
            install(snapshots, &name, place)?;
            let store = open(place, options, tail)?;
            check_confirmed(place, store, tail, snapshots)
        }
        None => {
            let lineage = genesis(tail, deadline)?;
            let store = open(place, &options.clone().lineage(Some(lineage)), tail)?;
            check_confirmed(place, store, tail, snapshots)
        }
    }
}

/// Opens the store that is there or is made new, and has the log read on from where it stands.
fn open(place: &Place, options: &Options, tail: &Tail) -> Result<Store> {
    let (path, store) = (place.store(), place.open(options.clone())?);
    let (position, mark) = store.mark()?;
    let sequence = match sequence_of(mark) {
        Some(0) if position.revision() > 0 => None,
        sequence => sequence,
    };
    let Some(sequence) = sequence else { return Err(Error::LeftLog { path, position }) };
    tail.seek(sequence);
    Ok(store)
}

/// Whether the log was trimmed beyond what a store has: what it needs, and what the log begins with.
fn outrun(store: &Store, tail: &Tail) -> Result<Option<(u64, u64)>> {
    let needed = sequence_of(store.mark()?.1).unwrap_or_default().saturating_add(1);
    match tail.log.bounds() {
        Ok(bounds) if bounds.first > needed && bounds.last >= needed => {
            Ok(Some((needed, bounds.first)))
        }
        // Whoever reads it tries again.
        Ok(_) | Err(LogError::Away { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The lineage that a log begins with, which is begun where it is empty. Where several begin it at the same moment the first
/// entry counts.
fn genesis(tail: &Tail, deadline: Duration) -> Result<[u8; 16]> {
    let (until, mut backoff) = (Instant::now() + deadline, Backoff::new());
    while Instant::now() < until {
        match first_message(tail) {
            Ok(Some(message)) => {
                let entry = Entry::decode(message.sequence, &message.bytes);
                let entry = entry.map_err(|error| Error::Unreadable { source: error.into() })?;
                return Ok(entry.base.lineage());
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

/// The first message of a log; one is appended where it is empty.
fn first_message(tail: &Tail) -> Result<Option<Message>> {
    if tail.log.bounds()?.last == 0 {
        append_genesis(tail)?;
    }
    Ok(tail.log.read(1, WAIT)?.into_iter().next())
}

/// Appends the first entry of a log, of a new lineage.
fn append_genesis(tail: &Tail) -> Result<()> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| io("get random numbers")(error.into()))?;
    let mut base = [0; 40];
    base.iter_mut().zip(&random).take(16).for_each(|(byte, random)| *byte = *random);
    let nonce = random.last_chunk().map_or(0, |nonce| u128::from_ne_bytes(*nonce));
    let message = Entry { base: Position::from_bytes(base), nonce, part: 0, parts: 1, body: &[] };
    let message = message.encode().map_err(|error| Error::Unreadable { source: error.into() })?;
    debug_assert!(message.len() < entry::MAX_MESSAGE, "it has no changes");
    match tail.log.append(Some(0), &message) {
        Appended::Refused(error) if !matches!(error, LogError::Away { .. }) => Err(error.into()),
        // What is there is read.
        _ => Ok(()),
    }
}

/// Looks whether the log is the store's where it answers; where it is away that is looked at later.
fn check_confirmed(
    place: &Place,
    store: Store,
    tail: &Tail,
    snapshots: &dyn Snapshots,
) -> Result<Store> {
    match is_ours(&store, tail, snapshots) {
        Ok(true) => tail.confirm(true),
        Ok(false) => return Err(Error::OtherLog { path: place.store() }),
        Err(Error::Log(LogError::Away { .. })) => {}
        Err(error) => return Err(error),
    }
    Ok(store)
}

/// Looks until the log answers whether it is the store's; tells whether it is.
pub(super) fn confirm_in_time(tail: &Tail, store: &Store, snapshots: &dyn Snapshots) -> bool {
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
            // The store cannot be read at the moment.
            Err(_) => {}
        }
        tail.sleep(backoff.next());
    }
    false
}

/// Whether a log has the entry that a store has last, or begins with its lineage; where that was trimmed, whether the newest
/// snapshot is of its lineage.
fn is_ours(store: &Store, tail: &Tail, snapshots: &dyn Snapshots) -> Result<bool> {
    let (position, mark) = store.mark()?;
    let last = sequence_of(mark).unwrap_or_default().max(1);
    match tail.log.read(last, WAIT) {
        Ok(messages) => Ok(messages.first().is_none_or(|message| {
            // One that is no entry or newer is told of where it is followed.
            let entry = Entry::decode(message.sequence, &message.bytes);
            entry.map_or(true, |entry| entry.base.lineage() == position.lineage())
        })),
        Err(LogError::Trimmed { .. }) => {
            let snapshot = newest(snapshots)?;
            Ok(snapshot.is_none_or(|(_, other)| other.lineage() == position.lineage()))
        }
        // That the log is cut is told of by whoever reads on.
        Err(LogError::CutOff { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
