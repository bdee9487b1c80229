//! A log in a table of PostgreSQL.

mod append;
mod log;
mod options;
mod session;
mod table;

pub use log::PostgresLog;
pub use options::PostgresOptions;
