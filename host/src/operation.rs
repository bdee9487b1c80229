//! The operations of the API, by path and method.

use axum::http::Method;

pub(crate) const PROJECTS: &str = "/api/v2/projects";
pub(crate) const PROJECT: &str = "/api/v2/projects/{project}";
pub(crate) const VIEWS: &str = "/api/v2/projects/{project}/views";
pub(crate) const VIEW: &str = "/api/v2/projects/{project}/views/{view}";
pub(crate) const LINK: &str = "/api/v2/projects/{project}/views/{view}/link/{type}";
pub(crate) const FOLLOW: &str = "/api/v2/projects/{project}/views/{view}/follow/{type}";
pub(crate) const LINKED: &str = "/api/v2/projects/{project}/views/{view}/linked/{type}";
pub(crate) const ASSOCIATIONS: &str =
    "/api/v2/projects/{project}/view-associations/{type}/{resource}";
pub(crate) const FLAGS: &str = "/api/v2/flags/{project}";
pub(crate) const FLAG: &str = "/api/v2/flags/{project}/{key}";
pub(crate) const SEGMENTS: &str = "/api/v2/segments/{project}/{environment}";
pub(crate) const SEGMENT: &str = "/api/v2/segments/{project}/{environment}/{key}";
pub(crate) const VIEW_HISTORY: &str = "/api/v2/projects/{project}/views/{view}/history";
pub(crate) const RESOURCE_HISTORY: &str =
    "/api/v2/projects/{project}/view-associations/{type}/{resource}/history";
pub(crate) const REVERT: &str = "/api/v2/projects/{project}/changes/{revision}/revert";
pub(crate) const REVERT_VIEW: &str = "/api/v2/projects/{project}/views/{view}/revert-to/{revision}";
pub(crate) const OVERLAP: &str = "/api/v2/projects/{project}/views/{view}/overlap/{other}";
pub(crate) const NEAR: &str = "/api/v2/projects/{project}/views/{view}/near";
pub(crate) const RENAME: &str = "/api/v2/projects/{project}/views/{view}/rename-to/{key}";
pub(crate) const COPY: &str = "/api/v2/projects/{project}/views/{view}/copy-to/{key}";
pub(crate) const MOVE: &str = "/api/v2/projects/{project}/views/{view}/move-to/{other}/{type}";
pub(crate) const CHANGES: &str = "/api/v2/changes";
pub(crate) const HEALTH: &str = "/healthz";
pub(crate) const READY: &str = "/readyz";
pub(crate) const METRICS: &str = "/metrics";

/// The name of the operation that a request asks for. There are few names; it is `none` for an unknown path.
pub(crate) fn name(method: &Method, path: Option<&str>) -> &'static str {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    match (method, path) {
        ("DELETE", Some(LINK)) => "unlink",
        ("POST", Some(LINK)) => "link",
        ("PUT", Some(LINK)) => "replace_links",
        ("PUT", Some(FOLLOW)) => "follow",
        ("DELETE", Some(FOLLOW)) => "unfollow",
        ("GET", Some(LINKED)) => "linked_resources",
        ("GET", Some(ASSOCIATIONS)) => "linked_views",
        ("GET", Some(PROJECTS)) => "list_projects",
        ("GET", Some(PROJECT)) => "get_project",
        ("PUT", Some(PROJECT)) => "put_project",
        ("PATCH", Some(PROJECT)) => "update_project",
        ("GET", Some(FLAGS | SEGMENTS)) => "list_resources",
        ("POST", Some(FLAGS | SEGMENTS)) => "register_resource",
        ("GET", Some(FLAG | SEGMENT)) => "get_resource",
        ("DELETE", Some(FLAG | SEGMENT)) => "remove_resource",
        ("OPTIONS", _) => "preflight",
        ("GET", Some(VIEWS)) => "list_views",
        ("POST", Some(VIEWS)) => "create_view",
        ("GET", Some(VIEW)) => "get_view",
        ("PATCH", Some(VIEW)) => "update_view",
        ("DELETE", Some(VIEW)) => "delete_view",
        ("GET", Some(VIEW_HISTORY)) => "view_history",
        ("GET", Some(RESOURCE_HISTORY)) => "resource_history",
        ("POST", Some(REVERT)) => "revert",
        ("POST", Some(REVERT_VIEW)) => "revert_view",
        ("GET", Some(OVERLAP)) => "view_overlap",
        ("GET", Some(NEAR)) => "near_views",
        ("POST", Some(RENAME)) => "rename_view",
        ("POST", Some(COPY)) => "copy_view",
        ("POST", Some(MOVE)) => "move_links",
        ("GET", Some(CHANGES)) => "list_changes",
        ("GET", Some(HEALTH)) => "health",
        ("GET", Some(READY)) => "ready",
        ("GET", Some(METRICS)) => "metrics",
        _ => "none",
    }
}
