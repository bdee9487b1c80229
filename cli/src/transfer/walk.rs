//! Reading the whole content of a snapshot.

use indicatif::ProgressBar;
use viewlink::{
    KeySort, LinkSort, ProjectInfo, ProjectSettings, ProjectSnapshot, ResourceFilter, ResourceSort,
    ResourceType, Snapshot, View, ViewSort,
};

use super::counts::RowCounts;
use super::sink::Sink;
use crate::error::Result;
use crate::list::each;

/// The rows of a snapshot, or of one of its projects, in key order. Each project has its fields, its views, its
/// registered resources, and its links by view and type. One page of each is in memory at a time.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    snapshot: &'a Snapshot,
    project: Option<&'a str>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(snapshot: &'a Snapshot, project: Option<&'a str>) -> Self {
        Self { snapshot, project }
    }

    /// The number of rows, without reading them.
    ///
    /// Cost: O(views).
    pub(super) fn count(&self) -> Result<RowCounts> {
        let mut counts = RowCounts::default();
        self.each_project(|project| {
            let info = project.info();
            counts.projects += u64::from(has_fields(&info));
            counts.views += info.views;
            counts.resources += info.resources.total();
            each_view(project, |view| {
                counts.links += view.links.total();
                Ok(())
            })
        })?;
        Ok(counts)
    }

    /// Writes every row; returns their number.
    ///
    /// Cost: O(rows · log rows).
    pub(super) fn write(&self, sink: &mut Sink, bar: &ProgressBar) -> Result<RowCounts> {
        let mut counts = RowCounts::default();
        self.each_project(|project| {
            let info = project.info();
            if !sink.is_links_only() && has_fields(&info) {
                counts.projects += 1;
                bar.inc(1);
                sink.project(&info)?;
            }
            let key = info.key;
            if !sink.is_links_only() {
                each_view(project, |view| {
                    counts.views += 1;
                    bar.inc(1);
                    sink.view(key.as_str(), view)
                })?;
                counts.resources += write_resources(project, sink, bar)?;
            }
            each_view(project, |view| {
                counts.links += write_links(project, view, sink, bar)?;
                Ok(())
            })
        })?;
        Ok(counts)
    }

    fn each_project(&self, mut act: impl FnMut(&ProjectSnapshot) -> Result<()>) -> Result<()> {
        if let Some(project) = self.project {
            return act(&self.snapshot.project(project)?);
        }
        let page = |paging| self.snapshot.projects(paging);
        each(KeySort::Key, page, |info: ProjectInfo| {
            act(&self.snapshot.project(info.key.as_str())?)
        })
    }
}

/// Whether a project has any fields.
fn has_fields(project: &ProjectInfo) -> bool {
    project.settings != ProjectSettings::new()
}

fn each_view(project: &ProjectSnapshot, mut act: impl FnMut(&View) -> Result<()>) -> Result<()> {
    each(ViewSort::Key, |paging| project.views(paging), |view| act(&view))
}

fn write_resources(project: &ProjectSnapshot, sink: &mut Sink, bar: &ProgressBar) -> Result<u64> {
    let (key, all, mut count) = (project.info().key, ResourceFilter::all(), 0);
    for resource_type in ResourceType::ALL {
        let page = |paging| project.resources(resource_type, &all, paging);
        each(ResourceSort::Key, page, |resource| {
            count += 1;
            bar.inc(1);
            sink.resource(key.as_str(), &resource)
        })?;
    }
    Ok(count)
}

fn write_links(
    project: &ProjectSnapshot,
    view: &View,
    sink: &mut Sink,
    bar: &ProgressBar,
) -> Result<u64> {
    let (key, view_key, mut count) = (project.info().key, view.key.as_str(), 0);
    for resource_type in ResourceType::ALL {
        if view.links.get(resource_type) == 0 {
            continue;
        }
        // In key order, since in the order of time each page would read all links of the view.
        let page = |paging| project.linked_resources(view_key, resource_type, paging);
        each(LinkSort::Key, page, |linked| {
            count += 1;
            bar.inc(1);
            sink.link(key.as_str(), view_key, &linked)
        })?;
    }
    Ok(count)
}
