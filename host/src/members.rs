//! The file of members and teams, which are the maintainers of views.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use viewlink::wire::{MaintainerMember, MaintainerTeam, View};

use crate::lines::{LONGEST, Line, Lines};

/// The names and addresses of members and teams. The store keeps only their ids.
#[derive(Debug, Default)]
pub struct Members {
    members: HashMap<String, MaintainerMember>,
    teams: HashMap<String, MaintainerTeam>,
}

/// Why the members of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// The file cannot be read.
    #[error("cannot read the members file {path:?}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// A line is neither a member nor a team.
    #[error(
        "line {line} of the members file {path:?} cannot be read as a member or a team: {problem}"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// A line with the field names of the API. Other fields of the API are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "_id")]
    own_id: Option<String>,
    id: Option<String>,
    email: Option<String>,
    role: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    key: Option<String>,
    name: Option<String>,
}

impl Members {
    /// Reads a file with one line of JSON for each member or team. A line with a `key` is a team, else it is a member.
    /// If several lines are about the same one, the last line counts.
    ///
    /// # Errors
    ///
    /// [`MembersError`] if the file cannot be read, or a line is malformed.
    pub fn read(path: &Path) -> Result<Self, MembersError> {
        let unreadable = |source| MembersError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let (mut lines, mut members) = (Lines::new(BufReader::new(file)), Self::default());
        while let Some((line, text)) = lines.next().map_err(unreadable)? {
            members.take(&text).map_err(|problem| MembersError::Malformed {
                path: path.to_owned(),
                line,
                problem,
            })?;
        }
        Ok(members)
    }

    fn take(&mut self, line: &Line) -> Result<(), String> {
        let Line::Text(text) = line else {
            return Err(format!("it has more than {LONGEST} bytes"));
        };
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let entry: Entry = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let id = named(entry.own_id).or(named(entry.id));
        match (named(entry.key), id) {
            (Some(key), id) => {
                let id = id.unwrap_or_else(|| key.clone());
                let name = entry.name.unwrap_or_default();
                self.teams.insert(key.clone(), MaintainerTeam { id, key, name });
            }
            (None, Some(id)) => {
                let member = MaintainerMember {
                    own_id: id.clone(),
                    id: id.clone(),
                    email: entry.email.unwrap_or_default(),
                    role: entry.role.unwrap_or_default(),
                    first_name: entry.first_name,
                    last_name: entry.last_name,
                };
                self.members.insert(id, member);
            }
            (None, None) => return Err("give the _id of a member, or the key of a team".into()),
        }
        Ok(())
    }

    /// Fills in the names of the maintainer of a view, as far as they are known.
    pub(crate) fn fill_in(&self, view: &mut View) {
        let Some(maintainer) = &mut view.maintainer else { return };
        if let (Some(shown), Some(known)) =
            (&mut maintainer.maintainer_member, self.members.get(&maintainer.id))
        {
            shown.clone_from(known);
        }
        if let (Some(shown), Some(known)) =
            (&mut maintainer.maintainer_team, self.teams.get(&maintainer.id))
        {
            shown.clone_from(known);
        }
    }
}
