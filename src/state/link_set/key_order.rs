//! Links in key order.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Entry, Link};
use crate::state::names::Names;

/// The most links of a chunk, how many one is made with, and how few are put together with others.
const MAX: usize = 512;
const FILL: usize = 384;
const SMALL: usize = 96;
/// With one added link to so many that are there a chunk is written anew in one pass.
const DENSE: usize = 16;

type Chunk = Arc<Vec<Link>>;

/// Links in the order of their names, in chunks none of which is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyOrder {
    chunks: Vec<Chunk>,
}

/// How a link stands to an entry in key order.
fn compare(names: &Names, link: &Link, prefix: u64, place: u32) -> Ordering {
    names.prefix(link.place).cmp(&prefix).then_with(|| names.tie(link.place, place))
}

impl KeyOrder {
    /// The chunk, of the first `among`, in which an entry is or belongs.
    fn chunk_of(&self, names: &Names, prefix: u64, place: u32, among: usize) -> usize {
        let chunks = self.chunks.get(..among).unwrap_or(&self.chunks);
        let begins = |chunk: &Chunk| {
            let first = chunk.first();
            first.is_some_and(|first| compare(names, first, prefix, place) != Ordering::Greater)
        };
        chunks.partition_point(begins).saturating_sub(1)
    }

    /// How many of the entries, which are in key order, come before a chunk; none before the first one.
    fn before(
        &self,
        names: &Names,
        chunk: usize,
        entries: impl ExactSizeIterator<Item = (u64, u32)> + Clone,
    ) -> usize {
        let first = self.chunks.get(chunk).and_then(|chunk| chunk.first());
        let Some(first) = first.filter(|_| chunk > 0) else { return 0 };
        let (mut low, mut high) = (0, entries.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some((prefix, place)) = entries.clone().nth(middle) else { break };
            match compare(names, first, prefix, place) {
                Ordering::Greater => low = middle + 1,
                Ordering::Less | Ordering::Equal => high = middle,
            }
        }
        low
    }

    /// Adds links that are not there; they are in key order, each with its prefix.
    pub(super) fn insert(&mut self, names: &Names, added: &[(u64, Link)]) {
        if self.chunks.is_empty() {
            let links =
                |part: &[(u64, Link)]| Arc::new(part.iter().map(|(_, link)| *link).collect());
            self.chunks = added.chunks(FILL).map(links).collect();
            return;
        }
        let (mut rest, mut chunk) = (added, self.chunks.len());
        // From the back, so that chunks stay where they are.
        while let Some((prefix, last)) = rest.last() {
            chunk = self.chunk_of(names, *prefix, last.place, chunk);
            let entries = rest.iter().map(|(prefix, link)| (*prefix, link.place));
            let (before, here) = rest.split_at(self.before(names, chunk, entries));
            self.insert_into(names, chunk, here);
            rest = before;
        }
    }

    fn insert_into(&mut self, names: &Names, at: usize, added: &[(u64, Link)]) {
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        if added.len() * DENSE < chunk.len() {
            let links = Arc::make_mut(chunk);
            if links.capacity() < links.len() + added.len() {
                links.reserve_exact(links.len() / 8 + added.len());
            }
            for (prefix, link) in added {
                let less = |one: &Link| compare(names, one, *prefix, link.place) == Ordering::Less;
                links.insert(links.partition_point(less), *link);
            }
        } else {
            *chunk = Arc::new(merge(names, chunk, added));
        }
        let len = chunk.len();
        if len > MAX {
            let size = len.div_ceil(len.div_ceil(FILL));
            let parts: Vec<Chunk> =
                chunk.chunks(size).map(|part| Arc::new(part.to_vec())).collect();
            self.chunks.splice(at..=at, parts);
        }
    }

    /// Calls `found` for each of the links with the names that are wanted, which are in key order; `None`
    /// if one is not there.
    pub(super) fn find(
        &self,
        names: &Names,
        wanted: &[Entry],
        mut found: impl FnMut(Link),
    ) -> Option<()> {
        let mut rest = wanted;
        while let Some(first) = rest.first() {
            let at = self.chunk_of(names, first.prefix, first.place, self.chunks.len());
            let mut left = rest.iter();
            let mut next = left.next();
            for link in self.chunks.get(at)?.iter() {
                match next {
                    Some(entry) if entry.place == link.place => {
                        found(*link);
                        next = left.next();
                    }
                    Some(_) => {}
                    None => break,
                }
            }
            let found_here = rest.len() - left.len() - usize::from(next.is_some());
            if found_here == 0 {
                return None;
            }
            rest = rest.get(found_here..)?;
        }
        Some(())
    }

