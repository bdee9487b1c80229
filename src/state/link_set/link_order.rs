//! Links in link order: by the change that made them, and then by their index in the request of that change.
//!
//! A link has a *sequence*, a number that increases in link order. A link is stored as its place and its sequence, in
//! eight bytes. The time, the revision and the request index are not stored for each link. Instead, a *run* has them
//! for all links of one change: the time, the revision, and the sequence `first` that belongs to request index 0. So
//! the request index of a link is its sequence minus `first` of its run. For example, if a change made links with the
//! sequences 5, 6 and 7, its run has `first` 5. If the links 5 and 6 are removed, the link 7 keeps its sequence, the
//! run keeps `first` 5, and the request index of the link is still 2. So a sequence may be unused.
//!
//! The links are in chunks that are shared with snapshots. A chunk has the runs of its links; a run whose links
//! continue in the next chunk is in both. Chunks that became small are merged. New links only get higher sequences.
//! When these run out, [`renumber`](LinkOrder::renumber) assigns all sequences again, without unused ones where
//! possible.

use std::sync::Arc;

use super::Link;
use crate::model::time::Timestamp;
use crate::model::{LinkRecord, Stamp};

/// The maximum number of links of a chunk.
const MAX: usize = 512;
/// The maximum number of links of a chunk that is merged from two.
const FILL: usize = 384;
/// A chunk with fewer links is merged with a neighbour.
const SMALL: usize = 96;

/// The change that made the links from a sequence on, up to the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The sequence of request index 0 of the change, even if that link does not exist.
    first: u32,
    revision: u64,
    time: Timestamp,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    /// In the order of their sequences.
    links: Vec<Link>,
    /// The runs of the links, in order.
    runs: Vec<Run>,
}

/// Links by their sequences, in non-empty chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkOrder {
    /// Each chunk with a lower bound of its sequences: the first sequence that it had when it was made. Lower sequences
    /// are in the chunks before it. The bound stays when links are removed.
    chunks: Vec<(u32, Arc<Chunk>)>,
}

impl Run {
    const fn record(self, sequence: u32) -> LinkRecord {
        let Self { first, revision, time } = self;
        LinkRecord { linked_at: time, revision, request_index: sequence.saturating_sub(first) }
    }
}

impl Chunk {
    fn run(&self, sequence: u32) -> Option<&Run> {
        let at = self.runs.partition_point(|run| run.first <= sequence);
        self.runs.get(at.checked_sub(1)?)
    }

    fn record(&self, link: Link) -> LinkRecord {
        let run = self.run(link.sequence);
        debug_assert!(run.is_some(), "each link has a run");
        run.map_or(
            LinkRecord { linked_at: Timestamp::default(), revision: 0, request_index: 0 },
            |run| run.record(link.sequence),
        )
    }

    fn push(&mut self, links: &[Link], run: Run) {
        self.links.extend_from_slice(links);
        if self.runs.last() != Some(&run) {
            self.runs.push(run);
        }
    }

    /// Adds the links of the next chunk.
    fn append(&mut self, later: &Self) {
        self.links.extend_from_slice(&later.links);
        let again = usize::from(self.runs.last() == later.runs.first());
        self.runs.extend(later.runs.iter().skip(again));
    }

    /// Removes runs without links.
    fn prune_runs(&mut self) {
        let mut links = self.links.iter().peekable();
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([u32::MAX]);
        let used = ends.map(|end| {
            let mut any = false;
            while links.next_if(|link| link.sequence < end).is_some() {
                any = true;
            }
            any
        });
        let mut used = used.collect::<Vec<_>>().into_iter();
        self.runs.retain(|_| used.next().unwrap_or(false));
    }
}

impl LinkOrder {
    /// Adds links of one change, in the order of their sequences, which are higher than all others. `first` is the
    /// sequence of request index 0 of the change, even if that link does not exist.
    pub(super) fn push(&mut self, links: &[Link], first: u32, stamp: Stamp) {
        let run = Run { first, revision: stamp.revision, time: stamp.time };
        let mut rest = links;
        if let Some((_, last)) = self.chunks.last_mut() {
            let room = MAX.saturating_sub(last.links.len()).min(rest.len());
            if room > 0 {
                let (here, later) = rest.split_at(room);
                Arc::make_mut(last).push(here, run);
                rest = later;
            }
        }
        for part in rest.chunks(MAX) {
            let lower = part.first().map_or(0, |link| link.sequence);
            let mut chunk = Chunk::default();
            chunk.push(part, run);
            self.chunks.push((lower, Arc::new(chunk)));
        }
    }

    /// The change that made the newest link.
    pub(super) fn newest(&self) -> Option<Stamp> {
        let run = self.chunks.last()?.1.runs.last()?;
        Some(Stamp { revision: run.revision, time: run.time })
    }

