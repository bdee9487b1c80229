//! Files with a seal at their end: a checksum that detects changed and missing bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::LogError;
use crate::log::away;

/// The beginning of a seal.
const MARK: &[u8; 8] = b"VLSEAL01";
/// The length of a seal: the mark, the length of the bytes before it, and their hash.
const LEN: usize = MARK.len() + 8 + blake3::OUT_LEN;

/// Computes the seal of a file. O(bytes).
pub(crate) fn seal(file: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let len = file.metadata()?.len();
    Ok(seal_of(len, hash(&mut file, len)?))
}

/// Fetches a sealed file to a new path, and removes the seal. Leaves no file if that fails.
///
/// # Errors
///
/// Those of `fetch`; [`LogError::Away`] if the path exists already, or the seal does not match the bytes.
pub(crate) fn fetch(
    file: &Path,
    fetch: impl FnOnce(File) -> Result<(), LogError>,
) -> Result<(), LogError> {
    const WHAT: &str = "writing a fetched snapshot";
    let created = File::create_new(file).map_err(|error| away(WHAT, error))?;
    let unsealed = fetch(created).and_then(|()| unseal(file).map_err(|error| away(WHAT, error)));
    if unsealed.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(file);
    }
    unsealed
}

/// Removes the seal of a file, or fails if it does not match the bytes before it. O(bytes).
fn unseal(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let broken = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the file was damaged: its bytes do not match its checksum",
        )
    };
    let len = file.metadata()?.len().checked_sub(LEN as u64).ok_or_else(broken)?;
    let found = hash(&mut file, len)?;
    let mut seal = vec![0; LEN];
    file.seek(SeekFrom::Start(len))?;
    file.read_exact(&mut seal)?;
    if seal != seal_of(len, found) {
        return Err(broken());
    }
    file.set_len(len)?;
    file.sync_all()
}

fn seal_of(len: u64, hash: blake3::Hash) -> Vec<u8> {
    [MARK.as_slice(), &len.to_le_bytes(), hash.as_bytes()].concat()
}

/// The hash of the first bytes of a file.
fn hash(file: &mut File, len: u64) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    file.seek(SeekFrom::Start(0))?;
    let read = io::copy(&mut file.take(len), &mut hasher)?;
    if read == len { Ok(hasher.finalize()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        let seal = seal(&path).unwrap();
        std::fs::write(&path, [bytes, &seal].concat()).unwrap();
        (dir, path)
    }

    #[test]
    fn unsealing_a_file_restores_its_bytes() {
        for bytes in [b"".as_slice(), b"some bytes", &[7; 100_000]] {
            let (_dir, path) = sealed(bytes);
            unseal(&path).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_flipped_bit_or_a_missing_byte_is_noticed_and_leaves_no_file() {
        let (dir, path) = sealed(b"some bytes");
        let whole = std::fs::read(path).unwrap();
        let into = dir.path().join("fetched");
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped[..], &whole[..at]] {
                let fetched = fetch(&into, |mut file| {
                    io::Write::write_all(&mut file, damaged).unwrap();
                    Ok(())
                });
                assert!(fetched.is_err(), "at {at}");
                assert!(!into.exists());
            }
        }
    }

    #[test]
    fn an_existing_file_is_not_changed() {
        let (_dir, path) = sealed(b"some bytes");
        let before = std::fs::read(&path).unwrap();
        assert!(fetch(&path, |_| Ok(())).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
