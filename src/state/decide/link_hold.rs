//! The holders of the links of a batch, if its view follows a filter.

use super::derivation::Derivation;
use super::link_plan::LinkPlan;
use super::pending::Overlay;
use crate::model::{FailureReason, KeyOutcome, NameList};
use crate::state::names::Name;

/// The holder of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The keys with which it was made.
    Keys,
    /// The filter that the view follows.
    Filter,
    Both,
}

impl<'a> LinkPlan<'a> {
    /// The holder of an existing link; `found` is the name in the state.
    pub(super) fn hold_of(&self, overlay: &Overlay<'_>, name: &str, found: Option<Name>) -> Hold {
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        let Some(standing) = self.view.standing(resource_type) else { return Hold::Keys };
        let derivation = Derivation::new(project, resource_type, overlay);
        if !derivation.matches(&standing.filter, name) {
            return Hold::Keys;
        }
        match overlay.keys_hold(project, resource_type, slot, name, found) {
            true => Hold::Both,
            false => Hold::Filter,
        }
    }

    /// Removes from the keys to be unlinked those whose links the filter of the view holds. They are released by keys,
    /// or they fail. Returns the names that only the filter holds afterwards.
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

    /// The keys to be linked whose links only the filter of the view holds; afterwards keys hold them, too.
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
