//! The fields of a project in the model.

use viewlink::{Error, Project, ProjectInfo, ProjectPatch, ProjectSettings, Result};

use super::{Model, ModelProject};

/// The fields of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    name: String,
    flags: bool,
    segments: bool,
}

impl Settings {
    fn of(info: &ProjectInfo) -> Self {
        let ProjectSettings {
            name,
            require_view_for_new_flags: flags,
            require_view_for_new_segments: segments,
            ..
        } = info.settings.clone();
        Self { name, flags, segments }
    }
}

const fn has(bits: u8, bit: u8) -> bool {
    bits >> bit & 1 == 1
}

/// Sets the fields of a project from bits: name, new flags in views, new segments in views.
pub(super) fn put(project: &Project, bits: u8) -> Result<ProjectInfo> {
    let settings = ProjectSettings::new().require_view_for_new_flags(has(bits, 1));
    let settings = settings.require_view_for_new_segments(has(bits, 2));
    project.put(if has(bits, 0) { settings.name("named") } else { settings })
}

/// Changes the fields of the bits, and no others.
pub(super) fn update(project: &Project, bits: u8) -> Result<ProjectInfo> {
    let patch =
        if has(bits, 0) { ProjectPatch::new().name("renamed") } else { ProjectPatch::new() };
    let patch = if has(bits, 1) { patch.require_view_for_new_flags(has(bits, 2)) } else { patch };
    project.update(patch)
}

impl ModelProject {
    fn is(&self, answer: &ProjectInfo) {
        assert_eq!(Settings::of(answer), self.settings);
        assert_eq!(answer.views, self.views.len() as u64);
        assert_eq!(answer.resources.total(), self.resources.len() as u64);
    }

    /// Whether a project shows these fields.
    pub(super) fn is_said(&self, info: &ProjectInfo) -> bool {
        Settings::of(info) == self.settings
    }
}

impl Model {
    pub(super) fn put_project(&mut self, number: u8, bits: u8, answer: Result<ProjectInfo>) {
        let name = if has(bits, 0) { "named" } else { "" }.to_owned();
        let project = self.project(number);
        project.settings = Settings { name, flags: has(bits, 1), segments: has(bits, 2) };
        project.is(&answer.unwrap());
    }

    pub(super) fn update_project(&mut self, number: u8, bits: u8, answer: Result<ProjectInfo>) {
        let Some(project) = self.projects.get_mut(&super::call::project_key(number)) else {
            assert!(matches!(answer, Err(Error::UnknownProject { .. })), "{answer:?}");
            return;
        };
        if has(bits, 0) {
            project.settings.name = "renamed".to_owned();
        }
        if has(bits, 1) {
            project.settings.flags = has(bits, 2);
        }
        project.is(&answer.unwrap());
    }
}
