//! A call that asks for a change, as it waits for its turn.

use std::fmt;
use std::sync::Arc;

use super::queue::{Place, Waiter, Word};
use crate::change::{ChangeRecord, Effect, ProjectRef};
use crate::model::error::{Error, Outcome, Result};
use crate::model::{ChangeMeta, Stamp};
use crate::storage::{ProjectRow, WriteTables};

/// A change that is being made: what a request works on.
pub(crate) struct Draft<'a, 't> {
    pub(crate) tables: &'a mut WriteTables<'t>,
    pub(crate) stamp: Stamp,
    meta: &'a ChangeMeta,
}

/// The record of a change that is in the tables of a transaction and not in the journal yet.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(super) payload: Vec<u8>,
}

impl Draft<'_, '_> {
    /// Says that the tables have the change now, and what it is.
    pub(crate) fn record(&self, project: &ProjectRow, effect: Effect<'_>) -> Result<Recorded> {
        let project = ProjectRef { id: project.id, key: project.key.clone() };
        let meta = self.meta.clone();
        let record = ChangeRecord { time: self.stamp.time, meta, project, effect };
        Ok(Recorded { payload: record.encode()? })
    }
}

/// What a change is asked for with.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) meta: ChangeMeta,
    /// How many keys there are to walk.
    pub(crate) keys: u64,
    /// Whether the change is to be taken back.
    pub(crate) dry_run: bool,
}

/// What a caller gets: what its request says of itself, and the revision if anything changed.
pub(super) type Answer<T> = Result<(T, Option<u64>)>;

/// A request of any kind.
pub(super) trait Call: Send {
    /// Makes the change in the tables, or finds nothing to change. May be called again, on tables
    /// that do not have what it did before.
    ///
    /// An error that is not of the store must leave the tables as they were.
    fn apply(&mut self, tables: &mut WriteTables<'_>, stamp: Stamp) -> Result<Option<Recorded>>;

    /// Answers the caller; `made` is the revision of the change, if there is one.
    fn tell(self: Box<Self>, made: Result<Option<u64>>);

    /// How many keys there are to walk.
    fn keys(&self) -> u64;

    /// Whether the change is to be taken back.
    fn is_dry_run(&self) -> bool;

    /// Tells the caller to lead.
    fn lead(&self);
}

/// A request and where its caller waits.
pub(super) struct Request<T, F> {
    ask: Ask,
    act: F,
    found: Option<T>,
    /// Empty once the caller was answered.
    place: Option<Arc<Place<Answer<T>>>>,
}

impl<T, F> Request<T, F> {
    pub(super) fn new(ask: Ask, act: F) -> (Self, Arc<Place<Answer<T>>>) {
        let place = Arc::new(Place::new());
        (Self { ask, act, found: None, place: Some(Arc::clone(&place)) }, place)
    }

    fn answer(&mut self, answer: Answer<T>) {
        if let Some(place) = self.place.take() {
            place.tell(Word::Answer(answer));
        }
    }
}

impl<T, F> Call for Request<T, F>
where
    T: Send,
    F: Fn(&mut Draft<'_, '_>) -> Result<(T, Option<Recorded>)> + Send,
{
    fn apply(&mut self, tables: &mut WriteTables<'_>, stamp: Stamp) -> Result<Option<Recorded>> {
        self.found = None;
        let (found, recorded) = (self.act)(&mut Draft { tables, stamp, meta: &self.ask.meta })?;
        self.found = Some(found);
        Ok(recorded)
    }

    fn tell(mut self: Box<Self>, made: Result<Option<u64>>) {
        let found = self.found.take().ok_or_else(abandoned);
        let answer = made.and_then(|revision| Ok((found?, revision)));
        self.answer(answer);
    }

    fn keys(&self) -> u64 {
        self.ask.keys
    }

    fn is_dry_run(&self) -> bool {
        self.ask.dry_run
    }

    fn lead(&self) {
        if let Some(place) = &self.place {
            place.tell(Word::Lead);
        }
    }
}

/// Nobody waits for ever: a request that is lost, by a panic of the one who led, is an error.
impl<T, F> Drop for Request<T, F> {
    fn drop(&mut self) {
        self.answer(Err(abandoned()));
    }
}

fn abandoned() -> Error {
    let source = "a panic in the thread that made the change".into();
    Error::State { outcome: Outcome::Unknown, source }
}

impl fmt::Debug for dyn Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

impl Waiter for Box<dyn Call> {
    fn weight(&self) -> u64 {
        self.keys()
    }

    fn lead(&self) {
        (**self).lead();
    }
}
