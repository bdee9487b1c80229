//! The required content of a store, from the messages about it.

use crate::child::Received;
use crate::history::{WRITERS, comment};
use crate::task::{Checked, Message};

/// The knowledge about a store at some moment.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// The number of changes of each writer that must be there.
    pub least: Vec<usize>,
    /// The largest number that can be there.
    pub most: Vec<usize>,
    /// The smallest revision that the store must have.
    revision: u64,
    /// The comments of changes.
    comments: Vec<(u64, String)>,
}

impl Knowledge {
    /// The knowledge about an empty store.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self { least: vec![0; WRITERS], most: vec![0; WRITERS], revision: 0, comments: Vec::new() }
    }

    /// The knowledge about a store after its content was read.
    ///
    /// Changes that nobody can have seen do not count.
    #[must_use]
    pub fn of_shown(shown: &Checked) -> Self {
        let changes: Vec<usize> = shown.changes.iter().map(|of| of.unwrap_or(0)).collect();
        let (revision, comments) = (shown.revision, shown.comments.clone());
        Self { least: changes.clone(), most: changes, revision, comments }
    }

    /// This knowledge and the messages that arrived before a moment.
    #[must_use]
    pub fn and_received(&self, received: &[Received], moment: usize) -> Self {
        let mut known = self.clone();
        for received in received {
            match received.message {
                Message::Acknowledged { writer, change, revision } => {
                    known.may_have(writer, change);
                    if received.moment <= moment {
                        known.has(writer, change, revision);
                    }
                }
                // It may be there, and so may earlier ones that were refused and found afterwards.
                Message::Refused { writer, change, .. } => known.may_have(writer, change),
                _ => {}
            }
        }
        for most in &mut known.most {
            // One more change may have been made without a message.
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

    /// The problem of the content that was found, if there is one.
    ///
    /// # Errors
    ///
    /// The changes that are lost, or that cannot be there.
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
        let other =
            self.comments.iter().find(|message| found.comments.binary_search(message).is_err());
        other.map_or(Ok(()), |(revision, comment)| {
            Err(format!("revision {revision} is not {comment}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledged(moment: usize, writer: usize, change: usize, revision: u64) -> Received {
        Received { moment, message: Message::Acknowledged { writer, change, revision } }
    }

    fn found(revision: u64, changes: [usize; WRITERS]) -> Checked {
        let comments = vec![(1, comment(0, 0)), (2, comment(1, 0))];
        let changes = changes.into_iter().map(Some).collect();
        let verified = String::new();
        Checked { revision, changes, comments, verified, is_clean: true }
    }

    #[test]
    fn changes_reported_up_to_a_moment_must_be_there_and_later_ones_may_be() {
        let received = [acknowledged(5, 0, 0, 1), acknowledged(9, 1, 0, 2)];
        let known = Knowledge::of_nothing().and_received(&received, 5);
        assert_eq!((known.least.clone(), known.most.clone()), (vec![1, 0, 0, 0], vec![2, 2, 1, 1]));
        assert_eq!(known.judge(&found(1, [1, 0, 0, 0])), Ok(()));
        assert_eq!(known.judge(&found(2, [1, 1, 0, 0])), Ok(()));
    }

    #[test]
    fn a_refused_change_may_be_there() {
        let error = String::new();
        let message = Message::Refused { writer: 2, change: 1, not_applied: false, error };
        let known = Knowledge::of_nothing().and_received(&[Received { moment: 1, message }], 1);
        assert_eq!((known.least, known.most), (vec![0; 4], vec![1, 1, 3, 1]));
    }

    #[test]
    fn every_kind_of_problem_is_detected() {
        let received = [acknowledged(5, 0, 0, 1), acknowledged(9, 1, 0, 2)];
        let known = Knowledge::of_nothing().and_received(&received, 9);
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
