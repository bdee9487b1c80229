//! What snapshots are named by, and how that is written.

/// What a snapshot is named by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName {
    /// The sequence of the log up to which the snapshot has all changes.
    pub sequence: u64,
    /// The position of the store, as [`viewlink::Position`] is written.
    pub position: String,
}

/// What the name of a file ends with.
const ENDING: &str = ".snapshot";
/// As many digits as a sequence may have, so that names sort by it.
const DIGITS: usize = 20;

impl SnapshotName {
    /// The name of a file or an object.
    pub(crate) fn file_name(&self) -> String {
        format!("{:0DIGITS$}.{}{ENDING}", self.sequence, self.position)
    }

    /// The snapshot that has the name of a file or an object, if there is one.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        let (sequence, position) = name.strip_suffix(ENDING)?.split_once('.')?;
        let is_number =
            sequence.len() == DIGITS && sequence.bytes().all(|byte| byte.is_ascii_digit());
        let is_position = position.parse::<viewlink::Position>().is_ok();
        let sequence = (is_number && is_position).then(|| sequence.parse().ok()).flatten()?;
        Some(Self { sequence, position: position.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(sequence: u64) -> SnapshotName {
        let position = format!("{}-7-{}", "a".repeat(32), "b".repeat(32));
        SnapshotName { sequence, position }
    }

    #[test]
    fn names_are_read_as_they_are_written_and_sort_by_sequence() {
        let names = [0, 9, 10, u64::MAX].map(name);
        let files = names.clone().map(|name| name.file_name());
        assert!(files.is_sorted());
        for (name, file) in names.iter().zip(&files) {
            assert_eq!(SnapshotName::of_file(file).as_ref(), Some(name));
        }
    }

    #[test]
    fn what_is_no_snapshot_has_no_name() {
        let file = name(5).file_name();
        for other in [
            "",
            "notes.txt",
            ".snapshot",
            &file[1..],
            &format!("{file}.unfinished"),
            "00000000000000000001.x.snapshot",
        ] {
            assert_eq!(SnapshotName::of_file(other), None, "{other}");
        }
    }
}
