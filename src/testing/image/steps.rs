//! The steps of a change by themselves, to be measured.

use super::{ImageProject, MemoryImage};
use crate::model::error::Result;
use crate::model::{ChangeRecord, Command, Decision};
use crate::project::LinkChange;
use crate::state::Pending;

/// A command whose keys were validated.
#[derive(Clone, Debug)]
pub struct ImageCommand(pub(super) Command);

/// A change that was decided and is not applied.
#[derive(Clone, Debug)]
pub struct ImageChange(ChangeRecord);

impl ImageProject {
    /// Validates the keys of link changes, as is done before a caller waits for its turn.
    ///
    /// Cost: O(n log n) with n keys.
    ///
    /// # Errors
    ///
    /// Those of [`Project::change_links`](crate::Project::change_links) that need no store.
    pub fn command(&self, changes: impl IntoIterator<Item = LinkChange>) -> Result<ImageCommand> {
        self.links_command(changes.into_iter().collect()).map(ImageCommand)
    }
}

impl MemoryImage {
    /// Decides a command; `None` when it changes nothing.
    ///
    /// Cost: that of the command.
    ///
    /// # Errors
    ///
    /// Those of the call that the command is of.
    pub fn decide(&self, command: &ImageCommand) -> Result<Option<ImageChange>> {
        let inner = self.lock();
        let pending = Pending::default();
        let stamp = pending.next_stamp(&inner.state, (self.shared.options.clock)());
        let Decision { change, .. } = command.0.decide(&inner.state, &pending, stamp)?;
        Ok(change.map(ImageChange))
    }

    /// Decides commands that share a group, each on what those before it leave; those that change nothing
    /// are left out.
    ///
    /// Cost: that of the commands.
    ///
    /// # Errors
    ///
    /// Those of the first call that fails.
    pub fn decide_group(&self, commands: &[ImageCommand]) -> Result<Vec<ImageChange>> {
        let inner = self.lock();
        let (mut pending, mut changes) = (Pending::default(), Vec::new());
        for command in commands {
            let stamp = pending.next_stamp(&inner.state, (self.shared.options.clock)());
            let Decision { change, .. } = command.0.decide(&inner.state, &pending, stamp)?;
            if let Some(change) = change {
                pending.add(&inner.state, &change);
                changes.push(ImageChange(change));
            }
        }
        Ok(changes)
    }

    /// Applies a change that was decided on the image as it is.
    ///
    /// Cost: O(n log links) with its n names.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) when it does not fit.
    pub fn apply(&self, change: &ImageChange) -> Result<()> {
        self.lock().state.apply(&change.0)
    }
}

impl ImageChange {
    /// The bytes of the change in a journal.
    ///
    /// Cost: O(n) with its n names.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) when it cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.0.encode()
    }

    /// The change that bytes hold.
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) when they are no change.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        ChangeRecord::decode(bytes).map(Self)
    }
}
