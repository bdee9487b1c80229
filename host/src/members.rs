//! The file of members and teams, who look after views.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use viewlink::wire::{MaintainerMember, MaintainerTeam, View};

use crate::lines::{LONGEST, Line, Lines};

/// What is known of members and teams, whose ids alone the store keeps.
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
        /// What the file system said.
        source: io::Error,
    },
    /// A line is neither a member nor a team.
    #[error("line {line} of the members file {path:?} is no member and no team: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// A line, its fields named as the API names them; it has many more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
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
    /// Reads a file: a line of JSON each, a team if it has a `key`, else a member. Of lines about the
    /// same one the last counts.
    ///
    /// # Errors
    ///
    /// [`MembersError`] when the file cannot be read, or a line is something else.
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
        let said: Said = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let id = named(said.own_id).or(named(said.id));
        match (named(said.key), id) {
            (Some(key), id) => {
                let id = id.unwrap_or_else(|| key.clone());
                let name = said.name.unwrap_or_default();
                self.teams.insert(key.clone(), MaintainerTeam { id, key, name });
            }
            (None, Some(id)) => {
                let member = MaintainerMember {
                    own_id: id.clone(),
                    id: id.clone(),
                    email: said.email.unwrap_or_default(),
                    role: said.role.unwrap_or_default(),
                    first_name: said.first_name,
                    last_name: said.last_name,
                };
                self.members.insert(id, member);
            }
            (None, None) => return Err("give the _id of a member, or the key of a team".into()),
        }
        Ok(())
    }

    /// Fills in what is known of the maintainer of a view.
    pub(crate) fn tell(&self, view: &mut View) {
        let Some(maintainer) = &mut view.maintainer else { return };
        if let (Some(told), Some(known)) =
            (&mut maintainer.maintainer_member, self.members.get(&maintainer.id))
        {
            told.clone_from(known);
        }
        if let (Some(told), Some(known)) =
            (&mut maintainer.maintainer_team, self.teams.get(&maintainer.id))
        {
            told.clone_from(known);
        }
    }
}
