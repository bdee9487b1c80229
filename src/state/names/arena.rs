//! The storage of names: records in pages, one after another.
//!
//! A record is the id of a name, its length and its bytes. It begins at a multiple of eight bytes. If it fits into one
//! cache line, it does not cross a line, so that reading a name costs one memory access.

use std::sync::Arc;

use crate::model::resource_name::MAX_NAME_LEN;

/// The bytes of a page. The first write after a snapshot copies a page.
const PAGE: usize = 1 << 15;
const WORD: usize = 8;
const LINE: usize = 64;
const PAGE_WORDS: u32 = (PAGE / WORD) as u32;
/// The header of a name: its id and its length.
const HEAD: usize = 6;
/// Holes are grouped by their number of words.
const CLASSES: usize = (HEAD + MAX_NAME_LEN).div_ceil(WORD) + 1;
/// The id in a hole that never had a name.
const NO_ID: u32 = u32::MAX;

/// Records of names. A *place* is the beginning of a record, in words from the first page on.
#[derive(Clone, Debug)]
pub(super) struct Arena {
    pages: Arc<Vec<Arc<Page>>>,
    /// The beginning of the next record in the last page, in bytes.
    end: usize,
    /// For each number of words the first hole, as its place plus 1; each hole contains the next one.
    holes: [u32; CLASSES],
    next_id: u32,
}

/// Bytes that begin at a cache line.
#[derive(Debug, Default)]
struct Page {
    bytes: Vec<u8>,
    /// The index of the first cache line.
    from: usize,
}

impl Page {
    fn with_capacity(capacity: usize) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(capacity + LINE);
        let from = bytes.as_ptr().align_offset(LINE).min(LINE);
        bytes.resize(from, 0);
        Self { bytes, from }
    }

    /// Extends the page to this number of bytes.
    fn grow(&mut self, length: usize) {
        let end = self.from + length;
        if end > self.bytes.capacity() {
            let mut larger = Self::with_capacity(length.next_power_of_two().clamp(LINE * 4, PAGE));
            larger.bytes.extend_from_slice(self.bytes.get(self.from..).unwrap_or_default());
            *self = larger;
        }
        let end = self.from + length;
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
    }
}

impl Clone for Page {
    fn clone(&self) -> Self {
        let used = self.bytes.get(self.from..).unwrap_or_default();
        let mut copy = Self::with_capacity(used.len().next_power_of_two().max(LINE * 4));
        copy.bytes.extend_from_slice(used);
        copy
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self { pages: Arc::default(), end: PAGE, holes: [0; CLASSES], next_id: 0 }
    }
}

const fn words(name: &str) -> usize {
    (HEAD + name.len()).div_ceil(WORD)
}

impl Arena {
    #[inline]
    fn record(&self, place: u32) -> &[u8] {
        let at = (place % PAGE_WORDS) as usize * WORD;
        let page = self.pages.get((place / PAGE_WORDS) as usize);
        page.and_then(|page| page.bytes.get(page.from + at..)).unwrap_or_default()
    }

    /// The id and the length of the name at a place.
    #[inline]
    pub(super) fn head(&self, place: u32) -> (u32, usize) {
        match self.record(place) {
            [a, b, c, d, e, f, ..] => {
                (u32::from_le_bytes([*a, *b, *c, *d]), usize::from(u16::from_le_bytes([*e, *f])))
            }
            _ => (NO_ID, 0),
        }
    }

    /// The bytes of the name at a place.
    #[inline]
    pub(super) fn name(&self, place: u32) -> &[u8] {
        let record = self.record(place);
        let [_, _, _, _, e, f, rest @ ..] = record else { return &[] };
        rest.get(..usize::from(u16::from_le_bytes([*e, *f]))).unwrap_or_default()
    }

    /// Adds a name; returns its place and its id.
    pub(super) fn add(&mut self, name: &str) -> (u32, u32) {
        debug_assert!(name.len() <= MAX_NAME_LEN, "{} bytes are no name", name.len());
        let words = words(name);
        let (place, id) = match self.take_hole(words) {
            Some((place, id)) => (place, id),
            None => (self.append(words), NO_ID),
        };
        let id = if id == NO_ID { self.new_id() } else { id };
        let record = self.record_mut(place, words * WORD);
        let length = name.len() as u16; // two keys have fewer bytes than 2^16
        let head = id.to_le_bytes().into_iter().chain(length.to_le_bytes());
        record.iter_mut().zip(head.chain(name.bytes())).for_each(|(to, from)| *to = from);
        (place, id)
    }

