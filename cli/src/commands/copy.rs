//! Copying a view.

use clap::Args;
use viewlink::{ViewKey, ViewPatch};

use super::change_options::ChangeOptions;
use super::views::ShownViews;
use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::resources::ProjectArguments;
use crate::store::StoreArguments;

const HELP: &str = "\
Example:
  viewlink copy views.viewlink checkout checkout-beta --name 'Checkout, beta'

`copy` copies a view; to copy a whole store use `backup`.";

/// Create a view with the fields and the links of another one
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CopyArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view to copy
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    /// The key of the copy
    #[arg(value_name = "KEY")]
    to: ViewKey,

    /// The name of the copy; default: the name of the view
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    options: ChangeOptions,

    /// The largest number of links
    #[arg(long, value_name = "LINKS", default_value_t = 100_000)]
    batch_limit: usize,
}

pub(crate) fn run(arguments: &CopyArguments, output: &mut Output) -> Result<Exit> {
    let CopyArguments { store, view, to, name, project, options, batch_limit } = arguments;
    let patch = match name {
        Some(name) => ViewPatch::new().name(name),
        None => ViewPatch::new(),
    };
    let opened = store.open(options.store_options().batch_limit(*batch_limit), output)?;
    let plain = opened.project(project.key().as_str())?;
    let copy = options.handle(plain.clone()).copy_view(view.as_str(), to.as_str(), patch)?;
    ShownViews::new(plain.read()?.info())?.view(output, &copy)?;
    let (links, end) = (copy.links.total(), (!options.dry_run).then_some(copy.revision));
    output.note(format_args!("{to}: {} of {view}; {}", counted(links, "link"), options.end(end)));
    opened.close()?;
    Ok(Exit::Done)
}
