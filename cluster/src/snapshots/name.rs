//! The names of snapshots, and their text form.

/// The name of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName {
    /// The snapshot has all changes up to this sequence of the log.
    pub sequence: u64,
    /// The position of the store, in the text form of [`viewlink::Position`].
    pub position: String,
}

/// The end of the name of a file.
const ENDING: &str = ".snapshot";
/// The digits of the largest sequence, so that the order of the names is the order of the sequences.
const DIGITS: usize = 20;

impl SnapshotName {
    /// The name of a file or an object.
    pub(crate) fn file_name(&self) -> String {
        format!("{:0DIGITS$}.{}{ENDING}", self.sequence, self.position)
    }

    /// The snapshot with the name of a file or an object; `None` for other files.
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
    fn other_files_are_not_snapshots() {
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
