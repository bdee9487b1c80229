//! Lines that are written without blocking their senders.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// The largest number of lines that wait to be written.
const MOST_WAITING: usize = 8_192;
/// How long the writing thread pauses if a write would block.
const REST: Duration = Duration::from_millis(20);

static LOST: AtomicU64 = AtomicU64::new(0);

/// The number of lines that this process could not write.
pub(crate) fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// A queue of lines, with a thread that writes them. Cloning it is cheap.
///
/// A sender puts a line into the queue and continues at once. A line is lost, and counted, if the queue is full, or if
/// it cannot be written: on a full disk, or into a pipe without a reader.
#[derive(Clone)]
pub(crate) struct Outlet {
    lines: SyncSender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

impl Outlet {
    /// An outlet to a file. It has its own descriptor, so that it holds no lock of the standard streams while it waits.
    pub(crate) fn new(to: BorrowedFd<'_>) -> io::Result<Self> {
        let file = File::from(to.try_clone_to_owned()?);
        let (lines, taken) = sync_channel(MOST_WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        thread::Builder::new().name("outlet".into()).spawn(move || write(file, &taken, &left))?;
        Ok(Self { lines, waiting })
    }

    /// Adds one or several complete lines. Never blocks.
    pub(crate) fn put(&self, line: Vec<u8>) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.lines.try_send(line).is_err() {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines are written, but no longer than `patience`.
    pub(crate) fn drain(&self, patience: Duration) {
        let until = Instant::now() + patience;
        while self.waiting.load(Ordering::Acquire) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Write for Outlet {
    /// Adds the bytes as one line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(file: impl Write, taken: &Receiver<Vec<u8>>, left: &AtomicUsize) {
    let mut lines = Lines { file, torn: false };
    for line in taken {
        if lines.write(&line).is_err() {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        left.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Lines<W> {
    file: W,
    /// Whether the last line was only partly written.
    torn: bool,
}

impl<W: Write> Lines<W> {
    /// Writes a line. If the previous line is incomplete, it is ended first, so that this one is complete.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.write_bytes(b"\n")?;
        }
        self.write_bytes(line)
    }

    fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = bytes.get(written..).unwrap_or_default();
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The pipe is full, and shared with a process that made it non-blocking. This thread may wait.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(REST),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that accepts a given number of bytes in each write, or fails.
    struct Narrow {
        turns: Vec<Result<usize, ErrorKind>>,
        written: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.turns.pop().unwrap_or(Ok(usize::MAX))?.min(bytes.len());
            self.written.extend(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_after_an_incomplete_one_is_complete() {
        let full = ErrorKind::StorageFull;
        let turns = vec![Err(ErrorKind::Interrupted), Err(full), Err(full), Ok(3)];
        let mut lines = Lines { file: Narrow { turns, written: Vec::new() }, torn: false };
        lines.write(b"first\n").unwrap_err();
        lines.write(b"second\n").unwrap_err();
        lines.write(b"third\n").unwrap();
        lines.write(b"fourth\n").unwrap();
        assert_eq!(lines.file.written, b"fir\nthird\nfourth\n");
    }

    #[test]
    fn a_non_blocking_pipe_gets_the_whole_line_in_several_writes() {
        let block = ErrorKind::WouldBlock;
        let turns = vec![Err(block), Ok(2), Err(block), Ok(1)];
        let mut lines = Lines { file: Narrow { turns, written: Vec::new() }, torn: false };
        lines.write(b"line\n").unwrap();
        assert_eq!(lines.file.written, b"line\n");
    }
}