    fn new_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Turns the record of a name into a hole; the next name there gets its id.
    pub(super) fn remove(&mut self, place: u32) {
        let (id, length) = self.head(place);
        self.leave_hole(place, (HEAD + length).div_ceil(WORD), id);
    }

    /// Whether this number of names can be added: places and ids have 32 bits.
    pub(super) fn has_room(&self, names: usize) -> bool {
        let more = names as u64;
        let places = self.pages.len() as u64 * u64::from(PAGE_WORDS);
        // A name has at most CLASSES words, and less than one name is unused at the end of a page.
        let after = places + (2 * more + 1) * CLASSES as u64 + u64::from(PAGE_WORDS);
        after < u64::from(u32::MAX) && u64::from(self.next_id) + more < u64::from(NO_ID)
    }

    /// The number of assigned ids, including those of holes.
    pub(super) const fn ids(&self) -> u32 {
        self.next_id
    }

    /// The bytes of its memory.
    pub(super) fn memory(&self) -> usize {
        let pages: usize = self.pages.iter().map(|page| page.bytes.capacity()).sum();
        let each = size_of::<Page>() + 2 * size_of::<usize>();
        pages + self.pages.len() * each + self.pages.capacity() * size_of::<Arc<Page>>()
    }

    fn record_mut(&mut self, place: u32, length: usize) -> &mut [u8] {
        let at = (place % PAGE_WORDS) as usize * WORD;
        let pages = Arc::make_mut(&mut self.pages);
        let Some(page) = pages.get_mut((place / PAGE_WORDS) as usize) else { return &mut [] };
        let page = Arc::make_mut(page);
        page.grow(at + length);
        page.bytes.get_mut(page.from + at..page.from + at + length).unwrap_or_default()
    }

    /// Reserves space for a record at the end; returns its place.
    fn append(&mut self, words: usize) -> u32 {
        let (length, line) = (words * WORD, self.end % LINE);
        let over = self.end + length > PAGE;
        if !over && line > 0 && line + length > LINE && length <= LINE {
            let skipped = LINE - line;
            let place = self.place_of_end();
            self.end += skipped;
            self.leave_hole(place, skipped / WORD, NO_ID);
        }
        if self.end + length > PAGE {
            Arc::make_mut(&mut self.pages).push(Arc::default());
            self.end = 0;
        }
        let place = self.place_of_end();
        self.end += length;
        place
    }

    fn place_of_end(&self) -> u32 {
        // There is room: it was checked before the names were added.
        (self.pages.len().saturating_sub(1) as u32) * PAGE_WORDS + (self.end / WORD) as u32
    }

    /// The place and the id of a hole with this number of words: a hole of that size, or the beginning of a larger
    /// one.
    fn take_hole(&mut self, words: usize) -> Option<(u32, u32)> {
        let larger = self.holes.get(words..)?.iter().position(|hole| *hole > 0)?;
        let (place, id) = self.pop_hole(words + larger)?;
        if larger > 0 {
            // Names have at most CLASSES words.
            self.leave_hole(place + words as u32, larger, NO_ID);
        }
        Some((place, id))
    }

    fn pop_hole(&mut self, words: usize) -> Option<(u32, u32)> {
        let place = self.holes.get(words)?.checked_sub(1)?;
        let (id, next) = match self.record(place) {
            [a, b, c, d, e, f, g, h, ..] => {
                (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]))
            }
            _ => return None,
        };
        *self.holes.get_mut(words)? = next;
        Some((place, id))
    }

    fn leave_hole(&mut self, place: u32, words: usize, id: u32) {
        let Some(first) = self.holes.get_mut(words) else { return };
        let next = std::mem::replace(first, place + 1);
        let record = self.record_mut(place, WORD);
        let hole = id.to_le_bytes().into_iter().chain(next.to_le_bytes());
        record.iter_mut().zip(hole).for_each(|(to, from)| *to = from);
    }
}
