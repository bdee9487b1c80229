//! Saying what a project is.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::project_info::ProjectInfo;
use crate::model::project_settings::{ProjectPatch, ProjectSettings};
use crate::model::{Answer, Operation};

impl Project {
    /// Says what the project is, instead of what was said of it before; it begins if it is not there.
    ///
    /// Settings that say nothing new change nothing.
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
    /// [`Error::TooLong`](crate::Error::TooLong) when the name changes and is beyond its [limit](crate::Limits);
    /// those that [all calls](Project#errors) share.
    pub fn put(&self, settings: ProjectSettings) -> Result<ProjectInfo> {
        self.say(settings.into(), true)
    }

    /// Changes what is said of the project.
    ///
    /// A patch that leaves all as it is changes nothing.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) when there is none; those of [`put`](Self::put).
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
