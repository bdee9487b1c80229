//! The answers to successful calls.

use viewlink::wire::{self, LinkReport, Query};
use viewlink::{
    Batch, Maintainer, NewView, Paging, Project, ProjectInfo, ResourceType, Snapshot, Store,
    ViewPatch,
};

use super::assert_golden;
use crate::support::{Clock, create, memory, project};

/// As a golden test, for an answer that borrows from a report.
#[track_caller]
fn assert_report(report: &LinkReport<'_>, json: &str) {
    assert_eq!(serde_json::to_string(report).unwrap(), json);
    assert_eq!(serde_json::from_str::<LinkReport<'_>>(json).unwrap(), *report);
}

#[test]
fn the_report_of_an_unlink_has_its_json() {
    let store = memory();
    let project = project(&store);
    create(&project, "my-view");
    let _ = project.link("my-view", Batch::flags(["checkout-v2"])).unwrap();
    let keys = ["checkout-v2", "no-such-flag", "checkout-v2", "no \"key\""];
    let report = project.unlink("my-view", Batch::flags(keys)).unwrap();
    assert_report(
        &LinkReport::new(&report),
        concat!(
            r#"{"successCount":1,"failureCount":3,"failedResources":["#,
            r#"{"resourceKey":"no-such-flag","resourceType":"flag","#,
            r#""errorMessage":"not linked to this view","code":"not_linked"},"#,
            r#"{"resourceKey":"checkout-v2","resourceType":"flag","#,
            r#""errorMessage":"occurs earlier in the same request","code":"repeated"},"#,
            r#"{"resourceKey":"no \"key\"","resourceType":"flag","#,
            r#""errorMessage":"' ' at byte 2 is not allowed: a key starts with a letter or digit and "#,
            r#"has only letters, digits, '_', '.' and '-'","code":"invalid_key"}]}"#,
        ),
    );
}

#[test]
fn the_list_of_failures_is_there_when_nothing_failed() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    for keys in [&[][..], &["a", "b"]] {
        let report = project.link("v", Batch::ai_configs(keys.to_vec())).unwrap();
        let count = keys.len();
        let json = format!(r#"{{"successCount":{count},"failureCount":0,"failedResources":[]}}"#);
        assert_report(&LinkReport::new(&report), &json);
    }
}

#[test]
fn failures_name_their_type_in_the_singular_and_segments_their_environment() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let failed = |batch: Batch| {
        let report = project.unlink("v", batch).unwrap();
        serde_json::to_value(LinkReport::new(&report)).unwrap()["failedResources"][0].clone()
    };
    for resource_type in [ResourceType::Flag, ResourceType::AiConfig, ResourceType::Metric] {
        let failure = failed(Batch::by_key(resource_type, ["k"]));
        assert_eq!(failure["resourceType"], resource_type.singular());
        assert_eq!(failure.get("environmentId"), None);
    }
    let failure = failed(Batch::segments([("5f0", "beta")]));
    assert_eq!(
        failure.to_string(),
        concat!(
            r#"{"resourceKey":"beta","resourceType":"segment","#,
            r#""errorMessage":"not linked to this view","environmentId":"5f0","code":"not_linked"}"#,
        ),
    );
    let failure = failed(Batch::segment_ids(["62ea8c4afac9b011945f6792"]));
    assert_eq!(failure["resourceKey"], "62ea8c4afac9b011945f6792");
    assert_eq!(failure["code"], "unknown_resource");
    assert_eq!(failure.get("environmentId"), None);
}

/// A store with one view that has all fields.
fn known() -> (Store, Project) {
    let clock = Clock::default();
    clock.set(1_700_000_000_000);
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    let view = NewView::new("Checkout", "Checkout team")
        .description("all of it")
        .tags(["web", "pay"])
        .maintainer(Maintainer::Team("checkout".into()));
    project.create_view(view).unwrap();
    clock.set(1_700_000_000_005);
    for batch in [
        Batch::flags(["a", "b"]),
        Batch::segments([("5f0", "beta")]),
        Batch::ai_configs(["x"]),
        Batch::metrics(["m1", "m2", "m3"]),
    ] {
        project.link("checkout", batch).unwrap().all_ok().unwrap();
    }
    clock.set(1_700_000_000_009);
    project.update_view("checkout", ViewPatch::new().description("all")).unwrap();
    (store, project)
}

