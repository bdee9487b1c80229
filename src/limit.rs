//! The limits of texts and lists, checked before a change begins.

use crate::change::Note;
use crate::error::{Error, Result};
use crate::options::Limits;
use crate::view::{Maintainer, ViewFields};

pub(crate) fn check_note(note: &Note, limits: &Limits) -> Result<()> {
    check_text("comment", note.comment.as_deref().unwrap_or_default(), limits.comment)?;
    check_text("actor", note.actor.as_deref().unwrap_or_default(), limits.actor)
}

/// Checks the fields of a view that differ from those it had.
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
        let id = maintainer.as_ref().map_or("", Maintainer::id);
        check_text("maintainer", id, limits.maintainer)?;
    }
    if before.is_none_or(|before| before.tags != *tags) {
        check_tags(tags, limits)?;
    }
    Ok(())
}

fn check_tags(tags: &[String], limits: &Limits) -> Result<()> {
    if tags.len() > limits.tags {
        let (length, limit) = (tags.len(), limits.tags);
        return Err(Error::TooLong { what: "list of tags", length, unit: "entries", limit });
    }
    tags.iter().try_for_each(|tag| check_text("tag", tag, limits.tag))
}

fn check_text(what: &'static str, text: &str, limit: usize) -> Result<()> {
    match text.len() {
        length if length > limit => Err(Error::TooLong { what, length, unit: "bytes", limit }),
        _ => Ok(()),
    }
}
