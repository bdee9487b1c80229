//! Snapshots: a copy of the store in one file, where members that begin anew find it.

use std::fs::{self, File};
use std::path::Path;

use viewlink::{Options, Position};

use super::{Member, Place};
use crate::error::{Error, Result, io};
use crate::order::sequence_of;
use crate::token::Token;
use crate::{SnapshotName, Snapshots};

/// How many snapshots are kept.
const KEPT: usize = 2;

impl Member {
    /// Publishes a snapshot of this member, keeps the one before, removes older ones, and trims the log below the older of
    /// the two. Tells up to where the new one has everything.
    ///
    /// The store is copied while it is in use, and the copy is opened once to see that it is whole before anybody gets it.
    /// One member at a time should do this, by hand or by a clock; the changes between two snapshots are what the log
    /// keeps. Members that lag beyond the older one begin anew when they are opened.
    ///
    /// Cost: that of [`Store::backup_to`](viewlink::Store::backup_to) and of opening the copy; its files are packed into one
    /// and sent.
    ///
    /// # Errors
    ///
    /// [`Error::Store`]: the store cannot be copied; [`Error::Log`]: the snapshot cannot be sent, or, once it is there, the
    /// log cannot be trimmed; [`Error::Io`]: it cannot be packed. The next one tries again.
    pub fn publish_snapshot(&self) -> Result<Token> {
        let _alone = self.publishing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.place.clear()?;
        let published = self.publish();
        // What is left is removed by the next one.
        let _ = self.place.clear();
        published
    }

    fn publish(&self) -> Result<Token> {
        let (copy, file) = (self.place.unpacked(), self.place.snapshot());
        self.store.backup_to(&copy)?;
        let (position, mark) = Options::new().read_only(true).open(&copy)?.mark()?;
        let sequence = sequence_of(mark).unwrap_or_default();
        pack(&copy, &file).map_err(io("pack a snapshot"))?;
        let name = SnapshotName { sequence, position: position.to_string() };
        self.snapshots.put(&name, &file)?;
        let names = self.snapshots.list()?;
        let (gone, kept) = names.split_at(names.len().saturating_sub(KEPT));
        for name in gone {
            self.snapshots.remove(name)?;
        }
        if let [older, _] = kept {
            // What takes effect behind a snapshot has all its parts behind it: those of before were decided elsewhere.
            self.tail.log.trim(older.sequence.saturating_add(1))?;
        }
        Ok(Token { sequence, position })
    }
}

fn pack(directory: &Path, file: &Path) -> std::io::Result<()> {
    let file = File::create_new(file)?;
    let mut packed = tar::Builder::new(file);
    packed.append_dir_all("", directory)?;
    packed.into_inner()?.sync_all()
}

/// Takes a snapshot into the place of a member, which has no store or one that is set aside.
pub(super) fn install(snapshots: &dyn Snapshots, name: &SnapshotName, place: &Place) -> Result<()> {
    place.clear()?;
    let (file, unpacked) = (place.snapshot(), place.unpacked());
    snapshots.fetch(name, &file)?;
    unpack(&file, &unpacked).map_err(io("unpack a snapshot"))?;
    // It is whole, and what its name says, before it takes the place of anything.
    let (position, mark) = Options::new().read_only(true).open(&unpacked)?.mark()?;
    if position.to_string() != name.position || sequence_of(mark) != Some(name.sequence) {
        let source = format!("the snapshot {} is at {position}", name.position).into();
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

/// The newest snapshot, and where it stands.
pub(super) fn newest(snapshots: &dyn Snapshots) -> Result<Option<(SnapshotName, Position)>> {
    let Some(name) = snapshots.list()?.pop() else { return Ok(None) };
    match name.position.parse() {
        Ok(position) => Ok(Some((name, position))),
        Err(error) => Err(Error::Unreadable { source: Box::new(error) }),
    }
}