    /// The chunk, among the first `among` ones, that has a sequence.
    fn chunk_of(&self, sequence: u32, among: usize) -> usize {
        let chunks = self.chunks.get(..among).unwrap_or(&self.chunks);
        chunks.partition_point(|(lower, _)| *lower <= sequence).saturating_sub(1)
    }

    pub(super) fn record(&self, sequence: u32) -> LinkRecord {
        let chunk = self.chunks.get(self.chunk_of(sequence, self.chunks.len()));
        let link = Link { place: 0, sequence };
        chunk.map_or_else(|| Chunk::default().record(link), |(_, chunk)| chunk.record(link))
    }

    /// Whether a link has this time and this request index.
    pub(super) fn has(&self, record: LinkRecord) -> bool {
        let begins = |(_, chunk): &(u32, Arc<Chunk>)| {
            chunk.links.first().is_some_and(|link| chunk.record(*link) <= record)
        };
        let at = self.chunks.partition_point(begins).saturating_sub(1);
        self.chunks.get(at).is_some_and(|(_, chunk)| {
            chunk.links.binary_search_by(|link| chunk.record(*link).cmp(&record)).is_ok()
        })
    }

    /// Removes links by their sequences, which are in order; `None` if one does not exist.
    pub(super) fn remove(&mut self, sequences: &[u32]) -> Option<()> {
        let (mut rest, mut at) = (sequences, self.chunks.len());
        while let Some(last) = rest.last() {
            at = self.chunk_of(*last, at);
            let (lower, chunk) = self.chunks.get_mut(at)?;
            let before = if at > 0 { rest.partition_point(|one| *one < *lower) } else { 0 };
            let (left, here) = rest.split_at(before);
            let chunk = Arc::make_mut(chunk);
            let mut here = here.iter().peekable();
            chunk.links.retain(|link| here.next_if_eq(&&link.sequence).is_none());
            if here.next().is_some() {
                return None;
            }
            if chunk.runs.len() > 1 {
                chunk.prune_runs();
            }
            if chunk.links.capacity() > 2 * chunk.links.len() {
                chunk.links.shrink_to_fit();
            }
            self.tidy(at);
            rest = left;
        }
        Some(())
    }

    /// Drops an empty chunk, and merges a small one with the chunk before or after it.
    fn tidy(&mut self, at: usize) {
        let len = |at: usize| self.chunks.get(at).map_or(MAX, |(_, chunk)| chunk.links.len());
        match len(at) {
            0 => drop(self.chunks.remove(at)),
            few if few < SMALL => {
                let first = if at > 0 && few + len(at - 1) <= FILL { at - 1 } else { at };
                if len(first) + len(first + 1) <= FILL {
                    let (_, later) = self.chunks.remove(first + 1);
                    if let Some((_, chunk)) = self.chunks.get_mut(first) {
                        Arc::make_mut(chunk).append(&later);
                    }
                }
            }
            _ => {}
        }
    }

    /// The links with their runs, in link order.
    fn links(&self) -> impl Iterator<Item = (Link, Run)> {
        self.chunks.iter().flat_map(|(_, chunk)| {
            let link = |link: &Link| chunk.run(link.sequence).map(|run| (*link, *run));
            chunk.links.iter().filter_map(link)
        })
    }

    /// How many sequences the links need after [`renumber`](Self::renumber).
    ///
    /// The request index of a link stays the same, because cursors contain it. So a change needs all sequences up to
    /// its last existing link, also those of removed links before it. Only the sequences after it can be used again.
    pub(super) fn span(&self) -> u64 {
        let mut span = Span::default();
        for (link, run) in self.links() {
            span.place(link, run);
        }
        span.next
    }

    /// Assigns all sequences again, as low as possible. Returns the old and the new sequence of each link, and the next
    /// free one.
    pub(super) fn renumber(&mut self) -> (Vec<(u32, u32)>, u32) {
        let (mut span, mut changed) = (Span::default(), Vec::new());
        for (lower, chunk) in &mut self.chunks {
            let before = std::mem::take(Arc::make_mut(chunk));
            let chunk = Arc::make_mut(chunk);
            for link in &before.links {
                let Some(run) = before.run(link.sequence) else { continue };
                let sequence = span.place(*link, *run);
                changed.push((link.sequence, sequence));
                let first = u32::try_from(span.first).unwrap_or(u32::MAX);
                chunk.push(&[Link { place: link.place, sequence }], Run { first, ..*run });
            }
            *lower = chunk.links.first().map_or(0, |link| link.sequence);
        }
        (changed, u32::try_from(span.next).unwrap_or(u32::MAX))
    }

