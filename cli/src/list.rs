//! Lists that are read page by page, and how much of them is printed.

use clap::Args;
use viewlink::{Page, Paging};

use crate::counted::counted;
use crate::error::Result;
use crate::output::Output;

/// How much of a list to print.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ListArguments {
    /// How many rows to print; default: 100, and all with --json
    #[arg(long, value_name = "ROWS", conflicts_with = "all")]
    limit: Option<usize>,

    /// Print all rows
    #[arg(long)]
    all: bool,
}

/// How many rows a table has where nothing is said.
const TABLE_ROWS: usize = 100;

impl ListArguments {
    /// How many rows are asked for.
    fn rows(self, whole: bool) -> usize {
        match self.limit {
            Some(limit) => limit,
            None if self.all || whole => usize::MAX,
            None => TABLE_ROWS,
        }
    }

    /// Reads the list and shows it page by page, so that it is never in memory whole.
    ///
    /// `one` is what a row is called; `whole` says that all of it is meant where nothing is said, as it
    /// is where a machine reads. A summary tells people how much of it there is.
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

/// How many rows of a list are read at once, and so are in memory, where nothing else is said.
pub(crate) const PAGE: usize = 1_000;

/// Reads a list a page at a time, and hands on its items.
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
