//! The memory of a state when data is added and removed.

use std::collections::VecDeque;

use super::Timed;
use super::commands::{at, batch, change_links, command, create, links, project_key, view_key};
use crate::model::limit::Limits;
use crate::model::memory_use::MemoryUse;
use crate::model::resource::{Resource, ResourceType};
use crate::model::{Batch, Command, LinkOp, NewResource, Operation, ValidatedPut};
use crate::state::State;
use crate::state::project::ProjectState;

impl State {
    fn must(&mut self, command: Command) {
        let timed: Timed = at(command);
        let changed = self.carry_out(&timed).unwrap().change.is_some();
        assert!(changed, "{timed:?} changes nothing");
    }

    fn link_change(&mut self, view: u8, op: LinkOp, batch: Batch) {
        self.must(change_links(0, vec![links(view, op, batch)]));
    }

    fn delete_view(&mut self, view: u8) {
        self.must(command(0, Operation::DeleteView { view: view_key(view) }));
    }

    fn first_project(&self) -> &ProjectState {
        self.projects.get(&project_key(0)).unwrap()
    }

    fn first_memory(&self) -> MemoryUse {
        self.memory_use()
    }
}

/// This number of new flags, with few different lengths.
fn new_flags(round: u32, count: u32) -> Batch {
    let key = |number| match number % 3 {
        0 => format!("flag-{round:06}-{number:03}"),
        1 => format!("f{round}-{number}"),
        _ => format!("flag-{round:06}-{number:03}-of-the-checkout"),
    };
    Batch::flags((0..count).map(key))
}

/// Fails if a part of the memory grew by more than a fifth.
fn assert_bounded(before: MemoryUse, after: MemoryUse) {
    println!("{before:?}, afterwards {after:?}");
    let parts = |memory: MemoryUse| {
        let MemoryUse { views, links, names, backlinks, registry } = memory;
        [views, links, names, backlinks, registry]
    };
    for (before, after) in parts(before).into_iter().zip(parts(after)) {
        assert!(after <= before / 5 * 6 + 4_096, "{before} bytes, afterwards {after}");
    }
}

#[test]
fn a_hundred_thousand_resources_and_two_thousand_views_are_added_and_removed_in_bounded_memory() {
    let mut state = State::default();
    let mut live = VecDeque::new();
    let mut early = None;
    (0..8).for_each(|view| state.must(create(0, view)));
    for round in 0..2_000_u32 {
        let view = (round % 8) as u8;
        // With their view, one by one, or from the registry.
        if round >= 8 {
            let gone: Batch = live.pop_front().unwrap();
            match round % 8 {
                0..5 => {
                    state.delete_view(view);
                    state.must(create(0, view));
                }
                5 | 6 => state.link_change(view, LinkOp::Unlink, gone),
                _ => {
                    for key in gone.keys.iter().map(|key| key.key()) {
                        let flag = Resource::flag(key).unwrap();
                        state.must(command(0, Operation::RemoveResource(flag)));
                    }
                }
            }
        }
        let new = new_flags(round, 50);
        state.link_change(view, LinkOp::Link, new.clone());
        live.push_back(new);
        if round == 200 {
            early = Some(state.first_memory());
        }
    }
    state.check().unwrap();
    assert_bounded(early.unwrap(), state.first_memory());
    // A place is reused by a name with the same number of words.
    let names = &state.first_project().of(ResourceType::Flag).names;
    assert!(names.ids() < 2_500, "{} ids for 400 names", names.ids());
    let taken = state.first_project().views.slots();
    assert!(taken < 24, "{taken} slots for 8 views");
}

#[test]
fn removed_links_leave_no_memory_while_other_links_stay() {
    let mut state = State::default();
    state.must(create(0, 0));
    state.link_change(0, LinkOp::Link, new_flags(0, 10));
    let mut early = None;
    for round in 0..5_000 {
        state.link_change(0, LinkOp::Link, new_flags(1 + round % 7, 2));
        state.link_change(0, LinkOp::Unlink, new_flags(1 + round % 7, 2));
        if round == 100 {
            early = Some(state.first_memory());
        }
    }
    state.check().unwrap();
    assert_bounded(early.unwrap(), state.first_memory());
}

