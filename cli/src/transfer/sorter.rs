//! Sorting more records than fit in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

/// The memory for records and their positions. More records go to a file.
const BUDGET: usize = 64 << 20;

/// Sorts records, which are bytes, in byte order.
///
/// Records that do not fit in memory go to unnamed temporary files, as sorted runs. They are merged when the records
/// are read.
///
/// Cost: O(n log n) in time, in memory [`BUDGET`] and a buffer for each run.
#[derive(Debug)]
pub(super) struct Sorter {
    records: Records,
    runs: Vec<File>,
    budget: usize,
}

/// Records in memory, and their positions.
#[derive(Debug, Default)]
struct Records {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    len: u32,
}

impl Records {
    fn size(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>()
    }

    fn get(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start..span.start + span.len as usize).unwrap_or_default()
    }

    fn sort(&mut self) {
        let mut spans = std::mem::take(&mut self.spans);
        spans.sort_unstable_by(|a, b| self.get(*a).cmp(self.get(*b)));
        self.spans = spans;
    }
}

impl Default for Sorter {
    fn default() -> Self {
        Self::with_budget(BUDGET)
    }
}

impl Sorter {
    fn with_budget(budget: usize) -> Self {
        Self { records: Records::default(), runs: Vec::new(), budget }
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// The error of a temporary file that cannot be written, or of a record of 4 GiB or more.
    pub(super) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let len = u32::try_from(record.len()).map_err(io::Error::other)?;
        self.records.spans.push(Span { start: self.records.bytes.len(), len });
        self.records.bytes.extend_from_slice(record);
        if self.records.size() < self.budget { Ok(()) } else { self.spill() }
    }

    /// Writes the records in memory to a file.
    fn spill(&mut self) -> io::Result<()> {
        self.records.sort();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for span in &self.records.spans {
            file.write_all(&span.len.to_le_bytes())?;
            file.write_all(self.records.get(*span))?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        self.records.bytes.clear();
        self.records.spans.clear();
        Ok(())
    }

    /// The records in order.
    ///
    /// # Errors
    ///
    /// The error of a temporary file that cannot be read.
    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        self.records.sort();
        let Records { bytes, spans } = self.records;
        let in_memory = Run::Memory { bytes, spans: spans.into_iter() };
        let in_files = self.runs.into_iter().map(|file| Run::File(BufReader::new(file)));
        let mut sorted = Sorted { runs: Vec::new(), heads: BinaryHeap::new() };
        for mut run in in_files.chain([in_memory]) {
            if let Some(head) = run.next()? {
                sorted.heads.push(Reverse((head, sorted.runs.len())));
            }
            sorted.runs.push(run);
        }
        Ok(sorted)
    }
}

/// Sorted records.
#[derive(Debug)]
enum Run {
    Memory { bytes: Vec<u8>, spans: std::vec::IntoIter<Span> },
    File(BufReader<File>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Memory { bytes, spans } => {
                let span = spans.next();
                let record =
                    span.and_then(|span| bytes.get(span.start..)?.get(..span.len as usize));
                Ok(record.map(<[u8]>::to_vec))
            }
            Self::File(file) => {
                let mut len = [0; 4];
                match file.read_exact(&mut len) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                    other => other?,
                }
                let mut record = vec![0; u32::from_le_bytes(len) as usize];
                file.read_exact(&mut record)?;
                Ok(Some(record))
            }
        }
    }
}

/// Records in order, as an iterator. It ends after an error of a temporary file.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: Vec<Run>,
    /// The next record of each run that has more, with the index of the run.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

impl Iterator for Sorted {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((record, place)) = self.heads.pop()?;
        match self.runs.get_mut(place).map(Run::next) {
            Some(Ok(Some(head))) => self.heads.push(Reverse((head, place))),
            Some(Ok(None)) | None => {}
            Some(Err(error)) => {
                self.heads.clear();
                return Some(Err(error));
            }
        }
        Some(Ok(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sorted records for some input records.
    fn sorted(records: &[Vec<u8>], budget: usize) -> (usize, Vec<Vec<u8>>) {
        let mut sorter = Sorter::with_budget(budget);
        for record in records {
            sorter.push(record).unwrap();
        }
        let runs = sorter.runs.len();
        (runs, sorter.sorted().unwrap().collect::<io::Result<_>>().unwrap())
    }

    /// Records of several lengths, unsorted, some more than once.
    fn records() -> Vec<Vec<u8>> {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..2_000).map(|_| (0..next() % 5).map(|_| next() % 4).collect()).collect()
    }

    #[test]
    fn records_are_sorted_and_duplicates_are_kept() {
        let records = records();
        let mut expected = records.clone();
        expected.sort();
        let (runs, in_memory) = sorted(&records, usize::MAX);
        assert_eq!((runs, &in_memory), (0, &expected));
        let (runs, in_files) = sorted(&records, 1_000);
        assert!(runs > 10, "{runs}");
        assert_eq!(in_files, expected);
    }

    #[test]
    fn sorting_no_records_returns_none() {
        assert_eq!(sorted(&[], 10), (0, Vec::new()));
    }
}
