//! Whether what callers of several members were told can be explained by one store that does one call after the other.
#![allow(dead_code, reason = "not every suite needs all of it")]

mod history;
mod request;

pub(crate) use history::{Call, History, Told};
pub(crate) use request::{Answer, Random, Request};

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use viewlink::{Change, Options, Project, Store, Timestamp};

/// The project that all calls are made in.
pub(crate) const PROJECT: &str = "default";

/// What was checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Changes, each made again on a lone store.
    pub(crate) changes: usize,
    /// Reports of calls that changed something.
    pub(crate) reports: usize,
    /// Answers of calls that changed nothing.
    pub(crate) answers: usize,
    /// Changes whose callers never knew whether they were made.
    pub(crate) unknown: usize,
}

/// Makes the requests again, in the order of the revisions, on a lone store, and compares every report and every change.
///
/// # Errors
///
/// What no order of the calls explains.
pub(crate) fn check(history: &History, feed: &[Change]) -> Result<Checked, String> {
    let calls: HashMap<&str, &Call> =
        history.calls.iter().map(|call| (&*call.actor, call)).collect();
    if calls.len() != history.calls.len() {
        return Err("two calls have one name, so that changes cannot be told apart".to_owned());
    }
    each_change_is_of_one_call(&calls, feed)?;
    no_acknowledged_change_is_lost(history, feed)?;
    let mut model = Model::new();
    let mut open = Open::of(history, feed);
    let mut checked = Checked::default();
    open.look(&model, &mut checked)?;
    for change in feed {
        let call = calls[change.actor.as_deref().unwrap_or_default()];
        let answer = model.make(call, change)?;
        checked.changes += 1;
        match &call.told {
            Told::Answer(told) if *told != answer => {
                return Err(format!(
                    "revision {}: {call:?} was told {told:?}, and a lone store says {answer:?}",
                    change.revision
                ));
            }
            Told::Answer(_) => checked.reports += 1,
            Told::Unknown(_) => checked.unknown += 1,
            Told::NotMade(_) => {}
        }
        open.look(&model, &mut checked)?;
    }
    open.end()?;
    Ok(checked)
}

fn each_change_is_of_one_call(calls: &HashMap<&str, &Call>, feed: &[Change]) -> Result<(), String> {
    let mut made: HashMap<&str, u64> = HashMap::new();
    for (place, change) in feed.iter().enumerate() {
        let (actor, revision) = (change.actor.as_deref().unwrap_or_default(), change.revision);
        if revision != place as u64 + 1 {
            return Err(format!("revision {revision} comes where {} should", place + 1));
        }
        match calls.get(actor) {
            None => return Err(format!("revision {revision} is of nobody's call: {change:?}")),
            Some(Call { told: Told::NotMade(why), .. }) => {
                return Err(format!("revision {revision} is of {actor}, who was told {why}"));
            }
            Some(_) => {}
        }
        if let Some(before) = made.insert(actor, revision) {
            return Err(format!("the call of {actor} was made twice: {before} and {revision}"));
        }
    }
    Ok(())
}

fn no_acknowledged_change_is_lost(history: &History, feed: &[Change]) -> Result<(), String> {
    for call in &history.calls {
        let Told::Answer(Answer { revision: Some(revision), .. }) = &call.told else { continue };
        let place = usize::try_from(*revision).ok().and_then(|revision| revision.checked_sub(1));
        let there = place.and_then(|place| feed.get(place));
        if there.and_then(|change| change.actor.as_deref()) != Some(&*call.actor) {
            return Err(format!("{call:?} was acknowledged, and revision {revision} is {there:?}"));
        }
    }
    Ok(())
}

/// A lone store, whose clock shows what the members' did.
struct Model {
    store: Store,
    clock: Arc<Mutex<Timestamp>>,
    revision: u64,
}

impl Model {
    fn new() -> Self {
        let clock = Arc::new(Mutex::new(Timestamp::from_millis(0)));
        let shown = Arc::clone(&clock);
        let store = Options::new().clock(move || *shown.lock().unwrap()).open_in_memory().unwrap();
        Self { store, clock, revision: 0 }
    }

    fn project(&self, actor: &str) -> Project {
        self.store.project(PROJECT).unwrap().actor(actor)
    }

    /// Makes the call that made a change, and compares the change.
    fn make(&mut self, call: &Call, change: &Change) -> Result<Answer, String> {
        *self.clock.lock().unwrap() = change.time;
        let made = call.request.make(&self.project(&call.actor));
        let answer = made.map_err(|error| format!("{call:?} cannot have been made: {error}"))?;
        let mut feed = self.store.feed(self.revision).unwrap();
        let mine = feed.next_page(2).unwrap();
        self.revision += 1;
        let [mine] = &mine[..] else {
            return Err(format!(
                "revision {}: {call:?} changes nothing on a lone store",
                change.revision
            ));
        };
        let text = |change: &Change| {
            let Change { revision, time, actor, comment, reverts, project, kind, .. } = change;
            format!("{revision} {time:?} {actor:?} {comment:?} {reverts:?} {project:?} {kind:?}")
        };
        if text(mine) == text(change) {
            return Ok(answer);
        }
        Err(format!(
            "revision {} is\n{}\nand {call:?} makes\n{}",
            change.revision,
            text(change),
            text(mine)
        ))
    }
}

/// The calls that changed nothing: each was answered at a revision between its beginning and its end.
struct Open<'a> {
    /// By the first revision.
    waiting: Vec<&'a Call>,
    open: Vec<&'a Call>,
}

impl<'a> Open<'a> {
    fn of(history: &'a History, feed: &[Change]) -> Self {
        let made: HashSet<&str> =
            feed.iter().filter_map(|change| change.actor.as_deref()).collect();
        let is_open = |call: &&Call| {
            matches!(&call.told, Told::Answer(Answer { revision: None, .. }))
                && !made.contains(&*call.actor)
        };
        let mut waiting: Vec<&Call> = history.calls.iter().filter(is_open).collect();
        waiting.sort_by_key(|call| std::cmp::Reverse(call.between.0));
        Self { waiting, open: Vec::new() }
    }

    /// Takes out those whose answer is right now.
    fn look(&mut self, model: &Model, checked: &mut Checked) -> Result<(), String> {
        while self.waiting.last().is_some_and(|call| call.between.0 <= model.revision) {
            self.open.extend(self.waiting.pop());
        }
        let before = self.open.len();
        self.open.retain(|call| {
            let now = call.request.make(&model.project(&call.actor).dry_run());
            let text = now.map_or_else(|error| error.to_string(), |answer| answer.text);
            let is_right = |told: &Answer| told.text == text && told.seen <= model.revision;
            !matches!(&call.told, Told::Answer(told) if is_right(told))
        });
        checked.answers += before - self.open.len();
        match self.open.iter().find(|call| call.between.1 <= model.revision) {
            None => Ok(()),
            Some(call) => Err(format!("no revision in {:?} explains {call:?}", call.between)),
        }
    }

    fn end(self) -> Result<(), String> {
        match self.open.first().or(self.waiting.first()) {
            None => Ok(()),
            Some(call) => Err(format!("no revision explains {call:?}")),
        }
    }
}
