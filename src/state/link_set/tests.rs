use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;

/// A set of links with its names, and its expected content.
#[derive(Clone, Default)]
struct Links {
    names: Names,
    set: LinkSet,
    model: BTreeMap<String, LinkRecord>,
}

impl Links {
    fn entries<'n>(&mut self, texts: impl Iterator<Item = &'n String>) -> Vec<Entry> {
        let place = |text: &String, names: &mut Names| match names.find(text) {
            Some(name) => name.place,
            None => names.add(text).place,
        };
        let places: Vec<u32> = texts.map(|text| place(text, &mut self.names)).collect();
        places.into_iter().map(|place| Entry::new(&self.names, place)).collect()
    }

    /// Links names that are not linked, in the given order.
    fn link(&mut self, texts: Vec<String>, revision: u64) {
        let stamp = Stamp { revision, time: Timestamp::from_millis(revision / 3) };
        let mut added = BTreeMap::new();
        for text in texts.into_iter().filter(|text| !self.model.contains_key(text)) {
            let next = added.len() as u32;
            added.entry(text).or_insert(next);
        }
        let entries = self.entries(added.keys());
        if !entries.is_empty() {
            let portion = Portion { before: 0, rest: added.len() };
            self.set.link(&self.names, &entries, added.values().copied(), portion, stamp);
        }
        let record = |request_index| LinkRecord { linked_at: stamp.time, revision, request_index };
        self.model.extend(added.into_iter().map(|(text, order)| (text, record(order))));
    }

    fn unlink(&mut self, gone: impl Fn(&str) -> bool) {
        let texts: Vec<String> = self.model.keys().filter(|text| gone(text)).cloned().collect();
        let entries = self.entries(texts.iter());
        let records = self.set.find(&self.names, &entries).unwrap();
        assert!(records.iter().eq(texts.iter().map(|text| &self.model[text])));
        self.set.unlink(&self.names, &entries).unwrap();
        self.model.retain(|text, _| !gone(text));
    }

    fn assert_same(&self) {
        self.set.check(&self.names).unwrap();
        let text = |link: Link| self.names.text(link.place).to_owned();
        let by_key = self.set.by_key(&self.names, None, 0);
        let by_key: Vec<_> = by_key.map(|link| (text(link), self.set.record(link))).collect();
        assert!(by_key.iter().map(|(name, record)| (name, record)).eq(&self.model));
        let mut by_time = by_key.clone();
        by_time.sort_by_key(|(_, record)| *record);
        let found = self.set.by_time(None, 0).map(|(link, record)| (text(link), record));
        assert!(found.eq(by_time.iter().cloned()));
        for at in (0..by_key.len()).step_by(by_key.len() / 7 + 1) {
            let rest = self.set.by_key(&self.names, Some(&by_key[at].0), at % 3).map(text);
            assert!(rest.eq(by_key.iter().skip(at + 1 + at % 3).map(|(name, _)| name.clone())));
            let rest = self.set.by_time(Some(by_time[at].1), at % 3).map(|(link, _)| text(link));
            assert!(rest.eq(by_time.iter().skip(at + 1 + at % 3).map(|(name, _)| name.clone())));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn links_are_in_both_orders_and_clones_do_not_change(
        calls in prop::collection::vec((0_u8..6, 0_u32..3_000, 1_u32..900, 1_u32..40), 1..24),
        wraps in any::<bool>(),
    ) {
        let mut links = Links::default();
        if wraps {
            links.set.next = u32::MAX - 5_000;
        }
        let mut clones = Vec::new();
        for (revision, (call, first, count, step)) in (1..).zip(calls) {
            let text = |number: u32| format!("flag-{:05}", first.wrapping_add(number * step) % 4_000);
            match call {
                0 => links.unlink(|text| text.ends_with(&(step % 10).to_string())),
                1 => links.unlink(|text| text[5..].parse::<u32>().unwrap() / 64 == first / 64),
                2 => clones.push(links.clone()),
                _ => links.link((0..count).map(text).collect(), revision),
            }
        }
        links.assert_same();
        clones.iter().for_each(Links::assert_same);
    }
}

#[test]
fn sequences_are_reassigned_and_links_keep_their_time_and_request_index() {
    let mut links =
        Links { set: LinkSet { next: u32::MAX - 10, ..LinkSet::default() }, ..Links::default() };
    links.link((0..5).map(|number| format!("a{number}")).collect(), 1);
    links.unlink(|text| text == "a0" || text == "a4");
    assert!(links.set.has_room(1_000));
    links.link((0..1_000).map(|number| format!("b{number}")).collect(), 2);
    links.assert_same();
    // Four sequences for the first change, up to its last link.
    assert_eq!(links.set.next, 1_004);
    assert!(!links.set.has_room(u32::MAX as usize - 1_004));
    assert!(links.set.has_room(u32::MAX as usize - 1_005));
}

#[test]
fn missing_names_are_not_found() {
    let mut links = Links::default();
    links.link((0..1_000).map(|number| format!("a{number}")).collect(), 1);
    let absent = links.entries(["a5".to_owned(), "a5x".to_owned(), "a6".to_owned()].iter());
    assert_eq!(links.set.find(&links.names, &absent), None);
    assert_eq!(links.set.clone().unlink(&links.names, &absent), None);
    assert_eq!(LinkSet::default().find(&links.names, &absent), None);
}

#[test]
fn a_view_that_lost_most_of_its_links_takes_little_memory() {
    let mut links = Links::default();
    (0..200).for_each(|part| {
        links.link((0..500).map(|n| format!("a{:06}", part * 500 + n)).collect(), part)
    });
    let full = links.set.memory();
    links.unlink(|text| !text.ends_with("00"));
    assert!(links.set.memory() * 8 < full, "{} of {full} bytes", links.set.memory());
    links.assert_same();
}

#[test]
fn a_large_set_has_bits_of_restored_links() {
    let mut links = Links::default();
    let texts: Vec<String> = (0..40).map(|number| format!("name-{number:02}")).collect();
    links.link(texts.clone(), 1);
    assert!(links.set.members().is_some(), "it is large");
    let gone: Vec<(String, LinkRecord)> =
        links.model.clone().into_iter().filter(|(text, _)| text.ends_with('7')).collect();
    links.unlink(|text| text.ends_with('7'));
    let entries = links.entries(gone.iter().map(|(text, _)| text));
    let back: Vec<_> = entries.into_iter().zip(gone.iter().map(|(_, record)| *record)).collect();
    links.set.restore(&links.names, &back).unwrap();
    links.model.extend(gone);
    links.assert_same();
    assert_eq!(links.set.members().map(IdSet::count), Some(40));
}
