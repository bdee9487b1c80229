//! The parts that linking and unlinking share: the resources, the comment and actor of the change, and the report.

use clap::Args;
use serde::Serialize;
use viewlink::wire::LinkReport;
use viewlink::{Action, Batch, KeyOutcome, Options, Project, Report, ResourceType, ViewKey};

use super::change_options::ChangeOptions;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::keys::KeyArguments;
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::table::Table;

/// A batch with the comment and actor of its change.
#[derive(Debug, Args)]
pub(crate) struct ChangeArguments {
    /// The view
    #[arg(value_name = "VIEW")]
    pub(super) view: ViewKey,

    #[command(flatten)]
    keys: KeyArguments,

    #[command(flatten)]
    pub(super) project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    /// The keys are ids of registered segments
    #[arg(long)]
    by_id: bool,

    /// Also use the resources that a filter finds, such as `tags:beta,archived:false`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,

    #[command(flatten)]
    options: ChangeOptions,

    /// The largest number of keys, including those that a filter finds
    #[arg(long, value_name = "KEYS", default_value_t = 100_000)]
    pub(super) batch_limit: usize,
}

impl ChangeArguments {
    /// The batch that the arguments describe.
    pub(super) fn batch(&self) -> Result<Batch> {
        let resource_type = self.types.resource_type()?;
        if self.by_id && resource_type != ResourceType::Segment {
            return Err(Error::Usage("--by-id is for segments only: add --type segments"));
        }
        if self.names_none() {
            return Err(Error::Usage(
                "no resources are named: give keys, --keys-from FILE, or --filter",
            ));
        }
        let filter = self.filter.as_deref().map(|text| self.types.one_filter(text)).transpose()?;
        let keys = self.keys.read(self.batch_limit)?;
        let batch = match resource_type {
            ResourceType::Segment if self.by_id => Batch::segment_ids(keys),
            ResourceType::Segment => {
                Batch::segments(keys.iter().map(|text| self.types.segment(text)))
            }
            _ => Batch::by_key(resource_type, keys),
        };
        Ok(match filter {
            Some(filter) => batch.and_matching(filter),
            None => batch,
        })
    }

    /// The options to open the store with.
    pub(super) fn store_options(&self) -> Options {
        self.options.store_options().batch_limit(self.batch_limit)
    }

    /// The handle whose change has the given comment and actor.
    pub(super) fn handle(&self, project: Project) -> Project {
        self.options.handle(project)
    }

    /// Whether no resources are named.
    pub(super) const fn names_none(&self) -> bool {
        self.keys.is_none() && self.filter.is_none()
    }

    /// Prints the report of the batch. The view was `created` at a revision, or existed before.
    pub(super) fn print_report(
        &self,
        report: &Report,
        created: Option<u64>,
        output: &mut Output,
    ) -> Result<Exit> {
        let printed = print(report, created, output).and_then(|()| output.flush());
        // If the output cannot be written, the summary still reports that the change was made.
        if !output.is_json() || printed.is_err() {
            output.note(self.summary(report, created));
        }
        crate::error::unless_closed(printed)?;
        Ok(if report.failure_count() == 0 { Exit::Done } else { Exit::KeysFailed })
    }

    fn summary(&self, report: &Report, created: Option<u64>) -> String {
        let count = |of: &KeyOutcome| report.outcomes().filter(|(_, is)| *is == of).count();
        let (done, word, left, left_word) = match report.action() {
            Action::Unlink => {
                (KeyOutcome::Unlinked, "unlinked", KeyOutcome::NotLinked, "not linked")
            }
            Action::Move => {
                (KeyOutcome::Moved, "moved", KeyOutcome::Unlinked, "already linked there")
            }
            _ => (KeyOutcome::Linked, "linked", KeyOutcome::AlreadyLinked, "already linked"),
        };
        let left = match count(&left) {
            0 => String::new(),
            left => format!("{left} {left_word}, "),
        };
        let is_created = if created.is_some() { "created, " } else { "" };
        let end = self.options.end(report.revision().or(created));
        let (view, done, failed) = (&self.view, count(&done), report.failure_count());
        format!("{view}: {is_created}{done} {word}, {left}{failed} failed; {end}")
    }
}

/// A report in the shape of the REST API, and the last revision that the call made.
#[derive(Serialize)]
struct Reported<R> {
    #[serde(flatten)]
    report: R,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
}

/// Prints a report with the last revision that the call made.
pub(super) fn print_json(
    report: impl Serialize,
    revision: Option<u64>,
    output: &mut Output,
) -> Result<()> {
    output.json(&Reported { report, revision })
}

fn print(report: &Report, created: Option<u64>, output: &mut Output) -> Result<()> {
    if output.is_json() {
        return print_json(LinkReport::new(report), report.revision().or(created), output);
    }
    print_failures(report, output)
}

/// Prints the keys that failed.
pub(super) fn print_failures(report: &Report, output: &mut Output) -> Result<()> {
    let mut table = Table::new(["KEY", "CODE", "REASON"]);
    for failed in report.failures() {
        let reason = failed.reason().to_string();
        table.row([failed.resource().to_string(), failed.code().to_string(), reason]);
    }
    table.print(output)
}
