//! Making a view follow a filter, and ending that.

use clap::{Args, ValueEnum};
use viewlink::wire::ReplaceReport;
use viewlink::{KeyOutcome, Report, Unfollow, ViewKey};

use super::change_options::ChangeOptions;
use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::store::StoreArguments;

const FOLLOW_HELP: &str = "\
Examples:
  viewlink follow views.viewlink beta tags:beta
  viewlink follow views.viewlink beta 'tags:beta,archived:false' --comment 'as agreed' --dry-run
  viewlink follow views.viewlink beta 'unbounded = true' --type segments --environment production

From then on, each change of the registry also updates the links of the view, in the same change. If the view already \
follows a filter, the new one replaces it. Links that were made by key stay.";

const UNFOLLOW_HELP: &str = "\
Examples:
  viewlink unfollow views.viewlink beta
  viewlink unfollow views.viewlink beta --links remove --keep-last-view

Links that were made by key stay in any case.";

/// Link the resources that a filter finds to a view, now and after every change
#[derive(Debug, Args)]
#[command(after_help = FOLLOW_HELP)]
pub(crate) struct FollowArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    /// The filter, such as `tags:beta,archived:false`
    #[arg(value_name = "FILTER")]
    filter: String,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    #[command(flatten)]
    options: ChangeOptions,

    /// The largest number of links
    #[arg(long, value_name = "LINKS", default_value_t = 100_000)]
    batch_limit: usize,
}

/// Stop following a filter
#[derive(Debug, Args)]
#[command(after_help = UNFOLLOW_HELP)]
pub(crate) struct UnfollowArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(value_name = "VIEW")]
    view: ViewKey,

    /// Whether to keep the links that only the filter holds
    #[arg(long, value_name = "LINKS", value_enum, default_value_t = Links::Keep)]
    links: Links,

    /// With `--links remove`: keep a resource in its last view, and count it as a failure
    #[arg(long)]
    keep_last_view: bool,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    #[command(flatten)]
    options: ChangeOptions,

    /// The largest number of links
    #[arg(long, value_name = "LINKS", default_value_t = 100_000)]
    batch_limit: usize,
}

/// What happens to the links of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Links {
    /// The links stay
    Keep,
    /// The links are removed
    Remove,
}

pub(crate) fn follow(arguments: &FollowArguments, output: &mut Output) -> Result<Exit> {
    let FollowArguments { store, view, project, types, options, filter, batch_limit } = arguments;
    let (resource_type, filter) = (types.resource_type()?, types.one_filter(filter)?);
    let opened = store.open(options.store_options().batch_limit(*batch_limit), output)?;
    let project = options.handle(opened.project(project.key().as_str())?);
    let report = project.follow(view.as_str(), resource_type, filter)?;
    let exit = print_report(view, options, &report, output)?;
    opened.close()?;
    Ok(exit)
}

pub(crate) fn unfollow(arguments: &UnfollowArguments, output: &mut Output) -> Result<Exit> {
    let UnfollowArguments { store, view, project, types, options, batch_limit, .. } = arguments;
    let unfollow = match (arguments.links, arguments.keep_last_view) {
        (Links::Keep, _) => Unfollow::KeepLinks,
        (Links::Remove, false) => Unfollow::RemoveLinks,
        (Links::Remove, true) => Unfollow::RemoveLinksKeepLastView,
    };
    let resource_type = types.resource_type()?;
    let opened = store.open(options.store_options().batch_limit(*batch_limit), output)?;
    let project = options.handle(opened.project(project.key().as_str())?);
    let report = project.unfollow(view.as_str(), resource_type, unfollow)?;
    let exit = print_report(view, options, &report, output)?;
    opened.close()?;
    Ok(exit)
}

/// Prints the result.
fn print_report(
    view: &ViewKey,
    options: &ChangeOptions,
    report: &Report,
    output: &mut Output,
) -> Result<Exit> {
    let printed = if output.is_json() {
        super::change::print_json(ReplaceReport::new(report), report.revision(), output)
    } else {
        super::change::print_failures(report, output)
    };
    let printed = printed.and_then(|()| output.flush());
    if !output.is_json() || printed.is_err() {
        let count = |of: &KeyOutcome| report.outcomes().filter(|(_, is)| *is == of).count() as u64;
        let (linked, unlinked) = (count(&KeyOutcome::Linked), count(&KeyOutcome::Unlinked));
        let others = match report.followed().len() {
            0 => String::new(),
            others => format!(", and links of {}", counted(others as u64, "other view")),
        };
        let (failed, end) = (report.failure_count(), options.end(report.revision()));
        let links = format!("{linked} linked, {unlinked} unlinked{others}, {failed} failed");
        output.note(format!("{view}: {links}; {end}"));
    }
    crate::error::unless_closed(printed)?;
    Ok(if report.failure_count() == 0 { Exit::Done } else { Exit::KeysFailed })
}
