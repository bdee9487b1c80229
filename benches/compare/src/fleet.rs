//! The engines side by side: they do the same work and must give the same answers.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Result;
use crate::clock::Clock;
use crate::engine::{Engine, Kind};
use crate::random::Random;
use crate::times::Times;

/// The engines under comparison, each with its own store.
pub(crate) struct Fleet {
    members: Vec<Member>,
    clock: Clock,
    /// For the order in each round.
    random: Random,
}

/// An engine and its store.
pub(crate) struct Member {
    kind: Kind,
    dir: PathBuf,
    clock: Clock,
    /// `None` while the store is closed.
    engine: Option<Box<dyn Engine>>,
}

impl Fleet {
    /// Opens an empty store for each kind, in its own directory.
    pub(crate) fn open(kinds: &[Kind], dir: &Path) -> Result<Self> {
        let clock = Clock::at(Clock::START);
        let member = |kind: &Kind| {
            let dir = dir.join(kind.name());
            fs::create_dir_all(&dir)?;
            let mut member = Member { kind: *kind, dir, clock: clock.clone(), engine: None };
            member.open()?;
            Ok(member)
        };
        let members = kinds.iter().map(member).collect::<Result<_>>()?;
        Ok(Self { members, clock, random: Random::new(0) })
    }

    /// The time that all engines see.
    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The kinds of the engines.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.members.iter().map(Member::kind).collect()
    }

    /// Shuffles the engines, so that the work that one leaves to the disk affects all alike.
    fn shuffle(&mut self) {
        for last in (1..self.members.len()).rev() {
            let other = self.random.below(last as u64 + 1);
            self.members.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }

    /// Runs the same work on every engine, in random order; `act` returns the time and the answer.
    ///
    /// Fails if an engine's answer differs from that of the first one: stores that do different work cannot be
    /// compared.
    pub(crate) fn each<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        times: &mut Times,
        mut act: impl FnMut(&mut Member) -> Result<(Duration, T)>,
    ) -> Result<()> {
        self.clock.tick();
        self.shuffle();
        let mut expected: Option<(Kind, T)> = None;
        for member in &mut self.members {
            let name = member.kind.name();
            let (time, answer) = act(member).map_err(|error| format!("{what}, {name}: {error}"))?;
            times.add(member.kind, time);
            match &expected {
                None => expected = Some((member.kind, answer)),
                Some((_, expected)) if *expected == answer => {}
                Some((other, expected)) => {
                    let other = other.name();
                    let answers = format!("{other} says {expected:?}, {name} says {answer:?}");
                    return Err(format!("{what}: {answers}").into());
                }
            }
        }
        Ok(())
    }

    /// Runs the same change or read on every engine, timed as a whole.
    pub(crate) fn time_each<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        times: &mut Times,
        act: impl Fn(&dyn Engine) -> Result<T>,
    ) -> Result<()> {
        self.each(what, times, |member| {
            let engine = member.engine()?;
            time(|| act(engine))
        })
    }

    /// Runs the same change with the same keys on every engine; the keys are copied for it before the time begins.
    pub(crate) fn change_each(
        &mut self,
        what: &str,
        times: &mut Times,
        keys: &[String],
        act: impl Fn(&dyn Engine, Vec<String>) -> Result<Vec<bool>>,
    ) -> Result<()> {
        self.each(what, times, |member| {
            let engine = member.engine()?;
            let keys = keys.to_vec();
            time(|| act(engine, keys))
        })
    }

    /// Closes every store.
    pub(crate) fn close(mut self) -> Result<()> {
        self.members.iter_mut().try_for_each(Member::close)
    }
}

impl Member {
    /// The kind of the engine.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The directory of its store.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The open store.
    pub(crate) fn engine(&self) -> Result<&dyn Engine> {
        self.engine.as_deref().ok_or_else(|| "the store is closed".into())
    }

    /// The open store, for exclusive use.
    pub(crate) fn engine_mut(&mut self) -> Result<&mut Box<dyn Engine>> {
        self.engine.as_mut().ok_or_else(|| "the store is closed".into())
    }

    /// Opens the store.
    pub(crate) fn open(&mut self) -> Result<()> {
        self.engine = Some(self.kind.open(&self.dir, &self.clock)?);
        Ok(())
    }

    /// Closes the store.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.engine.take().map_or(Ok(()), Engine::close)
    }
}

/// The duration of an action, and its result.
pub(crate) fn time<T>(act: impl FnOnce() -> Result<T>) -> Result<(Duration, T)> {
    let begin = Instant::now();
    let answer = act()?;
    Ok((begin.elapsed(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_is_first_at_times_and_a_disagreement_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut fleet = Fleet::open(&[Kind::Viewlink, Kind::Redb], dir.path()).unwrap();
        let mut order = Vec::new();
        for _ in 0..100 {
            let see = |member: &mut Member| {
                order.push(member.kind());
                Ok((Duration::ZERO, ()))
            };
            fleet.each("see", &mut Times::default(), see).unwrap();
        }
        let first = order.chunks(2).filter(|round| round[0] == Kind::Redb).count();
        assert!((30..70).contains(&first), "{first}");
        let name = |member: &mut Member| Ok((Duration::ZERO, member.kind().name()));
        let error = fleet.each("name", &mut Times::default(), name).unwrap_err().to_string();
        assert!(error.contains("viewlink says \"viewlink\""), "{error}");
        fleet.close().unwrap();
    }
}
