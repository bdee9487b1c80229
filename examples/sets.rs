//! Queries over sets of views, and changes of two views at once.
//!
//! ```text
//! cargo run --example sets
//! ```

use viewlink::{
    Batch, NewResource, NewView, Options, Paging, Project, ProjectSnapshot, Resource,
    ResourceFilter, ResourceType, Result, SetPredicate, ViewFilter, ViewPatch,
};

fn main() -> Result<()> {
    let store = Options::new().open_in_memory()?;
    let project = store.project("default")?.actor("ada");
    let flags = ["checkout", "search", "banner", "legacy", "draft"];
    project.put_resources(flags.map(NewResource::flag))?.all_ok()?;
    for view in ["web", "app", "retired"] {
        project.create_view(NewView::new(view, view))?;
    }
    project.link("web", Batch::flags(["checkout", "search", "banner", "legacy"]))?.all_ok()?;
    project.link("app", Batch::flags(["checkout", "search"]))?.all_ok()?;
    project.link("retired", Batch::flags(["legacy"]))?.all_ok()?;

    let reader = project.read()?;
    let in_both = ResourceFilter::all().in_views(SetPredicate::AllOf(vec!["web", "app"]))?;
    tell(&reader, "in both", &in_both)?;
    let only_web = ResourceFilter::all()
        .in_views(SetPredicate::AllOf(vec!["web"]))?
        .in_views(SetPredicate::NoneOf(vec!["app", "retired"]))?;
    tell(&reader, "only on the web", &only_web)?;
    let in_no_view = ResourceFilter::all().in_views(SetPredicate::Exactly(vec![""; 0]))?;
    tell(&reader, "in no view", &in_no_view)?;

    let both = vec![Resource::flag("checkout")?, Resource::flag("search")?];
    let with_both = ViewFilter::all().linking(SetPredicate::AllOf(both));
    let views = reader.views_matching(&with_both, Paging::first(10))?;
    println!("{} views have checkout and search", views.total);
    let overlap = reader.overlap("web", "app")?;
    println!(
        "web and app: {} in both, Jaccard index {:.2}",
        overlap.both.total(),
        overlap.jaccard()
    );
    for near in reader.near_views("web", 0.4, Paging::first(10))? {
        println!("{} is near web", near.key);
    }

    change(&project, in_no_view)
}

/// Puts the resources without a view into one, copies a view, moves links and renames a view.
fn change(project: &Project, in_no_view: ResourceFilter) -> Result<()> {
    let rest = Batch::matching(ResourceType::Flag, in_no_view).comment("it was in no view");
    project.link("app", rest)?.all_ok()?;
    project.copy_view("app", "app-beta", ViewPatch::new().name("App, beta"))?;
    for report in project.move_links("web", "retired", [Batch::flags(["banner", "legacy"])])? {
        println!("moved: {report}");
    }
    project.rename_view("retired", "archive")?;
    for view in project.read()?.views(Paging::first(10))? {
        println!("{}: {} flags", view.key, view.links.get(ResourceType::Flag));
    }
    Ok(())
}

fn tell(reader: &ProjectSnapshot, what: &str, filter: &ResourceFilter) -> Result<()> {
    let found = reader.find_resources(ResourceType::Flag, filter, Paging::first(100))?;
    let keys: Vec<String> = found.items.iter().map(|flag| flag.key().to_string()).collect();
    println!("{what}: {} ({})", keys.join(", "), found.total);
    Ok(())
}
