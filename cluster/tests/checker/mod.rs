//! Checks that one store, which makes one call after another, explains all replies to the callers of several members.
#![allow(dead_code, reason = "not every suite needs all of it")]

mod history;
mod request;

pub(crate) use history::{Call, History, Reply};
pub(crate) use request::{Answer, Random, Request};

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use viewlink::{Change, Feed, Options, Project, Store, Timestamp};

/// The project that all calls are made in.
pub(crate) const PROJECT: &str = "default";

/// How much was checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Changes, each made again on a lone store.
    pub(crate) changes: usize,
    /// Reports of calls that changed something.
    pub(crate) reports: usize,
    /// Answers of calls that changed nothing.
    pub(crate) answers: usize,
    /// Changes of callers that never got a reply, or the reply that the outcome is unknown.
    pub(crate) unknown: usize,
}

/// Makes the requests again, in the order of the revisions, on a lone store, and compares every report and every change.
/// A call that began after another one had been answered must come after it.
///
/// # Errors
///
/// A reply or a change that no order of the calls explains.
pub(crate) fn check(history: &History, feed: &[Change]) -> Result<Checked, String> {
    let calls: HashMap<&str, &Call> =
        history.calls.iter().map(|call| (&*call.actor, call)).collect();
    if calls.len() != history.calls.len() {
        return Err("two calls have the same name".to_owned());
    }
    each_change_is_of_one_call(&calls, feed)?;
    no_acknowledged_change_is_lost(history, feed)?;
    let earliest = earliest_revisions(history, feed)?;
    let mut model = Model::new();
    let mut open = Open::of(history, feed, &earliest);
    let mut checked = Checked::default();
    open.look(&model, &mut checked)?;
    for change in feed {
        let call = calls[change.actor.as_deref().unwrap_or_default()];
        let answer = model.make(call, change)?;
        checked.changes += 1;
        match &call.reply {
            Reply::Answer(given) if *given != answer => {
                return Err(format!(
                    "revision {}: {call:?} got {given:?}, and a lone store answers {answer:?}",
                    change.revision
                ));
            }
            Reply::Answer(_) => checked.reports += 1,
            Reply::Unknown(_) => checked.unknown += 1,
            Reply::NotMade(_) => {}
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
            None => return Err(format!("no call made revision {revision}: {change:?}")),
            Some(Call { reply: Reply::NotMade(why), .. }) => {
                return Err(format!("{actor} made revision {revision}, and its reply was: {why}"));
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
        let Reply::Answer(Answer { revision: Some(revision), .. }) = &call.reply else { continue };
        let place = usize::try_from(*revision).ok().and_then(|revision| revision.checked_sub(1));
        let there = place.and_then(|place| feed.get(place));
        if there.and_then(|change| change.actor.as_deref()) != Some(&*call.actor) {
            return Err(format!("{call:?} was acknowledged, and revision {revision} is {there:?}"));
        }
    }
    Ok(())
}

/// The newest revision that had been acknowledged, to any caller, before each call began.
fn earliest_revisions<'h>(
    history: &'h History,
    feed: &[Change],
) -> Result<HashMap<&'h str, u64>, String> {
    let revisions: HashMap<&str, u64> = feed
        .iter()
        .map(|change| (change.actor.as_deref().unwrap_or_default(), change.revision))
        .collect();
    let mut begun: Vec<&Call> = history.calls.iter().collect();
    begun.sort_by_key(|call| call.times.0);
    let answered = |call: &&&Call| matches!(call.reply, Reply::Answer(_));
    let mut ended: Vec<&Call> = begun.iter().filter(answered).copied().collect();
    ended.sort_by_key(|call| call.times.1);
    let (mut ended, mut newest, mut earliest) = (ended.into_iter().peekable(), 0, HashMap::new());
    for call in begun {
        while let Some(before) = ended.next_if(|before| before.times.1 < call.times.0) {
            newest = newest.max(revisions.get(&*before.actor).copied().unwrap_or_default());
        }
        match revisions.get(&*call.actor) {
            Some(own) if *own <= newest => {
                return Err(format!("{call:?} made {own}, and began after {newest} was answered"));
            }
            _ => earliest.insert(&*call.actor, newest),
        };
    }
    Ok(earliest)
}

/// A lone store, whose clock shows the times of the members' changes.
struct Model {
    store: Store,
    clock: Arc<Mutex<Timestamp>>,
    /// Its changes; to begin a feed for each change would read much of the journal every time.
    feed: Feed,
    revision: u64,
}

impl Model {
    fn new() -> Self {
        let clock = Arc::new(Mutex::new(Timestamp::from_millis(0)));
        let shown = Arc::clone(&clock);
        let store = Options::new().clock(move || *shown.lock().unwrap()).open_in_memory().unwrap();
        let feed = store.feed(0).unwrap();
        Self { store, clock, feed, revision: 0 }
    }

    fn project(&self, actor: &str) -> Project {
        self.store.project(PROJECT).unwrap().actor(actor)
    }

    /// Makes the call that made a change, and compares the change.
    fn make(&mut self, call: &Call, change: &Change) -> Result<Answer, String> {
        *self.clock.lock().unwrap() = change.time;
        let made = call.request.make(&self.project(&call.actor));
        let answer = made.map_err(|error| format!("{call:?} cannot have been made: {error}"))?;
        let mine = self.feed.next_page(2).unwrap();
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

/// The calls that changed nothing: each must be right at a revision between its beginning and its end.
struct Open<'a> {
    /// Those that began at a later revision, with that revision, the earliest one last.
    waiting: Vec<(u64, &'a Call)>,
    open: Vec<&'a Call>,
}

impl<'a> Open<'a> {
    fn of(history: &'a History, feed: &[Change], earliest: &HashMap<&str, u64>) -> Self {
        let made: HashSet<&str> =
            feed.iter().filter_map(|change| change.actor.as_deref()).collect();
        let is_open = |call: &&Call| {
            matches!(&call.reply, Reply::Answer(Answer { revision: None, .. }))
                && !made.contains(&*call.actor)
        };
        let first = |call: &Call| {
            call.between.0.max(earliest.get(&*call.actor).copied().unwrap_or_default())
        };
        let mut waiting: Vec<(u64, &Call)> =
            history.calls.iter().filter(is_open).map(|call| (first(call), call)).collect();
        waiting.sort_by_key(|(first, _)| std::cmp::Reverse(*first));
        Self { waiting, open: Vec::new() }
    }

    /// Removes those whose answer is right at this revision.
    fn look(&mut self, model: &Model, checked: &mut Checked) -> Result<(), String> {
        while self.waiting.last().is_some_and(|(first, _)| *first <= model.revision) {
            self.open.extend(self.waiting.pop().map(|(_, call)| call));
        }
        let before = self.open.len();
        self.open.retain(|call| {
            let now = call.request.make(&model.project(&call.actor).dry_run());
            let text = now.map_or_else(|error| error.to_string(), |answer| answer.text);
            let is_right = |given: &Answer| given.text == text && given.seen <= model.revision;
            !matches!(&call.reply, Reply::Answer(given) if is_right(given))
        });
        checked.answers += before - self.open.len();
        match self.open.iter().find(|call| call.between.1 <= model.revision) {
            None => Ok(()),
            Some(call) => Err(format!("no revision in {:?} explains {call:?}", call.between)),
        }
    }

    fn end(self) -> Result<(), String> {
        match self.open.first().or(self.waiting.first().map(|(_, call)| call)) {
            None => Ok(()),
            Some(call) => Err(format!("no revision explains {call:?}")),
        }
    }
}
