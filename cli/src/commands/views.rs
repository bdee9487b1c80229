//! The views of a project.

use clap::{Args, ValueEnum};
use viewlink::wire::{self, Expand};
use viewlink::{Page, ProjectInfo, ResourceType, View, ViewFilter, ViewSort};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::list::{ListArguments, PAGE};
use crate::moment::moment;
use crate::output::Output;
use crate::resources::ProjectArguments;
use crate::store::{PastArguments, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink views views.viewlink
  viewlink views views.viewlink --filter 'tag = payments' --sort updatedAt
  viewlink views views.viewlink --json | jq -r .key";

/// List the views of a project
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ViewsArguments {
    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    project: ProjectArguments,

    /// Only views that a filter finds, such as `name contains shop`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,

    /// The order of the list
    #[arg(long, value_enum, value_name = "ORDER", default_value = "key")]
    sort: Sort,

    #[command(flatten)]
    past: PastArguments,

    #[command(flatten)]
    list: ListArguments,
}

/// The sort orders of views, as the REST API names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "camelCase")]
enum Sort {
    Key,
    Name,
    UpdatedAt,
}

/// The rows of a page of a sorted list; every page must read all views.
const SORTED_PAGE: usize = 10_000;

pub(crate) fn run(arguments: &ViewsArguments, output: &mut Output) -> Result<Exit> {
    let filter = match arguments.filter.as_deref() {
        Some(text) => ViewFilter::parse(text).map_err(Error::filter(text))?,
        None => ViewFilter::all(),
    };
    let (sort, page_rows) = match arguments.sort {
        Sort::Key => (ViewSort::Key, PAGE),
        Sort::Name => (ViewSort::Name, SORTED_PAGE),
        Sort::UpdatedAt => (ViewSort::UpdatedAt, SORTED_PAGE),
    };
    let page_rows = if filter.conditions().is_empty() { page_rows } else { SORTED_PAGE };
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let mut shown = ShownViews::new(project.info())?;
        arguments.list.show(
            output,
            ("view", output.is_json()),
            (sort, page_rows),
            |paging| project.views_matching(&filter, paging),
            |output, page| shown.page(output, page),
        )?;
    }
    store.close()?;
    Ok(Exit::Done)
}

/// Prints views.
pub(super) struct ShownViews {
    project: ProjectInfo,
    expand: Expand,
    table: Table<9>,
}

/// The additional parts of each view.
const EXPANDED: &str =
    "flagsSummary,segmentsSummary,aiConfigsSummary,metricsSummary,resourceSummary,maintainer";

/// The account id that the REST API requires; it is the default of the host.
const ACCOUNT: &str = "local";

impl ShownViews {
    pub(super) fn new(project: ProjectInfo) -> Result<Self> {
        let expand = EXPANDED.parse().map_err(|_| Error::Usage("views cannot be expanded"))?;
        let header = [
            "KEY",
            "FLAGS",
            "SEGMENTS",
            "AI CONFIGS",
            "METRICS",
            "VERSION",
            "UPDATED",
            "NAME",
            "TAGS",
        ];
        Ok(Self { project, expand, table: Table::new(header) })
    }

    pub(super) fn page(&mut self, output: &mut Output, page: Page<View>) -> Result<()> {
        page.into_iter().try_for_each(|view| self.add(output, &view))?;
        self.table.print(output)
    }

    /// Prints a single view.
    pub(super) fn view(&mut self, output: &mut Output, view: &View) -> Result<()> {
        self.add(output, view)?;
        self.table.print(output)
    }

    fn add(&mut self, output: &mut Output, view: &View) -> Result<()> {
        if output.is_json() {
            return output.json(&wire::View::new(view, &self.project, ACCOUNT, &self.expand));
        }
        self.table.row(row(view));
        Ok(())
    }
}

fn row(view: &View) -> [String; 9] {
    let links = |of| view.links.get(of).to_string();
    [
        view.key.to_string(),
        links(ResourceType::Flag),
        links(ResourceType::Segment),
        links(ResourceType::AiConfig),
        links(ResourceType::Metric),
        view.version.to_string(),
        moment(view.updated_at),
        view.name.clone(),
        view.tags.join(","),
    ]
}
