//! The expected content of a store at each revision, and which changes were acknowledged when.

use std::sync::{Arc, OnceLock};

use viewlink::Position;

use crate::model::Model;
use crate::request::Request;

/// The states of a store, by revision.
#[derive(Clone, Debug)]
pub(crate) struct History {
    states: Vec<Arc<State>>,
}

/// A store after a change.
#[derive(Debug)]
pub(crate) struct State {
    model: Model,
    /// The expected result of [`crate::content::lines`].
    pub(crate) lines: Vec<String>,
    /// The change, as [`crate::content::journal`] should return it.
    pub(crate) change: String,
    /// The position of the store at that time, once it is known.
    position: OnceLock<Position>,
}

impl State {
    fn new(model: Model, change: String) -> Arc<Self> {
        let lines = model.lines();
        Arc::new(Self { model, lines, change, position: OnceLock::new() })
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.position.get().copied()
    }
}

impl History {
    /// The history of a new store.
    pub(crate) fn new() -> Self {
        Self { states: vec![State::new(Model::default(), String::new())] }
    }

    /// The newest revision.
    pub(crate) fn revision(&self) -> u64 {
        self.states.len() as u64 - 1
    }

    pub(crate) fn at(&self, revision: u64) -> Option<&State> {
        self.states.get(usize::try_from(revision).unwrap()).map(|state| &**state)
    }

    /// Adds a call; returns the revision of the change, or `None` if nothing changes.
    pub(crate) fn apply(&mut self, request: &Request, clock: u64) -> Option<u64> {
        let mut model = self.states.last().unwrap().model.clone();
        let change = model.apply(request, clock)?;
        let revision = model.revision;
        self.states.push(State::new(model, change));
        Some(revision)
    }

    /// Records the position of the store after a change. Every image with that change has this position.
    ///
    /// A store without a change may be another one: a creation that a crash undid was done again.
    pub(crate) fn set_position(&self, position: Position) {
        if position.revision() > 0 {
            let state = self.at(position.revision()).unwrap();
            assert_eq!(*state.position.get_or_init(|| position), position);
        }
    }

    /// Whether there was a time at which a call would have had nothing to change, or would have been refused.
    pub(crate) fn is_ever_so(&self, request: &Request) -> bool {
        self.states.iter().any(|state| state.model.clone().apply(request, 0).is_none())
    }

    /// The history up to a revision, to continue from there differently.
    pub(crate) fn up_to(&self, revision: u64) -> Self {
        let count = usize::try_from(revision).unwrap() + 1;
        Self { states: self.states.iter().take(count).cloned().collect() }
    }
}

/// Which revision was acknowledged or read, after which disk call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acknowledged {
    /// Both are ascending.
    by_call: Vec<(usize, u64)>,
}

impl Acknowledged {
    pub(crate) fn new(mut reported: Vec<(usize, u64)>) -> Self {
        reported.sort_unstable();
        let mut by_call: Vec<(usize, u64)> = Vec::new();
        for (call, revision) in reported {
            if by_call.last().is_none_or(|(_, last)| *last < revision) {
                by_call.push((call, revision));
            }
        }
        Self { by_call }
    }

    /// The number of disk calls when a revision was first acknowledged.
    pub(crate) fn first_call(&self) -> Option<usize> {
        self.by_call.first().map(|(call, _)| *call)
    }

    /// The newest acknowledged revision after this number of disk calls.
    pub(crate) fn when(&self, calls: usize) -> u64 {
        let count = self.by_call.partition_point(|(call, _)| *call <= calls);
        count.checked_sub(1).map_or(0, |last| self.by_call[last].1)
    }
}
