//! The appearance at several sizes.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;

use super::{change, picture, press, shown, write};
use crate::top::draw::{Theme, draw};
use crate::top::picture::{Found, Picture, ResourceRow, Resources, ViewId};
use crate::top::screen::{Answer, Screen};
use crate::top::source::Look;

/// The screen in a terminal of a given size, one text for each line.
fn drawn(screen: &Screen, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, screen, Theme::PLAIN)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

#[test]
fn a_terminal_of_80_by_24_has_all_three_lists() {
    let lines = drawn(&shown(picture()), 80, 24);
    let expected = include_str!("80x24.txt");
    assert_eq!(lines.join("\n"), expected.trim_end(), "\n{}", lines.join("\n"));
}

#[test]
fn a_terminal_of_40_by_10_has_only_the_list_that_receives_the_keys() {
    let mut screen = shown(picture());
    let lines = drawn(&screen, 40, 10);
    assert_eq!(lines[0], format!("views.viewlink{:>26}", "revision 1,234"));
    assert_eq!(lines[1], "1,513 links  3 views  2 projects");
    assert_eq!(lines[2], "Views, by size");
    assert_eq!(lines[4], format!("shop/checkout{:>27}", "1,501"));
    assert_eq!(lines[9], "q quit  ? help  / search  Tab next list");
    press(&mut screen, KeyCode::Tab);
    let lines = drawn(&screen, 40, 10);
    assert_eq!(lines[2], "Changes, the newest first");
    assert_eq!(lines[4], "22:33:54    cart: linked 1 flag: a");
    press(&mut screen, KeyCode::Tab);
    assert_eq!(drawn(&screen, 40, 10)[4], format!("(all){:>24}{:>11}", 3, "1,513"));
}

#[test]
fn a_wide_terminal_shows_actor_and_comment_of_a_change() {
    let lines = drawn(&shown(picture()), 140, 30);
    let row = lines.iter().find(|line| line.contains("linked 1 flag")).unwrap();
    for part in ["1,234", "2023-11-14 22:33:54", "shop", "ada", "spring"] {
        assert!(row.contains(part), "{row}");
    }
}

#[test]
fn resources_of_a_view_are_shown_with_their_total() {
    let mut screen = shown(picture());
    press(&mut screen, KeyCode::Enter);
    assert_eq!(drawn(&screen, 60, 12)[2], "checkout of project shop: reading");
    let id = ViewId { project: "shop".into(), view: "checkout".into() };
    let time = viewlink::Timestamp::from_millis(0);
    let row =
        |name: &str| ResourceRow { resource_type: "flag", name: name.into(), linked_at: time };
    let resources = Resources { rows: vec![row("a"), row("b")], total: 3_000 };
    screen.take(Answer::Resources(id.clone(), Ok(resources)));
    let lines = drawn(&screen, 60, 12);
    assert_eq!(lines[2], "checkout of project shop: 2 of 3,000 resources");
    assert_eq!(lines[4], format!("flag      a{:>25}1970-01-01T00:00:00.000Z", ""));
    screen.take(Answer::Resources(id, Err("the view is gone".into())));
    assert_eq!(drawn(&screen, 60, 12)[3], "the view is gone");
}

#[test]
fn a_search_shows_views_and_resources_with_their_views() {
    let mut screen = shown(picture());
    write(&mut screen, "/check");
    assert_eq!(drawn(&screen, 60, 12)[11], "/check");
    press(&mut screen, KeyCode::Enter);
    let lines = drawn(&screen, 60, 12);
    assert_eq!(lines[2], "\"check\": 1 view, looking for resources");
    assert!(lines[4].starts_with("view      checkout"), "{lines:?}");
    let found = |views: &[&str]| Found {
        project: "app".into(),
        resource_type: "flag",
        name: "check".into(),
        views: views.iter().map(|view| (*view).to_owned()).collect(),
    };
    screen.take(Answer::Found("check".into(), Ok(vec![found(&["beta", "v"]), found(&[])])));
    let lines = drawn(&screen, 60, 12);
    assert_eq!(lines[2], "\"check\": 1 view, 2 resources");
    assert!(lines[5].starts_with("flag      check") && lines[5].ends_with("beta, v"), "{lines:?}");
    assert!(lines[6].ends_with("no view"), "{lines:?}");
    screen.take(Answer::Found("check".into(), Err("no host".into())));
    assert_eq!(drawn(&screen, 60, 12)[2], "\"check\": 1 view, no resources: no host");
}

#[test]
fn a_notice_above_the_keys_says_why_there_is_nothing_newer() {
    let mut screen = shown(picture());
    let notice = "the store is open in another process: use the URL of its host";
    screen.take(Answer::Look(Ok(Look::Stale(notice.into()))));
    let lines = drawn(&screen, 40, 12);
    let notice = lines[8..11].join(" ");
    assert!(notice.contains("is open in another process: use"), "{lines:?}");
    assert!(lines[11].starts_with("q quit"), "{lines:?}");
    screen.take(Answer::Look(Ok(Look::New(Box::new(picture())))));
    assert!(!drawn(&screen, 40, 12).join("").contains("another process"));
}

#[test]
fn the_help_and_a_change_are_shown_completely() {
    let mut screen = shown(picture());
    write(&mut screen, "?");
    let lines = drawn(&screen, 80, 24).join("\n");
    assert!(
        lines.contains("Tab           next list") && lines.contains("Esc           back"),
        "{lines}"
    );
    write(&mut screen, "?");
    press(&mut screen, KeyCode::Tab);
    press(&mut screen, KeyCode::Enter);
    let lines = drawn(&screen, 40, 10);
    assert_eq!(lines[2], "Revision 1,234");
    assert_eq!(lines[7], "change   cart: linked 1 flag: a");
}

#[test]
fn text_that_could_move_the_cursor_is_escaped() {
    let mut picture = picture();
    picture.changes.insert(0, change(2_000, "a\u{1b}[2Jb\u{202e}"));
    let lines = drawn(&shown(picture), 80, 24).join("\n");
    assert!(lines.contains("a\\u{1b}[2Jb\\u{202e}"), "{lines}");
}

proptest! {
    #[test]
    fn every_state_is_drawn_at_every_size(
        width in 0_u16..150,
        height in 0_u16..50,
        keys in prop::collection::vec(0_usize..9, 0..12),
        empty: bool,
    ) {
        let codes = [
            KeyCode::Tab, KeyCode::Down, KeyCode::Enter, KeyCode::Char('/'), KeyCode::Char('a'),
            KeyCode::Char('?'), KeyCode::End, KeyCode::Esc, KeyCode::PageUp,
        ];
        let mut screen = shown(if empty { Picture::default() } else { picture() });
        for key in keys {
            press(&mut screen, codes[key]);
        }
        screen.take(Answer::Look(Err("a long reason ".repeat(20))));
        prop_assert_eq!(drawn(&screen, width, height).len(), usize::from(height));
    }
}