    /// Removes the links with the names that are wanted, which are in key order, and tells their
    /// sequences; `None` if one is not there.
    pub(super) fn remove(
        &mut self,
        names: &Names,
        wanted: &[Entry],
        sequences: &mut Vec<u32>,
    ) -> Option<()> {
        let (mut rest, mut at) = (wanted, self.chunks.len());
        while let Some(last) = rest.last() {
            at = self.chunk_of(names, last.prefix, last.place, at);
            let entries = rest.iter().map(|entry| (entry.prefix, entry.place));
            let (before, here) = rest.split_at(self.before(names, at, entries));
            let links = Arc::make_mut(self.chunks.get_mut(at)?);
            let mut here = here.iter().peekable();
            links.retain(|link| {
                let gone = here.next_if(|entry| entry.place == link.place).is_some();
                if gone {
                    sequences.push(link.sequence);
                }
                !gone
            });
            if here.next().is_some() {
                return None;
            }
            if links.capacity() > 2 * links.len() {
                links.shrink_to_fit();
            }
            self.tidy(at);
            rest = before;
        }
        Some(())
    }

    /// Drops a chunk that is empty, and puts a small one together with the one before or behind it.
    fn tidy(&mut self, at: usize) {
        let len = |at: usize| self.chunks.get(at).map_or(MAX, |chunk| chunk.len());
        match len(at) {
            0 => drop(self.chunks.remove(at)),
            few if few < SMALL => {
                let first = if at > 0 && few + len(at - 1) <= FILL { at - 1 } else { at };
                if len(first) + len(first + 1) <= FILL {
                    let behind = self.chunks.remove(first + 1);
                    if let Some(chunk) = self.chunks.get_mut(first) {
                        Arc::make_mut(chunk).extend_from_slice(&behind);
                    }
                }
            }
            _ => {}
        }
    }

    /// Gives links new sequences: `changed` has the old and the new ones, by the old ones.
    pub(super) fn renumber(&mut self, changed: &[(u32, u32)]) {
        for chunk in &mut self.chunks {
            for link in Arc::make_mut(chunk) {
                let at = changed.binary_search_by_key(&link.sequence, |(old, _)| *old);
                debug_assert!(at.is_ok(), "a link is in one order alone");
                let new = at.ok().and_then(|at| changed.get(at));
                link.sequence = new.map_or(link.sequence, |(_, new)| *new);
            }
        }
    }

    /// The links from behind a name on, `skip` of them left out.
    pub(super) fn iter<'s>(
        &'s self,
        names: &Names,
        after: Option<&str>,
        skip: usize,
    ) -> impl Iterator<Item = Link> + use<'s> {
        let (mut chunk, mut within) = after.map_or((0, 0), |after| {
            let not_behind = |link: &Link| names.compare(link.place, after) != Ordering::Greater;
            let begins = |chunk: &Chunk| chunk.first().is_some_and(not_behind);
            let chunk = self.chunks.partition_point(begins).saturating_sub(1);
            (chunk, self.chunks.get(chunk).map_or(0, |links| links.partition_point(not_behind)))
        });
        within = within.saturating_add(skip);
        while let Some(links) = self.chunks.get(chunk).filter(|links| links.len() <= within) {
            (chunk, within) = (chunk + 1, within - links.len());
        }
        self.chunks.iter().skip(chunk).flat_map(|links| links.iter()).skip(within).copied()
    }

    pub(super) fn memory(&self) -> usize {
        let chunks: usize =
            self.chunks.iter().map(|chunk| 40 + chunk.capacity() * size_of::<Link>()).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>()
    }

    pub(super) fn check(&self, names: &Names) -> Result<(), String> {
        if self.chunks.iter().any(|chunk| chunk.is_empty() || chunk.len() > MAX) {
            return Err("a chunk of links in key order is empty or too long".to_owned());
        }
        let texts =
            self.chunks.iter().flat_map(|chunk| chunk.iter()).map(|link| names.text(link.place));
        if texts.is_sorted_by(|one, other| one < other) {
            Ok(())
        } else {
            Err("links are not in key order".to_owned())
        }
    }
}

/// The links of a chunk and those that are added, both in key order, in one.
fn merge(names: &Names, links: &[Link], added: &[(u64, Link)]) -> Vec<Link> {
    let mut merged = Vec::with_capacity(links.len() + added.len());
    // In a pass of its own, so that accesses to memory overlap.
    let prefixes: Vec<u64> = links.iter().map(|link| names.prefix(link.place)).collect();
    let mut added = added.iter().peekable();
    for (link, own) in links.iter().zip(prefixes) {
        let before = |(prefix, new): &&(u64, Link)| {
            let order = prefix.cmp(&own).then_with(|| names.tie(new.place, link.place));
            order == Ordering::Less
        };
        while let Some((_, new)) = added.next_if(before) {
            merged.push(*new);
        }
        merged.push(*link);
    }
    merged.extend(added.map(|(_, new)| *new));
    merged
}
