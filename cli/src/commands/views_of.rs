//! The views of a resource.

use clap::Args;

use super::views::ShownViews;
use crate::error::Result;
use crate::exit::Exit;
use crate::list::ListArguments;
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::store::{PastArguments, StoreArguments};

const HELP: &str = "\
Examples:
  viewlink views-of views.viewlink checkout-v2
  viewlink views-of views.viewlink --type segments production/beta-users";

/// List the views that a resource is linked to
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ViewsOfArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The key of the resource
    #[arg(value_name = "KEY")]
    key: String,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    #[command(flatten)]
    past: PastArguments,

    #[command(flatten)]
    list: ListArguments,
}

/// The rows of a page; the keys of all views of the resource are read for each.
const PAGE: usize = 10_000;

pub(crate) fn run(arguments: &ViewsOfArguments, output: &mut Output) -> Result<Exit> {
    let resource = arguments.types.resource(&arguments.key)?;
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let mut shown = ShownViews::new(project.info())?;
        arguments.list.show(
            output,
            ("view", output.is_json()),
            (Default::default(), PAGE),
            |paging| project.linked_views(&resource, paging),
            |output, page| shown.page(output, page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}
