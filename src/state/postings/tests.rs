use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn assert_same(postings: &Postings, model: &BTreeMap<u32, BTreeSet<u32>>) {
    for (id, slots) in model {
        assert!(postings.iter(*id).eq(slots.iter().copied()), "{id}");
        for slot in 0..40 {
            assert_eq!(postings.contains(*id, slot), slots.contains(&slot), "{id} {slot}");
        }
    }
}

proptest! {
    #[test]
    fn a_resource_is_in_the_views_it_was_added_to_and_clones_do_not_change(
        calls in prop::collection::vec(
            (any::<bool>(), prop::collection::btree_set(0_u32..50, 1..20), 0_u32..40, 0_u8..8), 0..120,
        ),
    ) {
        let (mut postings, mut model) = (Postings::default(), BTreeMap::<u32, BTreeSet<u32>>::new());
        let mut clones = Vec::new();
        for (insert, ids, slot, clone) in calls {
            if clone == 0 {
                clones.push((postings.clone(), model.clone()));
            }
            let ids: Vec<u32> = ids.into_iter().collect();
            if insert {
                let absent = ids.iter().all(|id| !model.get(id).is_some_and(|of| of.contains(&slot)));
                prop_assert_eq!(postings.insert_all(&ids, slot), absent);
                for id in &ids {
                    model.entry(*id).or_default().insert(slot);
                }
            } else {
                let mut told = Vec::new();
                postings.remove_all(&ids, slot, |place, removed| told.push((place, removed)));
                for (place, id) in ids.iter().enumerate() {
                    let slots = model.entry(*id).or_default();
                    let expected = match (slots.remove(&slot), slots.is_empty()) {
                        (false, _) => Removed::Absent,
                        (true, true) => Removed::Last,
                        (true, false) => Removed::Others,
                    };
                    prop_assert_eq!(told[place], (place, expected));
                }
            }
        }
        assert_same(&postings, &model);
        clones.iter().for_each(|(postings, model)| assert_same(postings, model));
    }
}

#[test]
fn a_resource_may_be_in_a_hundred_thousand_views() {
    let mut postings = Postings::default();
    for slot in (0..100_000).rev() {
        assert!(postings.insert_all(&[3], slot));
    }
    assert!(!postings.insert_all(&[3], 70_000));
    assert!(postings.iter(3).eq(0..100_000));
    for slot in (0..100_000).filter(|slot| slot % 5 != 0) {
        postings.remove_all(&[3], slot, |_, removed| assert_eq!(removed, Removed::Others));
    }
    assert!(postings.iter(3).eq((0..100_000).step_by(5)));
    let memory = postings.memory();
    assert!(memory < 20_000 * 4 * 3, "{memory} bytes for 20,000 views");
    for slot in (0..100_000).step_by(5) {
        let last = slot == 99_995;
        postings.remove_all(&[3], slot, |_, removed| assert_eq!(removed == Removed::Last, last));
    }
    // The place of the list is reused.
    for slot in 0..16 {
        assert!(postings.insert_all(&[4], slot));
    }
    assert_eq!(postings.long_len, 1);
}
