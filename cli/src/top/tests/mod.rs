//! Tests of the parts of the display, without a terminal.

mod drawing;
mod keys;
mod sources;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use viewlink::Timestamp;
use viewlink::wire::Counts;

use super::picture::{ChangeRow, Figures, Picture, ViewId, ViewRow};
use super::screen::{Answer, Screen, Step};
use super::source::Look;

fn view(project: &str, view: &str, flags: u64) -> ViewRow {
    ViewRow {
        id: ViewId { project: project.into(), view: view.into() },
        name: format!("The {view}"),
        links: Counts { flags, segments: 1, ..Counts::default() },
    }
}

fn change(revision: u64, what: &str) -> ChangeRow {
    ChangeRow {
        revision,
        time: Timestamp::from_millis(1_700_000_000_000 + revision * 1_000),
        project: "shop".into(),
        actor: revision.is_multiple_of(2).then(|| "ada".into()),
        what: what.into(),
        comment: Some("spring".into()),
    }
}

/// A store with two projects.
fn picture() -> Picture {
    let figures = Figures {
        revision: 1_234,
        checkpoint_revision: 1_200,
        memory: 45 << 20,
        segments: 2,
        journal: 6 << 20,
    };
    let projects = [("shop".into(), "Web shop".into()), ("app".into(), String::new())];
    let views =
        vec![view("app", "beta", 5), view("shop", "checkout", 1_500), view("shop", "cart", 5)];
    let changes = vec![change(1_234, "cart: linked 1 flag: a"), change(1_233, "created view cart")];
    Picture::new(figures, projects, views, changes)
}

fn shown(picture: Picture) -> Screen {
    let mut screen = Screen::new("views.viewlink".into());
    assert_eq!(screen.take(Answer::Look(Ok(Look::New(Box::new(picture))))), None);
    screen
}

fn press(screen: &mut Screen, code: KeyCode) -> Step {
    screen.press(KeyEvent::new(code, KeyModifiers::NONE))
}

fn write(screen: &mut Screen, text: &str) {
    text.chars().for_each(|character| drop(press(screen, KeyCode::Char(character))));
}
