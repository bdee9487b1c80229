//! The content of a disk, in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// The smallest part of a disk that is written completely or not at all.
pub const SECTOR: usize = 512;

/// The bytes that are stored together.
const PAGE: usize = 4096;

type Page = [u8; PAGE];

/// The content of a disk. A copy needs memory only for later writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    len: u64,
    /// By number; missing pages are zeros.
    pages: HashMap<u64, Arc<Page>>,
}

impl Image {
    /// A disk of this size, filled with zeros.
    #[must_use]
    pub fn zeros(len: u64) -> Self {
        Self { len, pages: HashMap::new() }
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the size is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes from `offset` on, up to `len` or the end of the disk.
    #[must_use]
    pub fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let there = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(there)];
        let mut rest = bytes.as_mut_slice();
        let mut offset = offset;
        while !rest.is_empty() {
            let (number, start, len) = place(offset, rest.len());
            let (part, behind) = rest.split_at_mut(len);
            let page = self.pages.get(&number);
            if let Some(found) = page.and_then(|page| page.get(start..start + len)) {
                part.copy_from_slice(found);
            }
            rest = behind;
            offset += len as u64;
        }
        bytes
    }

    /// Writes `data` from `offset` on. Bytes after the end are ignored.
    pub fn write(&mut self, offset: u64, data: &[u8]) {
        let there = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (mut rest, _) = data.split_at(data.len().min(there));
        let mut offset = offset;
        while !rest.is_empty() {
            let (number, start, len) = place(offset, rest.len());
            let (part, behind) = rest.split_at(len);
            self.write_page(number, start, part);
            rest = behind;
            offset += len as u64;
        }
    }

    fn write_page(&mut self, number: u64, start: usize, part: &[u8]) {
        let is_zeros = part.iter().all(|byte| *byte == 0);
        if is_zeros && (part.len() == PAGE || !self.pages.contains_key(&number)) {
            self.pages.remove(&number);
            return;
        }
        let page = self.pages.entry(number).or_insert_with(|| Arc::new([0; PAGE]));
        if let Some(place) = Arc::make_mut(page).get_mut(start..start + part.len()) {
            place.copy_from_slice(part);
        }
    }

    /// Writes it into a sparse file, for later inspection.
    ///
    /// # Errors
    ///
    /// The errors of the file.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(self.len)?;
        self.pages.iter().try_for_each(|(number, page)| {
            let start = number * PAGE as u64;
            let len = usize::try_from(self.len - start).unwrap_or(PAGE).min(PAGE);
            file.write_all_at(page.split_at(len).0, start)
        })
    }
}

/// The number of a page, the position of an offset in it, and how many of `len` bytes are in it from there on.
fn place(offset: u64, len: usize) -> (u64, usize, usize) {
    let page = PAGE as u64;
    // Less than a page.
    let start = usize::try_from(offset % page).unwrap_or(0);
    (offset / page, start, len.min(PAGE - start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEN: usize = 3 * PAGE + 100;

    proptest! {
        #[test]
        fn an_image_can_be_read_and_written_at_any_offset(
            writes in prop::collection::vec((0..LEN + 10, 0..2 * PAGE, 0..3_u8), 0..20),
            (offset, len) in (0..LEN + 10, 0..LEN),
        ) {
            let mut image = Image::zeros(LEN as u64);
            let mut bytes = vec![0; LEN];
            for (offset, len, byte) in writes {
                let before = image.clone();
                image.write(offset as u64, &vec![byte; len]);
                prop_assert_eq!(before.read(0, LEN), bytes.clone());
                for place in bytes.iter_mut().skip(offset).take(len) {
                    *place = byte;
                }
            }
            let expected: Vec<u8> = bytes.iter().skip(offset).take(len).copied().collect();
            prop_assert_eq!(image.read(offset as u64, len), expected);
        }
    }

    #[test]
    fn a_saved_image_has_the_same_bytes() {
        let mut image = Image::zeros(LEN as u64);
        image.write(PAGE as u64 - 2, &[1, 2, 3, 4]);
        image.write(LEN as u64 - 2, &[5, 6]);
        let path = std::env::temp_dir().join(format!("image-{}", std::process::id()));
        image.save(&path).unwrap();
        let saved = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(saved, image.read(0, LEN));
    }
}
