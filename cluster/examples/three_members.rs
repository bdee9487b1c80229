//! Three members in one process over a log in memory: `cargo run -p viewlink-cluster --example three_members`.
//!
//! Each has a complete copy of the store; a change on one member appears on all. With a replicated log, the members would be
//! on three hosts.

use std::sync::Arc;
use std::time::Duration;

use viewlink::{Batch, NewView, Options, Paging, ResourceType};
use viewlink_cluster::{ClusterOptions, Log, Member, MemoryLog, MemorySnapshots};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let dir = std::env::temp_dir().join(format!("three-members-{}", std::process::id()));
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let snapshots = Arc::new(MemorySnapshots::new());
    let open = |name: &str| {
        let (log, snapshots) = (Arc::clone(&log), snapshots.clone());
        Member::open(dir.join(name), Options::new(), log, snapshots, ClusterOptions::new())
    };
    let members = [open("one")?, open("two")?, open("three")?];
    let [one, two, three] = &members;

    one.store().project("shop")?.ensure_view(NewView::new("checkout", "Checkout"))?;
    change_at_once(one, two);

    // A read after a fence shows every change that any member had acknowledged before.
    let token = three.fence(Duration::from_secs(10))?;
    println!("the third member has all changes up to {token}");
    for (name, member) in ["one", "two", "three"].iter().zip(&members) {
        member.wait_for(token, Duration::from_secs(10))?;
        let reader = member.store().project("shop")?.read()?;
        let page = reader.linked_resources("checkout", ResourceType::Flag, Paging::first(10))?;
        let keys: Vec<_> =
            page.items.iter().map(|linked| linked.resource.key().to_string()).collect();
        let status = member.status();
        println!("{name}: {} ({:?}, lag {})", keys.join(", "), status.state, status.lag);
    }

    let published = one.publish_snapshot()?;
    let four = open("four")?;
    println!("a fourth member started from a snapshot at {published}");
    drop((members, four));
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

/// Two hosts change the same view at the same moment. One of them comes first, and each gets the report of its own call.
fn change_at_once(one: &Member, two: &Member) {
    std::thread::scope(|scope| {
        let batches = [(one, ["card", "invoice"]), (two, ["invoice", "voucher"])];
        let calls = batches.map(|(member, keys)| {
            scope.spawn(move || {
                let project = member.store().project("shop")?;
                project.link("checkout", Batch::flags(keys))
            })
        });
        for call in calls {
            match call.join() {
                Ok(Ok(report)) => {
                    let outcomes: Vec<_> = report
                        .outcomes()
                        .map(|(resource, outcome)| format!("{}: {outcome:?}", resource.key()))
                        .collect();
                    println!("change {:?}: {}", report.revision(), outcomes.join(", "));
                }
                other => println!("{other:?}"),
            }
        }
    });
}
