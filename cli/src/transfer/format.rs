//! The file formats of exports and imports.

use std::path::Path;

use clap::ValueEnum;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON lines: views, registered resources and links, one per line.
    Jsonl,
    /// Comma-separated values: links only.
    Csv,
}

impl Format {
    /// The format that the name of a file implies.
    pub(super) fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_determines_the_format_in_upper_and_lower_case() {
        let format = |path: &str| Format::of_path(Path::new(path));
        assert_eq!(format("a/b.jsonl"), Some(Format::Jsonl));
        assert_eq!(format("b.NDJSON"), Some(Format::Jsonl));
        assert_eq!(format("b.jsonl.csv"), Some(Format::Csv));
        assert_eq!(format("b.json"), None);
        assert_eq!(format("csv"), None);
        assert_eq!(format("-"), None);
    }
}
