//! The comment, actor and dry run of a change.

use clap::Args;
use viewlink::{Options, Project};

use crate::store;

/// The options of every change.
#[derive(Debug, Args)]
pub(crate) struct ChangeOptions {
    /// The reason for the change; it is kept in the journal
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// The author of the change; it is kept in the journal
    #[arg(long, value_name = "NAME", default_value = "viewlink-cli")]
    actor: String,

    /// Change nothing, and report what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl ChangeOptions {
    /// The options to open the store with. A dry run does not change any file.
    pub(super) fn store_options(&self) -> Options {
        store::options().read_only(self.dry_run)
    }

    /// The handle whose change has the given comment and actor.
    pub(super) fn handle(&self, project: Project) -> Project {
        let project = project.actor(&*self.actor);
        let project = match &self.comment {
            Some(comment) => project.comment(&**comment),
            None => project,
        };
        if self.dry_run { project.dry_run() } else { project }
    }

    /// The result of a change, for the summary.
    pub(super) fn end(&self, revision: Option<u64>) -> String {
        match revision {
            Some(revision) => format!("revision {revision}"),
            None if self.dry_run => "a dry run changes nothing".to_owned(),
            None => "nothing changed".to_owned(),
        }
    }
}
