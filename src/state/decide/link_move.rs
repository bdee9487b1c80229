//! Moving the links of a batch to another view.

use super::link_edit::{Changed, request_order};
use super::link_hold::Hold;
use super::link_place;
use super::link_plan::LinkPlan;
use super::pending::Overlay;
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
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

/// The result of a move.
pub(super) struct Moved {
    pub(super) result: LinkResult,
    /// The links that are made in the target.
    pub(super) target_part: Option<LinksChange>,
    /// The links that are removed from the view.
    pub(super) source_part: Option<LinksChange>,
}

/// The moved keys, sorted by their effect.
#[derive(Default)]
struct Sorted<'a> {
    /// Names to be linked to the target.
    arriving: Changed<'a>,
    /// Names whose links in the target only its filter holds; afterwards keys hold them, too.
    held: NameList,
    /// Names to be unlinked from the view.
    leaving: Changed<'a>,
}

impl<'a> LinkPlan<'a> {
    /// Decides the outcomes of the keys when they are moved to a view. A resource that is already linked to the target
    /// keeps its link there and is unlinked from this view; or it fails, if requested. A resource that the filter of
    /// this view holds fails, because it would stay.
    pub(super) fn move_to(
        mut self,
        overlay: &Overlay<'_>,
        target: &Target<'_>,
        stamp: Stamp,
    ) -> Result<Moved> {
        self.refuse_held_by_filter(overlay, target);
        let linked = self.edit(overlay);
        let Sorted { arriving, held, leaving } = self.decide_moves(overlay, target, linked);
        if leaving.keys.is_empty() {
            return Ok(Moved { result: self.result, target_part: None, source_part: None });
        }
        self.result.changed = true;
        debug_assert!(stamp.revision > self.view.change.revision, "revisions increase");
        let (project, resource_type) = (self.project, self.resource_type());
        let place = (project, resource_type, target.slot);
        link_place::check_room(overlay, place, arriving.keys.len())?;
        let arrives = !arriving.keys.is_empty() || !held.is_empty();
        let target_part = arrives.then(|| LinksChange {
            view: target.key.clone(),
            last_change: overlay.last_change(project.id, target.slot, target.view.change),
            restored: None,
            resource_type,
            order: request_order(&arriving.keys, self.len()),
            linked: arriving.into_names(),
            unlinked: RemovedLinks::default(),
            holds: Holds { held, ..Holds::default() },
        });
        let place = (project, resource_type, self.slot);
        let source_part = LinksChange {
            view: self.command.view.clone(),
            last_change: overlay.last_change(project.id, self.slot, self.view.change),
            restored: None,
            resource_type,
            order: Vec::new(),
            linked: NameList::default(),
            unlinked: link_place::removed(overlay, place, leaving.names())?,
            holds: Holds::default(),
        };
        Ok(Moved { result: self.result, target_part, source_part: Some(source_part) })
    }

    /// Fails the keys whose links the filter of the view holds, if they would be moved.
    fn refuse_held_by_filter(&mut self, overlay: &Overlay<'_>, target: &Target<'_>) {
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        if target.slot == slot || self.view.standing(resource_type).is_none() {
            return;
        }
        for key in std::mem::take(&mut self.keys) {
            let found = project.of(resource_type).names.find(key.name);
            let linked = overlay.is_linked(project, resource_type, slot, key.name, found);
            match linked && self.hold_of(overlay, key.name, found) != Hold::Keys {
                true => self.fail(key.request_index, FailureReason::HeldByFilter),
                false => self.keys.push(key),
            }
        }
    }

    /// Decides the outcomes of the keys that are linked to the view.
    fn decide_moves(
        &mut self,
        overlay: &Overlay<'_>,
        target: &Target<'_>,
        linked: Changed<'a>,
    ) -> Sorted<'a> {
        let mut sorted = Sorted::default();
        let (project, of, slot) = (self.project, self.resource_type(), target.slot);
        for (key, found) in linked.keys.into_iter().zip(linked.found) {
            if !overlay.is_linked(project, of, slot, key.name, found) {
                sorted.arriving.push(key, found);
                sorted.leaving.push(key, found);
            } else if self.command.choices.refuse_existing {
                self.fail(key.request_index, FailureReason::AlreadyLinked);
            } else if slot == self.slot {
                self.set(key.request_index, KeyOutcome::AlreadyLinked);
            } else {
                self.set(key.request_index, KeyOutcome::Unlinked);
                sorted.leaving.push(key, found);
                let follows = target.view.standing(of).is_some();
                if follows && !overlay.keys_hold(project, of, slot, key.name, found) {
                    sorted.held.push(key.name);
                }
            }
        }
        sorted
    }
}
