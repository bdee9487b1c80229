//! A view with its links, as plain data.

use super::project::ProjectState;
use super::read::ProjectReader;
use super::view::ViewState;
use crate::model::change_record::{RemovedLinks, ViewDetail};
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// All fields of a view, and its links: the data for reverting its deletion.
///
/// Cost: O(links of the view).
pub(super) fn detail(project: &ProjectState, view: &ViewState) -> ViewDetail {
    let links = ResourceType::ALL.into_iter().filter_map(|resource_type| {
        let names = &project.of(resource_type).names;
        let mut removed = RemovedLinks::default();
        let (links, standing) = (view.links(resource_type)?, view.standing(resource_type));
        for link in links.by_key(names, None, 0) {
            removed.names.push(names.text(link.place));
            removed.times.push(links.record(link));
            if standing.is_some_and(|standing| !standing.keys_hold(names.id(link.place))) {
                removed.by_filter.push(names.text(link.place));
            }
        }
        Some((resource_type, removed))
    });
    ViewDetail { view: view.to_record(), links: links.collect() }
}

impl ProjectReader<'_> {
    /// All fields of a view, and its links.
    ///
    /// Cost: O(links of the view).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`](crate::Error::UnknownView) if it does not exist.
    pub(crate) fn view_detail(&self, key: &ViewKey) -> Result<ViewDetail> {
        let (_, view) = self.find_view(key)?;
        Ok(detail(self.project, view))
    }
}
