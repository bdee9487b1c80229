//! The pages that cover the lists.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::Theme;
use super::grid::{Grid, text};
use super::lists::number;
use crate::counted::counted;
use crate::moment::moment;
use crate::table::escaped;
use crate::top::picture::{ChangeRow, total};
use crate::top::screen::{FoundPage, Page, Progress, ResourcesPage};

/// The smallest width, in columns, at which the link time of resources is shown.
const WITH_TIME: u16 = 60;

const HELP: &[&str] = &[
    "q, Ctrl-C     quit",
    "Tab           next list: projects, views, changes",
    "arrows, j, k  move the selection; also PgUp, PgDn, Home, End",
    "Enter         show the resources of the view, or the whole change;",
    "              on a project: show its views",
    "/             search views and resources in all projects",
    "Esc           back",
    "",
    "Sizes are numbers of links. Times are in UTC. The selection stays on",
    "its row when the lists change. Nothing here changes the store.",
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &Page, theme: Theme) {
    match page {
        Page::Resources(page) => resources(frame, area, page, theme),
        Page::Found(page) => found(frame, area, page, theme),
        Page::Change(change) => text_page(frame, area, lines_of(change), theme),
        Page::Help => {
            let lines = HELP.iter().map(|line| (*line).to_owned());
            text_page(
                frame,
                area,
                std::iter::once("Keys".to_owned()).chain(lines).collect(),
                theme,
            );
        }
    }
}

fn resources(frame: &mut Frame<'_>, area: Rect, page: &ResourcesPage, theme: Theme) {
    let rows = &page.resources.rows;
    let shown = match (&page.progress, page.resources.total) {
        (Progress::Waiting, _) => "reading".to_owned(),
        (Progress::Failed(error), _) => return failed(frame, area, error, theme),
        (Progress::Done, total) if total > rows.len() as u64 => {
            format!("{} of {} resources", number(rows.len() as u64), number(total))
        }
        (Progress::Done, total) => counted(total, "resource"),
    };
    let mut columns = vec![text("TYPE", Constraint::Length(8)), text("KEY", Constraint::Fill(1))];
    if area.width >= WITH_TIME {
        columns.push(text("LINKED AT", Constraint::Length(24)));
    }
    let title = format!("{} of project {}: {shown}", page.of.view, page.of.project);
    let grid = Grid { title, columns: &columns, list: page.list, has_keys: true };
    grid.draw(frame, area, theme, rows.len(), |at| match rows.get(at) {
        Some(row) => vec![row.resource_type.to_owned(), row.name.clone(), moment(row.linked_at)],
        None => Vec::new(),
    });
}

fn found(frame: &mut Frame<'_>, area: Rect, page: &FoundPage, theme: Theme) {
    let columns = [
        text("WHAT", Constraint::Length(8)),
        text("KEY", Constraint::Fill(2)),
        text("PROJECT", Constraint::Fill(1)),
        text("IN", Constraint::Fill(2)),
    ];
    let (views, resources) = (page.views.len() as u64, page.resources.len() as u64);
    let resources = match &page.progress {
        Progress::Waiting => "looking for resources".to_owned(),
        Progress::Done => counted(resources, "resource"),
        Progress::Failed(error) => format!("no resources: {error}"),
    };
    let title = format!("\"{}\": {}, {resources}", page.text, counted(views, "view"));
    let grid = Grid { title, columns: &columns, list: page.list, has_keys: true };
    grid.draw(frame, area, theme, page.rows(), |at| found_row(page, at));
}

fn found_row(page: &FoundPage, at: usize) -> Vec<String> {
    if let Some(view) = page.views.get(at) {
        let links = counted(total(&view.links), "link");
        return vec!["view".to_owned(), view.id.view.clone(), view.id.project.clone(), links];
    }
    let resource = at.checked_sub(page.views.len()).and_then(|at| page.resources.get(at));
    let Some(resource) = resource else { return Vec::new() };
    let views = match resource.views.as_slice() {
        [] => "no view".to_owned(),
        views => views.join(", "),
    };
    vec![resource.resource_type.to_owned(), resource.name.clone(), resource.project.clone(), views]
}

fn lines_of(change: &ChangeRow) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        format!("Revision {}", number(change.revision)),
        format!("time     {}", moment(change.time)),
        format!("project  {}", change.project),
        format!("actor    {}", or_dash(&change.actor)),
        format!("comment  {}", or_dash(&change.comment)),
        format!("change   {}", change.what),
    ]
}

fn failed(frame: &mut Frame<'_>, area: Rect, error: &str, theme: Theme) {
    text_page(frame, area, vec!["The store could not be read".to_owned(), error.to_owned()], theme);
}

/// Lines of text after the title.
fn text_page(frame: &mut Frame<'_>, area: Rect, lines: Vec<String>, theme: Theme) {
    let lines = lines.into_iter().map(escaped).enumerate();
    let lines = lines.map(|(at, line)| match at {
        0 => Line::styled(line, theme.title(true)),
        _ => Line::raw(line),
    });
    let text = Text::from(lines.collect::<Vec<_>>());
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), area);
}
