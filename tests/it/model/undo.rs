//! Reverting the last change.

use viewlink::Store;

use super::registry::Registered;
use super::{Model, ModelProject};

impl Model {
    pub(super) fn revision(store: &Store) -> u64 {
        store.snapshot().unwrap().revision()
    }

    /// The same model, without its previous content.
    pub(super) fn without_past(&self) -> Self {
        Self { before: None, ..self.clone() }
    }

    /// Reverts the newest change, if the model knows the previous content. Nothing changed since, so nothing fails.
    pub(super) fn undo(&mut self, store: &Store) {
        let Some(before) = self.before.take() else { return };
        let newest = Self::revision(store);
        let change = store.snapshot().unwrap().changes(newest).unwrap().next().unwrap().unwrap();
        let key = change.project.as_str();
        let project = store.project(key).unwrap();
        let rehearsed = project.dry_run().revert(newest).unwrap();
        let reverted = project.revert(newest).unwrap();
        assert_eq!(
            (&rehearsed.failures, rehearsed.success_count),
            (&vec![], reverted.success_count)
        );
        assert_eq!(reverted.failures, []);
        let mut then = before.projects.get(key).cloned().unwrap_or_default();
        // A project that began without fields has nothing to revert.
        let is_nothing = reverted.revision().is_none();
        assert_eq!(is_nothing, reverted.success_count == 0 && reverted.followed.is_empty());
        assert!(is_nothing || reverted.revision() == Some(newest + 1));
        if is_nothing {
            assert_eq!(self.projects.get(key), Some(&then));
            return;
        }
        if let Some(now) = self.projects.get(key) {
            then.go_on_from(now);
        }
        then.registered_anew(self.projects.get(key), newest + 1);
        // A project that began with the change stays.
        self.projects.insert(key.to_owned(), then);
    }
}

impl ModelProject {
    /// Numbers that increase with every change also increase with this one.
    fn go_on_from(&mut self, now: &Self) {
        let new = now.views.iter().find(|(key, _)| !self.views.contains_key(*key));
        let renamed = new.filter(|_| self.views.len() == now.views.len()).map(|(_, view)| view);
        for (key, view) in &mut self.views {
            match (now.views.get(key), renamed) {
                (Some(now), _) => view.version = now.version + u64::from(view.name != now.name),
                (None, Some(renamed)) => view.version = renamed.version + 1,
                // It was deleted, and is restored.
                (None, None) => {}
            }
        }
    }

    /// Restored registrations have the revision of this change.
    fn registered_anew(&mut self, now: Option<&Self>, revision: u64) {
        for (resource, known) in &mut self.resources {
            let now = now.and_then(|now| now.resources.get(resource));
            let stays =
                now.filter(|now| Registered { revision: now.revision, ..known.clone() } == **now);
            known.revision = stays.map_or(revision, |now| now.revision);
        }
    }
}
