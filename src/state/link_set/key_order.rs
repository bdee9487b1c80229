//! Links in key order, in chunks that are shared with snapshots.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Entry, Link};
use crate::state::names::Names;

/// The maximum number of links of a chunk.
const MAX: usize = 512;
/// The number of links of a new chunk, and the maximum number of one that is merged from two.
const FILL: usize = 384;
/// A chunk with fewer links is merged with a neighbour.
const SMALL: usize = 96;
/// If at least one link is added for each of this number of existing links, a chunk is rewritten in one pass.
const DENSE: usize = 16;

/// Links in key order; never empty.
#[derive(Clone, Debug)]
struct Chunk {
    /// The place of the first name: a search reads it without reading the chunk.
    first: u32,
    links: Arc<Vec<Link>>,
}

impl Chunk {
    fn new(links: Vec<Link>) -> Self {
        let first = links.first().map_or(0, |link| link.place);
        Self { first, links: Arc::new(links) }
    }
}

/// Links in the order of their names, in chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyOrder {
    chunks: Vec<Chunk>,
}

/// Compares the name at a place with an entry in key order.
fn compare(names: &Names, one: u32, prefix: u64, place: u32) -> Ordering {
    names.prefix(one).cmp(&prefix).then_with(|| names.tie(one, place))
}

impl KeyOrder {
    /// The chunk, among the first `among` ones, that has an entry or must get it. Chunks near the end are found
    /// fastest, because the entries of a batch are searched from the last one.
    fn chunk_of(&self, names: &Names, prefix: u64, place: u32, among: usize) -> usize {
        let chunks = self.chunks.get(..among).unwrap_or(&self.chunks);
        let begins =
            |chunk: &Chunk| compare(names, chunk.first, prefix, place) != Ordering::Greater;
        let (mut low, mut step) = (chunks.len(), 1);
        while low > 0 {
            low = low.saturating_sub(step);
            if chunks.get(low).is_some_and(begins) {
                break;
            }
            step *= 2;
        }
        let near = chunks.get(low..).unwrap_or_default();
        (low + near.partition_point(begins)).saturating_sub(1)
    }

    /// How many of the entries, which are in key order, come before a chunk; zero for the first chunk.
    fn before<E>(
        &self,
        names: &Names,
        chunk: usize,
        entries: &[E],
        entry: impl Fn(&E) -> (u64, u32),
    ) -> usize {
        let Some(chunk) = self.chunks.get(chunk).filter(|_| chunk > 0) else { return 0 };
        entries.partition_point(|one| {
            let (prefix, place) = entry(one);
            compare(names, chunk.first, prefix, place) == Ordering::Greater
        })
    }

    /// Adds links that are not in it; they are in key order, each with its prefix.
    pub(super) fn insert(&mut self, names: &Names, added: &[(u64, Link)]) {
        if self.chunks.is_empty() {
            let links: Vec<Link> = added.iter().map(|(_, link)| *link).collect();
            return self.fill(&links);
        }
        let (mut rest, mut chunk) = (added, self.chunks.len());
        // From the end, so that the indexes of chunks stay valid.
        while let Some((prefix, last)) = rest.last() {
            chunk = self.chunk_of(names, *prefix, last.place, chunk);
            let entry = |(prefix, link): &(u64, Link)| (*prefix, link.place);
            let (before, here) = rest.split_at(self.before(names, chunk, rest, entry));
            self.insert_into(names, chunk, here);
            rest = before;
        }
    }

    /// Replaces all links by these, which are in key order.
    pub(super) fn fill(&mut self, links: &[Link]) {
        self.chunks = links.chunks(FILL).map(|part| Chunk::new(part.to_vec())).collect();
    }

    fn insert_into(&mut self, names: &Names, at: usize, added: &[(u64, Link)]) {
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        if added.len() * DENSE < chunk.links.len() {
            let links = Arc::make_mut(&mut chunk.links);
            if links.capacity() < links.len() + added.len() {
                links.reserve_exact(links.len() / 8 + added.len());
            }
            for (prefix, link) in added {
                let less =
                    |one: &Link| compare(names, one.place, *prefix, link.place) == Ordering::Less;
                links.insert(links.partition_point(less), *link);
            }
            chunk.first = links.first().map_or(chunk.first, |link| link.place);
        } else {
            *chunk = Chunk::new(merge(names, &chunk.links, added));
        }
        let len = chunk.links.len();
        if len > MAX {
            let size = len.div_ceil(len.div_ceil(FILL));
            let parts = chunk.links.chunks(size).map(|part| Chunk::new(part.to_vec()));
            let parts: Vec<Chunk> = parts.collect();
            self.chunks.splice(at..=at, parts);
        }
    }

