//! A host, read over HTTP.
//!
//! The feed shows which projects changed, and only their views are listed again. Listing many views takes time, so the
//! next listing begins only after ten times as long.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use serde::Deserialize;
use viewlink::wire::{ErrorCode, LinkedResources, Projects, Views};
use viewlink::{Resource, ResourceType, Timestamp};

use super::http::{Client, HostError};
use super::picture::{
    CHANGES, ChangeRow, Figures, Found, Picture, ResourceRow, Resources, ViewId, ViewRow,
};
use super::source::{FOUND, Look, ROWS, Source, VIEWS};
use crate::change_summary::ChangeSummary;
use crate::commands::described;
use crate::error::Result;

/// The largest number of items in a page.
const PAGE: usize = 1_000;
/// The largest number of pages of changes that are read at once.
const PAGES: usize = 20;
/// The number of projects that a search covers.
const PROJECTS: usize = 100;
/// The pause after a listing, as a multiple of the time that it took.
const REST: u32 = 10;
/// The counts of each view in a list.
const COUNTS: &str = "expand=flagsSummary,segmentsSummary,aiConfigsSummary,metricsSummary";

/// A host.
pub(super) struct HostSource {
    client: Client,
    /// The position in the feed; `None` before the first read.
    position: Option<String>,
    /// The newest change is first.
    changes: VecDeque<ChangeRow>,
    figures: Figures,
    /// Names of projects and their views, by key.
    projects: BTreeMap<String, (String, Vec<ViewRow>)>,
    /// Whether nothing has been listed since the feed began.
    is_new: bool,
    /// The projects that changed since their views were listed.
    changed: BTreeSet<String>,
    /// When views may be listed again.
    rested: Instant,
}

/// A page of the feed.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    position: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    revision: u64,
    time: u64,
    project_key: String,
    actor: Option<String>,
    comment: Option<String>,
    reverts: Option<u64>,
    #[serde(flatten)]
    detail: ChangeSummary,
}

