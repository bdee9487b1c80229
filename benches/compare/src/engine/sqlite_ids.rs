//! SQLite with a join table of integer ids, as in textbooks.

use std::path::Path;

use super::sqlite::{Schema, Sqlite};
use crate::Result;
use crate::clock::Clock;

/// The type that opens it.
pub(super) struct SqliteIds;

impl SqliteIds {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Sqlite> {
        Sqlite::open(dir, &SCHEMA, clock)
    }
}

static SCHEMA: Schema = Schema {
    tables: "
        CREATE TABLE IF NOT EXISTS views(
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, links INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS resources(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS links(
            view_id INTEGER NOT NULL, resource_id INTEGER NOT NULL, linked_at INTEGER NOT NULL,
            place INTEGER NOT NULL, PRIMARY KEY (view_id, resource_id)) WITHOUT ROWID;",
    index: "CREATE INDEX IF NOT EXISTS backlinks ON links(resource_id, view_id)",
    find_view: "SELECT id, links FROM views WHERE key = ?1",
    add_resource: Some("INSERT OR IGNORE INTO resources(key) VALUES (?1)"),
    link: "
        INSERT OR IGNORE INTO links(view_id, resource_id, linked_at, place)
        SELECT ?1, id, ?3, ?4 FROM resources WHERE key = ?2",
    unlink: "
        DELETE FROM links
        WHERE view_id = ?1 AND resource_id = (SELECT id FROM resources WHERE key = ?2)",
    count: "UPDATE views SET links = links + ?2 WHERE id = ?1",
    unlink_all: "DELETE FROM links WHERE view_id = ?1",
    is_linked: "
        SELECT 1 FROM links
        WHERE view_id = (SELECT id FROM views WHERE key = ?1)
        AND resource_id = (SELECT id FROM resources WHERE key = ?2)",
    linked_views: "
        SELECT views.key FROM links CROSS JOIN views ON views.id = links.view_id
        WHERE links.resource_id = (SELECT id FROM resources WHERE key = ?1)
        ORDER BY views.key",
    // The joins begin with the view's links: the planner does not know that these are the fewest.
    by_key: "
        SELECT resources.key, linked_at
        FROM links CROSS JOIN resources ON resources.id = links.resource_id
        WHERE view_id = ?1 ORDER BY resources.key LIMIT ?2",
    by_time: "
        SELECT resources.key, first.linked_at
        FROM (SELECT resource_id, linked_at, place FROM links
              WHERE view_id = ?1 ORDER BY linked_at, place LIMIT ?2) AS first
        CROSS JOIN resources ON resources.id = first.resource_id
        ORDER BY first.linked_at, first.place",
};
