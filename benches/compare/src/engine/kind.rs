//! The engines.

use std::path::Path;

use super::Engine;
use super::canopydb::Canopydb;
use super::fjall::Fjall;
use super::lmdb::Lmdb;
use super::redb::Redb;
#[cfg(feature = "rocksdb")]
use super::rocksdb::{self, Rocksdb};
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
    /// canopydb.
    Canopydb,
    /// RocksDB, which this program may have been built without.
    Rocksdb,
}

impl Kind {
    /// Every kind; viewlink is the first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Viewlink,
        Self::SqliteIds,
        Self::SqliteText,
        Self::Lmdb,
        Self::Fjall,
        Self::Redb,
        Self::Canopydb,
        Self::Rocksdb,
    ];

    /// The kinds that this program was built with and can open.
    pub(crate) fn built() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| cfg!(feature = "rocksdb") || *kind != Self::Rocksdb)
    }

    /// The name in results and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Viewlink => "viewlink",
            Self::SqliteIds => "sqlite",
            Self::SqliteText => "sqlite_text",
            Self::Lmdb => "lmdb",
            Self::Fjall => "fjall",
            Self::Redb => "redb",
            Self::Canopydb => "canopydb",
            Self::Rocksdb => "rocksdb",
        }
    }

    /// The kind with a name, if this program was built with it.
    pub(crate) fn named(name: &str) -> Result<Self> {
        if let Some(kind) = Self::built().find(|kind| kind.name() == name) {
            return Ok(kind);
        }
        match Self::ALL.into_iter().find(|kind| kind.name() == name) {
            Some(kind) => kind.not_built(),
            None => Err(format!("unknown engine {name}: see --help").into()),
        }
    }

    fn not_built<T>(self) -> Result<T> {
        let name = self.name();
        Err(format!("this program has no {name}: build it with --features {name}").into())
    }

    /// The exact version that is measured.
    pub(crate) fn version(self) -> Result<String> {
        Ok(match self {
            Self::Viewlink => locked("viewlink"),
            Self::SqliteIds | Self::SqliteText => {
                format!("SQLite {}, {}", rusqlite::version(), locked("rusqlite"))
            }
            Self::Lmdb => format!("{}, {}", heed::lmdb_version().string, locked("heed")),
            Self::Fjall => locked("fjall"),
            Self::Redb => locked("redb"),
            Self::Canopydb => locked("canopydb"),
            #[cfg(feature = "rocksdb")]
            Self::Rocksdb => format!("RocksDB {}, {}", rocksdb::version()?, locked("rocksdb")),
            #[cfg(not(feature = "rocksdb"))]
            Self::Rocksdb => return self.not_built(),
        })
    }

    /// Opens the store in a directory, creates it if there is none.
    pub(crate) fn open(self, dir: &Path, clock: &Clock) -> Result<Box<dyn Engine>> {
        let clock = clock.clone();
        Ok(match self {
            Self::Viewlink => Box::new(Viewlink::open(dir, clock)?),
            Self::SqliteIds => Box::new(SqliteIds::open(dir, clock)?),
            Self::SqliteText => Box::new(SqliteText::open(dir, clock)?),
            Self::Lmdb => Box::new(Lmdb::open(dir, clock)?),
            Self::Fjall => Box::new(Fjall::open(dir, clock)?),
            Self::Redb => Box::new(Redb::open(dir, clock)?),
            Self::Canopydb => Box::new(Canopydb::open(dir, clock)?),
            #[cfg(feature = "rocksdb")]
            Self::Rocksdb => Box::new(Rocksdb::open(dir, clock)?),
            #[cfg(not(feature = "rocksdb"))]
            Self::Rocksdb => return self.not_built(),
        })
    }
}

/// The name of a package with the version that was built.
pub(crate) fn locked(package: &str) -> String {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version = LOCK_FILE.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
    format!("{package} {}", version.unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_a_version() {
        for kind in Kind::built() {
            assert_eq!(Kind::named(kind.name()).unwrap(), kind);
            let version = kind.version().unwrap();
            assert!(!version.contains("unknown"), "{version}");
        }
        assert!(Kind::named("oracle").is_err());
    }

    #[test]
    #[cfg(not(feature = "rocksdb"))]
    fn a_kind_that_was_not_built_is_refused_with_the_way_to_build_it() {
        assert!(Kind::built().all(|kind| kind != Kind::Rocksdb));
        let error = Kind::named("rocksdb").unwrap_err().to_string();
        assert!(error.contains("--features rocksdb"), "{error}");
        let dir = tempfile::tempdir().unwrap();
        assert!(Kind::Rocksdb.open(dir.path(), &Clock::at(0)).is_err());
    }
}
