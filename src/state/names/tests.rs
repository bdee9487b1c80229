use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Compares names with a map.
fn assert_same(names: &Names, model: &BTreeMap<String, Name>) {
    assert_eq!(names.len() as usize, model.len());
    let mut found = Vec::new();
    names.find_all(model.keys().map(String::as_str), &mut found);
    for ((text, name), found) in model.iter().zip(&found) {
        assert_eq!(*found, Some(*name), "{text}");
        assert_eq!(names.find(text), Some(*name));
        assert_eq!((names.text(name.place), names.id(name.place)), (text.as_str(), name.id));
    }
    let mut all: Vec<_> = names.iter().map(|name| names.text(name.place).to_owned()).collect();
    all.sort();
    assert!(all.iter().eq(model.keys()));
    for pair in model.iter().collect::<Vec<_>>().windows(2) {
        let [(_, one), (text, other)] = pair else { unreachable!() };
        let by_prefix = names.prefix(one.place).cmp(&names.prefix(other.place));
        let order = by_prefix.then_with(|| names.tie(one.place, other.place));
        assert_eq!(order, Ordering::Less);
        assert_eq!(names.compare(one.place, text), Ordering::Less);
    }
}

proptest! {
    #[test]
    fn names_are_found_as_long_as_they_exist_and_clones_do_not_change(
        calls in prop::collection::vec((0_u8..4, 0_u16..900, 1_usize..60), 0..300),
    ) {
        let (mut names, mut model) = (Names::default(), BTreeMap::new());
        let mut clones = Vec::new();
        for (call, number, length) in calls {
            let text = format!("flag-{number:0length$}");
            match (call, model.contains_key(&text)) {
                (0 | 1, false) => {
                    let name = names.add(&text);
                    model.insert(text, name);
                }
                (2, true) => {
                    names.remove(model.remove(&text).unwrap().place);
                    prop_assert_eq!(names.find(&text), None);
                }
                (3, _) if clones.len() < 4 => clones.push((names.clone(), model.clone())),
                _ => {}
            }
        }
        assert_same(&names, &model);
        clones.iter().for_each(|(names, model)| assert_same(names, model));
    }
}

#[test]
fn a_hundred_thousand_names_are_found_and_take_little_memory() {
    let text = |number: u32| format!("flag-{:06}", number.wrapping_mul(7_919) % 1_000_000);
    let mut names = Names::default();
    let added: Vec<Name> = (0..100_000).map(|number| names.add(&text(number))).collect();
    let held = names.clone();
    for (number, name) in (0..).zip(&added) {
        assert_eq!(names.find(&text(number)), Some(*name));
    }
    assert!(names.memory() / 100_000 < 50, "{} bytes a name", names.memory() / 100_000);
    added.iter().step_by(2).for_each(|name| names.remove(name.place));
    assert_eq!(names.find(&text(0)), None);
    assert_eq!(names.find(&text(1)), Some(added[1]));
    assert_eq!(held.find(&text(0)), Some(added[0]));
    // Freed memory and ids are reused.
    let (memory, ids) = (names.memory(), names.ids());
    for number in 0..50_000 {
        names.add(&format!("flag-x{number:05}"));
    }
    assert_eq!(names.ids(), ids);
    assert!(names.memory() < memory + memory / 10, "{} after {memory}", names.memory());
}

#[test]
fn names_with_similar_hashes_are_all_found() {
    let mut index = Index::default();
    // Their first bits are equal, so splitting does not separate them.
    (0..5_000_u32).for_each(|place| index.insert(place % 7, place));
    for hash in 0..7 {
        let mut places: Vec<u32> = index.places(hash).collect();
        places.sort_unstable();
        assert!(places.into_iter().eq((0..5_000).filter(|place| place % 7 == hash)));
    }
    (0..5_000).for_each(|place| index.remove(place % 7, place));
    assert_eq!(index.all().count(), 0);
}

#[test]
fn a_bucket_that_grew_is_split_when_the_directory_may_be_larger() {
    let mut index = Index::default();
    (0..2_000).for_each(|place| index.insert(7, place));
    // Other buckets make the directory large enough.
    let spread = |place: u32| place.wrapping_mul(0x9e37_79b1) | 1 << 31;
    (2_000..40_000).for_each(|place| index.insert(spread(place), place));
    (40_000..46_000).for_each(|place| index.insert(7, place));
    assert_eq!(index.places(7).count(), 8_000);
    assert_eq!(index.all().count(), 46_000);
}

#[test]
fn shorter_names_reuse_the_memory_of_removed_longer_ones() {
    let mut names = Names::default();
    let long = |number: u32| format!("flag-{number:050}");
    let added: Vec<Name> = (0..20_000).map(|number| names.add(&long(number))).collect();
    let memory = names.memory();
    added.iter().skip(1).for_each(|name| names.remove(name.place));
    for number in 0..60_000 {
        names.add(&format!("f{number:05}"));
    }
    // The index grows with the number of names, but the arena does not.
    assert!(names.memory() < memory * 2, "{} bytes after {memory}", names.memory());
    assert_eq!(names.find(&long(0)), Some(added[0]));
    assert!((0..60_000).all(|number| names.find(&format!("f{number:05}")).is_some()));
}
