//! Which engines there are.

use std::path::Path;

use super::Engine;
use super::fjall::Fjall;
use super::lmdb::Lmdb;
use super::redb::Redb;
use super::sqlite_ids::SqliteIds;
use super::sqlite_text::SqliteText;
use super::viewlink::Viewlink;
use crate::Result;
use crate::clock::Clock;

/// The versions of everything that was built.
const LOCK_FILE: &str = include_str!("../../../../Cargo.lock");

/// A way to keep the links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This project.
    Viewlink,
    /// SQLite, a join table of integer ids.
    SqliteIds,
    /// SQLite, a join table of keys.
    SqliteText,
    /// LMDB.
    Lmdb,
    /// fjall.
    Fjall,
    /// redb without viewlink.
    Redb,
}

impl Kind {
    /// Every kind; viewlink is the first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Viewlink, Self::SqliteIds, Self::SqliteText, Self::Lmdb, Self::Fjall, Self::Redb];

    /// The name in results and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Viewlink => "viewlink",
            Self::SqliteIds => "sqlite",
            Self::SqliteText => "sqlite_text",
            Self::Lmdb => "lmdb",
            Self::Fjall => "fjall",
            Self::Redb => "redb",
        }
    }

    /// The kind with a name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("there is no engine {name}").into())
    }

    /// What exactly was measured.
    pub(crate) fn version(self) -> String {
        match self {
            Self::Viewlink => locked("viewlink"),
            Self::SqliteIds | Self::SqliteText => {
                format!("SQLite {}, {}", rusqlite::version(), locked("rusqlite"))
            }
            Self::Lmdb => format!("{}, {}", heed::lmdb_version().string, locked("heed")),
            Self::Fjall => locked("fjall"),
            Self::Redb => locked("redb"),
        }
    }

    /// Opens the store in a directory, making it where there is none.
    pub(crate) fn open(self, dir: &Path, clock: &Clock) -> Result<Box<dyn Engine>> {
        let clock = clock.clone();
        Ok(match self {
            Self::Viewlink => Box::new(Viewlink::open(dir, clock)?),
            Self::SqliteIds => Box::new(SqliteIds::open(dir, clock)?),
            Self::SqliteText => Box::new(SqliteText::open(dir, clock)?),
            Self::Lmdb => Box::new(Lmdb::open(dir, clock)?),
            Self::Fjall => Box::new(Fjall::open(dir, clock)?),
            Self::Redb => Box::new(Redb::open(dir, clock)?),
        })
    }
}

/// The name of a package with the version that was built.
fn locked(package: &str) -> String {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version = LOCK_FILE.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
    format!("{package} {}", version.unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_a_version() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()).unwrap(), kind);
            assert!(!kind.version().contains("unknown"), "{}", kind.version());
        }
        assert!(Kind::named("oracle").is_err());
    }
}
