//! The JSON of the REST API: exactly what clients send and accept.

mod answers;
mod changes;
mod errors;
mod filters;
mod hostile;
mod pages;
mod parse_all;
mod projects;
mod queries;
mod requests;
mod resources;
mod view_lists;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Holds a value against its JSON, in both directions.
#[track_caller]
fn assert_golden<T>(value: &T, json: &str)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), *value);
}
