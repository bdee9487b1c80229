//! What callers asked for and were told.

use std::sync::Mutex;

use viewlink::{Error, Outcome, Store};

use super::PROJECT;
use super::request::{Answer, Request};

/// A call, with a name that no other call has.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) actor: String,
    pub(crate) request: Request,
    pub(crate) told: Told,
    /// The newest revisions that its member showed before it and after it.
    pub(crate) between: (u64, u64),
}

/// What a caller was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A report, or an error that tells of the state, such as an unknown view.
    Answer(Answer),
    /// That nothing changed, and why.
    NotMade(String),
    /// That it is not known.
    Unknown(String),
}

/// All calls of all members.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) calls: Vec<Call>,
}

impl History {
    /// Makes a call, and notes it.
    pub(crate) fn call(
        history: &Mutex<Self>,
        store: &Store,
        actor: &str,
        request: &Request,
    ) -> Told {
        let shown = || store.snapshot().map(|snapshot| snapshot.revision());
        let Ok(from) = shown() else { return Told::NotMade("the store cannot be read".to_owned()) };
        let told = match store.project(PROJECT) {
            Ok(project) => Told::of(request.make(&project.actor(actor))),
            Err(error) => Told::NotMade(error.to_string()),
        };
        // Where it cannot be read any more, any revision may have been.
        let between = (from, shown().unwrap_or(u64::MAX));
        let (actor, request) = (actor.to_owned(), request.clone());
        let call = Call { actor, request, told: told.clone(), between };
        history.lock().unwrap().calls.push(call);
        told
    }
}

impl Told {
    fn of(made: Result<Answer, Error>) -> Self {
        match made {
            Ok(answer) => Self::Answer(answer),
            Err(error) if tells_of_the_state(&error) => {
                Self::Answer(Answer { text: error.to_string(), revision: None, seen: 0 })
            }
            Err(error) if error.outcome() == Outcome::NotApplied => {
                Self::NotMade(format!("{error:?}"))
            }
            Err(error) => Self::Unknown(format!("{error:?}")),
        }
    }
}

fn tells_of_the_state(error: &Error) -> bool {
    matches!(
        error,
        Error::UnknownProject { .. } | Error::UnknownView { .. } | Error::ViewExists { .. }
    )
}
