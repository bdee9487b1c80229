//! Queries over sets, compared with sets of the standard library. In these tests, sets of a few links count as large.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use proptest::prelude::*;

use super::commands::{
    any_commands, batch, change_links, links, project_key, resource_type, view_key,
};
use super::dump::Dump;
use super::{Timed, cases};
use crate::filter::{ResourceCondition, ResourceFilter, SetPredicate, TextPredicate, ViewFilter};
use crate::model::LinkOp;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::page::{KeySort, Page, Paging};
use crate::model::resource::{Resource, ResourceType};
use crate::model::time::Timestamp;
use crate::state::State;

/// The resources of each view.
type Views = BTreeMap<ViewKey, BTreeSet<Resource>>;

/// A query about numbers.
type Question = SetPredicate<usize>;

fn question(among: usize, most: usize) -> impl Strategy<Value = Question> {
    let of = move |least| prop::collection::vec(0..among, least..most);
    prop_oneof![
        3 => of(1).prop_map(SetPredicate::AllOf),
        2 => of(0).prop_map(SetPredicate::AnyOf),
        2 => of(0).prop_map(SetPredicate::NoneOf),
        1 => of(0).prop_map(SetPredicate::Exactly),
    ]
}

fn holds<T: Ord + Clone>(test: &SetPredicate<T>, has: &BTreeSet<T>) -> bool {
    let named: BTreeSet<T> = test.members().iter().cloned().collect();
    match test {
        SetPredicate::AllOf(_) => named.is_subset(has),
        SetPredicate::AnyOf(_) => !named.is_disjoint(has),
        SetPredicate::NoneOf(_) => named.is_disjoint(has),
        SetPredicate::Exactly(_) => named == *has,
    }
}

/// Commands after which some sets are large, some views have many common links, and some were deleted.
fn large_sets() -> impl Strategy<Value = Vec<Timed>> {
    let link = (0..4_u8, resource_type(), 1..60_u16, 1..90_u16, 1..4_usize, any::<bool>());
    let link = link.prop_map(|(view, of, first, count, step, unlink)| {
        let numbers: Vec<u16> = (first..first + count).step_by(step).collect();
        let op = if unlink { LinkOp::Unlink } else { LinkOp::Link };
        let command = change_links(0, vec![links(view, op, batch(of, &numbers))]);
        Timed { command, now: Timestamp::from_millis(1_002) }
    });
    (any_commands(25), prop::collection::vec(link, 0..14)).prop_map(|(mut commands, links)| {
        commands.extend((0..4).map(|view| super::commands::at(super::commands::create(0, view))));
        commands.extend(links);
        commands
    })
}

/// The views of project 0, and all resources that are linked or registered.
fn sets(state: &State) -> (Views, BTreeSet<Resource>) {
    let dump = Dump::of(state);
    let resource = |of: ResourceType, name: &str| Resource::from_name(of, name).unwrap();
    let views = dump.views.iter().filter(|((project, _), _)| *project == project_key(0));
    let views: Views = views
        .map(|((_, key), view)| {
            let links = view.links.keys();
            (key.clone(), links.map(|(of, name)| resource(*of, name)).collect())
        })
        .collect();
    let registered = dump.registered.keys().filter(|(project, ..)| *project == project_key(0));
    let registered = registered.map(|(_, of, name)| resource(*of, name));
    let all = registered.chain(views.values().flatten().cloned()).collect();
    (views, all)
}

/// The whole list, read page by page, and the total of the pages.
fn paged<T: Debug>(read: impl Fn(Paging<KeySort>) -> Result<Page<T>>) -> (Vec<T>, u64) {
    let (mut items, mut paging) = (Vec::new(), Paging::first(7));
    let total = read(Paging::first(0)).unwrap().total;
    loop {
        let page = read(paging).unwrap();
        assert_eq!(page.total, total);
        items.extend(page.items);
        let Some(next) = page.next else { return (items, total) };
        // Enough that a page ends inside a list, and some pages are longer than the rest of the list.
        paging = Paging::after(next, 50);
    }
}

