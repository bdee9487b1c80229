//! Lists that are read page by page.

use clap::Args;
use viewlink::{Page, Paging};

use crate::counted::counted;
use crate::error::Result;
use crate::output::Output;

/// How many rows of a list to print.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ListArguments {
    /// The number of rows to print; default: 100, or all with --json
    #[arg(long, value_name = "ROWS", conflicts_with = "all")]
    limit: Option<usize>,

    /// Print all rows
    #[arg(long)]
    all: bool,
}

/// The default number of rows of a table.
const TABLE_ROWS: usize = 100;

impl ListArguments {
    /// The number of requested rows.
    fn rows(self, whole: bool) -> usize {
        match self.limit {
            Some(limit) => limit,
            None if self.all || whole => usize::MAX,
            None => TABLE_ROWS,
        }
    }

    /// Reads the list and shows it page by page, so that it is never completely in memory.
    ///
    /// `one` is the noun for a row. `whole` selects all rows by default, as for JSON. A summary shows how many rows
    /// there are.
    pub(crate) fn show<S: Copy + Default, T>(
        self,
        output: &mut Output,
        (one, whole): (&str, bool),
        (sort, page_rows): (S, usize),
        read: impl Fn(Paging<S>) -> viewlink::Result<Page<T>>,
        mut show: impl FnMut(&mut Output, Page<T>) -> Result<()>,
    ) -> Result<()> {
        let mut left = self.rows(whole);
        let mut shown = 0_u64;
        let mut paging = Paging::first(left.min(page_rows)).sort(sort);
        let total = loop {
            let page = read(paging)?;
            let (rows, total, next) = (page.items.len(), page.total, page.next.clone());
            show(output, page)?;
            shown += rows as u64;
            left = left.saturating_sub(rows);
            match next {
                Some(cursor) if left > 0 => {
                    paging = Paging::after(cursor, left.min(page_rows)).sort(sort);
                }
                _ => break total,
            }
        };
        output.flush()?;
        if !whole {
            let more = if shown < total { "; --all prints all" } else { "" };
            output.note(format_args!("{shown} of {}{more}", counted(total, one)));
        }
        Ok(())
    }
}

/// The default number of rows that are read, and kept in memory, at once.
pub(crate) const PAGE: usize = 1_000;

/// Reads a list page by page, and passes on its items.
pub(crate) fn each<T, S: Copy + Default>(
    sort: S,
    page: impl Fn(Paging<S>) -> viewlink::Result<Page<T>>,
    mut act: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let mut paging = Paging::first(PAGE).sort(sort);
    loop {
        let Page { items, next, .. } = page(paging)?;
        items.into_iter().try_for_each(&mut act)?;
        let Some(next) = next else { return Ok(()) };
        paging = Paging::after(next, PAGE).sort(sort);
    }
}
