//! Follows the changes of a store and prints each as a line of JSON.
//!
//! ```text
//! cargo run --release --example follow -- STORE_DIR [--after POSITION] [--count CHANGES]
//!     [--idle SECONDS] [--make CHANGES]
//! ```
//!
//! Begins after `--after`, a position or a revision (0), and ends after `--count` changes, or when none came for
//! `--idle` seconds (5). Where it stopped, and so how to go on, is the last line of standard error. A position that
//! the store never had, since it was put back to a copy, is an error; a revision cannot tell that.
//!
//! One process at a time opens a store, so a follower lives in the process that makes the changes.
//! With `--make` a second thread makes that many, one each tenth of a second, to have something to see.

use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use viewlink::{
    Batch, Change, ChangeKind, ChangedFields, ChangedLinks, NewView, Position, RegisteredResource,
    Resource, Store, TypeCounts,
};

/// How many changes are read at once.
const PAGE: usize = 256;

const USAGE: &str = "usage: follow STORE_DIR [--after POSITION] [--count CHANGES] [--idle SECONDS] [--make CHANGES]";

struct Arguments {
    store: String,
    after: After,
    count: u64,
    idle: Duration,
    make: u64,
}

/// Where to begin.
enum After {
    Revision(u64),
    Position(Position),
}