fn assert_found<T: Ord + Debug>(
    read: impl Fn(Paging<KeySort>) -> Result<Page<T>>,
    expected: BTreeSet<T>,
) {
    let offset = expected.len() / 2;
    let behind = read(Paging::first(3).offset(offset)).unwrap();
    let (items, total) = paged(read);
    assert_eq!(total, expected.len() as u64);
    assert!(items.iter().eq(expected.iter()), "{items:?} {expected:?}");
    assert!(behind.items.iter().eq(expected.iter().skip(offset).take(3)));
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn resources_are_found_by_their_views_as_in_sets(
        commands in large_sets(),
        of in resource_type(),
        questions in prop::collection::vec(question(4, 4), 0..4),
        key in prop::option::weighted(0.2, Just("flag-00")),
    ) {
        let mut state = State::default();
        state.run(&commands);
        state.check().unwrap();
        let (views, all) = sets(&state);
        let tests: Vec<SetPredicate<ViewKey>> = questions
            .into_iter()
            .map(|test| test.try_map(|view| Ok::<_, ()>(view_key(view as u8))).unwrap())
            .collect();
        let filter = tests.iter().fold(ResourceFilter::all(), |filter, test| {
            filter.and(ResourceCondition::View(test.clone()))
        });
        let filter = key.into_iter().fold(filter, |filter, key: &str| {
            filter.and(ResourceCondition::Key(TextPredicate::StartsWith(key.to_owned())))
        });
        let project = state.project(&project_key(0)).unwrap();
        let read = |paging: Paging<KeySort>| project.read().find_resources(of, &filter, &paging);
        if tests.iter().flat_map(SetPredicate::members).any(|view| !views.contains_key(view)) {
            let is_unknown = matches!(read(Paging::first(1)), Err(Error::UnknownView { .. }));
            prop_assert!(is_unknown);
            return Ok(());
        }
        let views_of = |resource: &Resource| -> BTreeSet<ViewKey> {
            let has = views.iter().filter(|(_, links)| links.contains(resource));
            has.map(|(view, _)| view.clone()).collect()
        };
        let found = all.into_iter().filter(|resource| {
            resource.resource_type() == of
                && tests.iter().all(|test| holds(test, &views_of(resource)))
                && key.is_none_or(|key| resource.key().as_str().starts_with(key))
        });
        assert_found(read, found.collect());
    }

    #[test]
    fn views_are_found_by_their_resources_as_in_sets(
        commands in large_sets(),
        questions in prop::collection::vec(question(12, 4), 0..3),
        of in resource_type(),
    ) {
        let mut state = State::default();
        state.run(&commands);
        let (views, _) = sets(&state);
        let resource = |number: usize| super::commands::resource(of, number as u16);
        let tests: Vec<SetPredicate<Resource>> = questions
            .into_iter()
            .map(|test| test.try_map(|number| Ok::<_, ()>(resource(number))).unwrap())
            .collect();
        let filter = tests.iter().cloned().fold(ViewFilter::all(), ViewFilter::linking);
        let project = state.project(&project_key(0)).unwrap();
        let read = |paging: Paging<KeySort>| {
            let Paging { limit, start, .. } = paging;
            let page = project.read().views(&filter, &Paging { limit, start, sort: Default::default() })?;
            let items = page.items.into_iter().map(|view| view.key).collect();
            Ok(Page { items, total: page.total, next: page.next })
        };
        let found = views.iter().filter(|(_, links)| tests.iter().all(|test| holds(test, links)));
        assert_found(read, found.map(|(view, _)| view.clone()).collect());
    }

    #[test]
    fn overlaps_and_near_views_are_those_of_sets(
        commands in large_sets(), at_least in prop::sample::select(vec![0.0, 0.2, 0.5, 0.9, 1.0, f64::NAN]),
    ) {
        let mut state = State::default();
        state.run(&commands);
        let (views, _) = sets(&state);
        let project = state.project(&project_key(0)).unwrap();
        for (one, first) in &views {
            let mut near = BTreeSet::new();
            for (other, second) in &views {
                let overlap = project.read().overlap(one, other).unwrap();
                let (both, either) = (first.intersection(second), first.union(second).count());
                let both: Vec<&Resource> = both.collect();
                prop_assert_eq!(overlap.first.total(), first.len() as u64);
                prop_assert_eq!(overlap.second.total(), second.len() as u64);
                for of in ResourceType::ALL {
                    let count = both.iter().filter(|both| both.resource_type() == of).count();
                    prop_assert_eq!(overlap.both.get(of), count as u64);
                }
                prop_assert_eq!(overlap.either(), either as u64);
                let jaccard = if either == 0 { 1.0 } else { both.len() as f64 / either as f64 };
                prop_assert_eq!(overlap.jaccard(), jaccard);
                if one != other && !both.is_empty() && jaccard >= at_least {
                    near.insert((other.clone(), both.len()));
                }
            }
            let read = |paging: Paging<KeySort>| {
                let Page { items, total, next } = project.read().near_views(one, at_least, &paging)?;
                let items = items.into_iter();
                let items = items.map(|near| (near.key, near.overlap.both.total() as usize)).collect();
                Ok(Page { items, total, next })
            };
            assert_found(read, near);
        }
    }
}
