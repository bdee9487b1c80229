//! Exporting a store, and importing a store or links.
//!
//! An export reads a snapshot in key order, since in the order of time each page would read all links of a view. A
//! change has one time, and the times of changes never decrease. So an import first reads all rows and sorts them by
//! time (in temporary files if there are many). Then it makes the changes in that order, with the clock of the store
//! set to the time of each. This restores the exact times of views and links. Rows of one time are one change, so there
//! are few disk syncs. An incomplete or malformed file is noticed before anything is changed.
//!
//! | module | purpose |
//! | --- | --- |
//! | `export`, `import` | the commands |
//! | `walk`, `sink`, `out_file` | the rows of a snapshot, and writing them to a file |
//! | `format`, `lines`, `counts` | the formats |
//! | `input`, `jsonl_source`, `csv_source`, `row_lines` | reading rows |
//! | `intake`, `subject`, `event`, `times` | the actions for the rows, and their times |
//! | `sorter` | sorting |
//! | `target`, `clock`, `apply` | the target store, and the changes made in it |
//! | `tally`, `problem`, `error` | the results |
//! | `unfinished` | temporary names of incomplete files |

mod apply;
mod clock;
mod counts;
mod csv_source;
mod error;
mod event;
mod export;
mod format;
mod import;
mod input;
mod intake;
mod jsonl_source;
mod lines;
mod out_file;
mod problem;
mod row_lines;
mod sink;
mod sorter;
mod subject;
mod tally;
mod target;
mod times;
mod unfinished;
mod walk;

pub(crate) use error::TransferError;
pub(crate) use export::{ExportArguments, export};
pub(crate) use import::{ImportArguments, import};
pub(crate) use unfinished::is_in;
