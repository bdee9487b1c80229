//! On what terms a change is asked for: as a dry run, only at a revision, with missing links ignored.

use axum::extract::FromRequestParts;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use viewlink::wire::ErrorCode;
use viewlink::{Batch, ChangeId, Project, Unfollow};

use crate::entity_tag;
use crate::failure::Failure;

/// The terms of a writing request. A parameter that is not known is refused: what was meant as a
/// dry run must not be done for real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) dry_run: bool,
    /// Whether a missing link is no failure; said of unlinks only.
    ignore_missing: Option<bool>,
    /// What becomes of links that a filter alone holds; said of ending one only.
    unfollow: Option<Unfollow>,
    /// What the last change of the view must be.
    view_changed_by: Option<ChangeId>,
}

impl Terms {
    /// A project whose changes are made on these terms.
    pub(crate) fn apply(self, mut project: Project) -> Project {
        if let Some(change) = self.view_changed_by {
            project = project.if_view_changed_by(change);
        }
        if self.dry_run { project.dry_run() } else { project }
    }

    /// A batch to unlink on these terms.
    pub(crate) fn unlinking(self, batch: Batch) -> Batch {
        if self.ignore_missing == Some(true) { batch.ignore_missing() } else { batch }
    }

    /// Refuses what is said of missing links where none is to be unlinked.
    pub(crate) fn of_no_unlink(self) -> Result<Self, Failure> {
        match self.ignore_missing {
            None => self.of_no_unfollow(),
            Some(_) => Err(unsupported("onMissing", "it is for unlinks")),
        }
    }

    /// Refuses what is said of the links of a filter where none ends.
    pub(crate) fn of_no_unfollow(self) -> Result<Self, Failure> {
        match self.unfollow {
            None => Ok(self),
            Some(_) => Err(unsupported("links", "it is for the end of a filter")),
        }
    }

    /// The terms on which a filter ends, and what becomes of its links: without a word they stay.
    pub(crate) fn of_unfollow(self) -> Result<(Self, Unfollow), Failure> {
        let unfollow = self.unfollow.unwrap_or(Unfollow::KeepLinks);
        Ok((Self { unfollow: None, ..self }.of_no_unlink()?, unfollow))
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let known = match name {
            "dryRun" => choice(value, ["false", "true"]).map(|dry_run| self.dry_run = dry_run),
            "onMissing" => {
                choice(value, ["fail", "ignore"]).map(|ignore| self.ignore_missing = Some(ignore))
            }
            "links" => links(value).map(|unfollow| self.unfollow = Some(unfollow)),
            _ => return Err(unsupported(name, "leave it out of a writing request")),
        };
        known.ok_or_else(|| {
            let message = format!("{name} is not what is expected: use {}", expected(name));
            Failure::new(ErrorCode::InvalidRequest, message)
        })
    }
}

/// Which of two words it is.
fn choice(value: &str, [no, yes]: [&str; 2]) -> Option<bool> {
    (value == no || value == yes).then_some(value == yes)
}

fn links(value: &str) -> Option<Unfollow> {
    match value {
        "keep" => Some(Unfollow::KeepLinks),
        "takeOut" => Some(Unfollow::TakeOut),
        "takeOutKeepLastView" => Some(Unfollow::TakeOutKeepLastView),
        _ => None,
    }
}

fn expected(name: &str) -> &'static str {
    match name {
        "dryRun" => "true or false",
        "links" => "keep, takeOut or takeOutKeepLastView",
        _ => "fail or ignore",
    }
}

fn unsupported(name: &str, instead: &str) -> Failure {
    let name: String = name.chars().take(100).collect();
    let message = format!("the parameter {name:?} is not supported here: {instead}");
    Failure::new(ErrorCode::Unsupported, message)
}

impl<S: Sync> FromRequestParts<S> for Terms {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if parts.headers.contains_key(IF_NONE_MATCH) {
            let message = "if-none-match is not supported on a change: a view is created by a POST, \
                           which is a 409 where there is one, and changed with if-match";
            return Err(Failure::new(ErrorCode::Unsupported, message));
        }
        let mut terms =
            Self { view_changed_by: entity_tag::asked_for(&parts.headers)?, ..Self::default() };
        let mut seen = Vec::new();
        let text = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if seen.contains(&name) {
                let message =
                    format!("{:?} is given twice", name.chars().take(100).collect::<String>());
                return Err(Failure::new(ErrorCode::InvalidRequest, message));
            }
            terms.take(&name, &value)?;
            seen.push(name);
        }
        Ok(terms)
    }
}
