//! The pages that cover the lists: the resources of a view, the results of a search, a change, the help.

use super::List;
use crate::top::picture::{ChangeRow, Found, Picture, Resources, ViewId, ViewRow};

/// A page that covers the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::top) enum Page {
    Resources(ResourcesPage),
    Found(FoundPage),
    Change(ChangeRow),
    Help,
}

/// The state of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::top) enum Progress {
    Waiting,
    Done,
    Failed(String),
}

/// The resources of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::top) struct ResourcesPage {
    pub(in crate::top) of: ViewId,
    pub(in crate::top) resources: Resources,
    pub(in crate::top) progress: Progress,
    pub(in crate::top) list: List,
}

/// The results of a search: views of the display, then resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::top) struct FoundPage {
    pub(in crate::top) text: String,
    pub(in crate::top) views: Vec<ViewRow>,
    pub(in crate::top) resources: Vec<Found>,
    pub(in crate::top) progress: Progress,
    pub(in crate::top) list: List,
}

impl Page {
    /// Stores the resources of a view, if this is their page.
    pub(super) fn take_resources(&mut self, of: &ViewId, result: &Result<Resources, String>) {
        let Self::Resources(page) = self else { return };
        if page.of != *of {
            return;
        }
        page.progress = Progress::of(result);
        if let Ok(resources) = result {
            page.resources.clone_from(resources);
            page.list.selected = page.list.selected.min(resources.rows.len().saturating_sub(1));
        }
    }

    /// Stores the results of a search, if this is its page.
    pub(super) fn take_found(&mut self, text: &str, result: &Result<Vec<Found>, String>) {
        let Self::Found(page) = self else { return };
        if page.text != text {
            return;
        }
        page.progress = Progress::of(result);
        if let Ok(found) = result {
            page.resources.clone_from(found);
        }
    }
}

impl Progress {
    fn of<T>(result: &Result<T, String>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(error) => Self::Failed(error.clone()),
        }
    }
}

impl ResourcesPage {
    pub(super) fn new(of: ViewId) -> Self {
        let progress = Progress::Waiting;
        Self { of, resources: Resources::default(), progress, list: List::default() }
    }
}

impl FoundPage {
    /// The page of a search. Views whose key or name contains the text are shown at once.
    pub(super) fn new(text: String, picture: &Picture) -> Self {
        let wanted = text.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        let views = picture.views.iter().filter(|view| has(&view.id.view) || has(&view.name));
        Self {
            views: views.cloned().collect(),
            text,
            resources: Vec::new(),
            progress: Progress::Waiting,
            list: List::default(),
        }
    }

    /// The number of rows.
    pub(in crate::top) const fn rows(&self) -> usize {
        self.views.len() + self.resources.len()
    }

    /// The view that is selected.
    pub(super) fn view(&self) -> Option<&ViewRow> {
        self.views.get(self.list.selected)
    }
}
