//! The limits of texts and lists, checked before a change begins.

use serde::{Deserialize, Serialize};

use super::attribute::AttributeValue;
use super::change_meta::ChangeMeta;
use super::error::Error;
use super::key::MAX_KEY_LEN;
use super::new_resource::NewResource;
use super::view::{Maintainer, ViewFields};

/// The greatest lengths of texts and lists.
///
/// Existing texts and lists stay as they are, however long. The length of project, view and resource keys is fixed at
/// [`MAX_KEY_LEN`].
///
/// ```
/// use viewlink::Limits;
///
/// let limits = Limits { comment: 1_000, ..Limits::default() };
/// # let _ = limits;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the name of a project, view or resource. Default: 256.
    pub name: usize,
    /// Bytes of a view's description. Default: 4,096.
    pub description: usize,
    /// Tags of a view or resource, and texts of an attribute. Default: 64.
    pub tags: usize,
    /// Bytes of a tag, and of a text of an attribute. Default: 256.
    pub tag: usize,
    /// Bytes of a member id or team key. Default: 256.
    pub maintainer: usize,
    /// Bytes of a comment. Default: 16,384.
    pub comment: usize,
    /// Bytes of an actor. Default: 256.
    pub actor: usize,
    /// Bytes of an environment id to link or register, at most [`MAX_KEY_LEN`]. Default: 256.
    pub environment_id: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            name: 256,
            description: 4_096,
            tags: 64,
            tag: 256,
            maintainer: 256,
            comment: 16_384,
            actor: 256,
            environment_id: MAX_KEY_LEN,
        }
    }
}

/// A text or list is longer than the store accepts: the reason of a failed put, in
/// [`FailureReason::TooLong`](crate::FailureReason::TooLong).
///
/// ```
/// use viewlink::{FailureReason, KeyOutcome, NewResource, Options};
///
/// let project = Options::new().open_in_memory()?.project("default")?;
/// let report = project.put_resources([NewResource::flag("a").name("x".repeat(257))])?;
/// let reason = report.failures().next().expect("a name has at most 256 bytes").reason();
/// let FailureReason::TooLong(too_long) = reason else { panic!("{reason}") };
/// assert_eq!((too_long.what, too_long.length, too_long.limit), ("name", 257, 256));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} has {length} {unit}, but the limit is {limit}")]
#[non_exhaustive]
pub struct TooLong {
    /// What is too long, such as `comment`.
    pub what: &'static str,
    /// Its length.
    pub length: usize,
    /// The unit of the length: `bytes` or `entries`.
    pub unit: &'static str,
    /// The greatest length allowed.
    pub limit: usize,
}

type Result<T> = std::result::Result<T, TooLong>;

impl From<TooLong> for Error {
    fn from(TooLong { what, length, unit, limit }: TooLong) -> Self {
        Self::TooLong { what, length, unit, limit }
    }
}

pub(crate) fn check_meta(meta: &ChangeMeta, limits: &Limits) -> Result<()> {
    check_text("comment", meta.comment.as_deref().unwrap_or_default(), limits.comment)?;
    check_text("actor", meta.actor.as_deref().unwrap_or_default(), limits.actor)
}

/// Checks the fields of a view that differ from its current ones.
pub(crate) fn check_fields(
    fields: &ViewFields,
    before: Option<&ViewFields>,
    limits: &Limits,
) -> Result<()> {
    let ViewFields { name, description, tags, maintainer } = fields;
    if before.is_none_or(|before| before.name != *name) {
        check_text("name", name, limits.name)?;
    }
    if before.is_none_or(|before| before.description != *description) {
        check_text("description", description, limits.description)?;
    }
    if before.is_none_or(|before| before.maintainer != *maintainer) {
        check_maintainer(maintainer.as_ref(), limits)?;
    }
    if before.is_none_or(|before| before.tags != *tags) {
        check_tags(tags, limits)?;
    }
    Ok(())
}

/// Checks the name of a project.
pub(crate) fn check_name(name: &str, limits: &Limits) -> Result<()> {
    check_text("name", name, limits.name)
}

/// Checks the fields of a resource to be registered.
pub(crate) fn check_resource(resource: &NewResource, limits: &Limits) -> Result<()> {
    let NewResource { name, tags, maintainer, attributes, .. } = resource;
    check_text("name", name.as_deref().unwrap_or_default(), limits.name)?;
    check_maintainer(maintainer.as_ref(), limits)?;
    check_tags(tags, limits)?;
    attributes.values().try_for_each(|value| check_attribute(value, limits))
}

fn check_maintainer(maintainer: Option<&Maintainer>, limits: &Limits) -> Result<()> {
    check_text("maintainer", maintainer.map_or("", Maintainer::id), limits.maintainer)
}

fn check_tags(tags: &[String], limits: &Limits) -> Result<()> {
    check_list("list of tags", tags, limits.tags)?;
    tags.iter().try_for_each(|tag| check_text("tag", tag, limits.tag))
}

fn check_attribute(value: &AttributeValue, limits: &Limits) -> Result<()> {
    let texts = value.each_text();
    check_list("list of an attribute", texts, limits.tags)?;
    texts.iter().try_for_each(|text| check_text("text of an attribute", text, limits.tag))
}

fn check_list(what: &'static str, texts: &[String], limit: usize) -> Result<()> {
    match texts.len() {
        length if length > limit => Err(TooLong { what, length, unit: "entries", limit }),
        _ => Ok(()),
    }
}

fn check_text(what: &'static str, text: &str, limit: usize) -> Result<()> {
    match text.len() {
        length if length > limit => Err(TooLong { what, length, unit: "bytes", limit }),
        _ => Ok(()),
    }
}
