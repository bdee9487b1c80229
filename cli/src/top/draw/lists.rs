//! The lists of projects, views and changes.

use std::ops::Range;

use indicatif::HumanCount;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};

use super::Theme;
use super::grid::{Grid, numbers, text};
use crate::moment::moment;
use crate::top::picture::{ChangeRow, ViewRow, total};
use crate::top::screen::{Pane, Screen};

/// The smallest width, in columns, with a count of links for each type.
const BY_TYPE: u16 = 74;
/// The smallest width at which the names of views are shown.
const NAMED: u16 = 48;
/// The smallest width at which revision, project and comment of changes are shown.
const IN_FULL: u16 = 100;
/// The smallest width at which the actor of changes is shown.
const WITH_ACTOR: u16 = 56;

pub(super) fn projects(frame: &mut Frame<'_>, area: Rect, screen: &Screen, theme: Theme) {
    let projects = &screen.picture.projects;
    let columns = [text("KEY", Constraint::Fill(1)), numbers("VIEWS", 6), numbers("LINKS", 9)];
    let grid = Grid {
        title: "Projects".to_owned(),
        columns: &columns,
        list: screen.projects,
        has_keys: screen.pages.is_empty() && screen.focus == Pane::Projects,
    };
    let all = ("(all)", screen.picture.views.len() as u64, screen.picture.links());
    grid.draw(frame, area, theme, projects.len() + 1, |at| {
        let of = at.checked_sub(1).and_then(|at| projects.get(at));
        let (key, views, links) = of.map_or(all, |of| (of.key.as_str(), of.views, of.links));
        vec![key.to_owned(), number(views), number(links)]
    });
}

pub(super) fn views(frame: &mut Frame<'_>, area: Rect, screen: &Screen, theme: Theme) {
    let (views, project) = (screen.shown_views(), screen.project());
    let title = match project {
        Some(project) if project.name.is_empty() || project.name == project.key => {
            format!("Views of {}, by size", project.key)
        }
        Some(project) => format!("Views of {} ({}), by size", project.key, project.name),
        None => "Views, by size".to_owned(),
    };
    let mut columns = vec![text("VIEW", Constraint::Fill(2)), numbers("LINKS", 9)];
    if area.width >= BY_TYPE {
        let types = [("FLAGS", 9), ("SEGMENTS", 8), ("AI CONFIGS", 10), ("METRICS", 7)];
        columns.extend(types.map(|(name, width)| numbers(name, width)));
    }
    if area.width >= NAMED {
        columns.push(text("NAME", Constraint::Fill(2)));
    }
    let grid = Grid {
        title,
        columns: &columns,
        list: screen.views,
        has_keys: screen.pages.is_empty() && screen.focus == Pane::Views,
    };
    let with_project = project.is_none() && screen.picture.projects.len() > 1;
    grid.draw(frame, area, theme, views.len(), |at| match views.get(at) {
        Some(view) => view_row(view, with_project, area.width),
        None => Vec::new(),
    });
}

fn view_row(view: &ViewRow, with_project: bool, width: u16) -> Vec<String> {
    let key = match with_project {
        true => format!("{}/{}", view.id.project, view.id.view),
        false => view.id.view.clone(),
    };
    let mut row = vec![key, number(total(&view.links))];
    if width >= BY_TYPE {
        let links = &view.links;
        let types = [links.flags, links.segments, links.ai_configs, links.metrics];
        row.extend(types.map(number));
    }
    if width >= NAMED {
        row.push(view.name.clone());
    }
    row
}

pub(super) fn changes(frame: &mut Frame<'_>, area: Rect, screen: &Screen, theme: Theme) {
    let changes = &screen.picture.changes;
    let time = |width| text("TIME (UTC)", Constraint::Length(width));
    let what = text("CHANGE", Constraint::Fill(4));
    let actor = |share| text("ACTOR", Constraint::Fill(share));
    let columns = match area.width {
        IN_FULL.. => vec![
            numbers("REVISION", 9),
            time(19),
            text("PROJECT", Constraint::Fill(1)),
            actor(1),
            what,
            text("COMMENT", Constraint::Fill(2)),
        ],
        WITH_ACTOR.. => vec![time(10), actor(1), what],
        _ => vec![time(10), what],
    };
    let grid = Grid {
        title: "Changes, the newest first".to_owned(),
        columns: &columns,
        list: screen.changes,
        has_keys: screen.pages.is_empty() && screen.focus == Pane::Changes,
    };
    grid.draw(frame, area, theme, changes.len(), |at| match changes.get(at) {
        Some(change) => change_row(change, area.width),
        None => Vec::new(),
    });
}

fn change_row(change: &ChangeRow, width: u16) -> Vec<String> {
    let (time, what) = (moment(change.time), change.what.clone());
    let actor = change.actor.clone().unwrap_or_else(|| "-".to_owned());
    // Part of a time such as `2023-11-14T22:13:20.120Z`; a time in another format is shown completely.
    let part = |range: Range<usize>| time.get(range).unwrap_or(&time).replace('T', " ");
    match width {
        IN_FULL.. => vec![
            number(change.revision),
            part(0..19),
            change.project.clone(),
            actor,
            what,
            change.comment.clone().unwrap_or_default(),
        ],
        WITH_ACTOR.. => vec![part(11..19), actor, what],
        _ => vec![part(11..19), what],
    }
}

/// A number with its digits in groups.
pub(super) fn number(value: u64) -> String {
    HumanCount(value).to_string()
}