#[test]
fn removed_registered_resources_leave_no_memory() {
    let mut state = State::default();
    let put = |number: u32| {
        let id = format!("id-{}", number % 3);
        let new = NewResource::segment_with_id("env", format!("s{number}"), id).tags(["t"]);
        let new = new.tags([format!("tag-{number}")]);
        command(0, Operation::PutResources(ValidatedPut::new(vec![new], Limits::default())))
    };
    let remove = |number: u32| {
        let segment = Resource::segment("env", &format!("s{number}")).unwrap();
        command(0, Operation::RemoveResource(segment))
    };
    state.must(put(0));
    let one = state.first_memory().registry;
    for number in 1..3_000 {
        state.must(remove(number - 1));
        state.must(put(number));
    }
    state.check().unwrap();
    let memory = state.first_memory().registry;
    assert!(memory < one + 64, "{one} bytes, afterwards {memory}");
}

#[test]
fn a_deleted_view_is_swept_by_later_changes_and_its_slot_is_reused() {
    let mut state = State::default();
    (0..2).for_each(|view| state.must(create(0, view)));
    for resource_type in ResourceType::ALL {
        let numbers: Vec<u16> = (1..5_000).collect();
        state.link_change(0, LinkOp::Link, batch(resource_type, &numbers));
        state.link_change(1, LinkOp::Link, batch(resource_type, &numbers[..100]));
    }
    let full = state.first_memory();
    state.delete_view(0);
    assert!(!state.first_project().dead.is_empty(), "a deletion does not wait for all its links");
    let mut changes = 0;
    while !state.first_project().dead.is_empty() {
        // Each change is small, and sweeps little. A partly swept view is valid, too.
        let number = [5_000 + changes % 2];
        state.link_change(1, LinkOp::Link, batch(ResourceType::Flag, &number));
        state.link_change(1, LinkOp::Unlink, batch(ResourceType::Flag, &number));
        changes += 1;
        if changes % 16 == 1 {
            state.check().unwrap();
        }
        assert!(changes < 1_000, "it is never swept");
    }
    println!("swept 20,000 postings in {changes} pairs of changes");
    state.check().unwrap();
    for resource_type in ResourceType::ALL {
        assert_eq!(state.first_project().of(resource_type).names.len(), 100);
    }
    assert!(state.first_memory().links * 10 < full.links);
    state.must(create(0, 2));
    assert_eq!(state.first_project().views.slots(), 2);
    assert_eq!(state.first_project().views.slot(&view_key(2)), Some(0));
}

#[test]
fn large_views_are_swept_as_fast_as_they_are_created_and_deleted() {
    let mut state = State::default();
    state.must(create(0, 1));
    let mut early = None;
    for round in 0..24_u32 {
        state.must(create(0, 0));
        let (first, keys) = (round % 2 * 2_000, 4_000);
        let keys = (first..first + keys).map(|number| format!("flag-{number:06}"));
        state.link_change(0, LinkOp::Link, Batch::flags(keys));
        state.delete_view(0);
        if round == 3 {
            early = Some(state.first_memory());
        }
    }
    state.check().unwrap();
    assert_bounded(early.unwrap(), state.first_memory());
}

#[test]
fn links_names_and_postings_take_at_most_the_documented_memory() {
    let mut state = State::default();
    for view in 0..10 {
        state.must(create(0, view));
        let keys = (0..10_000).map(|number| format!("flag-{number:06}"));
        state.link_change(view, LinkOp::Link, Batch::flags(keys));
    }
    let MemoryUse { links, names, backlinks: postings, .. } = state.first_memory();
    println!("{links} bytes for 100,000 links, {names} for 10,000 names, {postings} for postings");
    assert!(links / 100_000 < 24, "{} bytes a link", links / 100_000);
    assert!(names / 10_000 < 64, "{} bytes a name", names / 10_000);
    assert!(postings / 10_000 < 80, "{} bytes a posting", postings / 10_000);
}
