//! What is said of a project.

use serde::{Deserialize, Serialize};

/// What is said of a project. One that nobody said anything of has the default: no name, and nothing is required.
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
    /// The name people read; empty when nobody said.
    pub name: String,
    /// Whether a flag that is [registered](crate::Project::register) must be linked to a view in the same change.
    pub require_view_for_new_flags: bool,
    /// The same of segments.
    pub require_view_for_new_segments: bool,
}

impl ProjectSettings {
    /// Those of a project that nobody said anything of.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name people read.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Says whether a new flag must be in a view.
    #[must_use]
    pub const fn require_view_for_new_flags(mut self, required: bool) -> Self {
        self.require_view_for_new_flags = required;
        self
    }

    /// Says whether a new segment must be in a view.
    #[must_use]
    pub const fn require_view_for_new_segments(mut self, required: bool) -> Self {
        self.require_view_for_new_segments = required;
        self
    }
}

/// What of a project's settings to change; what is not set stays.
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
    /// The patch that changes all there is.
    fn from(settings: ProjectSettings) -> Self {
        Self {
            name: Some(settings.name),
            require_view_for_new_flags: Some(settings.require_view_for_new_flags),
            require_view_for_new_segments: Some(settings.require_view_for_new_segments),
        }
    }
}
