//! What becomes of the links of a batch that is moved to another view.

use super::link_edit::{Changed, request_order};
use super::link_plan::LinkPlan;
use super::pending::Overlay;
use crate::model::change_record::{LinksChange, RemovedLinks};
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::{FailureReason, KeyOutcome, LinkResult, NameList, Stamp};
use crate::state::view::ViewState;

/// The view that links are moved to.
pub(super) struct Target<'a> {
    pub(super) key: &'a ViewKey,
    pub(super) slot: u32,
    pub(super) view: &'a ViewState,
}

/// What a move comes to.
pub(super) struct Moved {
    pub(super) result: LinkResult,
    /// What is linked to the target.
    pub(super) arrived: Option<LinksChange>,
    /// What is unlinked from the view.
    pub(super) left: Option<LinksChange>,
}

impl<'a> LinkPlan<'a> {
    /// What becomes of the keys when they are moved to a view. What is linked to that one already keeps its link
    /// there, and is unlinked from this one; or it fails, where that is asked for.
    pub(super) fn move_to(
        mut self,
        overlay: &Overlay<'_>,
        target: &Target<'_>,
        stamp: Stamp,
    ) -> Result<Moved> {
        let linked = self.edit(overlay);
        let (arriving, leaving) = self.sort_out(overlay, target, linked);
        if leaving.keys.is_empty() {
            return Ok(Moved { result: self.result, arrived: None, left: None });
        }
        self.result.changed = true;
        debug_assert!(stamp.revision > self.view.change.revision, "revisions only grow");
        self.check_room(overlay, (target.slot, target.view), arriving.keys.len())?;
        let arrived = (!arriving.keys.is_empty()).then(|| LinksChange {
            view: target.key.clone(),
            last_change: overlay.last_change(self.project.id, target.slot, target.view.change),
            restored: None,
            resource_type: self.resource_type(),
            order: request_order(&arriving.keys, self.len()),
            linked: arriving.into_names(),
            unlinked: RemovedLinks::default(),
        });
        let left = LinksChange {
            view: self.command.view.clone(),
            last_change: overlay.last_change(self.project.id, self.slot, self.view.change),
            restored: None,
            resource_type: self.resource_type(),
            order: Vec::new(),
            linked: NameList::default(),
            unlinked: self.removed(overlay, leaving)?,
        };
        Ok(Moved { result: self.result, arrived, left: Some(left) })
    }

    /// Which of the keys, which are linked to the view, are to be linked to the target, and which are to be unlinked
    /// from the view.
    fn sort_out(
        &mut self,
        overlay: &Overlay<'_>,
        target: &Target<'_>,
        linked: Changed<'a>,
    ) -> (Changed<'a>, Changed<'a>) {
        let (mut arriving, mut leaving) = (Changed::default(), Changed::default());
        for (key, found) in linked.keys.into_iter().zip(linked.found) {
            if !self.is_linked(overlay, target.slot, key.name, found) {
                arriving.push(key, found);
                leaving.push(key, found);
            } else if self.command.choices.refuse_existing {
                self.fail(key.request_index, FailureReason::AlreadyLinked);
            } else if target.slot == self.slot {
                self.set(key.request_index, KeyOutcome::AlreadyLinked);
            } else {
                self.set(key.request_index, KeyOutcome::Unlinked);
                leaving.push(key, found);
            }
        }
        (arriving, leaving)
    }
}
