//! How much views have in common.

use clap::Args;
use serde::Serialize;
use viewlink::{KeySort, NearView, Overlap, Page, ResourceType, TypeCounts, ViewKey};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::list::{ListArguments, PAGE};
use crate::output::Output;
use crate::resources::ProjectArguments;
use crate::store::StoreArguments;
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink compare views.viewlink web shop
  viewlink compare views.viewlink web --near 0.8

The Jaccard index is the number of resources that both views have, divided by the number that at least
one has. It is 0 if they have nothing in common, and 1 if they are equal. `find` lists the resources.";

/// Compare two views, or list the views that are nearly the same as one
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompareArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    /// The view to compare it with
    #[arg(value_name = "OTHER", conflicts_with = "near")]
    other: Option<ViewKey>,

    /// List the other views whose Jaccard index with it is at least this number, from 0 to 1
    #[arg(long, value_name = "INDEX")]
    near: Option<f64>,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    list: ListArguments,
}

/// The comparison of two views, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared<'a> {
    view_key: &'a str,
    other_view_key: &'a str,
    links: Counts,
    other_links: Counts,
    both: Counts,
    jaccard: f64,
}

/// A number for each type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    flags: u64,
    segments: u64,
    ai_configs: u64,
    metrics: u64,
}

impl From<TypeCounts> for Counts {
    fn from(counts: TypeCounts) -> Self {
        Self {
            flags: counts.get(ResourceType::Flag),
            segments: counts.get(ResourceType::Segment),
            ai_configs: counts.get(ResourceType::AiConfig),
            metrics: counts.get(ResourceType::Metric),
        }
    }
}

impl<'a> Compared<'a> {
    fn new(view: &'a ViewKey, other: &'a ViewKey, overlap: Overlap) -> Self {
        Self {
            view_key: view.as_str(),
            other_view_key: other.as_str(),
            links: overlap.first.into(),
            other_links: overlap.second.into(),
            both: overlap.both.into(),
            jaccard: overlap.jaccard(),
        }
    }
}

pub(crate) fn run(arguments: &CompareArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.read(output)?;
    {
        let snapshot = store.snapshot()?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let view = arguments.view.as_str();
        match (&arguments.other, arguments.near) {
            (Some(other), _) => {
                let overlap = project.overlap(view, other.as_str())?;
                show(output, &arguments.view, other, overlap)?;
            }
            (None, Some(at_least)) if (0.0..=1.0).contains(&at_least) => {
                let mut table = Table::new(["VIEW", "LINKS", "BOTH", "JACCARD"]);
                arguments.list.show(
                    output,
                    ("view", output.is_json()),
                    (KeySort::Key, PAGE),
                    |paging| project.near_views(view, at_least, paging),
                    |output, page| show_near(output, &arguments.view, &page, &mut table),
                )?;
            }
            (None, Some(_)) => {
                return Err(Error::Usage(
                    "--near takes a number from 0 to 1: use for example --near 0.8",
                ));
            }
            (None, None) => {
                return Err(Error::Usage("name another view, or add --near with a number"));
            }
        }
    }
    store.close()?;
    Ok(Exit::Done)
}

fn show(output: &mut Output, view: &ViewKey, other: &ViewKey, overlap: Overlap) -> Result<()> {
    if output.is_json() {
        return output.json(&Compared::new(view, other, overlap));
    }
    let mut table = Table::new(["TYPE", "FIRST", "SECOND", "BOTH"]);
    for of in ResourceType::ALL {
        let counts = [overlap.first, overlap.second, overlap.both];
        let [first, second, both] = counts.map(|counts| counts.get(of).to_string());
        table.row([of.plural().to_owned(), first, second, both]);
    }
    table.print(output)?;
    output.note(format_args!(
        "{view} and {other}: {} of {} in both, Jaccard index {:.3}",
        overlap.both.total(),
        overlap.either(),
        overlap.jaccard()
    ));
    Ok(())
}

fn show_near(
    output: &mut Output,
    view: &ViewKey,
    page: &Page<NearView>,
    table: &mut Table<4>,
) -> Result<()> {
    for NearView { key, overlap, .. } in &page.items {
        if output.is_json() {
            output.json(&Compared::new(view, key, *overlap))?;
            continue;
        }
        let counts = [overlap.second, overlap.both].map(|counts| counts.total().to_string());
        let [links, both] = counts;
        table.row([key.to_string(), links, both, format!("{:.3}", overlap.jaccard())]);
    }
    table.print(output)
}
