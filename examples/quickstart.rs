//! Creates a view, links and unlinks with failures, and prints the report in the form of the Views REST API, and the
//! reads in both directions.
//!
//! ```text
//! cargo run --release --example quickstart [STORE_DIR]
//! ```

use std::error::Error;
use std::path::PathBuf;

use serde_json::{Value, json};
use viewlink::{
    Batch, Failure, NewView, Paging, ProjectSnapshot, Report, Resource, ResourceType, Store,
};

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| scratch.path().join("views.viewlink"), PathBuf::from);
    let store = Store::open(&path)?;
    let project = store.project("default")?.actor("quickstart");

    project.ensure_view(NewView::new("my-view", "My view").tags(["example"]))?;
    project.ensure_view(NewView::new("other-view", "Another view"))?;
    project.link("my-view", Batch::flags(["checkout-v2", "search-v3"]))?.all_ok()?;
    project.link("other-view", Batch::flags(["search-v3"]))?.all_ok()?;
    project.link("my-view", Batch::segments([("production", "beta-users")]))?.all_ok()?;

    let keys = ["checkout-v2", "no-such-flag", "checkout-v2", "not a key"];
    let report = project.unlink("My-View", Batch::flags(keys).comment("retired"))?;
    print("unlink 4 flags from my-view", &unlink_response(&report))?;
    let names = [("production", "beta-users"), ("staging", "beta-users")];
    let report = project.unlink("my-view", Batch::segments(names))?;
    print("unlink 2 segments from my-view", &unlink_response(&report))?;

    let snapshot = store.snapshot()?;
    let reader = snapshot.project("default")?;
    print("flags of my-view", &linked_resources(&reader, "my-view", ResourceType::Flag)?)?;
    print("views of search-v3", &linked_views(&reader, &Resource::flag("search-v3")?)?)?;
    drop(snapshot);

    let verification = store.verify()?;
    println!("# verify\n{verification}");
    if !verification.is_clean() {
        return Err("the store has unexpected contents".into());
    }
    store.close()?;
    Ok(())
}

/// The report as the answer of an unlink request.
fn unlink_response(report: &Report) -> Value {
    json!({
        "successCount": report.success_count(),
        "failureCount": report.failure_count(),
        "failedResources": report.failures().map(failed_resource).collect::<Vec<_>>(),
    })
}

fn failed_resource(failure: Failure<'_>) -> Value {
    let resource = failure.resource();
    let mut failed = json!({
        "resourceKey": resource.key(),
        "resourceType": resource.resource_type().singular(),
        "errorMessage": failure.reason().to_string(),
        "code": failure.code().as_str(),
    });
    if let (Some(environment), Some(failed)) = (resource.environment(), failed.as_object_mut()) {
        failed.insert("environmentId".to_owned(), environment.into());
    }
    failed
}

fn linked_resources(
    reader: &ProjectSnapshot,
    view: &str,
    resource_type: ResourceType,
) -> viewlink::Result<Value> {
    let page = reader.linked_resources(view, resource_type, Paging::first(100))?;
    let items = page.items.iter().map(|linked| {
        json!({
            "resourceKey": linked.resource.key().as_str(),
            "resourceType": resource_type.singular(),
            "linkedAt": linked.linked_at.as_millis(),
        })
    });
    Ok(json!({ "items": items.collect::<Vec<_>>(), "totalCount": page.total }))
}

fn linked_views(reader: &ProjectSnapshot, resource: &Resource) -> viewlink::Result<Value> {
    let page = reader.linked_views(resource, Paging::first(100))?;
    let items = page.items.iter().map(
        |view| json!({ "key": view.key.as_str(), "name": view.name, "version": view.version }),
    );
    Ok(json!({ "items": items.collect::<Vec<_>>(), "totalCount": page.total }))
}

fn print(title: &str, value: &Value) -> serde_json::Result<()> {
    println!("# {title}\n{}\n", serde_json::to_string_pretty(value)?);
    Ok(())
}
