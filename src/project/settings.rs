//! The settings of a project.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::project_info::ProjectInfo;
use crate::model::project_settings::{ProjectPatch, ProjectSettings};
use crate::model::{Answer, Operation};

impl Project {
    /// Replaces the settings of the project; creates the project if it does not exist.
    ///
    /// Settings that are equal to the current ones change nothing.
    ///
    /// Cost: O(log projects).
    ///
    /// ```
    /// # use viewlink::{Options, ProjectSettings};
    /// # let store = Options::new().open_in_memory()?;
    /// let info = store.project("shop")?.put(ProjectSettings::new().name("Web shop"))?;
    /// assert_eq!((info.views, info.settings.name.as_str()), (0, "Web shop"));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`](crate::Error::TooLong) if the name changes and exceeds its [limit](crate::Limits); those
    /// that [all calls](Project#errors) share.
    pub fn put(&self, settings: ProjectSettings) -> Result<ProjectInfo> {
        self.say(settings.into(), true)
    }

    /// Changes some settings of the project.
    ///
    /// A patch that changes no setting changes nothing.
    ///
    /// Cost: O(log projects).
    ///
    /// ```
    /// # use viewlink::{Options, ProjectPatch, ProjectSettings};
    /// # let project = Options::new().open_in_memory()?.project("shop")?;
    /// project.put(ProjectSettings::new().name("Web shop"))?;
    /// let info = project.update(ProjectPatch::new().require_view_for_new_flags(true))?;
    /// assert!(info.settings.require_view_for_new_flags && info.settings.name == "Web shop");
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) if it does not exist; those of [`put`](Self::put).
    pub fn update(&self, patch: ProjectPatch) -> Result<ProjectInfo> {
        self.say(patch, false)
    }

    fn say(&self, patch: ProjectPatch, begins: bool) -> Result<ProjectInfo> {
        let limits = self.engine.options().limits;
        match self.run(Operation::PutProject { patch, begins, limits })? {
            (Answer::Project(info), _) => Ok(info),
            _ => Err(other_answer()),
        }
    }
}
