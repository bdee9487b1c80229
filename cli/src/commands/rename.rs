//! Renaming a view.

use clap::Args;
use viewlink::ViewKey;

use super::change_options::ChangeOptions;
use super::views::ShownViews;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::resources::ProjectArguments;
use crate::store::StoreArguments;

const HELP: &str = "\
Example:
  viewlink rename views.viewlink checkout checkout-web --comment 'there is an app now'";

/// Give a view another key; its id, its fields and its links stay
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct RenameArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    /// The new key
    #[arg(value_name = "KEY")]
    to: ViewKey,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    options: ChangeOptions,
}

pub(crate) fn run(arguments: &RenameArguments, output: &mut Output) -> Result<Exit> {
    let RenameArguments { store, view, to, project, options } = arguments;
    let opened = store.open(options.store_options(), output)?;
    let plain = opened.project(project.key().as_str())?;
    let before = plain.read()?.view(view.as_str())?;
    let renamed = options.handle(plain.clone()).rename_view(view.as_str(), to.as_str())?;
    ShownViews::new(plain.read()?.info())?.view(output, &renamed)?;
    let changed = renamed.revision != before.revision && !options.dry_run;
    let end = options.end(changed.then_some(renamed.revision));
    output.note(format_args!("{view}: is now {to}; {end}"));
    opened.close()?;
    Ok(Exit::Done)
}
