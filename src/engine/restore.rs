//! Restoring a store at a revision, from a copy and the journal that was kept since.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backup::{fill_copy, make_directory};
use super::directory::Directory;
use super::live::Open;
use super::recovery::{self, Replay};
use crate::disk::FileDisk;
use crate::journal::{JournalOptions, Reader, Segments, StateHead, scan};
use crate::model::error::{Error, Result};
use crate::model::position::Position;
use crate::options::Options;

/// The source of a restored store, and the revision to restore.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The directory of a copy.
    pub(crate) copy: &'a Path,
    /// Directories with segments of the journal, in the order in which they continue each other.
    pub(crate) journals: &'a [PathBuf],
    /// `None` for the newest revision.
    pub(crate) at: Option<u64>,
}

/// Segments that continue the state, and the revision up to which they were used.
struct Part {
    segments: Arc<Segments>,
    first: u64,
    end: u64,
}

/// Makes a store in a new directory; returns its position. The copy and the journals are not changed.
///
/// The store gets a new id. It has the lineage and the chain of hashes of the store that was copied, and its history
/// as far as it is kept.
///
/// Cost: O(n log n) with the size of the copy, and O(bytes of the later changes).
pub(crate) fn restore(source: Source<'_>, to: &Path, options: Options) -> Result<Position> {
    let options = options.read_only(true);
    let directory = Directory::open(source.copy, &options)?;
    let (open, _) = recovery::open(&directory, &options)?;
    let copied = open.state.head().revision;
    if let Some(requested) = source.at.filter(|&at| at < copied) {
        return Err(Error::RevisionNotKept { requested, oldest: copied, newest: copied });
    }
    let mut replay =
        Replay { state: open.state.clone(), hash: open.hash, mark: open.mark, bytes: 0 };
    let kept = open.segments.oldest().unwrap_or(u64::MAX).min(copied.saturating_add(1));
    let before = open.segments.point_before(kept)?;
    let mut parts = vec![Part { segments: Arc::clone(&open.segments), first: kept, end: copied }];
    for journal in source.journals {
        if source.at == Some(replay.state.head().revision) {
            // A later directory may begin after this revision.
            break;
        }
        let first = replay.state.head().revision.saturating_add(1);
        let segments = replay_directory(&mut replay, journal, source.at)?;
        parts.push(Part { segments, first, end: replay.state.head().revision });
    }
    let newest = replay.state.head().revision;
    if let Some(requested) = source.at.filter(|&at| at != newest) {
        return Err(Error::RevisionNotKept { requested, oldest: copied, newest });
    }
    let restored = Open { state: replay.state, hash: replay.hash, mark: replay.mark, ..open };
    let mut groups = Vec::new();
    for Part { segments, first, end } in parts {
        groups.push(Reader::new(segments, first, end)?.into_groups());
    }
    let groups = groups.into_iter().flatten();
    make_directory(to, |disk| {
        fill_copy(&restored, disk, before, JournalOptions::from(&options), groups)
    })?;
    Ok(restored.position())
}

/// Applies the changes after the state from a directory of segments, up to a revision.
fn replay_directory(replay: &mut Replay, journal: &Path, at: Option<u64>) -> Result<Arc<Segments>> {
    let finding = |source| Error::io(format!("open the journal {journal:?}"), source);
    let disk = FileDisk::new(journal).map_err(finding)?;
    let opened = Segments::open_archive(Arc::new(disk));
    let segments = Arc::new(opened.map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == ErrorKind::NotFound => finding(source),
        other => other,
    })?);
    let state = StateHead { revision: replay.state.head().revision, hash: Some(replay.hash) };
    let head = scan(&segments, state)?.head;
    let end = at.map_or(head, |at| at.min(head)).max(state.revision);
    replay.run(&segments, end, &|_| Ok(()))?;
    Ok(segments)
}
