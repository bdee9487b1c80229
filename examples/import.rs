//! Reads which keys belong to which views from a CSV file and links them as flags.
//!
//! ```text
//! cargo run --release --example import -- STORE_DIR LINKS.csv
//! ```
//!
//! The file has a header line and the columns `key` and `view`. Views are created in the project `default`. Each view
//! is one batch, or several if it has more keys than a batch may have. Rows that fail are printed to standard error
//! with their line; the last line of standard output is a JSON object of totals, read from the store after it was
//! closed, opened again and verified.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use viewlink::{Batch, KeyOutcome, NewView, Options, Project, ResourceType, Store};

/// How many keys go into one batch; what [`Options::batch_limit`] allows by default.
const BATCH: usize = 100_000;

/// The rows of the file by view, in file order: line and key.
type Views = BTreeMap<String, Vec<(u64, String)>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, links] = arguments.as_slice() else {
        eprintln!("usage: import STORE_DIR LINKS.csv");
        return ExitCode::from(2);
    };
    match import(Path::new(store), Path::new(links)) {
        Ok(totals) => {
            println!("{totals}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", describe(&*error));
            ExitCode::from(2)
        }
    }
}

fn import(store: &Path, links: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let views = read(links)?;
    let opened = Options::new().batch_limit(BATCH).open(store)?;
    let project = opened.project("default")?.actor("import");
    let mut failed = 0;
    for (view, rows) in &views {
        failed += link(&project, view, rows)?;
    }
    opened.close()?;
    totals(store, views.values().map(Vec::len).sum(), failed)
}

fn read(links: &Path) -> Result<Views, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(links)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        let place = headers.iter().position(|header| header == name);
        place.ok_or_else(|| format!("{} has no column {name:?}", links.display()))
    };
    let (key, view) = (column("key")?, column("view")?);
    let mut views = Views::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column| record.get(column).unwrap_or_default().to_owned();
        // View keys fold case, so this is one batch for a view whatever its case.
        let view = field(view).to_ascii_lowercase();
        views.entry(view).or_default().push((line, field(key)));
    }
    Ok(views)
}

/// Links the rows of one view; returns how many failed.
fn link(project: &Project, view: &str, rows: &[(u64, String)]) -> Result<usize, Box<dyn Error>> {
    match project.ensure_view(NewView::new(view, view)) {
        Err(error @ viewlink::Error::InvalidKey { .. }) => {
            let reason = describe(&error);
            rows.iter().for_each(|(line, key)| eprintln!("line {line}: {key:?}: {reason}"));
            return Ok(rows.len());
        }
        other => other?,
    };
    let mut failed = 0;
    for part in rows.chunks(BATCH) {
        let keys = part.iter().map(|(_, key)| key.as_str());
        let report = project.link(view, Batch::flags(keys))?;
        for ((line, _), (resource, outcome)) in part.iter().zip(report.outcomes()) {
            if let KeyOutcome::Failed(reason) = outcome {
                eprintln!("line {line}: {resource}: {reason} ({})", reason.code());
            }
        }
        failed += report.failure_count();
    }
    Ok(failed)
}

/// The contents of the store after it is opened again.
fn totals(store: &Path, rows: usize, failed: usize) -> Result<serde_json::Value, Box<dyn Error>> {
    let store = Options::new().create_if_missing(false).open(store)?;
    let verification = store.verify()?;
    if !verification.is_clean() {
        return Err(format!("the store does not verify: {verification}").into());
    }
    let totals = serde_json::json!({
        "rows": rows,
        "views": verification.counts.views,
        "resources": resources(&store)?,
        "links": verification.counts.links.total(),
        "failed": failed,
    });
    store.close()?;
    Ok(totals)
}

/// How many different flags are in a view.
fn resources(store: &Store) -> viewlink::Result<usize> {
    use viewlink::{LinkSort, Paging};
    let snapshot = store.snapshot()?;
    let project = snapshot.project("default")?;
    let mut resources = std::collections::BTreeSet::new();
    for view in project.views(Paging::first(usize::MAX))? {
        let all = Paging::first(usize::MAX).sort(LinkSort::Key);
        let linked = project.linked_resources(view.key.as_str(), ResourceType::Flag, all)?;
        resources.extend(linked.into_iter().map(|linked| linked.resource));
    }
    Ok(resources.len())
}

/// An error with its causes.
fn describe(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", describe(cause)),
        None => error.to_string(),
    }
}
