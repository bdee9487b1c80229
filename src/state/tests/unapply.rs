//! Undoing changes with the data that they contain.

use proptest::prelude::*;

use super::cases;
use super::commands::any_commands;
use super::history::History;
use crate::model::Effect;
use crate::model::chain_hash::ChainHash;
use crate::model::change_record::ViewDetail;
use crate::model::error::Error;
use crate::model::key::ViewKey;
use crate::model::type_counts::TypeCounts;
use crate::state::Unapply;
use crate::state::project::ProjectState;

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn undoing_changes_leads_to_exactly_the_state_of_every_revision(
        commands in any_commands(60), held in any::<bool>(),
    ) {
        let history = History::of(&commands);
        let _held = held.then(|| history.state.clone());
        let mut unapply = Unapply::new(history.state.clone());
        for revision in (0..history.changes.len()).rev() {
            let change = &history.changes[revision];
            let undone = unapply.undo(change);
            if change.effects.iter().any(Effect::has_counts_alone) {
                let kept = matches!(
                    undone, Err(Error::DetailNotKept { revision }) if revision == change.stamp.revision
                );
                prop_assert!(kept, "{:?}", undone);
                break;
            }
            prop_assert!(undone.is_ok(), "{:?} of {:?}", undone, change);
            let then = unapply.clone().finish(history.stamp(revision)).unwrap();
            prop_assert_eq!(then.checked_digest(), history.digests[revision], "{:?}", change);
            if revision % 5 == 0 {
                // The same changes lead from there to the same state.
                let mut again = then;
                let mut hash = ChainHash::default();
                for (at, change) in history.changes.iter().enumerate() {
                    hash = hash.after(&change.encode().unwrap());
                    if at >= revision {
                        again.apply_chained(change, hash).unwrap();
                    }
                }
                prop_assert_eq!(again.checked_digest(), history.state.checked_digest());
            }
        }
        prop_assert_eq!(history.state.checked_digest(), *history.digests.last().unwrap());
    }

    #[test]
    fn a_removal_has_the_removed_names_up_to_its_limit_and_only_counts_beyond_it(
        commands in any_commands(45),
    ) {
        let mut history = History::of(&[]);
        for timed in &commands {
            let Some(before) = history.carry_out(timed) else { continue };
            let change = history.changes.last().unwrap();
            let most = timed.command.removal_detail as u64;
            prop_assert!(change.effects.iter().map(told).sum::<u64>() <= most);
            if let Some(project) = before.projects.get(&change.project) {
                change.effects.iter().for_each(|effect| assert_counted(project, effect, most));
            }
        }
    }
}

/// Checks that a change without names removed more than the limit, and that its counts are right.
fn assert_counted(before: &ProjectState, effect: &Effect, most: u64) {
    let links_of = |view: &ViewKey| before.views.find(view).unwrap().1.counts();
    match effect {
        Effect::DeleteView { view, unlinked, detail } => {
            assert_eq!(*unlinked, links_of(view));
            assert_eq!(detail.is_none(), unlinked.total() > most);
        }
        Effect::RemoveResource { removed, detail, .. }
        | Effect::RemoveEnvironment { removed, detail, .. } => {
            assert_eq!(detail.is_none(), removed.links + removed.registered > most);
        }
        Effect::DeleteProject { views, unlinked, detail } => {
            let mut links = TypeCounts::default();
            before.views.iter(None).for_each(|(_, view)| links += view.counts());
            assert_eq!((*unlinked, *views), (links, before.views.len()));
            let names = links.total() + views + before.registry.counts().total();
            assert_eq!(detail.is_none(), names > most);
        }
        _ => {}
    }
}

/// The number of removed names in an effect, if it has a limit.
fn told(effect: &Effect) -> u64 {
    let of_view = |view: &ViewDetail| view.links.iter().map(|(_, links)| links.names.len()).sum();
    let names: usize = match effect {
        Effect::DeleteView { detail: Some(detail), .. } => of_view(detail),
        Effect::RemoveResource { detail: Some(detail), .. }
        | Effect::RemoveEnvironment { detail: Some(detail), .. } => {
            let links: usize = detail.links.iter().map(|from| from.links.names.len()).sum();
            links + detail.registered.len()
        }
        Effect::DeleteProject { detail: Some(detail), .. } => {
            let links: usize = detail.views.iter().map(of_view).sum();
            links + detail.views.len() + detail.registered.len()
        }
        _ => 0,
    };
    names as u64
}

#[test]
fn a_change_that_is_not_the_newest_one_cannot_be_undone() {
    use super::commands::{at, create};
    let history = History::of(&[at(create(0, 0)), at(create(0, 1))]);
    let mut unapply = Unapply::new(history.state.clone());
    let error = unapply.undo(&history.changes[0]).unwrap_err();
    assert!(error.to_string().contains("it is not the newest change"), "{error}");
    let error = Unapply::new(history.state.clone()).finish(history.stamp(1)).unwrap_err();
    assert!(error.to_string().contains("the newest remaining change"), "{error}");
}
