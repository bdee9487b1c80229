//! The views of one or several resources.

use clap::Args;
use viewlink::{SetPredicate, ViewFilter, ViewSort};

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
  viewlink views-of views.viewlink checkout-v2 search-v3
  viewlink views-of views.viewlink checkout-v2 search-v3 --any
  viewlink views-of views.viewlink --type segments production/beta-users";

/// List the views of a resource, or the views that have all of several resources
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ViewsOfArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The keys of the resources
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,

    /// List the views that have at least one of the resources
    #[arg(long)]
    any: bool,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    #[command(flatten)]
    past: PastArguments,

    #[command(flatten)]
    list: ListArguments,
}

/// The rows of a page; every page must read the keys of all views found.
const PAGE: usize = 10_000;

pub(crate) fn run(arguments: &ViewsOfArguments, output: &mut Output) -> Result<Exit> {
    let resources = arguments.keys.iter().map(|key| arguments.types.resource(key));
    let resources = resources.collect::<Result<Vec<_>>>()?;
    let test = match arguments.any {
        true => SetPredicate::AnyOf(resources),
        false => SetPredicate::AllOf(resources),
    };
    let filter = ViewFilter::all().linking(test);
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let mut shown = ShownViews::new(project.info())?;
        arguments.list.show(
            output,
            ("view", output.is_json()),
            (ViewSort::Key, PAGE),
            |paging| project.views_matching(&filter, paging),
            |output, page| shown.page(output, page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}
