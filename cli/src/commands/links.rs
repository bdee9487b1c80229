//! The resources that are linked to a view.

use clap::{Args, ValueEnum};
use viewlink::wire::{self, Query};
use viewlink::{LinkSort, LinkedResource, Page, ProjectKey, ResourceType, ViewKey};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::list::{ListArguments, PAGE};
use crate::moment::moment;
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::store::{PastArguments, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink links views.viewlink my-view
  viewlink links views.viewlink my-view --type segments --environment production --sort linkedAt
  viewlink links views.viewlink my-view --as-of 1200
  viewlink links copy.viewlink my-view --keys | viewlink link views.viewlink my-view --keys-from -";

/// List the resources that are linked to a view
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct LinksArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    /// Only resources that a filter finds, such as `query:checkout`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,

    /// The order of the list: by key, by the time of the link, or by name
    #[arg(long, value_enum, value_name = "ORDER", default_value = "key")]
    sort: Sort,

    /// Print only the keys, all of them, one per line, as --keys-from reads them
    #[arg(long, conflicts_with = "json")]
    keys: bool,

    #[command(flatten)]
    past: PastArguments,

    #[command(flatten)]
    list: ListArguments,
}

/// The sort orders of links, as the REST API names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "camelCase")]
enum Sort {
    Key,
    LinkedAt,
    Name,
}

/// The rows of a page if every page must read all links of the view.
const SORTED_PAGE: usize = 50_000;

pub(crate) fn run(arguments: &LinksArguments, output: &mut Output) -> Result<Exit> {
    let resource_type = arguments.types.resource_type()?;
    let filter = arguments.types.filter(arguments.filter.as_deref())?;
    let (sort, page_rows) = match arguments.sort {
        Sort::Key if filter.conditions().is_empty() => (LinkSort::Key, PAGE),
        Sort::Key => (LinkSort::Key, SORTED_PAGE),
        Sort::LinkedAt => (LinkSort::LinkTime, SORTED_PAGE),
        Sort::Name => (LinkSort::Name, SORTED_PAGE),
    };
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let view = arguments.view.as_str();
        let mut shown = ShownLinks::new(arguments, resource_type)?;
        arguments.list.show(
            output,
            (resource_type.singular(), arguments.keys || output.is_json()),
            (sort, page_rows),
            |paging| project.linked_resources_matching(view, resource_type, &filter, paging),
            |output, page| shown.page(output, &page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}

/// Prints links.
struct ShownLinks<'a> {
    project: &'a ProjectKey,
    view: &'a ViewKey,
    resource_type: ResourceType,
    keys: bool,
    query: Query,
    table: Table<3>,
}

impl<'a> ShownLinks<'a> {
    fn new(arguments: &'a LinksArguments, resource_type: ResourceType) -> Result<Self> {
        let query = Query::from_pairs([("", ""); 0]);
        Ok(Self {
            project: arguments.project.key(),
            view: &arguments.view,
            resource_type,
            keys: arguments.keys,
            query: query.map_err(|_| Error::Usage("the list of links cannot be read"))?,
            table: Table::new(["KEY", "LINKED AT", "REVISION"]),
        })
    }

    fn page(&mut self, output: &mut Output, page: &Page<LinkedResource>) -> Result<()> {
        if output.is_json() {
            let Self { project, view, resource_type, query, .. } = self;
            let answer = wire::LinkedResources::new(page, project, view, *resource_type, query);
            return answer.items.iter().try_for_each(|item| output.json(item));
        }
        for linked in &page.items {
            let key = linked.resource.to_string();
            if self.keys {
                output.line(key)?;
            } else {
                self.table.row([key, moment(linked.linked_at), linked.revision.to_string()]);
            }
        }
        self.table.print(output)
    }
}
