//! Snapshots: copies of the store, each in one file, for members that have no store or an old one.

use std::fs::{self, File};
use std::path::Path;

use viewlink::{Options, Position, Store};

use super::{Member, Place};
use crate::error::{Error, Result, io};
use crate::order::sequence_of;
use crate::token::Token;
use crate::{SnapshotName, Snapshots};

/// The number of snapshots that are kept.
const KEPT: usize = 2;

impl Member {
    /// Publishes a snapshot of this member, keeps the previous snapshot, removes older ones, and trims the log below the older
    /// of the two. Returns the moment of the new snapshot.
    ///
    /// The store is copied while it is in use, and the copy is opened once, to check it before it is published. Let one member
    /// at a time do this, for example once an hour: the log keeps all changes since the older snapshot. A member that needs
    /// older changes starts from a snapshot when it is opened.
    ///
    /// Cost: that of [`Store::backup_to`](viewlink::Store::backup_to) and of opening the copy, and of packing and sending one
    /// file.
    ///
    /// # Errors
    ///
    /// [`Error::Store`]: the store cannot be copied. [`Error::Io`]: the copy cannot be packed. [`Error::Log`]: the snapshot
    /// cannot be sent, or it was sent and the log cannot be trimmed. The next call tries again.
    pub fn publish_snapshot(&self) -> Result<Token> {
        let _alone = self.publishing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.place.clear()?;
        let published = self.publish();
        // The next call removes what could not be removed.
        let _ = self.place.clear();
        published
    }

    fn publish(&self) -> Result<Token> {
        let token = put(&self.store, &self.place, &*self.snapshots)?;
        let names = self.snapshots.list()?;
        let (gone, kept) = names.split_at(names.len().saturating_sub(KEPT));
        for name in gone {
            self.snapshots.remove(name)?;
        }
        if let [older, _] = kept {
            // This removes no part of an entry that takes effect after the snapshot: a part before the snapshot has
            // another base.
            self.tail.log.trim(older.sequence.saturating_add(1))?;
        }
        Ok(token)
    }
}

/// Puts a snapshot of a store into the place for snapshots. Returns the moment of the snapshot.
pub(super) fn put(store: &Store, place: &Place, snapshots: &dyn Snapshots) -> Result<Token> {
    let (copy, file) = (place.unpacked(), place.snapshot());
    store.backup_to(&copy)?;
    let (position, mark) = Options::new().read_only(true).open(&copy)?.mark()?;
    let sequence = sequence_of(mark).unwrap_or_default();
    pack(&copy, &file).map_err(io("pack a snapshot"))?;
    let name = SnapshotName { sequence, position: position.to_string() };
    snapshots.put(&name, &file)?;
    Ok(Token { sequence, position })
}

fn pack(directory: &Path, file: &Path) -> std::io::Result<()> {
    let file = File::create_new(file)?;
    let mut packed = tar::Builder::new(file);
    packed.append_dir_all("", directory)?;
    packed.into_inner()?.sync_all()
}

/// Installs a snapshot as the store of a member. A store that exists is kept under another name.
pub(super) fn install(snapshots: &dyn Snapshots, name: &SnapshotName, place: &Place) -> Result<()> {
    place.clear()?;
    let (file, unpacked) = (place.snapshot(), place.unpacked());
    snapshots.fetch(name, &file)?;
    unpack(&file, &unpacked).map_err(io("unpack a snapshot"))?;
    // Before it replaces a store, the snapshot is opened and compared with its name.
    let (position, mark) = Options::new().read_only(true).open(&unpacked)?.mark()?;
    if position.to_string() != name.position || sequence_of(mark) != Some(name.sequence) {
        let source = format!("the snapshot {} is at the position {position}", name.position).into();
        return Err(Error::Unreadable { source });
    }
    place.install()?;
    fs::remove_file(file).map_err(io("remove a snapshot"))
}

fn unpack(file: &Path, into: &Path) -> std::io::Result<()> {
    tar::Archive::new(File::open(file)?).unpack(into)?;
    for entry in fs::read_dir(into)?.chain(fs::read_dir(into.join("journal"))?) {
        File::open(entry?.path())?.sync_all()?;
    }
    Ok(())
}

/// The newest snapshot, and its position.
pub(super) fn newest(snapshots: &dyn Snapshots) -> Result<Option<(SnapshotName, Position)>> {
    let Some(name) = snapshots.list()?.pop() else { return Ok(None) };
    match name.position.parse() {
        Ok(position) => Ok(Some((name, position))),
        Err(error) => Err(Error::Unreadable { source: Box::new(error) }),
    }
}
