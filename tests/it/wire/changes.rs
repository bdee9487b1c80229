//! The feed of changes, and the answer to a replacement.

use viewlink::wire::{Changes, ReplaceReport};
use viewlink::{
    Attribute, Batch, EnvironmentId, LinkChange, Maintainer, NewResource, NewView, Options,
    ProjectSettings, Resource, ResourceFilter, ResourceType, Timestamp, Unfollow, ViewPatch,
};

use crate::support::Clock;

#[test]
fn every_kind_of_change_has_its_json() {
    let store = Options::new().clock(|| Timestamp::from_millis(7)).open_in_memory().unwrap();
    let project = store.project("p").unwrap().actor("ann");
    let view = NewView::new("v", "V").description("d").tags(["t"]);
    project.create_view(view.maintainer(Maintainer::Team("core".into()))).unwrap();
    project.update_view("v", ViewPatch::new().name("W").no_maintainer()).unwrap();
    project
        .comment("why")
        .reverts(1)
        .link("v", Batch::segments([("e", "s")]))
        .unwrap()
        .all_ok()
        .unwrap();
    let parts = [
        LinkChange::link("v", Batch::flags(["a"])),
        LinkChange::replace("v", Batch::segments([("e", "t")])),
    ];
    drop(project.change_links(parts).unwrap());
    let put = NewResource::segment_with_id("e", "s", "5f").tags(["t"]).unbounded(true);
    let put = put.attribute(Attribute::Type, "rule");
    project
        .put_resources([put.maintainer(Maintainer::Member("m".into()))])
        .unwrap()
        .all_ok()
        .unwrap();
    project.remove_resource(&Resource::flag("a").unwrap()).unwrap();
    project.remove_environment(&EnvironmentId::parse("e").unwrap()).unwrap();
    project.delete_view("v").unwrap();
    let settings = ProjectSettings::new().name("Shop").require_view_for_new_flags(true);
    project.put(settings).unwrap();
    project.delete().unwrap();

    let mut feed = store.feed(0).unwrap();
    let page = feed.next_page(100).unwrap();
    let reported = Changes::new(&page, feed.position().unwrap());
    let head = |revision: u64| {
        let position = page[usize::try_from(revision).unwrap() - 1].position;
        format!(
            r#"{{"revision":{revision},"position":"{position}","time":7,"projectKey":"p","actor":"ann","#
        )
    };
    let none = r#"{"flags":0,"segments":0,"aiConfigs":0,"metrics":0}"#;
    let segment = |key: &str| {
        format!(r#"{{"resourceKey":"{key}","resourceType":"segment","environmentId":"e"}}"#)
    };
    let flag = r#"{"resourceKey":"a","resourceType":"flag"}"#;
    let expected = [
        concat!(
            r#""kind":"viewCreated","viewKey":"v","view":{"name":"V","description":"d","tags":["t"],"#,
            r#""maintainer":{"kind":"team","id":"core"}}}"#
        )
        .to_owned(),
        r#""kind":"viewUpdated","viewKey":"v","view":{"name":"W","description":"d","tags":["t"]}}"#
            .to_owned(),
        format!(
            r#""comment":"why","reverts":1,"kind":"linksChanged","viewKey":"v","resourceType":"segment","linked":[{}],"unlinked":[]}}"#,
            segment("s")
        ),
        format!(
            r#""kind":"manyLinksChanged","parts":[{{"viewKey":"v","resourceType":"flag","linked":[{flag}],"unlinked":[]}},{{"viewKey":"v","resourceType":"segment","linked":[{}],"unlinked":[{}]}}]}}"#,
            segment("t"),
            segment("s")
        ),
        concat!(
            r#""kind":"resourcesPut","resources":[{"resourceKey":"s","resourceType":"segment","#,
            r#""environmentId":"e","_id":"5f","name":"s","tags":["t"],"maintainer":{"kind":"member","#,
            r#""id":"m"},"archived":false,"temporary":false,"unbounded":true,"creationDate":7,"type":"rule"}]}"#
        )
        .to_owned(),
        format!(r#""kind":"resourceRemoved","resource":{flag},"unlinkedCount":1}}"#),
        r#""kind":"environmentRemoved","environmentId":"e","segmentCount":1,"unlinkedCount":1}"#
            .to_owned(),
        format!(r#""kind":"viewDeleted","viewKey":"v","unlinkedCount":{none}}}"#),
        concat!(
            r#""kind":"projectPut","project":{"name":"Shop","requireViewAssociationForNewFlags":true,"#,
            r#""requireViewAssociationForNewSegments":false}}"#
        )
        .to_owned(),
        format!(r#""kind":"projectDeleted","viewCount":0,"unlinkedCount":{none}}}"#),
    ];
    assert_eq!((reported.items.len(), reported.position), (10, page[9].position));
    for ((revision, item), expected) in (1..).zip(&reported.items).zip(expected) {
        assert_eq!(serde_json::to_string(item).unwrap(), head(revision) + &expected);
    }
    let empty = Changes::new(&[], page[3].position);
    let expected = format!(r#"{{"items":[],"position":"{}"}}"#, page[3].position);
    assert_eq!(serde_json::to_string(&empty).unwrap(), expected);
}

#[test]
fn restored_links_have_their_old_times() {
    let clock = Clock::default();
    let store = clock.options().open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    project.create_view(NewView::new("v", "V")).unwrap();
    for (time, flag) in [(1_000, "b"), (2_000, "a")] {
        clock.set(time);
        project.link("v", Batch::flags([flag])).unwrap().all_ok().unwrap();
    }
    clock.set(3_000);
    let deleted = project.delete_view("v").unwrap().revision.unwrap();
    project.revert(deleted).unwrap().change.unwrap();
    let mut feed = store.feed(deleted).unwrap();
    let page = feed.next_page(1).unwrap();
    let reported = Changes::new(&page, feed.position().unwrap());
    let reported = serde_json::to_value(&reported.items[0]).unwrap();
    let links = &reported["steps"][1];
    let keys: Vec<_> = [0, 1].iter().map(|at| links["linked"][at]["resourceKey"].clone()).collect();
    assert_eq!(
        (keys, &links["linkedAt"]),
        (vec!["a".into(), "b".into()], &[2_000, 1_000][..].into())
    );
}

#[test]
fn changes_and_reports_that_follow_a_filter_have_their_json() {
    let store = Options::new().open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    project.create_view(NewView::new("v", "V")).unwrap();
    project.create_view(NewView::new("w", "W")).unwrap();
    project.put_resources([NewResource::flag("a").tags(["t"])]).unwrap().all_ok().unwrap();
    let filter = |text| ResourceFilter::parse(ResourceType::Flag, text).unwrap();
    project.follow("w", ResourceType::Flag, filter("view:v")).unwrap().all_ok().unwrap();
    let report = project.follow("v", ResourceType::Flag, filter("tags:t")).unwrap();
    let link = project.link("v", Batch::flags(["a"])).unwrap();
    let unlink = project.unlink("v", Batch::flags(["a"])).unwrap();
    project.unfollow("v", ResourceType::Flag, Unfollow::RemoveLinks).unwrap().all_ok().unwrap();
    let flag = r#"{"resourceKey":"a","resourceType":"flag"}"#;
    let of = |view: &str, linked: &str, unlinked: &str, more: &str| {
        format!(
            r#"{{"viewKey":"{view}","resourceType":"flag","linked":[{linked}],"unlinked":[{unlinked}]{more}}}"#
        )
    };
    let by_filter = r#","byFilter":true"#;
    let (linked_v, linked_w) = (of("v", flag, "", by_filter), of("w", flag, "", by_filter));
    let json = serde_json::to_string(&ReplaceReport::new(&report)).unwrap();
    let expected = format!(
        r#"{{"successCount":1,"failureCount":0,"failedResources":[],"followed":[{linked_w}],"linkedCount":1,"unchangedCount":0,"unlinkedResources":[]}}"#
    );
    assert_eq!(json, expected);
    assert!(link.followed().is_empty() && unlink.followed().is_empty());

    let mut feed = store.feed(4).unwrap();
    let page = feed.next_page(100).unwrap();
    let reported = Changes::new(&page, feed.position().unwrap());
    let kinds: Vec<String> =
        reported.items.iter().map(|item| serde_json::to_string(&item.detail).unwrap()).collect();
    let gone = [of("v", "", flag, by_filter), of("w", "", flag, by_filter)].join(",");
    let held = of("v", "", "", &format!(r#","held":[{flag}]"#)).split_off(1);
    let released = of("v", "", "", &format!(r#","released":[{flag}]"#)).split_off(1);
    let expected = [
        format!(
            r#"{{"kind":"steps","steps":[{{"kind":"followed","viewKey":"v","resourceType":"flag","filter":"tags contains [\"t\"]"}},{{"kind":"manyLinksChanged","parts":[{linked_v},{linked_w}]}}]}}"#
        ),
        format!(r#"{{"kind":"linksChanged",{held}"#),
        format!(r#"{{"kind":"linksChanged",{released}"#),
        format!(
            r#"{{"kind":"steps","steps":[{{"kind":"unfollowed","viewKey":"v","resourceType":"flag"}},{{"kind":"manyLinksChanged","parts":[{gone}]}}]}}"#
        ),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn the_answer_to_a_replacement_has_its_json() {
    let store = Options::new().open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    project.create_view(NewView::new("v", "V")).unwrap();
    project.link("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    let report = project.replace("v", Batch::flags(["b", "c", "c"])).unwrap();
    let json = serde_json::to_string(&ReplaceReport::new(&report)).unwrap();
    let expected = concat!(
        r#"{"successCount":3,"failureCount":1,"failedResources":[{"resourceKey":"c","resourceType":"flag","#,
        r#""errorMessage":"occurs earlier in the same request","code":"repeated"}],"linkedCount":1,"#,
        r#""unchangedCount":1,"unlinkedResources":[{"resourceKey":"a","resourceType":"flag"}]}"#
    );
    assert_eq!(json, expected);
}
