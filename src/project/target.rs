//! What a handle's calls are about, and what must hold for them to change it.

use crate::commit::Draft;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::storage::{ProjectRow, ViewRow};

/// A project, and the revisions at which it may be changed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    project: ProjectKey,
    /// Where the store must stand.
    pub(super) store_at: Option<u64>,
    /// Where the view of the call must stand.
    pub(super) view_at: Option<u64>,
}

impl Target {
    pub(super) const fn new(project: ProjectKey) -> Self {
        Self { project, store_at: None, view_at: None }
    }

    pub(super) const fn project(&self) -> &ProjectKey {
        &self.project
    }

    /// Checks that no change came meanwhile, where that was asked for.
    pub(super) fn check_store(&self, draft: &Draft<'_, '_>) -> Result<()> {
        check("the store", self.store_at, draft.tables.head().revision)
    }

    /// Refuses a call about no single view, whose revision was to be compared.
    pub(super) const fn refuse_view(&self) -> Result<()> {
        match self.view_at {
            Some(_) => Err(Error::NoSingleView),
            None => Ok(()),
        }
    }

    /// The project, if it is there.
    pub(super) fn find(&self, draft: &mut Draft<'_, '_>) -> Result<ProjectRow> {
        let found = draft.tables.project(&self.project)?;
        found.ok_or_else(|| Error::UnknownProject { project: self.project.clone() })
    }

    /// A view, if it is there and at the revision that was asked for.
    pub(super) fn find_view(
        &self,
        draft: &mut Draft<'_, '_>,
        key: &ViewKey,
    ) -> Result<(ProjectRow, ViewRow)> {
        let project = self.find(draft)?;
        let Some(view) = draft.tables.view(project.id, key)? else {
            let project = self.project.clone();
            return Err(Error::UnknownView { project, view: key.clone() });
        };
        if self.view_at.is_some() {
            check(&format!("view {key}"), self.view_at, view.revision())?;
        }
        Ok((project, view))
    }
}

fn check(what: &str, expected: Option<u64>, actual: u64) -> Result<()> {
    match expected {
        Some(expected) if expected != actual => {
            Err(Error::RevisionDiffers { what: what.to_owned(), expected, actual })
        }
        _ => Ok(()),
    }
}
