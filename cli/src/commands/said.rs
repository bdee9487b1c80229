//! What is said of a change, whatever it changes.

use clap::Args;
use viewlink::{Options, Project};

use crate::store;

/// What is said of a change.
#[derive(Debug, Args)]
pub(crate) struct SaidArguments {
    /// Why the change is made; the journal keeps it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// Who makes the change; the journal keeps it
    #[arg(long, value_name = "NAME", default_value = "viewlink-cli")]
    actor: String,

    /// Change nothing, and report what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl SaidArguments {
    /// How the store is opened: a dry run leaves all of it as it is.
    pub(super) fn options(&self) -> Options {
        store::options().read_only(self.dry_run)
    }

    /// The handle whose change says what was asked to be said.
    pub(super) fn handle(&self, project: Project) -> Project {
        let project = project.actor(&*self.actor);
        let project = match &self.comment {
            Some(comment) => project.comment(&**comment),
            None => project,
        };
        if self.dry_run { project.dry_run() } else { project }
    }

    /// What became of a change at a revision, for people.
    pub(super) fn end(&self, revision: Option<u64>) -> String {
        match revision {
            Some(revision) => format!("revision {revision}"),
            None if self.dry_run => "a dry run changes nothing".to_owned(),
            None => "nothing changed".to_owned(),
        }
    }
}
