//! The limits of texts and lists, checked before a change begins.

use crate::change::Note;
use crate::error::{Error, Result};
use crate::options::Limits;
use crate::view::{Maintainer, ViewFields};

pub(crate) fn check_note(note: &Note, limits: &Limits) -> Result<()> {
    check_text("comment", note.comment.as_deref().unwrap_or_default(), limits.comment)?;
    check_text("actor", note.actor.as_deref().unwrap_or_default(), limits.actor)
}

pub(crate) fn check_fields(fields: &ViewFields, limits: &Limits) -> Result<()> {
    check_text("name", &fields.name, limits.name)?;
    check_text("description", &fields.description, limits.description)?;
    let maintainer = fields.maintainer.as_ref().map_or("", Maintainer::id);
    check_text("maintainer", maintainer, limits.maintainer)?;
    if fields.tags.len() > limits.tags {
        let (length, limit) = (fields.tags.len(), limits.tags);
        return Err(Error::TooLong { what: "list of tags", length, unit: "entries", limit });
    }
    fields.tags.iter().try_for_each(|tag| check_text("tag", tag, limits.tag))
}

fn check_text(what: &'static str, text: &str, limit: usize) -> Result<()> {
    match text.len() {
        length if length > limit => Err(Error::TooLong { what, length, unit: "bytes", limit }),
        _ => Ok(()),
    }
}
