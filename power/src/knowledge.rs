//! What must be in a store, by what was told of it.

use crate::child::Heard;
use crate::history::{WRITERS, comment};
use crate::task::{Checked, Told};

/// What is known of a store at some moment.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// How many changes of each writer must be there.
    pub least: Vec<usize>,
    /// How many there can be.
    pub most: Vec<usize>,
    /// What the store is at least at.
    revision: u64,
    /// What changes say of themselves.
    comments: Vec<(u64, String)>,
}

impl Knowledge {
    /// Of a store in which there is nothing.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self { least: vec![0; WRITERS], most: vec![0; WRITERS], revision: 0, comments: Vec::new() }
    }

    /// Of a store that was shown to somebody.
    ///
    /// What nobody can have seen is none.
    #[must_use]
    pub fn of_shown(shown: &Checked) -> Self {
        let changes: Vec<usize> = shown.changes.iter().map(|of| of.unwrap_or(0)).collect();
        let (revision, comments) = (shown.revision, shown.comments.clone());
        Self { least: changes.clone(), most: changes, revision, comments }
    }

    /// What is known besides, at a moment, by what was heard since.
    #[must_use]
    pub fn and_heard(&self, heard: &[Heard], moment: usize) -> Self {
        let mut known = self.clone();
        for heard in heard {
            match heard.told {
                Told::Acknowledged { writer, change, revision } => {
                    known.may_have(writer, change);
                    if heard.moment <= moment {
                        known.has(writer, change, revision);
                    }
                }
                // It may be there, and so may those before it that were refused and found afterwards.
                Told::Refused { writer, change, .. } => known.may_have(writer, change),
                _ => {}
            }
        }
        for most in &mut known.most {
            // One more may have been made and not told of.
            *most += 1;
        }
        known
    }

    fn may_have(&mut self, writer: usize, change: usize) {
        if let Some(most) = self.most.get_mut(writer) {
            *most = (*most).max(change + 1);
        }
    }

    fn has(&mut self, writer: usize, change: usize, revision: u64) {
        if let Some(least) = self.least.get_mut(writer) {
            *least = (*least).max(change + 1);
        }
        self.revision = self.revision.max(revision);
        self.comments.push((revision, comment(writer, change)));
    }

    /// What is wrong with what was found.
    ///
    /// # Errors
    ///
    /// What was lost, or what there is that cannot be.
    pub fn judge(&self, found: &Checked) -> Result<(), String> {
        if found.revision < self.revision {
            return Err(format!("revision {} of {} is lost", found.revision + 1, self.revision));
        }
        if found.changes.contains(&None) {
            let (least, most) = (&self.least, &self.most);
            return Err(format!("of changes {least:?} to {most:?} there are {:?}", found.changes));
        }
        if !found.is_clean {
            return Err(format!("verification: {}", found.verified));
        }
        if found.comments.is_empty() {
            return Ok(());
        }
        let other = self.comments.iter().find(|told| found.comments.binary_search(told).is_err());
        other.map_or(Ok(()), |(revision, comment)| {
            Err(format!("revision {revision} is not {comment}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledged(moment: usize, writer: usize, change: usize, revision: u64) -> Heard {
        Heard { moment, told: Told::Acknowledged { writer, change, revision } }
    }

    fn found(revision: u64, changes: [usize; WRITERS]) -> Checked {
        let comments = vec![(1, comment(0, 0)), (2, comment(1, 0))];
        let changes = changes.into_iter().map(Some).collect();
        let verified = String::new();
        Checked { revision, changes, comments, verified, is_clean: true }
    }

    #[test]
    fn what_was_heard_up_to_a_moment_must_be_there_and_what_came_later_may_be() {
        let heard = [acknowledged(5, 0, 0, 1), acknowledged(9, 1, 0, 2)];
        let known = Knowledge::of_nothing().and_heard(&heard, 5);
        assert_eq!((known.least.clone(), known.most.clone()), (vec![1, 0, 0, 0], vec![2, 2, 1, 1]));
        assert_eq!(known.judge(&found(1, [1, 0, 0, 0])), Ok(()));
        assert_eq!(known.judge(&found(2, [1, 1, 0, 0])), Ok(()));
    }

    #[test]
    fn what_was_refused_may_be_there() {
        let error = String::new();
        let told = Told::Refused { writer: 2, change: 1, not_applied: false, error };
        let known = Knowledge::of_nothing().and_heard(&[Heard { moment: 1, told }], 1);
        assert_eq!((known.least, known.most), (vec![0; 4], vec![1, 1, 3, 1]));
    }

    #[test]
    fn everything_that_can_be_wrong_is_noticed() {
        let heard = [acknowledged(5, 0, 0, 1), acknowledged(9, 1, 0, 2)];
        let known = Knowledge::of_nothing().and_heard(&heard, 9);
        let right = found(2, [1, 1, 0, 0]);
        assert_eq!(known.judge(&right), Ok(()));
        let behind = Checked { revision: 1, ..right.clone() };
        let half = Checked { changes: vec![Some(1), None, Some(0), Some(0)], ..right.clone() };
        let unclean = Checked { is_clean: false, ..right.clone() };
        let other = vec![(1, comment(0, 0)), (2, comment(1, 1))];
        let swapped = Checked { comments: other, ..right };
        for wrong in [behind, half, unclean, swapped] {
            assert!(known.judge(&wrong).is_err(), "{wrong:?}");
        }
    }
}
