//! The name of a resource as the tables order it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::key::EnvironmentId;

/// Separates environment id and segment key. It is below every byte of a key, so a table orders segments by environment
/// first, and an environment is one range.
pub(crate) const SEPARATOR: char = '\0';

/// The longest name, in bytes: that of a segment, two keys and the separator.
pub(crate) const MAX_NAME_LEN: usize = 2 * super::key::MAX_KEY_LEN + 1;

/// A resource's name inside its type as the tables order it: the key, for segments environment
/// id ‖ 0x00 ‖ key.
///
/// Made from parsed texts, or read back from a table or journal, which has only such names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ResourceName<'a>(#[serde(borrow)] Cow<'a, str>);

impl ResourceName<'_> {
    /// A name that [`RawResource::push_name`] made.
    pub(crate) const fn packed(name: &str) -> ResourceName<'_> {
        ResourceName(Cow::Borrowed(name))
    }

    /// A name from a row or a record.
    pub(crate) const fn owned(name: String) -> ResourceName<'static> {
        ResourceName(Cow::Owned(name))
    }

    /// The environment id of a segment, and the key.
    pub(crate) fn parts(&self) -> (Option<&str>, &str) {
        split(&self.0)
    }

    pub(crate) fn join(environment: &str, key: &str) -> Self {
        let mut name = String::with_capacity(environment.len() + 1 + key.len());
        name.push_str(environment);
        name.push(SEPARATOR);
        name.push_str(key);
        Self(Cow::Owned(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The environment id of a segment, and the key.
pub(crate) fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once(SEPARATOR) {
        Some((environment, key)) => (Some(environment), key),
        None => (None, name),
    }
}

/// What the names of all segments of an environment start with.
pub(crate) fn environment_prefix(environment: &EnvironmentId) -> String {
    format!("{environment}{SEPARATOR}")
}
