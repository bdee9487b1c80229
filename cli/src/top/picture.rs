//! The data of the display, independent of its source.

use viewlink::wire::Counts;
use viewlink::{Change, Timestamp};

use crate::change_summary::ChangeSummary;
use crate::commands::described;

/// The number of changes that are kept.
pub(super) const CHANGES: usize = 500;

/// The data of a store at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) figures: Figures,
    /// In key order.
    pub(super) projects: Vec<ProjectRow>,
    /// Of all projects, the largest first.
    pub(super) views: Vec<ViewRow>,
    /// The newest change is first.
    pub(super) changes: Vec<ChangeRow>,
}

/// Statistics of the whole store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// The newest change.
    pub(super) revision: u64,
    /// The newest change in the checkpoint.
    pub(super) checkpoint_revision: u64,
    /// The bytes of memory that the state uses.
    pub(super) memory: u64,
    /// The number of files of the journal.
    pub(super) segments: u64,
    /// The length of the journal, in bytes.
    pub(super) journal: u64,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProjectRow {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) views: u64,
    pub(super) links: u64,
}

/// A view of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ViewId {
    pub(super) project: String,
    pub(super) view: String,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ViewRow {
    pub(super) id: ViewId,
    pub(super) name: String,
    pub(super) links: Counts,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangeRow {
    pub(super) revision: u64,
    pub(super) time: Timestamp,
    pub(super) project: String,
    pub(super) actor: Option<String>,
    pub(super) what: String,
    pub(super) comment: Option<String>,
}

/// A resource of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResourceRow {
    /// In the singular.
    pub(super) resource_type: &'static str,
    /// For a segment with its environment.
    pub(super) name: String,
    pub(super) linked_at: Timestamp,
}

/// Resources of a view, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resources {
    pub(super) rows: Vec<ResourceRow>,
    /// The number of all resources of the view.
    pub(super) total: u64,
}

/// A resource that a search found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) project: String,
    /// In the singular.
    pub(super) resource_type: &'static str,
    /// For a segment with its environment.
    pub(super) name: String,
    /// The keys of its views, as far as they were read.
    pub(super) views: Vec<String>,
}

impl Picture {
    /// Combines the rows: views by size, projects with their sums.
    pub(super) fn new(
        figures: Figures,
        projects: impl IntoIterator<Item = (String, String)>,
        mut views: Vec<ViewRow>,
        changes: Vec<ChangeRow>,
    ) -> Self {
        views.sort_by(|a, b| {
            let (a_key, b_key) = ((&a.id.project, &a.id.view), (&b.id.project, &b.id.view));
            total(&b.links).cmp(&total(&a.links)).then(a_key.cmp(&b_key))
        });
        let row = |(key, name)| ProjectRow { key, name, views: 0, links: 0 };
        let mut projects: Vec<_> = projects.into_iter().map(row).collect();
        projects.sort_by(|a, b| a.key.cmp(&b.key));
        for view in &views {
            let at = projects.binary_search_by(|project| project.key.cmp(&view.id.project));
            if let Some(project) = at.ok().and_then(|at| projects.get_mut(at)) {
                project.views += 1;
                project.links += total(&view.links);
            }
        }
        Self { figures, projects, views, changes }
    }

    /// The number of links.
    pub(super) fn links(&self) -> u64 {
        self.projects.iter().map(|project| project.links).sum()
    }
}

impl From<&Change> for ChangeRow {
    fn from(change: &Change) -> Self {
        Self {
            revision: change.revision,
            time: change.time,
            project: change.project.to_string(),
            actor: change.actor.clone(),
            what: described(&ChangeSummary::from(&change.kind), change.reverts, &|_| false),
            comment: change.comment.clone(),
        }
    }
}

/// The links of a view, of all types.
pub(super) const fn total(counts: &Counts) -> u64 {
    counts.flags + counts.segments + counts.ai_configs + counts.metrics
}
