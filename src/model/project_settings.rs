//! The settings of a project.

use serde::{Deserialize, Serialize};

/// The settings of a project. By default there is no name, and nothing is required.
///
/// ```
/// # use viewlink::Options;
/// use viewlink::ProjectSettings;
///
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// let settings = ProjectSettings::new().name("Web shop").require_view_for_new_flags(true);
/// assert_eq!(project.put(settings.clone())?.settings, settings);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectSettings {
    /// The display name; empty by default.
    pub name: String,
    /// Whether a flag that is [registered](crate::Project::register) must be linked to a view in the same change.
    pub require_view_for_new_flags: bool,
    /// The same for segments.
    pub require_view_for_new_segments: bool,
}

impl ProjectSettings {
    /// The default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the display name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets whether a new flag must be in a view.
    #[must_use]
    pub const fn require_view_for_new_flags(mut self, required: bool) -> Self {
        self.require_view_for_new_flags = required;
        self
    }

    /// Sets whether a new segment must be in a view.
    #[must_use]
    pub const fn require_view_for_new_segments(mut self, required: bool) -> Self {
        self.require_view_for_new_segments = required;
        self
    }
}

/// The changes to a project's settings; settings that are not set stay the same.
///
/// ```
/// use viewlink::ProjectPatch;
///
/// let patch = ProjectPatch::new().name("Web shop").require_view_for_new_segments(false);
/// assert_ne!(patch, ProjectPatch::new());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectPatch {
    name: Option<String>,
    require_view_for_new_flags: Option<bool>,
    require_view_for_new_segments: Option<bool>,
}

impl ProjectPatch {
    /// A patch that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Changes whether a new flag must be in a view.
    #[must_use]
    pub const fn require_view_for_new_flags(mut self, required: bool) -> Self {
        self.require_view_for_new_flags = Some(required);
        self
    }

    /// Changes whether a new segment must be in a view.
    #[must_use]
    pub const fn require_view_for_new_segments(mut self, required: bool) -> Self {
        self.require_view_for_new_segments = Some(required);
        self
    }

    /// The settings after the change.
    pub(crate) fn apply(&self, mut settings: ProjectSettings) -> ProjectSettings {
        if let Some(name) = &self.name {
            settings.name.clone_from(name);
        }
        let ProjectSettings { require_view_for_new_flags: flags, .. } = settings;
        settings.require_view_for_new_flags = self.require_view_for_new_flags.unwrap_or(flags);
        let ProjectSettings { require_view_for_new_segments: segments, .. } = settings;
        settings.require_view_for_new_segments =
            self.require_view_for_new_segments.unwrap_or(segments);
        settings
    }
}

impl From<ProjectSettings> for ProjectPatch {
    /// The patch that changes all settings.
    fn from(settings: ProjectSettings) -> Self {
        Self {
            name: Some(settings.name),
            require_view_for_new_flags: Some(settings.require_view_for_new_flags),
            require_view_for_new_segments: Some(settings.require_view_for_new_segments),
        }
    }
}
