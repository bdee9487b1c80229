//! Finding resources by their views.

use clap::Args;
use serde::Serialize;
use viewlink::{KeySort, Page, Resource, ResourceFilter, SetPredicate, ViewKey};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::list::{ListArguments, PAGE};
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::store::StoreArguments;

const HELP: &str = "\
Examples:
  viewlink find views.viewlink --in web,shop
  viewlink find views.viewlink --in web --not-in shop,old
  viewlink find views.viewlink --in-any web,shop --filter tags:beta
  viewlink find views.viewlink --exactly web,shop
  viewlink find views.viewlink --in-no-view
  viewlink find views.viewlink --in-no-view --limit 0

The search covers all resources that are linked to a view, and all registered ones.";

/// List resources by their views: in all, any, none or exactly these
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct FindArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// In all of these views
    #[arg(long = "in", value_name = "VIEWS", value_delimiter = ',')]
    in_all: Vec<ViewKey>,

    /// In at least one of these views
    #[arg(long = "in-any", value_name = "VIEWS", value_delimiter = ',')]
    in_any: Vec<ViewKey>,

    /// In none of these views
    #[arg(long = "not-in", value_name = "VIEWS", value_delimiter = ',')]
    not_in: Vec<ViewKey>,

    /// In all of these views and in no other view
    #[arg(long, value_name = "VIEWS", value_delimiter = ',')]
    exactly: Vec<ViewKey>,

    /// In no view
    #[arg(long, conflicts_with_all = ["in_all", "in_any", "exactly"])]
    in_no_view: bool,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    /// Only resources that a filter finds, such as `query:checkout`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,

    #[command(flatten)]
    list: ListArguments,
}

/// A resource, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    resource_key: &'a str,
    resource_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_id: Option<&'a str>,
}

impl FindArguments {
    fn filter(&self) -> Result<ResourceFilter> {
        let tests = [
            (!self.in_all.is_empty(), SetPredicate::AllOf(self.in_all.clone())),
            (!self.in_any.is_empty(), SetPredicate::AnyOf(self.in_any.clone())),
            (!self.not_in.is_empty(), SetPredicate::NoneOf(self.not_in.clone())),
            (
                self.in_no_view || !self.exactly.is_empty(),
                SetPredicate::Exactly(self.exactly.clone()),
            ),
        ];
        let filter = self.types.filter(self.filter.as_deref())?;
        let asked = tests.into_iter().filter(|(asked, _)| *asked).map(|(_, test)| test);
        Ok(asked.map(viewlink::ResourceCondition::View).fold(filter, ResourceFilter::and))
    }
}

pub(crate) fn run(arguments: &FindArguments, output: &mut Output) -> Result<Exit> {
    let resource_type = arguments.types.resource_type()?;
    let filter = arguments.filter()?;
    if filter.conditions().is_empty() {
        return Err(Error::Usage(
            "no condition is given: use --in, --in-any, --not-in, --exactly, --in-no-view or --filter",
        ));
    }
    let store = arguments.store.read(output)?;
    {
        let snapshot = store.snapshot()?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        arguments.list.show(
            output,
            (resource_type.singular(), output.is_json()),
            (KeySort::Key, PAGE),
            |paging| project.find_resources(resource_type, &filter, paging),
            |output, page| show(output, &page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}

/// One resource per line, as --keys-from reads them.
fn show(output: &mut Output, page: &Page<Resource>) -> Result<()> {
    for resource in &page.items {
        if output.is_json() {
            output.json(&Found {
                resource_key: resource.key().as_str(),
                resource_type: resource.resource_type().singular(),
                environment_id: resource.environment().map(AsRef::as_ref),
            })?;
        } else {
            output.line(resource)?;
        }
    }
    Ok(())
}
