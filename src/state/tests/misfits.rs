//! Well-formed changes that were not decided on the state they are applied to.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::commands::{any_commands, key, project_key, view_key};
use crate::filter::ResourceFilter;
use crate::model::change_record::{
    FilterChange, Holds, LinksChange, PutResource, RemovedCounts, RemovedLinks,
};
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::ViewFields;
use crate::model::{
    Attributes, ChangeMeta, ChangeRecord, Effect, LinkRecord, NameList, ResourceFields, Stamp,
};
use crate::state::State;

use super::any_change::{change, fit, last_change, name, of};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_change_that_does_not_fit_is_refused_and_one_that_fits_keeps_all_invariants(
        commands in any_commands(20),
        changes in vec((change(), prop::bool::weighted(0.9)), 1..40),
    ) {
        let mut state = State::default();
        state.run(&commands);
        for ((mut change, behind), fits) in changes {
            change.stamp.revision = state.head().revision + behind;
            if fits {
                fit(&mut change, &state);
            }
            // Some cannot be decoded: their steps do not fit together.
            let Ok(change) = ChangeRecord::decode(&change.encode().unwrap()) else { continue };
            let digest = state.digest().unwrap();
            let mut next = state.clone();
            match next.apply(&change) {
                Ok(()) => {
                    prop_assert_eq!(behind, 1);
                    next.check().unwrap_or_else(|broken| panic!("{broken:?} after {change:?}"));
                    state = next;
                }
                Err(error) => {
                    prop_assert!(error.to_string().contains("does not fit the state"), "{}", error);
                    prop_assert_eq!(state.checked_digest(), digest);
                }
            }
        }
    }
}

#[test]
fn each_reason_not_to_fit_has_its_error() {
    use super::commands::{at, batch, change_links, create, links};
    use crate::model::LinkOp;
    let mut state = State::default();
    let flags = batch(ResourceType::Flag, &[1, 2]);
    state.run(&[at(create(0, 0)), at(change_links(0, vec![links(0, LinkOp::Link, flags)]))]);
    let part = |linked: &[u16], unlinked: &[u16]| {
        let names = |numbers: &[u16]| -> BTreeSet<String> {
            numbers.iter().map(|number| key(*number)).collect()
        };
        let (linked, unlinked) = (names(linked), names(unlinked));
        let record = LinkRecord { linked_at: Timestamp::default(), revision: 1, request_index: 0 };
        LinksChange {
            view: view_key(0),
            last_change: last_change(2),
            resource_type: ResourceType::Flag,
            linked: linked.iter().map(String::as_str).collect(),
            order: Vec::new(),
            restored: None,
            unlinked: RemovedLinks {
                names: unlinked.iter().map(String::as_str).collect(),
                times: unlinked.iter().map(|_| record).collect(),
                by_filter: NameList::default(),
            },
            holds: Holds::default(),
        }
    };
    let view = || view_key(0);
    let unlinked = TypeCounts::default();
    let fields = ViewFields::default;
    let before = || of(fields());
    let nothing = RemovedCounts::default();
    let flag = || name(ResourceType::Flag, 1);
    let put = |id: &str, number| PutResource {
        resource_type: ResourceType::Segment,
        name: name(ResourceType::Segment, number),
        before: None,
        fields: ResourceFields {
            id: Some(id.parse().unwrap()),
            name: String::new(),
            tags: Vec::new(),
            maintainer: None,
            archived: false,
            temporary: false,
            unbounded: false,
            created_at: Timestamp::default(),
            attributes: Attributes::new(),
        },
    };
    let filter = || Some(ResourceFilter::all());
    let following = || FilterChange {
        last_change: last_change(2),
        view: view(),
        resource_type: ResourceType::Flag,
        before: None,
        filter: filter(),
        links: 1,
        by_filter: Some(NameList::default()),
    };
    let by_filter =
        |part| LinksChange { holds: Holds { by_filter: true, ..Holds::default() }, ..part };
    let again = vec![put("id-1", 1), put("id-2", 1)];
    let other = || ProjectSettings::new().name("other");
    let cases = [
        (
            "the project had other settings",
            Effect::PutProject { before: Some(other()), settings: other() },
        ),
        ("the view had other links", Effect::DeleteView { view: view(), unlinked, detail: None }),
        ("a link already exists", Effect::ChangeLinks(vec![part(&[1], &[])])),
        ("a link does not exist", Effect::ChangeLinks(vec![part(&[], &[3])])),
        (
            "there is no such view",
            Effect::UpdateView { view: view_key(3), before: before(), fields: fields() },
        ),
        (
            "the view had another last change",
            Effect::ChangeLinks(vec![LinksChange {
                last_change: last_change(1),
                ..part(&[3], &[])
            }]),
        ),
        (
            "the view already exists",
            Effect::CreateView { view: view(), fields: fields(), restored: None },
        ),
        (
            "the view had other fields",
            Effect::UpdateView { view: view(), before: before(), fields: fields() },
        ),
        ("a resource had other fields", Effect::PutResources(again)),
        ("an id belongs to another segment", Effect::PutResources(vec![put("i", 1), put("i", 2)])),
        (
            "the removed resources or links do not match",
            Effect::RemoveResource {
                resource_type: ResourceType::Flag,
                name: flag(),
                removed: nothing,
                detail: None,
            },
        ),
        (
            "the view followed another filter",
            Effect::ChangeFilter(FilterChange { before: filter(), links: 0, ..following() }),
        ),
        ("the view had other links", Effect::ChangeFilter(following())),
        ("the view follows no filter", Effect::ChangeLinks(vec![by_filter(part(&[3], &[]))])),
        (
            "the project had other views or links",
            Effect::DeleteProject { views: 1, unlinked, detail: None },
        ),
    ];
    let apply = |change: ChangeRecord| {
        let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
        state.clone().apply(&change).unwrap_err().to_string()
    };
    let stamp = Stamp { revision: 3, time: Timestamp::from_millis(9) };
    let record = |stamp, effect| ChangeRecord {
        stamp,
        meta: ChangeMeta::default(),
        project: project_key(0),
        begins_project: false,
        effects: vec![effect],
    };
    for (detail, effect) in cases {
        let error = apply(record(stamp, effect));
        assert!(error.contains(&format!("state: {detail};")), "{detail}: {error}");
    }
    let late = || Effect::ChangeLinks(vec![part(&[3], &[])]);
    for (revision, time) in [(2, 9), (4, 9), (3, 4)] {
        let stamp = Stamp { revision, time: Timestamp::from_millis(time) };
        let error = apply(record(stamp, late()));
        assert!(error.contains("its revision is not the next one"), "{error}");
    }
    let elsewhere = ChangeRecord { project: project_key(5), ..record(stamp, late()) };
    assert!(apply(elsewhere.clone()).contains("its project begins with it"));
    let elsewhere = ChangeRecord { begins_project: true, ..elsewhere };
    assert!(apply(elsewhere).contains("there is no such project"));
}
