//! The projects of a store.

use clap::Args;
use serde::Serialize;
use viewlink::{KeySort, Page, ProjectInfo, ResourceType, wire};

use crate::error::Result;
use crate::exit::Exit;
use crate::list::{ListArguments, PAGE};
use crate::output::Output;
use crate::store::{PastArguments, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Example:
  viewlink projects views.viewlink";

/// List the projects of a store
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ProjectsArguments {
    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    past: PastArguments,

    #[command(flatten)]
    list: ListArguments,
}

pub(crate) fn run(arguments: &ProjectsArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let header = ["KEY", "VIEWS", "REGISTERED FLAGS", "SEGMENTS", "AI CONFIGS", "METRICS"];
        let mut table = Table::new(header);
        arguments.list.show(
            output,
            ("project", output.is_json()),
            (KeySort::Key, PAGE),
            |paging| snapshot.projects(paging),
            |output, page| show(output, &mut table, page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}

/// A project, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProjectJson<'a> {
    key: &'a str,
    id: u32,
    name: &'a str,
    require_view_for_new_flags: bool,
    require_view_for_new_segments: bool,
    view_count: u64,
    resources: wire::Counts,
}

fn show(output: &mut Output, table: &mut Table<6>, page: Page<ProjectInfo>) -> Result<()> {
    for ProjectInfo { id, key, views, resources, settings, .. } in page {
        if output.is_json() {
            let (key, resources) = (key.as_str(), (&resources).into());
            output.json(&ProjectJson {
                key,
                id,
                name: &settings.name,
                require_view_for_new_flags: settings.require_view_for_new_flags,
                require_view_for_new_segments: settings.require_view_for_new_segments,
                view_count: views,
                resources,
            })?;
        } else {
            let [flags, segments, ai_configs, metrics] =
                ResourceType::ALL.map(|of| resources.get(of).to_string());
            table.row([key.into(), views.to_string(), flags, segments, ai_configs, metrics]);
        }
    }
    table.print(output)
}
