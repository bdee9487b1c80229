//! The tail against a plain map, with lists that a fold writes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::model::resource::RawResource;

/// Which resources are in which views: what the lists and the tail must come to.
type Model = BTreeMap<RunKey, BTreeSet<u32>>;

#[derive(Clone, Debug)]
enum Step {
    Change { resource_type: ResourceType, view: u32, edit: Edit, numbers: BTreeSet<u8> },
    ForgetResource(u8),
    ForgetEnvironment(&'static str),
    Fold(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let types = prop::sample::select(vec![ResourceType::Flag, ResourceType::Segment]);
    let edits = prop::sample::select(vec![Edit::Link, Edit::Unlink]);
    let numbers = prop::collection::btree_set(0..24_u8, 0..12);
    prop_oneof![
        8 => (types, 0..5_u32, edits, numbers).prop_map(|(resource_type, view, edit, numbers)| {
            Step::Change { resource_type, view, edit, numbers }
        }),
        1 => (0..24_u8).prop_map(Step::ForgetResource),
        1 => prop::sample::select(vec!["prod", "test"]).prop_map(Step::ForgetEnvironment),
        3 => (1..20_usize).prop_map(Step::Fold),
    ]
}

fn name(resource_type: ResourceType, number: u8) -> String {
    let environment = ["prod", "test"][usize::from(number % 2)];
    let key = format!("key-{number:02}");
    let environment = (resource_type == ResourceType::Segment).then_some(environment);
    let mut name = String::new();
    RawResource { resource_type, environment, key: &key }.push_name(&mut name, 256).unwrap();
    name
}

fn key(resource_type: ResourceType, name: &str) -> RunKey {
    RunKey::new(resource_type, 7, name.as_bytes())
}

/// The lists as a fold leaves them, and the tail over them.
#[derive(Default)]
struct Backlinks {
    lists: BTreeMap<RunKey, Posting>,
    tail: Tail,
}

impl Backlinks {
    fn of(&self, key: &RunKey) -> BTreeSet<u32> {
        let mut posting = self.lists.get(key).cloned().unwrap_or_default();
        self.tail.apply(key, &mut posting);
        posting.ids().iter().copied().collect()
    }

    fn fold(&mut self, revision: u64, limit: usize) {
        self.tail.begin_fold(revision);
        let Some(Slice { resources, next }) = self.tail.slice(limit) else { return };
        assert!(resources.is_sorted_by(|(one, _), (other, _)| one < other));
        for (key, members) in resources {
            self.lists.entry(key).or_default().apply(members);
        }
        self.tail.folded(next);
    }

    fn run(&mut self, model: &mut Model, revision: u64, step: &Step) {
        match step {
            Step::Change { resource_type, view, edit, numbers } => {
                let mut names: Vec<_> =
                    numbers.iter().map(|&number| name(*resource_type, number)).collect();
                names.sort();
                let packed: Vec<_> = names.iter().map(|name| ResourceName::packed(name)).collect();
                let packed: Vec<_> = packed.iter().collect();
                self.tail.remember((7, *view), *resource_type, *edit, &packed);
                for name in names {
                    let views = model.entry(key(*resource_type, &name)).or_default();
                    match edit {
                        Edit::Link => views.insert(*view),
                        Edit::Unlink => views.remove(view),
                    };
                }
            }
            Step::ForgetResource(number) => {
                let name = name(ResourceType::Flag, *number);
                self.lists.remove(&key(ResourceType::Flag, &name));
                let packed = ResourceName::packed(&name);
                self.tail.forget_resource(7, ResourceType::Flag, &packed);
                model.remove(&key(ResourceType::Flag, &name));
            }
            Step::ForgetEnvironment(environment) => {
                let prefix = key(ResourceType::Segment, &format!("{environment}\0"));
                let outside = |key: &RunKey| !key.as_bytes().starts_with(prefix.as_bytes());
                self.lists.retain(|key, _| outside(key));
                self.tail.forget_environment(7, &environment.parse().unwrap());
                model.retain(|key, _| outside(key));
            }
            Step::Fold(limit) => self.fold(revision, *limit),
        }
    }

    fn assert_is(&self, model: &Model) {
        for resource_type in [ResourceType::Flag, ResourceType::Segment] {
            for number in 0..24 {
                let key = key(resource_type, &name(resource_type, number));
                assert_eq!(self.of(&key), model.get(&key).cloned().unwrap_or_default(), "{key:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn lists_and_tail_come_to_what_eager_lists_would_be(steps in prop::collection::vec(step(), 1..60)) {
        let (mut backlinks, mut model) = (Backlinks::default(), Model::new());
        for (revision, step) in (1..).zip(&steps) {
            backlinks.run(&mut model, revision, step);
            backlinks.assert_is(&model);
        }
        while !backlinks.tail.is_empty() {
            backlinks.fold(u64::MAX - 1, 5);
        }
        backlinks.assert_is(&model);
    }

    /// A crash loses the tail. What is recalled goes over lists that have some of it already, in
    /// the state that a cut-off fold left them.
    #[test]
    fn a_tail_that_is_recalled_comes_to_the_same(steps in prop::collection::vec(step(), 1..60)) {
        let (mut backlinks, mut model) = (Backlinks::default(), Model::new());
        let mut unfolded_from = 1;
        for (revision, step) in (1..).zip(&steps) {
            let begun = backlinks.tail.folding.as_ref().map(|folding| folding.until);
            backlinks.run(&mut model, revision, step);
            if let (Step::Fold(_), Some(until), None) = (step, begun, &backlinks.tail.folding) {
                unfolded_from = until;
            }
            if backlinks.tail.is_empty() {
                unfolded_from = revision + 1;
            }
        }
        let mut recalled = Backlinks::default();
        let waiting = (1..).zip(&steps).filter(|(revision, _)| *revision >= unfolded_from);
        for (revision, step) in waiting.filter(|(_, step)| !matches!(step, Step::Fold(_))) {
            recalled.run(&mut Model::new(), revision, step);
        }
        recalled.lists = backlinks.lists;
        recalled.assert_is(&model);
    }

    /// A reader has a tail of its own.
    #[test]
    fn a_clone_stays_as_it_is(steps in prop::collection::vec(step(), 2..40)) {
        let (before, after) = steps.split_at(steps.len() / 2);
        let (mut backlinks, mut model) = (Backlinks::default(), Model::new());
        for (revision, step) in (1..).zip(before) {
            backlinks.run(&mut model, revision, step);
        }
        let reader = Backlinks { lists: backlinks.lists.clone(), tail: backlinks.tail.clone() };
        for (revision, step) in (100..).zip(after) {
            backlinks.run(&mut Model::new(), revision, step);
        }
        reader.assert_is(&model);
    }
}

#[test]
fn single_changes_come_together_in_few_runs() {
    let mut tail = Tail::default();
    for number in 0..10_000_u32 {
        let name = format!("key-{:05}", number * 7_919 % 10_000);
        let packed = ResourceName::packed(&name);
        tail.remember((0, number), ResourceType::Flag, Edit::Link, &[&packed]);
    }
    assert_eq!(tail.fresh_len(), 10_000);
    assert!(tail.fresh.len() <= 8, "{} runs", tail.fresh.len());
}

/// Remembers that many resources joined a view.
fn remember(tail: &mut Tail, first: usize, count: usize) {
    let names: Vec<_> = (first..first + count).map(|number| format!("key-{number:06}")).collect();
    let packed: Vec<_> = names.iter().map(|name| ResourceName::packed(name)).collect();
    let packed: Vec<_> = packed.iter().collect();
    tail.remember((0, 1), ResourceType::Flag, Edit::Link, &packed);
}

#[test]
fn a_run_takes_in_the_one_before_it_unless_that_is_much_longer_or_both_are_large() {
    let lengths = |counts: &[usize]| -> Vec<usize> {
        let mut tail = Tail::default();
        let mut first = 0;
        for &count in counts {
            remember(&mut tail, first, count);
            first += count;
        }
        tail.fresh.iter().map(|run| run.len()).collect()
    };
    assert_eq!(lengths(&[3, 1]), [4]);
    assert_eq!(lengths(&[GROWTH, 1]), [GROWTH, 1]);
    assert_eq!(lengths(&[10 * GROWTH, 1]), [10 * GROWTH, 1]);
    assert_eq!(lengths(&[10, LARGE - 10]), [LARGE]);
    assert_eq!(lengths(&[10, LARGE - 9]), [10, LARGE - 9]);
}

#[test]
fn a_slice_ends_behind_the_resource_that_reaches_the_limit() {
    let mut tail = Tail::default();
    remember(&mut tail, 0, 10);
    tail.begin_fold(7);
    for (limit, resources) in [(1, 1), (3, 3), (9, 9), (10, 10), (usize::MAX, 10)] {
        let slice = tail.slice(limit).unwrap();
        assert_eq!(slice.resources.len(), resources, "limit {limit}");
        assert_eq!(slice.next.is_none(), resources == 10);
    }
}

#[test]
fn a_fold_that_ended_tells_the_change_behind_the_one_it_began_at() {
    let mut tail = Tail::default();
    remember(&mut tail, 0, 2);
    tail.begin_fold(7);
    remember(&mut tail, 2, 1);
    let next = tail.slice(1).unwrap().next;
    assert_eq!(tail.folded(next), None);
    assert_eq!(tail.folded(None), Some(8));
    assert_eq!(tail.len(), 1, "what came since waits");
}
