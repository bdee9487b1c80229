//! Finding the views of an earlier change that still exist.

use std::collections::BTreeMap;

use super::State;
use crate::model::ViewTrace;
use crate::model::key::ViewKey;

impl State {
    /// The ids of the views that still have the same key, according to a trace up to this state.
    ///
    /// Cost: O(views of the trace).
    pub(crate) fn same_views(&self, trace: &ViewTrace) -> BTreeMap<ViewKey, u32> {
        let (project, same) = trace.same();
        let Some(project) = self.projects.get(project) else { return BTreeMap::new() };
        let id = |key: &ViewKey| Some((key.clone(), project.views.find(key)?.1.about().id));
        same.filter_map(id).collect()
    }
}
