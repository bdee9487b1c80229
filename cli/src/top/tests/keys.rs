//! The effects of keys and answers on the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{change, picture, press, shown, view, write};
use crate::top::picture::{Figures, Picture, Resources, ViewId};
use crate::top::screen::{Answer, Page, Pane, Question, Step};
use crate::top::source::Look;

fn id(project: &str, view: &str) -> ViewId {
    ViewId { project: project.into(), view: view.into() }
}

#[test]
fn q_and_ctrl_c_quit_but_in_a_search_q_is_text() {
    let mut screen = shown(picture());
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Step::Quit);
    write(&mut screen, "/q");
    assert_eq!(screen.search.as_deref(), Some("q"));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.press(interrupt), Step::Quit);
}

#[test]
fn enter_on_a_view_asks_for_its_resources_and_esc_goes_back() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::Down);
    let step = press(&mut screen, KeyCode::Enter);
    // If two views have the same size, the first one by project and key comes first.
    assert_eq!(step, Step::Ask(Question::Resources(id("app", "beta"))));
    assert!(matches!(screen.pages.last(), Some(Page::Resources(_))));
    press(&mut screen, KeyCode::Esc);
    assert_eq!((screen.pages.len(), screen.views.selected), (0, 1));
}

#[test]
fn a_selected_project_shows_only_its_views() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::BackTab);
    assert_eq!(screen.focus, Pane::Projects);
    press(&mut screen, KeyCode::End);
    let keys = |screen: &super::Screen| {
        screen.shown_views().iter().map(|view| view.id.view.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&screen), ["checkout", "cart"]);
    press(&mut screen, KeyCode::Enter);
    assert_eq!(screen.focus, Pane::Views);
    let step = press(&mut screen, KeyCode::Enter);
    assert_eq!(step, Step::Ask(Question::Resources(id("shop", "checkout"))));
}

#[test]
fn a_search_shows_views_at_once_and_asks_for_resources() {
    let mut screen = shown(picture());
    write(&mut screen, "/ CArx");
    press(&mut screen, KeyCode::Backspace);
    let step = press(&mut screen, KeyCode::Enter);
    assert_eq!(step, Step::Ask(Question::Find("CAr".into())));
    let step = press(&mut screen, KeyCode::Enter);
    assert_eq!(step, Step::Ask(Question::Resources(id("shop", "cart"))));
    // On the result page, another search replaces the first.
    write(&mut screen, "/beta");
    press(&mut screen, KeyCode::Enter);
    let found = screen.pages.iter().filter(|page| matches!(page, Page::Found(_))).count();
    assert_eq!(found, 1);
    write(&mut screen, "/ ");
    assert_eq!(press(&mut screen, KeyCode::Enter), Step::Stay);
    assert_eq!(screen.search, None);
}

#[test]
fn an_answer_to_an_outdated_question_is_ignored() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::Enter);
    let before = screen.pages.clone();
    let late = Resources { rows: Vec::new(), total: 7 };
    screen.take(Answer::Resources(id("shop", "other"), Ok(late)));
    screen.take(Answer::Found("x".into(), Ok(Vec::new())));
    assert_eq!(screen.pages, before);
}

#[test]
fn the_selection_stays_while_the_picture_changes() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::End);
    assert_eq!(screen.shown_views()[screen.views.selected].id, id("shop", "cart"));
    press(&mut screen, KeyCode::Tab);
    press(&mut screen, KeyCode::Down);
    let figures = Figures { revision: 1_235, ..Figures::default() };
    let views = vec![view("shop", "cart", 9_000), view("shop", "checkout", 1)];
    let changes = vec![change(1_235, "new"), change(1_234, "a"), change(1_233, "b")];
    let projects = [("shop".to_owned(), String::new())];
    let newer = Picture::new(figures, projects, views, changes);
    screen.take(Answer::Look(Ok(Look::New(Box::new(newer)))));
    assert_eq!((screen.views.selected, screen.changes.selected), (0, 2));
}

#[test]
fn shown_resources_are_read_again_when_the_store_changed() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::Enter);
    let asked = screen.take(Answer::Look(Ok(Look::New(Box::new(picture())))));
    assert_eq!(asked, None);
    let mut newer = picture();
    newer.figures.revision += 1;
    let asked = screen.take(Answer::Look(Ok(Look::New(Box::new(newer)))));
    assert_eq!(asked, Some(Question::Resources(id("shop", "checkout"))));
}

#[test]
fn after_a_view_is_deleted_the_selection_is_still_in_the_list() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::End);
    screen.take(Answer::Look(Ok(Look::New(Box::default()))));
    assert_eq!((screen.views.selected, screen.projects.selected), (0, 0));
    assert_eq!(press(&mut screen, KeyCode::Enter), Step::Stay);
}
