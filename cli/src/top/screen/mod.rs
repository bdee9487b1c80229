//! The content of the screen, and the effects of keys. Independent of the terminal and of the source.

mod list;
mod page;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::picture::{ChangeRow, Found, Picture, ProjectRow, Resources, ViewId, ViewRow};
use super::source::Look;

pub(super) use list::List;
pub(super) use page::{FoundPage, Page, Progress, ResourcesPage};

/// A question to the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// The resources of a view.
    Resources(ViewId),
    /// Resources that match a text.
    Find(String),
}

/// An answer of the source; a failure is a text.
#[derive(Debug)]
pub(super) enum Answer {
    Look(Result<Look, String>),
    Resources(ViewId, Result<Resources, String>),
    Found(String, Result<Vec<Found>, String>),
}

/// The result of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Stay,
    Ask(Question),
    Quit,
}

/// The lists on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Projects,
    Views,
    Changes,
}

/// The content of the screen.
pub(super) struct Screen {
    /// The given name of the store or host.
    pub(super) name: String,
    pub(super) picture: Picture,
    /// Why the display is not current.
    pub(super) notice: Option<String>,
    pub(super) focus: Pane,
    /// The first row stands for all projects.
    pub(super) projects: List,
    pub(super) views: List,
    pub(super) changes: List,
    /// The pages that cover the lists, the topmost last.
    pub(super) pages: Vec<Page>,
    /// The text of a search that is being typed.
    pub(super) search: Option<String>,
}

/// The longest text of a search.
const LONGEST_SEARCH: usize = 256;

