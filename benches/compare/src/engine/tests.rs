//! All engines give the same answers.

use std::collections::BTreeSet;
use std::thread;

use super::{Engine, Kind, Order, Size};
use crate::clock::Clock;
use crate::random::Random;

const VIEWS: u64 = 6;
const KEYS: u64 = 40;

/// Everything that is visible in a store.
fn picture(engine: &dyn Engine, views: &BTreeSet<String>) -> String {
    let mut picture = String::new();
    let mut look = |reader: &dyn super::Reader| {
        for view in views {
            for (order, limit) in [(Order::Key, 7), (Order::LinkTime, 7), (Order::LinkTime, 100)] {
                picture += &format!("{view} {order:?} {:?}\n", reader.page(view, order, limit)?);
            }
            for key in 0..KEYS {
                picture += if reader.is_linked(view, &key_name(key))? { "1" } else { "0" };
            }
        }
        for key in 0..KEYS {
            picture += &format!("{key}: {:?}\n", reader.linked_views(&key_name(key))?);
        }
        Ok(())
    };
    engine.read(&mut look).unwrap();
    picture
}

fn key_name(number: u64) -> String {
    format!("flag-{number}")
}

/// One random change; compares the answers of the engines.
fn change(random: &mut Random, views: &mut BTreeSet<String>, engines: &[Box<dyn Engine>]) {
    let view = format!("view-{}", random.below(VIEWS));
    let keys = |random: &mut Random| -> Vec<String> {
        (0..random.below(20)).map(|_| key_name(random.below(KEYS))).collect()
    };
    let answers: Vec<String> = match (views.contains(&view), random.below(12)) {
        (false, _) => {
            views.insert(view.clone());
            engines
                .iter()
                .map(|engine| format!("{:?}", engine.create_view(&view).unwrap()))
                .collect()
        }
        (true, 0) => {
            views.remove(&view);
            engines.iter().map(|engine| engine.delete_view(&view).unwrap().to_string()).collect()
        }
        (true, what) => {
            let keys = keys(random);
            let answer = |engine: &dyn Engine| {
                let keys = keys.clone();
                if what % 2 == 0 { engine.link(&view, keys) } else { engine.unlink(&view, keys) }
            };
            engines.iter().map(|engine| format!("{:?}", answer(&**engine).unwrap())).collect()
        }
    };
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{view}: {answers:?}");
}

#[test]
fn all_engines_answer_alike_through_a_random_history() {
    let dirs: Vec<_> = Kind::built().map(|_| tempfile::tempdir().unwrap()).collect();
    let clock = Clock::at(Clock::START);
    let open = || -> Vec<Box<dyn Engine>> {
        Kind::built().zip(&dirs).map(|(kind, dir)| kind.open(dir.path(), &clock).unwrap()).collect()
    };
    let mut engines = open();
    let load = || (0..3).map(|view| (format!("view-{view}"), vec![key_name(view), key_name(9)]));
    engines.iter().for_each(|engine| engine.load(&mut load()).unwrap());
    let mut views = load().map(|(view, _)| view).collect();
    let mut random = Random::new(1);
    for round in 0..300 {
        clock.tick();
        change(&mut random, &mut views, &engines);
        if round % 50 == 7 {
            engines.into_iter().for_each(|engine| engine.close().unwrap());
            engines = open();
        }
        if round % 50 == 8 {
            for engine in &mut engines {
                if let Size::OfClosed(file) = engine.compact().unwrap() {
                    assert!(file.exists(), "{}", file.display());
                }
            }
        }
        if round % 10 == 0 {
            let pictures: Vec<_> =
                engines.iter().map(|engine| picture(&**engine, &views)).collect();
            pictures.iter().for_each(|picture| assert_eq!(*picture, pictures[0]));
        }
    }
}

#[test]
fn a_change_of_a_view_that_is_not_there_fails_everywhere() {
    for kind in Kind::built() {
        let dir = tempfile::tempdir().unwrap();
        let engine = kind.open(dir.path(), &Clock::at(Clock::START)).unwrap();
        engine.create_view("there").unwrap();
        let keys = || vec!["flag".to_owned()];
        assert!(engine.link("missing", keys()).is_err(), "{}", kind.name());
        assert!(engine.unlink("missing", keys()).is_err(), "{}", kind.name());
        assert!(engine.delete_view("missing").is_err(), "{}", kind.name());
        assert_eq!(engine.link("there", keys()).unwrap(), [true]);
    }
}

#[test]
fn callers_at_once_get_each_key_once_and_the_number_of_links_stays_right() {
    for kind in Kind::built() {
        let dir = tempfile::tempdir().unwrap();
        let engine = kind.open(dir.path(), &Clock::at(Clock::START)).unwrap();
        engine.create_view("view").unwrap();
        let keys: Vec<String> = (0..KEYS).map(key_name).collect();
        // All threads use the same keys: each key is new for only one of them.
        let new = at_once(|| engine.link("view", keys.clone()).unwrap());
        assert_eq!(new, KEYS, "{}", kind.name());
        let was = at_once(|| engine.unlink("view", keys[1..].to_vec()).unwrap());
        assert_eq!(was, KEYS - 1, "{}", kind.name());
        let look = &mut |reader: &dyn super::Reader| {
            let page = reader.page("view", Order::Key, 10)?;
            assert_eq!((page.items.len(), page.total), (1, 1), "{}", kind.name());
            Ok(())
        };
        engine.read(look).unwrap();
    }
}

/// How many keys changed, over all threads.
fn at_once(change: impl Fn() -> Vec<bool> + Sync) -> u64 {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(&change)).collect();
        threads.into_iter().map(|thread| super::changed(&thread.join().unwrap())).sum()
    })
}