impl HostSource {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            position: None,
            changes: VecDeque::new(),
            figures: Figures::default(),
            projects: BTreeMap::new(),
            is_new: true,
            changed: BTreeSet::new(),
            rested: Instant::now(),
        }
    }

    /// Reads the changes since the last time.
    fn follow(&mut self) -> Result<(), HostError> {
        let Some(position) = self.position.clone() else { return self.begin() };
        match self.follow_from(position) {
            // It is another store now, or its journal no longer has the missed changes.
            Err(HostError::Refused {
                code: ErrorCode::ChangesDiverged | ErrorCode::ChangesGone,
                ..
            }) => self.begin(),
            other => other,
        }
    }

    /// Begins with the last changes that the journal keeps.
    fn begin(&mut self) -> Result<(), HostError> {
        self.is_new = true;
        self.position = None;
        self.changes.clear();
        let newest = self.figures.revision;
        match self.follow_from(newest.saturating_sub(CHANGES as u64).to_string()) {
            Err(HostError::Refused { code: ErrorCode::ChangesGone, .. }) => {
                self.follow_from(newest.to_string())
            }
            other => other,
        }
    }

    fn follow_from(&mut self, mut after: String) -> Result<(), HostError> {
        for _ in 0..PAGES {
            let path = format!("/api/v2/changes?after={after}&limit={PAGE}");
            let Page { items, position } = self.client.json(&path)?;
            let is_last = position == after;
            self.position = Some(position.clone());
            after = position;
            for item in items {
                self.changed.insert(item.project_key.clone());
                self.changes.push_front(item.into());
            }
            self.changes.truncate(CHANGES);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Lists all projects, and the views of the projects that changed.
    fn list(&mut self) -> Result<(), HostError> {
        let begun = Instant::now();
        let mut listed = BTreeMap::new();
        for (key, name) in self.list_projects()? {
            let is_known = !self.is_new && !self.changed.contains(&key);
            let views = match self.projects.get(&key).filter(|_| is_known) {
                Some((_, views)) => views.clone(),
                None => self.list_views(&key)?,
            };
            listed.insert(key, (name, views));
        }
        self.projects = listed;
        self.changed.clear();
        self.is_new = false;
        self.rested = Instant::now() + begun.elapsed() * REST;
        Ok(())
    }

    /// The keys and names of all projects.
    fn list_projects(&self) -> Result<Vec<(String, String)>, HostError> {
        let mut found = Vec::new();
        loop {
            let path = format!("/api/v2/projects?limit={PAGE}&offset={}", found.len());
            let page: Projects = self.client.json(&path)?;
            let is_last = page.items.len() < PAGE;
            found.extend(page.items.into_iter().map(|project| (project.key, project.name)));
            if is_last {
                return Ok(found);
            }
        }
    }

    /// The views of a project; none if the project was removed in the meantime.
    fn list_views(&self, project: &str) -> Result<Vec<ViewRow>, HostError> {
        let mut found = Vec::new();
        loop {
            let list = format!("/api/v2/projects/{project}/views");
            let path = format!("{list}?limit={PAGE}&offset={}&sort=key&{COUNTS}", found.len());
            let page: Views = match self.client.json(&path) {
                Err(HostError::Refused { code: ErrorCode::UnknownProject, .. }) => {
                    return Ok(found);
                }
                other => other?,
            };
            let is_last = page.items.len() < PAGE;
            found.extend(page.items.into_iter().map(ViewRow::from));
            if is_last {
                return Ok(found);
            }
        }
    }

    fn picture(&self) -> Picture {
        let projects = self.projects.iter().map(|(key, (name, _))| (key.clone(), name.clone()));
        let views = self.projects.values().flat_map(|(_, views)| views).cloned().collect();
        Picture::new(self.figures, projects, views, self.changes.iter().cloned().collect())
    }
}

impl Source for HostSource {
    fn look(&mut self) -> Result<Look> {
        let text = self.client.get("/metrics")?;
        let figures = Figures::of_metrics(&String::from_utf8_lossy(&text));
        let other = std::mem::replace(&mut self.figures, figures) != figures;
        let before = self.position.clone();
        self.follow()?;
        let is_rested = Instant::now() >= self.rested;
        if self.is_new || (is_rested && !self.changed.is_empty()) {
            self.list()?;
        } else if !other && before == self.position {
            return Ok(Look::Same);
        }
        Ok(Look::New(Box::new(self.picture())))
    }

    fn resources(&mut self, of: &ViewId) -> Result<Resources> {
        let mut found = Resources::default();
        for of_type in ResourceType::ALL {
            let ViewId { project, view } = of;
            let list =
                format!("/api/v2/projects/{project}/views/{view}/linked/{}", of_type.plural());
            let page: LinkedResources = self.client.json(&format!("{list}?limit={ROWS}"))?;
            found.total += page.total_count;
            found.rows.extend(page.items.into_iter().map(|linked| ResourceRow {
                resource_type: of_type.singular(),
                name: match linked.environment_id {
                    Some(environment) => format!("{environment}/{}", linked.resource_key),
                    None => linked.resource_key,
                },
                linked_at: Timestamp::from_millis(linked.linked_at),
            }));
        }
        Ok(found)
    }

    fn find(&mut self, text: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for project in self.projects.keys().take(PROJECTS) {
            for of_type in ResourceType::ALL {
                found.extend(self.find_one(project, of_type, text)?);
            }
            if found.len() >= FOUND {
                break;
            }
        }
        Ok(found)
    }
}

impl HostSource {
    /// The resource of a type with exactly this name, if it is in a view.
    fn find_one(
        &self,
        project: &str,
        of_type: ResourceType,
        text: &str,
    ) -> Result<Option<Found>, HostError> {
        let Some(resource) = named(of_type, text) else { return Ok(None) };
        let (of, key) = (of_type.plural(), resource.key());
        let path = format!("/api/v2/projects/{project}/view-associations/{of}/{key}?limit={VIEWS}");
        let environment = resource.environment().map(|id| format!("&environmentId={id}"));
        let page: Views = self.client.json(&(path + &environment.unwrap_or_default()))?;
        Ok((!page.items.is_empty()).then(|| Found {
            project: project.to_owned(),
            resource_type: of_type.singular(),
            name: resource.to_string(),
            views: page.items.into_iter().map(|view| view.key).collect(),
        }))
    }
}

/// The resource of a type that a text names, if the text is a valid name.
fn named(of_type: ResourceType, text: &str) -> Option<Resource> {
    match of_type {
        ResourceType::Flag => Resource::flag(text).ok(),
        ResourceType::AiConfig => Resource::ai_config(text).ok(),
        ResourceType::Metric => Resource::metric(text).ok(),
        ResourceType::Segment => {
            let (environment, key) = text.split_once('/')?;
            Resource::segment(environment, key).ok()
        }
    }
}

impl From<Item> for ChangeRow {
    fn from(item: Item) -> Self {
        Self {
            revision: item.revision,
            time: Timestamp::from_millis(item.time),
            project: item.project_key,
            actor: item.actor,
            what: described(&item.detail, item.reverts, &|_| false),
            comment: item.comment,
        }
    }
}

impl From<viewlink::wire::View> for ViewRow {
    fn from(view: viewlink::wire::View) -> Self {
        let count = |of: Option<viewlink::wire::Count>| of.map_or(0, |of| of.count);
        let links = viewlink::wire::Counts {
            flags: count(view.flags_summary),
            segments: count(view.segments_summary),
            ai_configs: count(view.ai_configs_summary),
            metrics: count(view.metrics_summary),
        };
        Self { id: ViewId { project: view.project_key, view: view.key }, name: view.name, links }
    }
}
