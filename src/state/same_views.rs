//! Which views are still the ones that a change was about.

use std::collections::BTreeMap;

use super::State;
use crate::model::ViewTrace;
use crate::model::key::ViewKey;

impl State {
    /// The ids of the views that a trace up to this state found to be the same, under the same key.
    ///
    /// Cost: O(views of the trace).
    pub(crate) fn same_views(&self, trace: &ViewTrace) -> BTreeMap<ViewKey, u32> {
        let (project, same) = trace.same();
        let Some(project) = self.projects.get(project) else { return BTreeMap::new() };
        let id = |key: &ViewKey| Some((key.clone(), project.views.find(key)?.1.about().id));
        same.filter_map(id).collect()
    }
}
