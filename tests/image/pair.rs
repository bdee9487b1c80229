//! The current engine and the memory image, side by side.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use viewlink::testing::{ImageProject, MemoryImage};
use viewlink::{Change, LinkPolicy, Options, Project, Store, Timestamp};

use crate::call::{Action, Call};

/// Both engines, with one clock.
pub(crate) struct Pair {
    pub(crate) store: Store,
    pub(crate) image: MemoryImage,
    pub(crate) time: Arc<AtomicU64>,
}

/// Checks that two answers are alike, errors to their text and all they hold.
pub(crate) fn assert_alike<T: Debug + PartialEq>(
    store: viewlink::Result<T>,
    image: viewlink::Result<T>,
    what: &dyn Debug,
) {
    match (store, image) {
        (Ok(store), Ok(image)) => assert_eq!(store, image, "{what:?}"),
        (Err(store), Err(image)) => {
            assert_eq!(format!("{store} {store:?}"), format!("{image} {image:?}"), "{what:?}");
        }
        (store, image) => panic!("{what:?}:\n{store:?}\n{image:?}"),
    }
}

impl Pair {
    pub(crate) fn new(policy: LinkPolicy) -> Self {
        let time = Arc::new(AtomicU64::new(1_000));
        let options = || {
            let time = Arc::clone(&time);
            let clock = move || Timestamp::from_millis(time.load(Ordering::Relaxed));
            Options::new().clock(clock).link_policy(policy).batch_limit(1_800).keep_changes(None)
        };
        let store = options().open_in_memory().unwrap();
        let image = MemoryImage::new(options());
        Self { store, image, time }
    }

    fn handles(&self, call: &Call) -> (Project, ImageProject) {
        let (mut store, mut image) = (
            self.store.project(&call.project).unwrap(),
            self.image.project(&call.project).unwrap(),
        );
        if let Some(behind) = call.handle.store_behind {
            let revision = self.image.snapshot().revision().saturating_sub(behind);
            (store, image) = (store.if_store_at(revision), image.if_store_at(revision));
        }
        if let Some(behind) = call.handle.view_behind {
            let snapshot = self.image.snapshot();
            let view = call
                .action
                .view()
                .and_then(|view| snapshot.project(&call.project).ok()?.view(view).ok());
            let revision = view.map_or(1, |view| view.revision.saturating_sub(behind));
            (store, image) = (store.if_view_at(revision), image.if_view_at(revision));
        }
        if call.handle.actor {
            (store, image) = (store.actor("ada"), image.actor("ada"));
            (store, image) = (store.comment("so it was"), image.comment("so it was"));
            (store, image) = (store.reverts(7), image.reverts(7));
        }
        if call.handle.dry_run {
            (store, image) = (store.dry_run(), image.dry_run());
        }
        (store, image)
    }

    /// Makes a call on both, and checks that the answers are alike.
    pub(crate) fn call(&self, call: &Call) {
        let (store, image) = self.handles(call);
        match &call.action {
            Action::Create(view) => {
                assert_alike(
                    store.create_view(view.clone()),
                    image.create_view(view.clone()),
                    call,
                );
            }
            Action::Ensure(view) => {
                assert_alike(
                    store.ensure_view(view.clone()),
                    image.ensure_view(view.clone()),
                    call,
                );
            }
            Action::Update(view, patch) => {
                let (one, other) = (patch.clone(), patch.clone());
                assert_alike(store.update_view(view, one), image.update_view(view, other), call);
            }
            Action::DeleteView(view) => {
                assert_alike(store.delete_view(view), image.delete_view(view), call);
            }
            Action::Link(view, batch) => {
                assert_alike(
                    store.link(view, batch.clone()),
                    image.link(view, batch.clone()),
                    call,
                );
            }
            Action::Unlink(view, batch) => {
                let (one, other) = (batch.clone(), batch.clone());
                assert_alike(store.unlink(view, one), image.unlink(view, other), call);
            }
            Action::Replace(view, batch) => {
                let (one, other) = (batch.clone(), batch.clone());
                assert_alike(store.replace(view, one), image.replace(view, other), call);
            }
            Action::ChangeLinks(changes) => {
                let (one, other) = (changes.clone(), changes.clone());
                assert_alike(store.change_links(one), image.change_links(other), call);
            }
            Action::Put(puts) => {
                let (one, other) = (puts.clone(), puts.clone());
                assert_alike(store.put_resources(one), image.put_resources(other), call);
            }
            Action::RemoveResource(resource) => {
                assert_alike(
                    store.remove_resource(resource),
                    image.remove_resource(resource),
                    call,
                );
            }
            Action::RemoveEnvironment(id) => {
                assert_alike(store.remove_environment(id), image.remove_environment(id), call);
            }
            Action::DeleteProject => assert_alike(store.delete(), image.delete(), call),
        }
    }

    /// Checks that both tell of the same changes from a revision on; tells the next revision.
    pub(crate) fn assert_same_changes(&self, from: u64) -> u64 {
        let snapshot = self.store.snapshot().unwrap();
        assert_eq!(snapshot.revision(), self.image.snapshot().revision());
        let changes = self.image.changes(from).unwrap();
        if !changes.is_empty() {
            let expected = snapshot.changes(from).unwrap();
            let expected: Vec<Change> = expected.collect::<Result<_, _>>().unwrap();
            assert_eq!(changes, expected);
        }
        snapshot.revision() + 1
    }
}
