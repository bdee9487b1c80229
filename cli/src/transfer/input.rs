//! The input of an import.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::error::TransferError;
use super::format::Format;
use crate::error::{Error, Result};
use crate::progress;

/// A file or standard input, and the format of its rows.
#[derive(Debug)]
pub(super) struct Input {
    path: PathBuf,
    format: Format,
}

/// The input, with a bar that shows the progress.
pub(super) type Opened = (BufReader<Box<dyn Read>>, ProgressBar);

/// The size of the read buffer.
const BUFFER: usize = 256 << 10;

impl Input {
    /// Standard input for `-`, else a file. The format is the given one, or that of the file name.
    pub(super) fn new(path: &Path, format: Option<Format>) -> Result<Self> {
        let path = path.to_owned();
        match format.or_else(|| Format::of_path(&path)) {
            Some(format) => Ok(Self { path, format }),
            None => Err(TransferError::UnknownFormat { file: name(&path) }.into()),
        }
    }

    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// The name in messages.
    pub(super) fn name(&self) -> String {
        name(&self.path)
    }

    /// Opens the input; the bar shows the progress.
    pub(super) fn open(&self, quiet: bool) -> Result<Opened> {
        if is_standard(&self.path) {
            let bar = progress::spinner("reading", quiet);
            return Ok((buffered(Box::new(io::stdin().lock())), bar));
        }
        let file = File::open(&self.path).map_err(|source| self.failure(source))?;
        let len = file.metadata().map_err(|source| self.failure(source))?.len();
        let bar = progress::bar(len, "reading", quiet);
        Ok((buffered(Box::new(bar.wrap_read(file))), bar))
    }

    /// The error for a failed read.
    pub(super) fn failure(&self, source: io::Error) -> Error {
        Error::Read { what: self.name(), source }
    }
}

fn buffered(input: Box<dyn Read>) -> BufReader<Box<dyn Read>> {
    BufReader::with_capacity(BUFFER, input)
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn name(path: &Path) -> String {
    if is_standard(path) { "standard input".into() } else { format!("{path:?}") }
}