    /// The links with these names, which are in key order; `None` if one does not exist.
    pub(super) fn find(&self, names: &Names, wanted: &[Entry]) -> Option<Vec<Link>> {
        let mut found = Vec::with_capacity(wanted.len());
        let (mut rest, mut at) = (wanted, self.chunks.len());
        while let Some(last) = rest.last() {
            at = self.chunk_of(names, last.prefix, last.place, at);
            let entry = |entry: &Entry| (entry.prefix, entry.place);
            let (before, here) = rest.split_at(self.before(names, at, rest, entry));
            let mut here = here.iter().rev().peekable();
            let links = self.chunks.get(at)?.links.iter().rev();
            found.extend(
                links.filter(|link| here.next_if(|entry| entry.place == link.place).is_some()),
            );
            if here.next().is_some() {
                return None;
            }
            rest = before;
        }
        found.reverse();
        Some(found)
    }

    /// Removes the links with these names, which are in key order, and returns their sequences; `None` if one does not
    /// exist.
    pub(super) fn remove(
        &mut self,
        names: &Names,
        wanted: &[Entry],
        sequences: &mut Vec<u32>,
    ) -> Option<()> {
        let (mut rest, mut at) = (wanted, self.chunks.len());
        while let Some(last) = rest.last() {
            at = self.chunk_of(names, last.prefix, last.place, at);
            let entry = |entry: &Entry| (entry.prefix, entry.place);
            let (before, here) = rest.split_at(self.before(names, at, rest, entry));
            let chunk = self.chunks.get_mut(at)?;
            let links = Arc::make_mut(&mut chunk.links);
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
            chunk.first = links.first().map_or(chunk.first, |link| link.place);
            self.tidy(at);
            rest = before;
        }
        Some(())
    }

    /// Drops an empty chunk, and merges a small one with the chunk before or after it.
    fn tidy(&mut self, at: usize) {
        let len = |at: usize| self.chunks.get(at).map_or(MAX, |chunk| chunk.links.len());
        match len(at) {
            0 => drop(self.chunks.remove(at)),
            few if few < SMALL => {
                let first = if at > 0 && few + len(at - 1) <= FILL { at - 1 } else { at };
                if len(first) + len(first + 1) <= FILL {
                    let later = self.chunks.remove(first + 1);
                    if let Some(chunk) = self.chunks.get_mut(first) {
                        Arc::make_mut(&mut chunk.links).extend_from_slice(&later.links);
                    }
                }
            }
            _ => {}
        }
    }

    /// Gives links new sequences: `changed` has the old and new ones, sorted by the old ones.
    pub(super) fn renumber(&mut self, changed: &[(u32, u32)]) {
        for chunk in &mut self.chunks {
            for link in Arc::make_mut(&mut chunk.links) {
                let at = changed.binary_search_by_key(&link.sequence, |(old, _)| *old);
                debug_assert!(at.is_ok(), "a link is in both orders");
                let new = at.ok().and_then(|at| changed.get(at));
                link.sequence = new.map_or(link.sequence, |(_, new)| *new);
            }
        }
    }

    /// The links after a name, without the first `skip`.
    pub(super) fn iter<'s>(
        &'s self,
        names: &Names,
        after: Option<&str>,
        skip: usize,
    ) -> impl Iterator<Item = Link> + use<'s> {
        let (mut at, mut within) = after.map_or((0, 0), |after| {
            let not_after = |place: u32| names.compare(place, after) != Ordering::Greater;
            let at = self.chunks.partition_point(|chunk| not_after(chunk.first)).saturating_sub(1);
            let links = self.chunks.get(at).map_or(&[][..], |chunk| &chunk.links);
            (at, links.partition_point(|link| not_after(link.place)))
        });
        within = within.saturating_add(skip);
        while let Some(chunk) = self.chunks.get(at).filter(|chunk| chunk.links.len() <= within) {
            (at, within) = (at + 1, within - chunk.links.len());
        }
        self.chunks.iter().skip(at).flat_map(|chunk| chunk.links.iter()).skip(within).copied()
    }

    pub(super) fn memory(&self) -> usize {
        let chunks: usize =
            self.chunks.iter().map(|chunk| 40 + chunk.links.capacity() * size_of::<Link>()).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>()
    }

    pub(super) fn check(&self, names: &Names) -> Result<(), String> {
        let sound = |chunk: &Chunk| {
            let first = chunk.links.first();
            chunk.links.len() <= MAX && first.is_some_and(|link| link.place == chunk.first)
        };
        if !self.chunks.iter().all(sound) {
            return Err(
                "a chunk of links in key order is empty, too long or has another first name"
                    .to_owned(),
            );
        }
        let texts = self
            .chunks
            .iter()
            .flat_map(|chunk| chunk.links.iter())
            .map(|link| names.text(link.place));
        if texts.is_sorted_by(|one, other| one < other) {
            Ok(())
        } else {
            Err("links are not in key order".to_owned())
        }
    }
}

/// Merges the links of a chunk and the added links, both in key order.
fn merge(names: &Names, links: &[Link], added: &[(u64, Link)]) -> Vec<Link> {
    let mut merged = Vec::with_capacity(links.len() + added.len());
    // In a separate pass, so that memory accesses overlap.
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
