//! The program as a process.

mod opening;
mod support;
