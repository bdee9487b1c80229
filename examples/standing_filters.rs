//! Lets views follow filters, and shows how their links follow what is registered, in the same change.
//!
//! ```text
//! cargo run --release --example standing_filters
//! ```

use std::error::Error;

use viewlink::{
    Batch, NewResource, NewView, Options, Project, Report, ResourceFilter, ResourceType, Unfollow,
};

const FLAG: ResourceType = ResourceType::Flag;

fn main() -> Result<(), Box<dyn Error>> {
    let store = Options::new().open_in_memory()?;
    let project = store.project("default")?.actor("standing_filters");
    for (key, name) in [("beta", "Beta"), ("review", "To be reviewed")] {
        project.create_view(NewView::new(key, name))?;
    }
    let flags = [
        NewResource::flag("dark-mode").tags(["beta"]),
        NewResource::flag("search-v3").tags(["beta", "search"]),
        NewResource::flag("checkout-v2"),
    ];
    project.put_resources(flags)?.all_ok()?;

    // One view has the resources with the tag, the other one the archived resources of the first view.
    let report = project.follow("beta", FLAG, ResourceFilter::parse(FLAG, "tags:beta")?)?;
    println!("beta follows tags:beta: {report}");
    let text = "view:beta,archived:true";
    project.follow("review", FLAG, ResourceFilter::parse(FLAG, text)?)?.all_ok()?;

    let archived = NewResource::flag("dark-mode").tags(["beta"]).archived(true);
    print_report("archive dark-mode", &project.put_resources([archived])?);
    let tagged = NewResource::flag("checkout-v2").tags(["beta"]);
    print_report("tag checkout-v2", &project.put_resources([tagged])?);

    // It is also linked by key: this link stays when the tag is removed.
    project.link("beta", Batch::flags(["dark-mode"]))?.all_ok()?;
    let report = project.unlink("beta", Batch::flags(["search-v3"]))?;
    for failed in report.failures() {
        println!("unlink: {failed}");
    }
    print_report(
        "untag all",
        &project.put_resources(["dark-mode", "search-v3"].map(NewResource::flag))?,
    );
    print_views(&project)?;

    let report = project.unfollow("beta", FLAG, Unfollow::RemoveLinks)?;
    print_report("beta follows nothing", &report);
    print_views(&project)?;
    println!("{}", store.verify()?);
    Ok(())
}

/// Prints which links followed a change.
fn print_report(what: &str, report: &Report) {
    println!("{what}:");
    for part in report.followed() {
        let names = |of: &[viewlink::Resource]| {
            of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        println!("  {}: + {} - {}", part.view, names(&part.linked), names(&part.unlinked));
    }
}

fn print_views(project: &Project) -> viewlink::Result<()> {
    let reader = project.read()?;
    for view in reader.views(viewlink::Paging::first(10))? {
        let paging = viewlink::Paging::first(10);
        let page = reader.linked_resources(view.key.as_str(), FLAG, paging)?;
        let keys: Vec<_> = page.items.iter().map(|linked| linked.resource.to_string()).collect();
        println!("{}: {}", view.key, keys.join(" "));
    }
    Ok(())
}
