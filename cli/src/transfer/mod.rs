//! Exporting a store, and importing one or links.
//!
//! An export walks through a snapshot in key order, since by time each page would cost a look at all
//! links of a view. A change has one time, and the times of changes never run backwards; so an import
//! first reads all rows, sorts them by time (in temporary files where memory does not do), and then
//! makes the changes in that order, with the store's clock set to the time of each. That restores
//! when views were created and links made, exactly, and as rows of one time are one change, with few
//! disk syncs. And a file that is cut or malformed is noticed before anything was changed.
//!
//! | module | knows |
//! | --- | --- |
//! | `export`, `import` | the commands |
//! | `walk`, `sink`, `out_file` | the rows of a snapshot, how they are written, and where |
//! | `format`, `lines`, `counts` | the formats |
//! | `input`, `jsonl_source`, `csv_source`, `row_lines` | where rows come from, and how they are read |
//! | `intake`, `subject`, `event`, `times` | what rows stand for, and when |
//! | `sorter` | order |
//! | `target`, `clock`, `apply` | the store that is imported into, and the changes made in it |
//! | `tally`, `problem`, `error` | what came of it |
//! | `unfinished` | names of what is not whole yet |

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
