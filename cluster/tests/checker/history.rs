//! Calls of several members, and the replies that their callers got.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use viewlink::{Error, Outcome, Store};

use super::PROJECT;
use super::request::{Answer, Request};

/// A call, with a name that no other call has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) actor: String,
    pub(crate) request: Request,
    pub(crate) reply: Reply,
    /// The newest revisions that its member showed before the call and after it.
    pub(crate) between: (u64, u64),
    /// When it began and ended, in microseconds of the machine's clock.
    pub(crate) times: (u64, u64),
}

/// The reply to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// A report, or an error about the state, such as an unknown view.
    Answer(Answer),
    /// The call changed nothing, and why.
    NotMade(String),
    /// Whether it changed something is unknown.
    Unknown(String),
}

impl Call {
    /// A call that begins now. Its outcome is unknown until it is [made](Self::make): its process may be killed.
    pub(crate) fn begin(store: &Store, actor: &str, request: Request) -> Self {
        let between = (shown(store).unwrap_or_default(), u64::MAX);
        let reply = Reply::Unknown("the process ended during the call".to_owned());
        Self { actor: actor.to_owned(), request, reply, between, times: (now(), u64::MAX) }
    }

    /// Makes the call.
    pub(crate) fn make(&mut self, store: &Store) {
        self.reply = match store.project(PROJECT) {
            Ok(project) => Reply::of(self.request.make(&project.actor(&*self.actor))),
            Err(error) => Reply::NotMade(error.to_string()),
        };
        // A store that can no longer be read may have reached any revision.
        self.between.1 = shown(store).unwrap_or(u64::MAX);
        self.times.1 = now();
    }
}

fn shown(store: &Store) -> Option<u64> {
    store.snapshot().ok().map(|snapshot| snapshot.revision())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

/// All calls of all members.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) calls: Vec<Call>,
}

impl History {
    /// Makes a call, and keeps it.
    pub(crate) fn call(
        history: &Mutex<Self>,
        store: &Store,
        actor: &str,
        request: Request,
    ) -> Reply {
        let mut call = Call::begin(store, actor, request);
        call.make(store);
        let reply = call.reply.clone();
        history.lock().unwrap().calls.push(call);
        reply
    }

    /// Adds the calls of a process, which wrote each as a line when it began and again when it ended.
    pub(crate) fn add(&mut self, lines: impl BufRead) {
        let mut calls: HashMap<String, Call> = HashMap::new();
        for line in lines.lines() {
            // A kill may leave a part of the last line.
            let Ok(call) = serde_json::from_str::<Call>(&line.unwrap()) else { break };
            calls.insert(call.actor.clone(), call);
        }
        self.calls.extend(calls.into_values());
    }
}

impl Reply {
    fn of(made: Result<Answer, Error>) -> Self {
        match made {
            Ok(answer) => Self::Answer(answer),
            Err(error) if is_about_the_state(&error) => {
                Self::Answer(Answer { text: error.to_string(), revision: None, seen: 0 })
            }
            Err(error) if error.outcome() == Outcome::NotApplied => {
                Self::NotMade(format!("{error:?}"))
            }
            Err(error) => Self::Unknown(format!("{error:?}")),
        }
    }
}

fn is_about_the_state(error: &Error) -> bool {
    matches!(
        error,
        Error::UnknownProject { .. } | Error::UnknownView { .. } | Error::ViewExists { .. }
    )
}
