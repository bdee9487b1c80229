//! Whether an import keeps the times of the file.

use clap::ValueEnum;

use super::problem::Problem;

/// The end of the year 9999. Beyond it are the times of today in a smaller unit, and a store never comes
/// back from the time of a change: all that follow would have that time.
const LAST: u64 = 253_402_300_799_999;

/// The beginning of the year 2001. Before it are the times of today in seconds, and of most who have no time.
const FIRST: u64 = 978_307_200_000;

/// Whether views and links get the times that the file says, or that of the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimesChoice {
    /// The times of the file.
    Keep,
    /// The time of the import.
    Now,
}

/// The same with what it means for the store that is imported into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    keeps: bool,
    is_new_store: bool,
    /// The earliest that is taken.
    first: u64,
}

impl Times {
    /// What was chosen; else the times of the file go into a new store, and not into one that has
    /// changes already: their times would be later, and those of the file would count as the last of
    /// them.
    pub(super) fn new(chosen: Option<TimesChoice>, is_new_store: bool) -> Self {
        let keeps = chosen.map_or(is_new_store, |chosen| chosen == TimesChoice::Keep);
        Self { keeps, is_new_store, first: FIRST }
    }

    /// The same where times before 2001 are meant as they are, if that is so.
    pub(super) const fn with_old(self, allowed: bool) -> Self {
        Self { first: if allowed { 0 } else { FIRST }, ..self }
    }

    /// Whether the times of the file are kept.
    pub(super) const fn keeps(self) -> bool {
        self.keeps
    }

    /// A time of the file, if it is one that can be kept.
    pub(super) fn check(self, time: u64) -> Result<u64, Problem> {
        let problem = match time {
            _ if time < self.first => {
                "is before 2001: milliseconds since 1970 are meant, and seconds look like that; \
                 --allow-old-times takes it as it is"
            }
            ..=LAST => return Ok(time),
            _ => "is beyond the year 9999: milliseconds since 1970 are meant",
        };
        Err(Problem::invalid_row(format!("the time {time} {problem}")))
    }

    /// Whether views get the time of their last change as well, which takes two changes for a view. In
    /// a store that is there, one might be left with the first only.
    pub(super) const fn restores_updates(self) -> bool {
        self.keeps && self.is_new_store
    }
}
