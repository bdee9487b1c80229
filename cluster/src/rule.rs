//! Whether an entry of the log takes effect: the same answer for every copy.
//!
//! It does if and only if its base is where the copy stands when it comes up. So duplicates, late ones and entries of two
//! who decided at the same moment are void for all alike, whatever the log promises. What no copy that went this way could
//! have written says that copy and log disagree.

use std::collections::{HashMap, VecDeque};

use viewlink::{Error, Outcome, Position};

use crate::entry::{self, Entry, EntryError};

/// How many of its last positions a copy remembers, to know bases of before.
const REMEMBERED: usize = 4_096;

/// What came up in the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// It has no effect, or not yet: more parts are to come.
    Nothing,
    /// An entry without changes, at the newest position.
    Asked { nonce: u128 },
    /// Changes that take effect.
    Effect { nonce: u128, changes: Vec<Vec<u8>> },
}

/// What a copy remembers of the log to tell which entries take effect.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    /// Its last positions, by revision: each at which something could be decided.
    recent: VecDeque<Position>,
    /// Parts that came up since it stands where it does, by nonce.
    gathered: HashMap<u128, HashMap<u32, Vec<u8>>>,
}

impl Rule {
    /// Says where the copy stands.
    pub(crate) fn note(&mut self, at: Position) {
        if self.recent.back() == Some(&at) {
            return;
        }
        if self.recent.back().is_some_and(|last| last.revision() >= at.revision()) {
            self.recent.clear();
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
        // Parts count while their base is the newest position.
        self.gathered.clear();
    }

    /// What an entry comes to, for a copy that stands where it was [noted](Self::note). The same message may be looked at
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::Diverged`] where no copy that went the same way could have written it; [`Error::SharedLog`] where its changes
    /// cannot be read.
    pub(crate) fn look(
        &mut self,
        at: Position,
        sequence: u64,
        entry: &Entry<'_>,
    ) -> Result<Came, Error> {
        let Entry { base, nonce, parts, body, .. } = *entry;
        if base != at {
            return self.check_void(at, entry).map(|()| Came::Nothing);
        }
        if parts == 1 && body.is_empty() {
            return Ok(Came::Asked { nonce });
        }
        let changes = match parts {
            1 => entry::changes(sequence, body),
            _ => match self.gather(entry) {
                Some(body) => entry::changes(sequence, &body),
                None => return Ok(Came::Nothing),
            },
        };
        let changes = changes.map_err(no_entry)?;
        Ok(if changes.is_empty() { Came::Asked { nonce } } else { Came::Effect { nonce, changes } })
    }

    /// Checks that an entry at another position was written by a copy that went the same way.
    fn check_void(&self, at: Position, entry: &Entry<'_>) -> Result<(), Error> {
        let base = entry.base;
        let diverged = || Err(Error::Diverged { position: base, at });
        if base.lineage() != at.lineage() {
            // Others may have tried to begin the log at the same moment.
            return if entry.is_genesis() { Ok(()) } else { diverged() };
        }
        if base.revision() >= at.revision() {
            return diverged();
        }
        let found = self.recent.binary_search_by_key(&base.revision(), Position::revision);
        let is_known = match found {
            Ok(place) => self.recent.get(place) == Some(&base),
            // Before what is remembered nothing can be said.
            Err(place) => place == 0,
        };
        if is_known { Ok(()) } else { diverged() }
    }

    /// Adds a part; the whole body once all are there.
    fn gather(&mut self, entry: &Entry<'_>) -> Option<Vec<u8>> {
        let parts = self.gathered.entry(entry.nonce).or_default();
        parts.entry(entry.part).or_insert_with(|| entry.body.to_vec());
        if parts.len() < entry.parts as usize {
            return None;
        }
        let parts: Option<Vec<&[u8]>> =
            (0..entry.parts).map(|part| parts.get(&part).map(Vec::as_slice)).collect();
        parts.map(|parts| parts.concat())
    }
}

/// The error of a message that is no entry.
pub(crate) fn no_entry(error: EntryError) -> Error {
    match error {
        EntryError::Newer { found } => Error::NewerFormat {
            part: "log that the copies share".to_owned(),
            found: u32::from(found),
            supported: u32::from(EntryError::SUPPORTED),
        },
        error => Error::SharedLog { outcome: Outcome::NotApplied, source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A position of lineage 1: the hash tells the way.
    fn position(revision: u64, hash: u8) -> Position {
        let mut bytes = [1; 40];
        bytes[16..24].copy_from_slice(&revision.to_be_bytes());
        bytes[24..].fill(hash);
        Position::from_bytes(bytes)
    }

    fn look(
        rule: &mut Rule,
        at: Position,
        base: Position,
        changes: &[Vec<u8>],
    ) -> Result<Came, Error> {
        rule.note(at);
        let messages = entry::messages(base, 9, changes, 1 << 20).unwrap();
        rule.look(at, 1, &Entry::decode(1, &messages[0]).unwrap())
    }

    fn some() -> Vec<Vec<u8>> {
        vec![vec![1, 2], vec![3]]
    }

    #[test]
    fn an_entry_takes_effect_where_it_was_decided_and_nowhere_else() {
        let mut rule = Rule::default();
        let effect = Came::Effect { nonce: 9, changes: some() };
        assert_eq!(look(&mut rule, position(1, 1), position(1, 1), &some()).unwrap(), effect);
        assert_eq!(
            look(&mut rule, position(3, 3), position(1, 1), &some()).unwrap(),
            Came::Nothing
        );
        let asked = Came::Asked { nonce: 9 };
        assert_eq!(look(&mut rule, position(3, 3), position(3, 3), &[]).unwrap(), asked);
        assert_eq!(look(&mut rule, position(3, 3), position(1, 1), &[]).unwrap(), Came::Nothing);
    }

    #[test]
    fn what_no_copy_on_this_way_could_write_tells_that_the_log_is_another_one() {
        let mut rule = Rule::default();
        rule.note(position(4, 4));
        rule.note(position(6, 6));
        let at = position(9, 9);
        let others = [
            ("another hash", position(9, 8), false),
            ("ahead", position(10, 1), false),
            ("another way", position(6, 5), false),
            ("the middle of a group", position(8, 8), false),
            ("known", position(6, 6), true),
            ("known", position(4, 4), true),
            ("before what is known", position(3, 77), true),
        ];
        for (case, base, is_void) in others {
            for changes in [some(), Vec::new()] {
                let found = look(&mut rule, at, base, &changes);
                let diverged = matches!(found, Err(Error::Diverged { .. }));
                assert_eq!(diverged, !is_void, "{case}: {found:?}");
            }
        }
        let other = |revision: u64| {
            let mut bytes = position(revision, 0).to_bytes();
            bytes[..16].fill(2);
            Position::from_bytes(bytes)
        };
        assert_eq!(look(&mut rule, at, other(0), &[]).unwrap(), Came::Nothing, "began second");
        assert!(look(&mut rule, at, other(0), &some()).is_err());
        assert!(look(&mut rule, at, other(3), &[]).is_err());
    }

    #[test]
    fn parts_count_once_all_are_there_in_any_order_and_not_once_the_copy_went_on() {
        let (mut rule, at) = (Rule::default(), position(5, 5));
        rule.note(at);
        let changes = vec![vec![7; 5_000]];
        let messages = entry::messages(at, 3, &changes, 2_000).unwrap();
        let others = entry::messages(at, 4, &changes, 2_000).unwrap();
        assert_eq!(messages.len(), 3);
        let look = |rule: &mut Rule, at, message: &[u8]| {
            rule.note(at);
            rule.look(at, 1, &Entry::decode(1, message).unwrap()).unwrap()
        };
        for message in [&messages[1], &others[0], &messages[1], &messages[0], &others[2]] {
            assert_eq!(look(&mut rule, at, message), Came::Nothing);
        }
        let effect = Came::Effect { nonce: 3, changes };
        assert_eq!(look(&mut rule, at, &messages[2]), effect);
        assert_eq!(look(&mut rule, at, &messages[2]), effect, "looked at again");
        assert_eq!(look(&mut rule, position(6, 6), &others[1]), Came::Nothing);
    }
}