fn query(pairs: &[(&str, &str)]) -> Query {
    Query::from_pairs(pairs.iter().copied()).unwrap()
}

fn info(snapshot: &Snapshot) -> ProjectInfo {
    snapshot.project("p").unwrap().info()
}

fn view(store: &Store, expand: &str) -> wire::View {
    let snapshot = store.snapshot().unwrap();
    let view = snapshot.project("p").unwrap().view("checkout").unwrap();
    wire::View::new(&view, &info(&snapshot), "acc", query(&[("expand", expand)]).expand())
}

const VIEW: &str = concat!(
    r#"{"_links":{"self":{"href":"/api/v2/projects/p/views/checkout","type":"application/json"},"#,
    r#""parent":{"href":"/api/v2/projects/p/views","type":"application/json"}},"#,
    r#""id":"0","accountId":"acc","projectId":"0","projectKey":"p","key":"checkout","#,
    r#""name":"Checkout team","description":"all","_affectsSdkPayload":false,"#,
    r#""generateSdkKeys":false,"archived":false,"version":2,"tags":["pay","web"],"#,
    r#""createdAt":1700000000000,"updatedAt":1700000000009,"deleted":false"#,
);

const TEAM: &str = concat!(
    r#""maintainer":{"kind":"team","id":"checkout","#,
    r#""maintainerTeam":{"id":"checkout","key":"checkout","name":""}}"#,
);

#[test]
fn a_view_has_its_json() {
    let (store, _) = known();
    assert_golden(&view(&store, ""), &format!("{VIEW},{TEAM}}}"));
}

