//! SQLite with a join table of keys: more bytes, fewer joins.

use std::path::Path;

use super::sqlite::{Schema, Sqlite};
use crate::Result;
use crate::clock::Clock;

/// The type that opens it.
pub(super) struct SqliteText;

impl SqliteText {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Sqlite> {
        Sqlite::open(dir, &SCHEMA, clock)
    }
}

static SCHEMA: Schema = Schema {
    tables: "
        CREATE TABLE IF NOT EXISTS views(
            key TEXT NOT NULL PRIMARY KEY, links INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS links(
            view_key TEXT NOT NULL, resource_key TEXT NOT NULL, linked_at INTEGER NOT NULL,
            place INTEGER NOT NULL, PRIMARY KEY (view_key, resource_key)) WITHOUT ROWID;",
    index: "CREATE INDEX IF NOT EXISTS backlinks ON links(resource_key, view_key)",
    find_view: "SELECT key, links FROM views WHERE key = ?1",
    add_resource: None,
    link: "
        INSERT OR IGNORE INTO links(view_key, resource_key, linked_at, place)
        VALUES (?1, ?2, ?3, ?4)",
    unlink: "DELETE FROM links WHERE view_key = ?1 AND resource_key = ?2",
    count: "UPDATE views SET links = links + ?2 WHERE key = ?1",
    unlink_all: "DELETE FROM links WHERE view_key = ?1",
    is_linked: "SELECT 1 FROM links WHERE view_key = ?1 AND resource_key = ?2",
    linked_views: "SELECT view_key FROM links WHERE resource_key = ?1 ORDER BY view_key",
    by_key: "
        SELECT resource_key, linked_at FROM links
        WHERE view_key = ?1 ORDER BY resource_key LIMIT ?2",
    by_time: "
        SELECT resource_key, linked_at FROM links
        WHERE view_key = ?1 ORDER BY linked_at, place LIMIT ?2",
};
