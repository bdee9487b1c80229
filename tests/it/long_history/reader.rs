//! Threads that read, and hold snapshots over many rounds.

use std::collections::VecDeque;

use viewlink::{Error, Snapshot};

use super::call::{Call, Event, Seen};
use super::content::Content;
use super::round::Round;
use crate::support::Random;

/// The number of snapshots that a thread holds, and the largest number of its reads in a round.
const SNAPSHOTS: usize = 4;
const READINGS: usize = 300;
/// How many revisions back the past is read.
const BACK: usize = 60;

/// Snapshots that are open, with the content of each, and the number of recoveries before.
#[derive(Default)]
pub(super) struct Held(VecDeque<(Snapshot, Content, u64)>);

impl Held {
    pub(super) fn drop_all(&mut self) {
        self.0.clear();
    }

    pub(super) fn read(&mut self, round: &Round<'_>, number: u64) {
        let (mut random, mut calls) = (round.random(100 + number), Vec::new());
        while round.is_writing() && calls.len() < READINGS {
            let recoveries = round.recoveries();
            let called = round.now();
            let seen = self.read_one(round, &mut random);
            let answered = round.now();
            match seen {
                Ok(event) => calls.push(Call { called, answered, event }),
                // Snapshots from before a recovery end with it.
                Err(Error::Closed | Error::WritesStopped { .. })
                    if round.was_recovered(recoveries) => {}
                Err(error) => panic!("{error}"),
            }
            self.read_again(round, &mut random);
        }
        round.add(calls);
    }

    fn read_one(&mut self, round: &Round<'_>, random: &mut Random) -> viewlink::Result<Event> {
        let recoveries = round.recoveries();
        let now = round.store.snapshot()?;
        if random.below(8) == 0 {
            let back = now.revision().saturating_sub(random.below(BACK) as u64);
            let past = round.store.snapshot_at(back.max(round.first))?;
            let (revision, content) = (past.revision(), Content::of(&past, true)?);
            return Ok(Event::Seen { of: Seen::Past, revision, content });
        }
        let content = Content::of(&now, random.below(2) == 0)?;
        let revision = now.revision();
        if random.below(6) == 0 {
            self.0.push_back((now, content, recoveries));
            if self.0.len() > SNAPSHOTS {
                self.0.pop_front();
            }
        }
        Ok(Event::Seen { of: Seen::Now, revision, content })
    }

    /// A snapshot shows the same content, as long as the store is not recovered.
    fn read_again(&mut self, round: &Round<'_>, random: &mut Random) {
        let Some(place) = self.0.len().checked_sub(1).map(|last| random.below(last + 1)) else {
            return;
        };
        let (snapshot, content, recoveries) = &self.0[place];
        match Content::of(snapshot, random.below(2) == 0) {
            Ok(again) => assert_eq!(again, *content, "of revision {}", snapshot.revision()),
            Err(Error::Closed) if round.was_recovered(*recoveries) => drop(self.0.remove(place)),
            Err(error) => panic!("{error}"),
        }
    }
}
