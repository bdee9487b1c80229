//! Whether an import keeps the times of the file.

use clap::ValueEnum;

use super::problem::Problem;

/// The end of the year 9999. Later times are probably current times in a smaller unit. A store cannot go back from the
/// time of a change, so all later changes would have that time.
const LAST: u64 = 253_402_300_799_999;

/// The beginning of the year 2001. Earlier times are probably current times in seconds, or missing times.
const FIRST: u64 = 978_307_200_000;

/// Whether views and links keep the times of the file, or get the time of the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimesChoice {
    /// The times of the file.
    Keep,
    /// The time of the import.
    Now,
}

/// The choice, and its consequences for the target store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    keeps: bool,
    is_new_store: bool,
    /// The earliest accepted time.
    first: u64,
}

impl Times {
    /// The chosen times. By default a new store gets the times of the file, but an existing store does not: its own
    /// changes are later, so the times of the file would all become the time of its last change.
    pub(super) fn new(chosen: Option<TimesChoice>, is_new_store: bool) -> Self {
        let keeps = chosen.map_or(is_new_store, |chosen| chosen == TimesChoice::Keep);
        Self { keeps, is_new_store, first: FIRST }
    }

    /// The same, with times before 2001 accepted if `allowed`.
    pub(super) const fn with_old(self, allowed: bool) -> Self {
        Self { first: if allowed { 0 } else { FIRST }, ..self }
    }

    /// Whether the times of the file are kept.
    pub(super) const fn keeps(self) -> bool {
        self.keeps
    }

    /// Returns a time of the file if it is valid.
    pub(super) fn check(self, time: u64) -> Result<u64, Problem> {
        let problem = match time {
            _ if time < self.first => {
                "is before 2001, so it looks like seconds instead of milliseconds since 1970; --allow-old-times \
                 accepts it"
            }
            ..=LAST => return Ok(time),
            _ => "is after the year 9999; it must be in milliseconds since 1970",
        };
        Err(Problem::invalid_row(format!("the time {time} {problem}")))
    }

    /// Whether views also get the time of their last change, which needs two changes for each view. In an existing
    /// store, an interrupted import could leave a view with only the first one.
    pub(super) const fn restores_updates(self) -> bool {
        self.keeps && self.is_new_store
    }
}
