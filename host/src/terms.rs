//! The terms of a change: as a dry run, only at a revision, or with missing links ignored.

use axum::extract::FromRequestParts;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use viewlink::wire::ErrorCode;
use viewlink::{Batch, ChangeId, Project, Unfollow};

use crate::entity_tag;
use crate::failure::Failure;

/// The terms of a writing request. An unknown parameter is refused: a change that was meant as a dry run must not be
/// made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) dry_run: bool,
    /// Whether a missing link is ignored. Only for unlinks.
    ignore_missing: Option<bool>,
    /// What happens to links that only a filter holds. Only for the end of a filter.
    unfollow: Option<Unfollow>,
    /// The last change that the view must have.
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

    /// Refuses the parameter for missing links in a request that unlinks nothing.
    pub(crate) fn of_no_unlink(self) -> Result<Self, Failure> {
        match self.ignore_missing {
            None => self.of_no_unfollow(),
            Some(_) => Err(unsupported("onMissing", "only an unlink can have it")),
        }
    }

    /// Refuses the parameter for the links of a filter in a request that ends no filter.
    pub(crate) fn of_no_unfollow(self) -> Result<Self, Failure> {
        match self.unfollow {
            None => Ok(self),
            Some(_) => Err(unsupported(
                "links",
                "only a request that ends the following of a filter can have it",
            )),
        }
    }

    /// The terms on which a filter ends, and what happens to its links. By default they stay.
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
            _ => return Err(unsupported(name, "leave it out of the request")),
        };
        known.ok_or_else(|| {
            let message = format!("the value of {name} is invalid: use {}", expected(name));
            Failure::new(ErrorCode::InvalidRequest, message)
        })
    }
}

/// Whether it is the second of two words; `None` if it is neither.
fn choice(value: &str, [no, yes]: [&str; 2]) -> Option<bool> {
    (value == no || value == yes).then_some(value == yes)
}

fn links(value: &str) -> Option<Unfollow> {
    match value {
        "keep" => Some(Unfollow::KeepLinks),
        "remove" => Some(Unfollow::RemoveLinks),
        "removeKeepLastView" => Some(Unfollow::RemoveLinksKeepLastView),
        _ => None,
    }
}

fn expected(name: &str) -> &'static str {
    match name {
        "dryRun" => "true or false",
        "links" => "keep, remove or removeKeepLastView",
        _ => "fail or ignore",
    }
}

fn unsupported(name: &str, instead: &str) -> Failure {
    let name: String = name.chars().take(100).collect();
    let message = format!("the parameter {name:?} is not supported: {instead}");
    Failure::new(ErrorCode::Unsupported, message)
}

impl<S: Sync> FromRequestParts<S> for Terms {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if parts.headers.contains_key(IF_NONE_MATCH) {
            let message = "if-none-match is not supported on a change: create a view with POST, which answers 409 if \
                           it exists, and change it with if-match";
            return Err(Failure::new(ErrorCode::Unsupported, message));
        }
        let mut terms =
            Self { view_changed_by: entity_tag::asked_for(&parts.headers)?, ..Self::default() };
        let mut seen = Vec::new();
        let text = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if seen.contains(&name) {
                let message = format!(
                    "the parameter {:?} is given twice: give it once",
                    name.chars().take(100).collect::<String>()
                );
                return Err(Failure::new(ErrorCode::InvalidRequest, message));
            }
            terms.take(&name, &value)?;
            seen.push(name);
        }
        Ok(terms)
    }
}