impl After {
    fn parse(word: &str) -> Option<Self> {
        let revision = || word.parse().ok().map(Self::Revision);
        word.parse().ok().map(Self::Position).or_else(revision)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let (store, idle) = (words.next()?, Duration::from_secs(5));
    let mut arguments =
        Arguments { store, after: After::Revision(0), count: u64::MAX, idle, make: 0 };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--after" => arguments.after = After::parse(&value)?,
            "--count" => arguments.count = value.parse().ok()?,
            "--idle" => arguments.idle = Duration::from_secs(value.parse().ok()?),
            "--make" => arguments.make = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(arguments)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let store = Store::open(&arguments.store)?;
    let writer = {
        let (store, changes) = (store.clone(), arguments.make);
        thread::spawn(move || make(&store, changes))
    };
    let followed = follow(&store, arguments);
    let made = writer.join().map_err(|_| "the thread that makes changes panicked")?;
    let position = followed?;
    made?;
    eprintln!("store {}: go on with --after {position}", store.id());
    Ok(store.close()?)
}

/// Prints what comes; tells where it stopped.
fn follow(store: &Store, arguments: &Arguments) -> viewlink::Result<Position> {
    let mut feed = match arguments.after {
        After::Revision(revision) => store.feed(revision)?,
        After::Position(position) => store.feed_after(position)?,
    };
    let mut left = arguments.count;
    while left > 0 {
        let limit = PAGE.min(usize::try_from(left).unwrap_or(PAGE));
        let page = feed.wait(arguments.idle, limit)?;
        if page.is_empty() {
            break;
        }
        left -= page.len() as u64;
        for change in &page {
            println!("{}", line(change));
        }
    }
    feed.position()
}

/// Makes changes, one each tenth of a second: views, each with two flags that come and go.
fn make(store: &Store, changes: u64) -> viewlink::Result<()> {
    let project = store.project("default")?.actor("follow");
    // Names that no earlier run gave.
    let first = store.snapshot()?.revision();
    for number in 0..changes {
        let view = format!("view-{}", first + number / 4);
        let flags = [format!("{view}-a"), format!("{view}-b")];
        match number % 4 {
            0 => _ = project.create_view(NewView::new(&*view, "A view"))?,
            1 => _ = project.link(&view, Batch::flags(&flags).comment("new"))?.all_ok()?,
            2 => _ = project.unlink(&view, Batch::flags(&flags[..1]))?.all_ok()?,
            _ => _ = project.comment("retired").remove_resource(&Resource::flag(&flags[1])?)?,
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn line(change: &Change) -> Value {
    let mut line = json!({
        "revision": change.revision,
        "time": change.time.as_millis(),
        "project": change.project.as_str(),
    });
    let said = [
        ("actor", change.actor.as_deref().map(Value::from)),
        ("comment", change.comment.as_deref().map(Value::from)),
        ("reverts", change.reverts.map(Value::from)),
    ];
    if let (Some(line), Value::Object(kind)) = (line.as_object_mut(), kind(&change.kind)) {
        line.extend(kind);
        let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        line.extend(said);
    }
    line
}

fn kind(kind: &ChangeKind) -> Value {
    match kind {
        ChangeKind::ViewCreated { view, fields } => {
            json!({ "change": "viewCreated", "view": view.as_str(), "fields": of_view(fields) })
        }
        ChangeKind::ViewUpdated { view, fields } => {
            json!({ "change": "viewUpdated", "view": view.as_str(), "fields": of_view(fields) })
        }
        ChangeKind::ViewRenamed { view, to } => {
            json!({ "change": "viewRenamed", "view": view.as_str(), "to": to.as_str() })
        }
        ChangeKind::ViewDeleted { view, unlinked } => {
            json!({ "change": "viewDeleted", "view": view.as_str(), "unlinked": counts(unlinked) })
        }
        ChangeKind::LinksChanged { view, resource_type, linked, unlinked, .. } => json!({
            "change": "linksChanged",
            "view": view.as_str(),
            "resourceType": resource_type.plural(),
            "linked": names(linked),
            "unlinked": names(unlinked),
        }),
        ChangeKind::ManyLinksChanged { parts } => {
            let parts: Vec<_> = parts.iter().map(part).collect();
            json!({ "change": "manyLinksChanged", "parts": parts })
        }
        ChangeKind::ProjectPut { settings } => json!({
            "change": "projectPut",
            "name": settings.name,
            "requireViewForNewFlags": settings.require_view_for_new_flags,
            "requireViewForNewSegments": settings.require_view_for_new_segments,
        }),
        ChangeKind::ProjectDeleted { views, unlinked } => {
            json!({ "change": "projectDeleted", "views": views, "unlinked": counts(unlinked) })
        }
        ChangeKind::Steps { steps } => {
            json!({ "change": "steps", "steps": steps.iter().map(self::kind).collect::<Vec<_>>() })
        }
        other => of_resources(other),
    }
}

fn of_resources(kind: &ChangeKind) -> Value {
    match kind {
        ChangeKind::ResourcesPut { resources } => {
            let resources: Vec<_> = resources.iter().map(put).collect();
            json!({ "change": "resourcesPut", "resources": resources })
        }
        ChangeKind::ResourceRemoved { resource, links } => json!({
            "change": "resourceRemoved",
            "resourceType": resource.resource_type().plural(),
            "resource": resource.to_string(),
            "unlinked": links,
        }),
        ChangeKind::EnvironmentRemoved { environment, segments, links } => json!({
            "change": "environmentRemoved",
            "environment": environment.as_str(),
            "segments": segments,
            "unlinked": links,
        }),
        ChangeKind::ResourcesUnregistered { resources } => {
            let resources: Vec<_> = resources.iter().map(ToString::to_string).collect();
            json!({ "change": "resourcesUnregistered", "resources": resources })
        }
        // Of a later version: there, and not known here.
        other => json!({ "change": format!("{other:?}") }),
    }
}

fn part(part: &ChangedLinks) -> Value {
    json!({
        "view": part.view.as_str(),
        "resourceType": part.resource_type.plural(),
        "linked": names(&part.linked),
        "unlinked": names(&part.unlinked),
    })
}

fn put(put: &RegisteredResource) -> Value {
    json!({
        "resourceType": put.resource.resource_type().plural(),
        "resource": put.resource.to_string(),
        "name": put.name,
        "tags": put.tags,
    })
}

fn names(resources: &[Resource]) -> Vec<String> {
    resources.iter().map(Resource::to_string).collect()
}

fn of_view(fields: &ChangedFields) -> Value {
    json!({ "name": fields.name, "description": fields.description, "tags": fields.tags })
}

fn counts(counts: &TypeCounts) -> Value {
    counts.total().into()
}
