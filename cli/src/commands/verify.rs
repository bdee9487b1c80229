//! Verifying a store.

use clap::Args;
use serde::Serialize;
use viewlink::{Verification, wire};

use crate::counted::counted;
use crate::error::{Result, unless_closed};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::{self, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Example:
  viewlink verify views.viewlink && echo sound

The exit code is 0 if the store has no findings. Each finding is damage, and the exit code is then 2, as for a store \
that is too damaged to be opened. The store is not changed.";

/// Verify a store: the state, the checkpoint, the journal, and that they agree
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &VerifyArguments, output: &mut Output) -> Result<Exit> {
    let options = store::options().read_only(true);
    let store = arguments.store.open(options, output)?;
    let spinner = progress::spinner("verifying", output.is_quiet());
    let found = store.verify();
    spinner.finish_and_clear();
    let found = found?;
    // Closing a damaged store may fail; the damage is already reported.
    let closed = store.close();
    unless_closed(print(&found, output).and_then(|()| output.flush()))?;
    if !found.is_clean() {
        return Ok(Exit::Failed);
    }
    closed?;
    Ok(Exit::Done)
}

/// The result of a verification, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    clean: bool,
    findings: Vec<Found<'a>>,
    more_findings: u64,
    counts: Counts,
}

#[derive(Serialize)]
struct Found<'a> {
    invariant: u8,
    place: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    projects: u64,
    views: u64,
    links: wire::Counts,
    resources: wire::Counts,
    revision: u64,
    oldest_kept: u64,
    replayed: bool,
}

impl<'a> From<&'a Verification> for Verified<'a> {
    fn from(found: &'a Verification) -> Self {
        let counts = found.counts;
        let findings = found.findings.iter().map(|finding| Found {
            invariant: finding.invariant,
            place: &finding.place,
            detail: &finding.detail,
        });
        Self {
            clean: found.is_clean(),
            findings: findings.collect(),
            more_findings: found.more_findings,
            counts: Counts {
                projects: counts.projects,
                views: counts.views,
                links: (&counts.links).into(),
                resources: (&counts.resources).into(),
                revision: counts.revision,
                oldest_kept: counts.oldest_kept,
                replayed: counts.replayed,
            },
        }
    }
}

fn print(found: &Verification, output: &mut Output) -> Result<()> {
    if output.is_json() {
        return output.json(&Verified::from(found));
    }
    let mut table = Table::new(["PLACE", "INVARIANT", "FINDING"]);
    for finding in &found.findings {
        let invariant = finding.invariant.to_string();
        table.row([finding.place.clone(), invariant, finding.detail.clone()]);
    }
    table.print(output)?;
    if found.is_clean() {
        output.note(found);
    } else {
        let all = counted(found.findings.len() as u64 + found.more_findings, "finding");
        let shown = match found.more_findings {
            0 => String::new(),
            _ => format!(", of which the first {} are above", found.findings.len()),
        };
        output.note(format_args!(
            "{all}{shown}: restore the store from a copy; docs/design.md explains the invariants"
        ));
    }
    Ok(())
}
