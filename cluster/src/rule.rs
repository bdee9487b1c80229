//! Decides whether an entry of the log takes effect. The answer is the same for every copy.
//!
//! An entry takes effect if and only if its base equals the position of the copy that reads it. So duplicates, late messages
//! and the second of two entries that were decided at the same position have no effect in any copy. This needs no guarantee
//! of the log except its order. An entry that no copy with this history could have written means that copy and log
//! disagree.

use std::collections::{HashMap, VecDeque};

use viewlink::{Error, Outcome, Position};

use crate::entry::{self, Entry, EntryError};

/// The number of earlier positions that a copy remembers, to recognise the bases of entries.
const REMEMBERED: usize = 4_096;

/// The effect of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// None, or none yet: more parts follow.
    None,
    /// The entry has no changes, and its base is the newest position.
    Fence { nonce: u128 },
    /// Its changes take effect.
    Changes { nonce: u128, changes: Vec<Vec<u8>> },
}

/// The state of a copy that decides which entries take effect.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    /// Its last positions by revision, each of which may be the base of an entry.
    recent: VecDeque<Position>,
    /// The parts that were read at the current position, by nonce.
    gathered: HashMap<u128, HashMap<u32, Vec<u8>>>,
}

impl Rule {
    /// Sets the position of the copy.
    pub(crate) fn set_position(&mut self, at: Position) {
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
        // Parts with an earlier base have no effect any more.
        self.gathered.clear();
    }

    /// The effect of an entry at the [current position](Self::set_position). The same message may be judged again.
    ///
    /// # Errors
    ///
    /// [`Error::Diverged`] if no copy with the same history could have written it; [`Error::SharedLog`] if its changes cannot
    /// be read.
    pub(crate) fn judge(
        &mut self,
        at: Position,
        sequence: u64,
        entry: &Entry<'_>,
    ) -> Result<Effect, Error> {
        let Entry { base, nonce, parts, body, .. } = *entry;
        if base != at {
            return self.check_void(at, entry).map(|()| Effect::None);
        }
        if parts == 1 && body.is_empty() {
            return Ok(Effect::Fence { nonce });
        }
        let changes = match parts {
            1 => entry::changes(sequence, body),
            _ => match self.gather(entry) {
                Some(body) => entry::changes(sequence, &body),
                None => return Ok(Effect::None),
            },
        };
        let changes = changes.map_err(not_an_entry)?;
        Ok(if changes.is_empty() {
            Effect::Fence { nonce }
        } else {
            Effect::Changes { nonce, changes }
        })
    }

    /// Checks that an entry with another base was written by a copy with the same history.
    fn check_void(&self, at: Position, entry: &Entry<'_>) -> Result<(), Error> {
        let base = entry.base;
        let diverged = || Err(Error::Diverged { position: base, at });
        if base.lineage() != at.lineage() {
            // Several members may have tried to begin the log at the same moment.
            return if entry.is_genesis() { Ok(()) } else { diverged() };
        }
        if base.revision() >= at.revision() {
            return diverged();
        }
        let found = self.recent.binary_search_by_key(&base.revision(), Position::revision);
        let is_known = match found {
            Ok(place) => self.recent.get(place) == Some(&base),
            // Earlier positions are not remembered.
            Err(place) => place == 0,
        };
        if is_known { Ok(()) } else { diverged() }
    }

