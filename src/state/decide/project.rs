//! Changing the settings of a project.

use super::{Context, next_id};
use crate::model::error::Result;
use crate::model::limit::{self, Limits};
use crate::model::project_info::ProjectInfo;
use crate::model::project_settings::ProjectPatch;
use crate::model::type_counts::TypeCounts;
use crate::model::{Answer, Decision, Effect};
use crate::state::read::ProjectReader;

/// Decides a change of a project's settings; `begins` is whether a missing project is created.
pub(super) fn put(
    context: &Context<'_>,
    patch: &ProjectPatch,
    begins: bool,
    limits: &Limits,
) -> Result<Decision> {
    let key = &context.command.project;
    let project = match begins {
        true => context.state.projects.get(key),
        false => Some(context.held_project()?),
    };
    let before = project.map(|project| &*project.settings);
    let settings = patch.apply(before.cloned().unwrap_or_default());
    if before.is_none_or(|before| before.name != settings.name) {
        limit::check_name(&settings.name, limits)?;
    }
    let info = match project {
        Some(project) => ProjectReader::new(key, project).info(),
        None => ProjectInfo {
            id: next_id(context.state.head.next_project, "projects")?,
            key: key.clone(),
            views: 0,
            resources: TypeCounts::default(),
            settings: settings.clone(),
        },
    };
    let answer = Answer::Project(ProjectInfo { settings: settings.clone(), ..info });
    if before == Some(&settings) {
        return Ok(answer.unchanged());
    }
    let effect = Effect::PutProject { before: before.cloned(), settings };
    Ok(Decision { answer, change: Some(context.change(effect)) })
}