#[test]
fn a_view_has_the_requested_expansions() {
    let (store, _) = known();
    let all = "flagsSummary,segmentsSummary,aiConfigsSummary,metricsSummary,resourceSummary,\
               allFlags,allSegments,allResources,maintainer,resourceDetails";
    let expanded = concat!(
        r#","flagsSummary":{"count":2},"#,
        r#""segmentsSummary":{"count":1},"aiConfigsSummary":{"count":1},"#,
        r#""metricsSummary":{"count":3},"#,
        r#""resourceSummary":{"flagCount":2,"segmentCount":1,"totalCount":7}}"#,
    );
    assert_golden(&view(&store, all), &format!("{VIEW},{TEAM}{expanded}"));
    let one = format!(r#"{VIEW},{TEAM},"metricsSummary":{{"count":3}}}}"#);
    assert_golden(&view(&store, "metricsSummary"), &one);
}

#[test]
fn the_maintainer_is_a_member_a_team_or_absent() {
    let (store, project) = known();
    let change = ViewPatch::new().maintainer(Maintainer::Member("m".into()));
    project.update_view("checkout", change).unwrap();
    let reported = view(&store, "").maintainer.unwrap();
    let json = concat!(
        r#"{"kind":"member","id":"m","#,
        r#""maintainerMember":{"_id":"m","id":"m","email":"","role":""}}"#,
    );
    assert_golden(&reported, json);
    project.update_view("checkout", ViewPatch::new().no_maintainer()).unwrap();
    assert_eq!(view(&store, "maintainer").maintainer, None);
}

#[test]
fn a_page_of_views_has_its_json() {
    let (store, _) = known();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let asked = query(&[("limit", "5"), ("sort", "name")]);
    let page = reader.views(asked.view_paging().unwrap()).unwrap();
    let views = wire::Views::of_project(&page, &reader.info(), "acc", &asked);
    let links = concat!(
        r#""_links":{"self":{"href":"/api/v2/projects/p/views?limit=5&offset=0&sort=name","type":"application/json"},"#,
        r#""first":{"href":"/api/v2/projects/p/views?limit=5&offset=0&sort=name","type":"application/json"},"#,
        r#""last":{"href":"/api/v2/projects/p/views?limit=5&offset=0&sort=name","type":"application/json"}}"#,
    );
    assert_golden(&views, &format!(r#"{{"items":[{VIEW}}}],"totalCount":1,{links}}}"#));
}

#[test]
fn the_page_links_for_views_of_a_segment_have_its_environment() {
    let (store, _) = known();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let asked =
        query(&[("environmentId", "5f0"), ("limit", "1"), ("expand", "allFlags,maintainer")]);
    let segment = asked.resource(ResourceType::Segment, "beta").unwrap();
    let page = reader.linked_views(&segment, asked.linked_view_paging().unwrap()).unwrap();
    let views = wire::Views::of_resource(&page, &segment, &reader.info(), "acc", &asked);
    assert_eq!(views.items[0], view(&store, "maintainer"));
    let own = &views.links.as_ref().unwrap().own.href;
    let path = "/api/v2/projects/p/view-associations/segments/beta";
    let rest = "limit=1&offset=0&environmentId=5f0&expand=allFlags,maintainer";
    assert_eq!(*own, format!("{path}?{rest}"));
}

#[test]
fn a_page_of_linked_resources_has_its_json() {
    let (store, _) = known();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let view = "Checkout".parse().unwrap();
    let asked = query(&[("limit", "1")]);
    let page = |of, paging: Paging<_>| reader.linked_resources("checkout", of, paging).unwrap();
    let answer = |of| {
        let page = page(of, asked.link_paging().unwrap());
        wire::LinkedResources::new(&page, &info(&snapshot).key, &view, of, &asked)
    };
    let json = concat!(
        r#"{"items":[{"_links":{"self":{"href":"/api/v2/segments/p/5f0/beta","type":"application/json"},"#,
        r#""parent":{"href":"/api/v2/projects/p/views/checkout","type":"application/json"}},"#,
        r#""resourceKey":"beta","resourceType":"segment","linkedAt":1700000000005,"environmentId":"5f0"}],"#,
        r#""totalCount":1,"_links":{"self":{"href":"/api/v2/projects/p/views/checkout/linked/segments?limit=1&offset=0","type":"application/json"},"#,
        r#""first":{"href":"/api/v2/projects/p/views/checkout/linked/segments?limit=1&offset=0","type":"application/json"},"#,
        r#""last":{"href":"/api/v2/projects/p/views/checkout/linked/segments?limit=1&offset=0","type":"application/json"}}}"#,
    );
    assert_golden(&answer(ResourceType::Segment), json);
    for (of, own, total) in [
        (ResourceType::Flag, "/api/v2/flags/p/a", 2),
        (ResourceType::AiConfig, "/api/v2/projects/p/ai-configs/x", 1),
        (ResourceType::Metric, "/api/v2/metrics/p/m1", 3),
    ] {
        let answer = answer(of);
        let item = &answer.items[0];
        assert_eq!((item.links.own.href.as_str(), answer.total_count), (own, total));
        assert_eq!((item.resource_type, item.environment_id.as_deref()), (of, None));
    }
}

#[test]
fn the_answer_to_a_link_can_have_the_current_links_of_the_view() {
    let (store, project) = known();
    let report = project.link("checkout", Batch::flags(["c"])).unwrap();
    let mut answer = LinkReport::new(&report);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let page = reader.linked_resources("checkout", ResourceType::Flag, Paging::first(0)).unwrap();
    let (asked, view) = (query(&[("limit", "0")]), "checkout".parse().unwrap());
    let held =
        wire::LinkedResources::new(&page, &reader.info().key, &view, ResourceType::Flag, &asked);
    answer.linked_resources = Some(held);
    assert_report(
        &answer,
        concat!(
            r#"{"successCount":1,"failureCount":0,"failedResources":[],"linkedResources":"#,
            r#"{"items":[],"totalCount":3,"_links":{"self":{"href":"/api/v2/projects/p/views/"#,
            r#"checkout/linked/flags?limit=0&offset=0","type":"application/json"}}}}"#,
        ),
    );
}
