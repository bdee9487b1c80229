//! Exporting stores and importing them.

mod csv;
mod existing;
mod files;
mod laws;
mod lines;
mod restored;
mod stores;
