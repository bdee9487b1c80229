//! Unlinks the wrong resources, finds the damage in the history of the view, and reverts it. Then it reads an earlier
//! revision, and measures the costs.
//!
//! ```text
//! cargo run --release --example undo -- [CHANGES]
//! ```

use std::time::Instant;

use viewlink::{
    Batch, HistoryPaging, NewView, Options, Paging, Project, Resource, ResourceType, Result,
    Snapshot, Store,
};

fn main() -> Result<()> {
    let changes = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let store = Options::new().keep_changes(None).open_in_memory()?;
    let project = store.project("default")?.actor("ann");
    project.create_view(NewView::new("checkout", "Checkout"))?;
    project.link("checkout", Batch::flags(["cart", "payment", "search"]))?.all_ok()?;

    let mistake =
        project.comment("retired").unlink("checkout", Batch::flags(["cart", "payment"]))?;
    project.link("checkout", Batch::flags(["cart"]))?.all_ok()?; // another user, in the meantime
    let unlinked = mistake.all_ok()?.unwrap_or_default();
    print_history(&project)?;

    let reverted = project.comment("wrong flags").revert(unlinked)?;
    println!("reverted: {}, not reverted:", reverted.success_count);
    reverted.failures.iter().for_each(|failure| println!("  {failure}"));
    println!("now:  {:?}", flags(&store.snapshot()?)?);
    println!("then: {:?}", flags(&store.snapshot_at(unlinked)?)?);

    project.revert_to("checkout", unlinked - 1)?.failures.iter().for_each(|of| println!("{of}"));
    println!("back: {:?}", flags(&store.snapshot()?)?);
    measure(&store, changes)
}

fn print_history(project: &Project) -> Result<()> {
    for entry in project.read()?.view_history("checkout", HistoryPaging::newest(100))?.entries {
        let events: Vec<String> = entry.events.iter().map(ToString::to_string).collect();
        let why = entry.comment.unwrap_or_default();
        println!(
            "{:>3}  {:<4}  {}  {why}",
            entry.revision,
            entry.actor.unwrap_or_default(),
            events.join(", ")
        );
    }
    Ok(())
}

fn flags(snapshot: &Snapshot) -> Result<Vec<String>> {
    let project = snapshot.project("default")?;
    let page = project.linked_resources("checkout", ResourceType::Flag, Paging::first(100))?;
    Ok(page.items.iter().map(|linked| linked.resource.to_string()).collect())
}

/// Makes this many changes of 100 keys, in 100 views of 1,000 flags, and reads back over all of them.
fn measure(store: &Store, changes: usize) -> Result<()> {
    let project = store.project("large")?;
    let key = |number: usize| format!("flag-{:05}", number % 10_000);
    for view in 0..100 {
        project.ensure_view(NewView::new(format!("view-{view}"), "V"))?;
        let keys = (0..1_000).map(|number| key(view * 100 + number * 7));
        project.link(&format!("view-{view}"), Batch::flags(keys))?.all_ok()?;
    }
    let before = store.snapshot()?.revision();
    for change in 0..changes {
        let keys = || Batch::flags((0..100).map(|number| key((change % 50) * 100 + number * 7)));
        let view = format!("view-{}", change % 50);
        if (change / 50).is_multiple_of(2) {
            project.unlink(&view, keys())?.all_ok()?;
        } else {
            project.link(&view, keys())?.all_ok()?;
        }
    }
    let revision = store.snapshot()?.revision();
    for back in [1, 10, 100, changes as u64] {
        let begun = Instant::now();
        let then = store.snapshot_at(revision - back.min(revision - before))?;
        println!("{back:>7} changes back: {:>8.2} ms", begun.elapsed().as_secs_f64() * 1e3);
        drop(then);
    }
    let begun = Instant::now();
    let reader = project.read()?;
    let page = reader
        .resource_history(&Resource::flag("flag-00007")?, HistoryPaging::newest(usize::MAX))?;
    let took = begun.elapsed().as_secs_f64() * 1e3;
    println!("a history of {} entries among {revision} changes: {took:.2} ms", page.entries.len());
    let begun = Instant::now();
    let reverted = project.revert(revision)?;
    println!(
        "revert {} keys: {:.2} ms",
        reverted.success_count,
        begun.elapsed().as_secs_f64() * 1e3
    );
    Ok(())
}