    /// Adds a part; returns the complete body after the last one.
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

/// The error for a message that is not an entry.
pub(crate) fn not_an_entry(error: EntryError) -> Error {
    match error {
        EntryError::Newer { found } => Error::NewerFormat {
            part: "log shared by all copies".to_owned(),
            found: u32::from(found),
            supported: u32::from(EntryError::SUPPORTED),
        },
        error => Error::SharedLog { outcome: Outcome::NotApplied, source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A position of lineage 1; different hashes mean different histories.
    fn position(revision: u64, hash: u8) -> Position {
        let mut bytes = [1; 40];
        bytes[16..24].copy_from_slice(&revision.to_be_bytes());
        bytes[24..].fill(hash);
        Position::from_bytes(bytes)
    }

    fn judge(
        rule: &mut Rule,
        at: Position,
        base: Position,
        changes: &[Vec<u8>],
    ) -> Result<Effect, Error> {
        rule.set_position(at);
        let messages = entry::messages(base, 9, changes, 1 << 20).unwrap();
        rule.judge(at, 1, &Entry::decode(1, &messages[0]).unwrap())
    }

    fn some() -> Vec<Vec<u8>> {
        vec![vec![1, 2], vec![3]]
    }

    #[test]
    fn an_entry_takes_effect_only_at_the_position_where_it_was_decided() {
        let mut rule = Rule::default();
        let effect = Effect::Changes { nonce: 9, changes: some() };
        assert_eq!(judge(&mut rule, position(1, 1), position(1, 1), &some()).unwrap(), effect);
        assert_eq!(
            judge(&mut rule, position(3, 3), position(1, 1), &some()).unwrap(),
            Effect::None
        );
        let asked = Effect::Fence { nonce: 9 };
        assert_eq!(judge(&mut rule, position(3, 3), position(3, 3), &[]).unwrap(), asked);
        assert_eq!(judge(&mut rule, position(3, 3), position(1, 1), &[]).unwrap(), Effect::None);
    }

    #[test]
    fn an_entry_that_no_copy_with_this_history_could_write_means_another_log() {
        let mut rule = Rule::default();
        rule.set_position(position(4, 4));
        rule.set_position(position(6, 6));
        let at = position(9, 9);
        let others = [
            ("another hash", position(9, 8), false),
            ("ahead", position(10, 1), false),
            ("another history", position(6, 5), false),
            ("the middle of a group", position(8, 8), false),
            ("known", position(6, 6), true),
            ("known", position(4, 4), true),
            ("before the known positions", position(3, 77), true),
        ];
        for (case, base, is_void) in others {
            for changes in [some(), Vec::new()] {
                let found = judge(&mut rule, at, base, &changes);
                let diverged = matches!(found, Err(Error::Diverged { .. }));
                assert_eq!(diverged, !is_void, "{case}: {found:?}");
            }
        }
        let other = |revision: u64| {
            let mut bytes = position(revision, 0).to_bytes();
            bytes[..16].fill(2);
            Position::from_bytes(bytes)
        };
        assert_eq!(
            judge(&mut rule, at, other(0), &[]).unwrap(),
            Effect::None,
            "it began the log second"
        );
        assert!(judge(&mut rule, at, other(0), &some()).is_err());
        assert!(judge(&mut rule, at, other(3), &[]).is_err());
    }

    #[test]
    fn parts_take_effect_in_any_order_once_all_are_there_unless_the_position_changed() {
        let (mut rule, at) = (Rule::default(), position(5, 5));
        rule.set_position(at);
        let changes = vec![vec![7; 5_000]];
        let messages = entry::messages(at, 3, &changes, 2_000).unwrap();
        let others = entry::messages(at, 4, &changes, 2_000).unwrap();
        assert_eq!(messages.len(), 3);
        let judge = |rule: &mut Rule, at, message: &[u8]| {
            rule.set_position(at);
            rule.judge(at, 1, &Entry::decode(1, message).unwrap()).unwrap()
        };
        for message in [&messages[1], &others[0], &messages[1], &messages[0], &others[2]] {
            assert_eq!(judge(&mut rule, at, message), Effect::None);
        }
        let effect = Effect::Changes { nonce: 3, changes };
        assert_eq!(judge(&mut rule, at, &messages[2]), effect);
        assert_eq!(judge(&mut rule, at, &messages[2]), effect, "judged again");
        assert_eq!(judge(&mut rule, position(6, 6), &others[1]), Effect::None);
    }
}
