//! Who holds the links that a batch finds, where its view follows a filter.

use super::derivation::Derivation;
use super::link_plan::LinkPlan;
use super::pending::Overlay;
use crate::model::{FailureReason, KeyOutcome, NameList};
use crate::state::names::Name;

/// Who holds a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The keys by which it was made.
    Keys,
    /// The filter that the view follows.
    Filter,
    Both,
}

impl<'a> LinkPlan<'a> {
    /// Who holds a link that is there; `found` is where the name stands in the state.
    pub(super) fn hold_of(&self, overlay: &Overlay<'_>, name: &str, found: Option<Name>) -> Hold {
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        let Some(standing) = self.view.standing(resource_type) else { return Hold::Keys };
        let derivation = Derivation::new(project, resource_type, overlay);
        if !derivation.finds(&standing.filter, name) {
            return Hold::Keys;
        }
        match overlay.keys_hold(project, resource_type, slot, name, found) {
            true => Hold::Both,
            false => Hold::Filter,
        }
    }

    /// Takes out of the keys to be unlinked those whose links the filter of the view holds: keys hold them no more, or
    /// they fail. Tells which the filter alone holds since.
    pub(super) fn release(&mut self, overlay: &Overlay<'_>) -> NameList {
        let mut released = NameList::default();
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        if self.view.standing(resource_type).is_none() {
            return released;
        }
        for key in std::mem::take(&mut self.keys) {
            let found = project.of(resource_type).names.find(key.name);
            if !overlay.is_linked(project, resource_type, slot, key.name, found) {
                self.keys.push(key);
                continue;
            }
            match self.hold_of(overlay, key.name, found) {
                Hold::Keys => self.keys.push(key),
                Hold::Filter => self.fail(key.request_index, FailureReason::HeldByFilter),
                Hold::Both => {
                    self.set(key.request_index, KeyOutcome::Released);
                    released.push(key.name);
                }
            }
        }
        released
    }

    /// Which of the keys to be linked the filter of the view alone holds, and keys hold since, too.
    pub(super) fn hold(&self, overlay: &Overlay<'_>) -> NameList {
        let mut held = NameList::default();
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        if self.view.standing(resource_type).is_none() || self.command.choices.refuse_existing {
            return held;
        }
        for key in &self.keys {
            let found = project.of(resource_type).names.find(key.name);
            if overlay.is_linked(project, resource_type, slot, key.name, found)
                && !overlay.keys_hold(project, resource_type, slot, key.name, found)
            {
                held.push(key.name);
            }
        }
        held
    }
}