impl Screen {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            picture: Picture::default(),
            notice: None,
            focus: Pane::Views,
            projects: List::default(),
            views: List::default(),
            changes: List::default(),
            pages: Vec::new(),
            search: None,
        }
    }

    /// The project whose views are shown; `None` for all projects.
    pub(super) fn project(&self) -> Option<&ProjectRow> {
        self.projects.selected.checked_sub(1).and_then(|at| self.picture.projects.get(at))
    }

    /// The views that are shown, the largest first.
    pub(super) fn shown_views(&self) -> Vec<&ViewRow> {
        let of = self.project().map(|project| project.key.as_str());
        let shown = self.picture.views.iter();
        shown.filter(|view| of.is_none_or(|of| view.id.project == of)).collect()
    }

    /// The change that is selected.
    fn change(&self) -> Option<&ChangeRow> {
        self.picture.changes.get(self.changes.selected)
    }

    /// Handles a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Step {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Step::Quit } else { Step::Stay };
        }
        if let Some(text) = self.search.take() {
            return self.write(text, key.code);
        }
        match key.code {
            KeyCode::Char('q') => return Step::Quit,
            KeyCode::Char('/') => self.search = Some(String::new()),
            KeyCode::Char('?') => self.toggle_help(),
            KeyCode::Esc | KeyCode::Backspace | KeyCode::Left => {
                self.pages.pop();
            }
            KeyCode::Enter | KeyCode::Right => return self.enter(),
            KeyCode::Tab if self.pages.is_empty() => self.focus = self.focus.next(),
            KeyCode::BackTab if self.pages.is_empty() => self.focus = self.focus.next().next(),
            code => self.move_by(code),
        }
        Step::Stay
    }

    /// Handles a key in the text of a search.
    fn write(&mut self, mut text: String, code: KeyCode) -> Step {
        match code {
            KeyCode::Esc => return Step::Stay,
            KeyCode::Enter if text.trim().is_empty() => return Step::Stay,
            KeyCode::Enter => return self.find(text.trim().to_owned()),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char(character) if text.len() < LONGEST_SEARCH => text.push(character),
            _ => {}
        }
        self.search = Some(text);
        Step::Stay
    }

    fn find(&mut self, text: String) -> Step {
        // There is only one result page: a new search replaces the result of the last one.
        self.pages.retain(|page| !matches!(page, Page::Found(_) | Page::Help));
        self.pages.push(Page::Found(FoundPage::new(text.clone(), &self.picture)));
        Step::Ask(Question::Find(text))
    }

    fn toggle_help(&mut self) {
        match self.pages.last() {
            Some(Page::Help) => drop(self.pages.pop()),
            _ => self.pages.push(Page::Help),
        }
    }

    /// Opens the selected row.
    fn enter(&mut self) -> Step {
        let view = match (self.pages.last(), self.focus) {
            (Some(Page::Found(found)), _) => found.view().map(|view| view.id.clone()),
            (Some(_), _) => None,
            (None, Pane::Views) => {
                self.shown_views().get(self.views.selected).map(|view| view.id.clone())
            }
            (None, Pane::Projects) => {
                self.focus = Pane::Views;
                None
            }
            (None, Pane::Changes) => {
                let change = self.change().cloned().map(Page::Change);
                self.pages.extend(change);
                None
            }
        };
        let Some(view) = view else { return Step::Stay };
        self.pages.push(Page::Resources(ResourcesPage::new(view.clone())));
        Step::Ask(Question::Resources(view))
    }

    /// Moves the selection of the list that receives the keys.
    fn move_by(&mut self, code: KeyCode) {
        let (views, changes) = (self.shown_views().len(), self.picture.changes.len());
        let (list, rows) = match (self.pages.last_mut(), self.focus) {
            (Some(Page::Resources(page)), _) => (&mut page.list, page.resources.rows.len()),
            (Some(Page::Found(page)), _) => {
                let rows = page.rows();
                (&mut page.list, rows)
            }
            (Some(_), _) => return,
            (None, Pane::Projects) => (&mut self.projects, self.picture.projects.len() + 1),
            (None, Pane::Views) => (&mut self.views, views),
            (None, Pane::Changes) => (&mut self.changes, changes),
        };
        let before = list.selected;
        list.press(code, rows);
        if self.pages.is_empty() && self.focus == Pane::Projects && self.projects.selected != before
        {
            self.views = List::default();
        }
    }

    /// Handles an answer of the source. It may lead to another question.
    pub(super) fn take(&mut self, answer: Answer) -> Option<Question> {
        match answer {
            Answer::Look(Ok(Look::Same)) => None,
            Answer::Look(Ok(Look::New(picture))) => {
                self.notice = None;
                self.show(*picture)
            }
            Answer::Look(Ok(Look::Stale(notice)) | Err(notice)) => {
                self.notice = Some(notice);
                None
            }
            Answer::Resources(of, result) => {
                let pages = self.pages.iter_mut();
                pages.for_each(|page| page.take_resources(&of, &result));
                None
            }
            Answer::Found(text, result) => {
                self.pages.iter_mut().for_each(|page| page.take_found(&text, &result));
                None
            }
        }
    }

    /// Shows new data. The selected row stays selected as long as it exists.
    fn show(&mut self, picture: Picture) -> Option<Question> {
        let project = self.project().map(|project| project.key.clone());
        let view = self.shown_views().get(self.views.selected).map(|view| view.id.clone());
        // If the newest change is selected, a newer one becomes selected.
        let change = self.change().map(|change| change.revision);
        let change = change.filter(|_| self.changes.selected > 0);
        let is_new = picture.figures.revision != self.picture.figures.revision;
        self.picture = picture;
        let at = project.and_then(|of| self.picture.projects.iter().position(|it| it.key == of));
        self.projects.selected = at.map_or(0, |at| at + 1);
        let views = self.shown_views();
        // If the largest view is selected, a larger one becomes selected.
        let view = view.filter(|_| self.views.selected > 0);
        let at = view.and_then(|id| views.iter().position(|it| it.id == id));
        let last = views.len().saturating_sub(1);
        self.views.selected = at.unwrap_or(self.views.selected).min(last);
        let at = change.and_then(|of| self.picture.changes.iter().position(|it| it.revision == of));
        self.changes.selected = at.unwrap_or(0);
        match self.pages.last() {
            Some(Page::Resources(page)) if is_new => Some(Question::Resources(page.of.clone())),
            _ => None,
        }
    }
}

impl Pane {
    const fn next(self) -> Self {
        match self {
            Self::Projects => Self::Views,
            Self::Views => Self::Changes,
            Self::Changes => Self::Projects,
        }
    }
}
