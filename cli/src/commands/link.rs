//! Linking resources to a view.

use clap::Args;
use viewlink::{LinkPolicy, NewView, Options, Project, Store};

use super::change::ChangeArguments;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::new_store;
use crate::output::Output;
use crate::store::StoreArguments;

const HELP: &str = "\
Examples:
  viewlink link views.viewlink my-view checkout-v2 search-v3 --comment 'ready for everyone'
  viewlink link views.viewlink my-view --type segments production/beta-users
  viewlink link views.viewlink my-view --filter tags:beta --dry-run

A failed key does not stop the others. It is printed with its code and the reason, and the exit code is 1.";

/// Link resources to a view, in one change
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct LinkArguments {
    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    change: ChangeArguments,

    /// Count a resource that is already linked as a failure
    #[arg(long)]
    refuse_existing: bool,

    /// Link only registered resources, and count others as failures
    #[arg(long)]
    closed: bool,

    /// Create the view if it does not exist, with its key as its name
    #[arg(long, conflicts_with = "dry_run")]
    create_view: bool,

    /// Create the store if it does not exist
    #[arg(long, requires = "create_view")]
    create: bool,
}

pub(crate) fn run(arguments: &LinkArguments, output: &mut Output) -> Result<Exit> {
    let LinkArguments { store, change, .. } = arguments;
    let batch = change.batch()?;
    let batch = if arguments.refuse_existing { batch.refuse_existing() } else { batch };
    let policy = if arguments.closed { LinkPolicy::Closed } else { LinkPolicy::Open };
    let options = change.store_options().link_policy(policy);
    let (opened, is_new) = arguments.open(options, output)?;
    let project = change.handle(opened.project(change.project.key().as_str())?);
    let view = change.view.as_str();
    let created = if arguments.create_view { create(&project, view)? } else { None };
    let report = project.link(view, batch).map_err(|error| match created.filter(|_| !is_new) {
        Some(revision) => {
            Error::ViewOnly { view: change.view.clone(), revision, source: Box::new(error.into()) }
        }
        None => error.into(),
    })?;
    let made = if is_new { new_store::write(&opened, store.path()) } else { Ok(()) };
    let exit = match new_store::is_there(&made) {
        true => change.print_report(&report, created, output)?,
        false => Exit::Failed,
    };
    opened.close()?;
    made.map(|()| exit)
}

impl LinkArguments {
    /// Opens the store; returns whether it is new. A new store is created in memory, and written after the links are in
    /// it, so that a call that fails leaves no store.
    fn open(&self, options: Options, output: &Output) -> Result<(Store, bool)> {
        if !self.create {
            return Ok((self.store.open(options, output)?, false));
        }
        if new_store::is_free(self.store.path()) {
            return Ok((options.create_if_missing(true).open_in_memory()?, true));
        }
        let opened = self.store.open(options, output).map_err(new_store::not_free)?;
        Ok((opened, false))
    }
}

/// Creates the view if it does not exist; returns the revision of that change.
fn create(project: &Project, view: &str) -> Result<Option<u64>> {
    match project.create_view(NewView::new(view, view)) {
        Ok(created) => Ok(Some(created.revision)),
        Err(viewlink::Error::ViewExists { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
