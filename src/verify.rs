//! The result of a verification of the store.

use std::fmt;

use crate::model::error::{Error, Result};
use crate::model::type_counts::TypeCounts;

/// How many findings are kept; further ones are only counted.
const KEPT: usize = 1_000;

/// The result of [`Store::verify`](crate::Store::verify).
///
/// It is displayed as one line of counts, or one line for each finding.
///
/// ```
/// # let store = viewlink::Options::new().open_in_memory()?;
/// let verified = store.verify()?;
/// assert!(verified.is_clean(), "{verified}");
/// for finding in &verified.findings {
///     eprintln!("{}: {} (invariant {})", finding.place, finding.detail, finding.invariant);
/// }
/// println!("{} links in {} views", verified.counts.links.total(), verified.counts.views);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a verification has no effect unless its findings are read"]
pub struct Verification {
    /// The findings, at most 1,000.
    pub findings: Vec<Finding>,
    /// How many further findings there are.
    pub more_findings: u64,
    /// What was checked.
    pub counts: Counts,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return write!(f, "clean: {}", self.counts);
        }
        for (number, finding) in self.findings.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        match self.more_findings {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// Something that is wrong; displayed as one line. Example: at [`Verification`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The number of the violated invariant in `docs/design.md`.
    pub invariant: u8,
    /// The table, view or file where it was found.
    pub place: String,
    /// What is wrong with it.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (invariant {})", self.place, self.detail, self.invariant)
    }
}

/// The contents of a store, counted row by row; displayed as one line. Example: at [`Verification`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Projects.
    pub projects: u64,
    /// Views of all projects.
    pub views: u64,
    /// Links per type.
    pub links: TypeCounts,
    /// Registered resources per type.
    pub resources: TypeCounts,
    /// The newest change.
    pub revision: u64,
    /// The oldest change the journal keeps; `revision` + 1 when it keeps none.
    pub oldest_kept: u64,
    /// Whether the journal reaches back to the first change and was replayed from there.
    pub replayed: bool,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {} ({}), {} ({}), revisions {} to {} in the journal{}",
            Counted(self.projects, "project"),
            Counted(self.views, "view"),
            Counted(self.links.total(), "link"),
            self.links,
            Counted(self.resources.total(), "registered resource"),
            self.resources,
            self.oldest_kept,
            self.revision,
            if self.replayed { ", replayed" } else { "" },
        )
    }
}

/// A number with its noun.
struct Counted(u64, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, one) = self;
        write!(f, "{count} {one}{}", if *count == 1 { "" } else { "s" })
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    more: u64,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        invariant: u8,
        place: impl Into<String>,
        detail: impl Into<String>,
    ) {
        if self.kept.len() < KEPT {
            let finding = Finding { invariant, place: place.into(), detail: detail.into() };
            self.kept.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// Adds damage as a finding and returns other errors.
    pub(crate) fn damage<T>(&mut self, invariant: u8, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Damaged { part, detail, .. }) => {
                self.add(invariant, part, detail);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn into_verification(self, counts: Counts) -> Verification {
        Verification { findings: self.kept, more_findings: self.more, counts }
    }
}