    /// Links in link order, with new sequences; returns the next sequence. `None` if two links have the same position,
    /// or if there are too many.
    pub(super) fn of(links: &[(Link, LinkRecord)]) -> Option<(Self, u32)> {
        let (mut order, mut next) = (Self::default(), 0_u64);
        let alike = |(_, one): &(_, LinkRecord), (_, other): &(_, LinkRecord)| {
            (one.revision, one.linked_at) == (other.revision, other.linked_at)
        };
        for of_change in links.chunk_by(alike) {
            let (Some((_, record)), Some((_, last))) = (of_change.first(), of_change.last()) else {
                continue;
            };
            let stamp = Stamp { revision: record.revision, time: record.linked_at };
            let first = next;
            next += u64::from(last.request_index) + 1;
            // The maximum is never used as a sequence.
            let (first, _) = (u32::try_from(first).ok()?, u32::try_from(next).ok()?);
            let placed: Vec<Link> = of_change
                .iter()
                .map(|(link, record)| Link { sequence: first + record.request_index, ..*link })
                .collect();
            if !placed.is_sorted_by(|one, other| one.sequence < other.sequence) {
                return None;
            }
            order.push(&placed, first, stamp);
        }
        Some((order, u32::try_from(next).ok()?))
    }

    /// The sequences of all links, in order.
    pub(super) fn sequences(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flat_map(|(_, chunk)| chunk.links.iter().map(|link| link.sequence))
    }

    /// The links after a link, without the first `skip`.
    pub(super) fn iter(
        &self,
        after: Option<LinkRecord>,
        skip: usize,
    ) -> impl Iterator<Item = (Link, LinkRecord)> {
        let (mut chunk, mut within) = after.map_or((0, 0), |after| {
            let begins = |(_, chunk): &(u32, Arc<Chunk>)| {
                chunk.links.first().is_some_and(|link| chunk.record(*link) <= after)
            };
            let at = self.chunks.partition_point(begins).saturating_sub(1);
            let within = self.chunks.get(at).map_or(0, |(_, chunk)| {
                chunk.links.partition_point(|link| chunk.record(*link) <= after)
            });
            (at, within)
        });
        within = within.saturating_add(skip);
        while let Some(links) = self.chunks.get(chunk).map(|(_, chunk)| chunk.links.len()) {
            if links > within {
                break;
            }
            (chunk, within) = (chunk + 1, within - links);
        }
        let links = self
            .chunks
            .iter()
            .skip(chunk)
            .flat_map(|(_, chunk)| chunk.links.iter().map(|link| (*link, chunk.record(*link))));
        links.skip(within)
    }

    pub(super) fn memory(&self) -> usize {
        let chunks = self.chunks.iter().map(|(_, chunk)| {
            let (links, runs) = (chunk.links.capacity(), chunk.runs.capacity());
            64 + links * size_of::<Link>() + runs * size_of::<Run>()
        });
        chunks.sum::<usize>() + self.chunks.capacity() * size_of::<(u32, Arc<Chunk>)>()
    }

    pub(super) fn check(&self, next: u32) -> Result<(), String> {
        if self.chunks.iter().any(|(_, chunk)| chunk.links.is_empty() || chunk.links.len() > MAX) {
            return Err("a chunk of links in link order is empty or too long".to_owned());
        }
        let unused = |(_, chunk): &(u32, Arc<Chunk>)| {
            let mut pruned = Chunk::clone(chunk);
            pruned.prune_runs();
            pruned.runs != chunk.runs
        };
        if self.chunks.iter().any(unused) {
            return Err("a change has a run but no link".to_owned());
        }
        let within = self.chunks.iter().all(|(lower, chunk)| {
            chunk.links.first().is_some_and(|link| link.sequence >= *lower)
                && chunk.links.last().is_some_and(|link| link.sequence < next)
        });
        let lowers = self.chunks.iter().map(|(lower, _)| lower);
        let records = self.links().map(|(link, run)| run.record(link.sequence));
        let ordered =
            self.links().map(|(link, _)| link.sequence).is_sorted_by(|one, other| one < other);
        if within && ordered && lowers.is_sorted() && records.is_sorted_by(|one, other| one < other)
        {
            Ok(())
        } else {
            Err("links are not in link order".to_owned())
        }
    }
}

/// Assigns sequences to links in link order.
#[derive(Default)]
struct Span {
    run: Option<Run>,
    /// The new sequence of request index 0 of the run.
    first: u64,
    /// The next free sequence.
    next: u64,
}

impl Span {
    /// The new sequence of a link.
    fn place(&mut self, link: Link, run: Run) -> u32 {
        if self.run != Some(run) {
            (self.run, self.first) = (Some(run), self.next);
        }
        let sequence = self.first + u64::from(link.sequence - run.first);
        self.next = sequence + 1;
        u32::try_from(sequence).unwrap_or(u32::MAX)
    }
}
