//! The JSON of LaunchDarkly's Views REST API: the requests of its clients, and the answers they accept.
//!
//! These are plain types without HTTP. A request is parsed from the bytes of a body or the decoded parameters of a
//! query, and becomes a request to the engine. Reports, pages and errors of the engine become the bodies of answers.
//! The feature `wire` is required.
//!
//! | operation | request | answer |
//! | --- | --- | --- |
//! | unlink, link | [`LinkRequest`] | [`LinkReport`] |
//! | replace, which the API does not have | [`LinkRequest`] | [`ReplaceReport`] |
//! | linked resources | [`Query`] | [`LinkedResources`] |
//! | linked views, list views | [`Query`] | [`Views`] |
//! | create view | [`ViewPost`] | [`View`] |
//! | get view | [`Query`] | [`View`] |
//! | update view | [`ViewPatch`] | [`View`] |
//! | get project | | [`Project`] |
//! | put project, which the API does not have | [`ProjectPut`] | [`Project`] |
//! | update project | [`ProjectPatch`] | [`Project`] |
//! | create flag, create segment | [`ResourcePost`] | [`Resource`] |
//! | get flag, get segment | | [`Resource`] |
//! | list flags, list segments | [`Query`] | [`Resources`] |
//! | register a resource from elsewhere, which the API does not have | [`ResourcePut`] | |
//! | follow the changes, which the API does not have | | [`Changes`] |
//! | revert a change, which the API does not have | | [`Reverted`] |
//! | the history of a view or resource, which the API does not have | | [`History`] |
//! | all errors | | [`ErrorBody`] and its status |
//!
//! ```
//! use viewlink::{NewView, Options, ResourceType, wire};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Options::new().open_in_memory()?;
//! let project = store.project("default")?;
//! project.ensure_view(NewView::new("my-view", "My view"))?;
//!
//! let body = br#"{"keys": ["checkout-v2"], "comment": ""}"#;
//! let batch = wire::LinkRequest::from_json(body)?.into_batch(ResourceType::Flag)?;
//! let report = project.unlink("my-view", batch)?;
//! let answer = serde_json::to_string(&wire::LinkReport::new(&report))?;
//! assert_eq!(
//!     answer,
//!     r#"{"successCount":0,"failureCount":1,"failedResources":[{"resourceKey":"checkout-v2","resourceType":"flag","errorMessage":"not linked to this view","code":"not_linked"}]}"#,
//! );
//! # Ok(())
//! # }
//! ```
//!
//! [`find_resource`] reads a path that names a segment by id.
//!
//! The shapes are those of the API's public documentation, its `OpenAPI` description and its official clients. If
//! these are unclear, the type documents its behaviour. Requests that the store cannot serve (an unsupported filter
//! field, a search in the views of a resource) are refused, never silently ignored: [`RequestError::Unsupported`].

mod always_false;
mod attribute;
mod changes;
mod encoded;
mod error_body;
mod expand;
mod follow_request;
mod history;
mod in_views;
mod json;
mod link;
mod link_report;
mod link_request;
mod linked_resources;
mod maintainer;
mod object;
mod overlap;
mod path;
mod project;
mod query;
mod replace_report;
mod request_error;
mod resource;
mod resource_post;
mod resource_put;
mod resource_type;
mod reverted;
mod segment;
mod sort;
mod view;
mod view_maintainer;
mod view_request;

pub use always_false::AlwaysFalse;
pub use attribute::Attribute;
pub use changes::{
    Change, ChangeDetail, Changes, Counts, Fields, Links, Name as ResourceName, Registered,
    Settings,
};
pub use error_body::{ErrorBody, ErrorCode};
pub use expand::{Expand, Expansion};
pub use follow_request::FollowRequest;
pub use history::{History, HistoryEntry, HistoryEvent};
pub use link::{Link, PageLinks, ResourceLinks};
pub use link_report::{FailedResource, LinkReport};
pub use link_request::{LinkRequest, SegmentIdentifier};
pub use linked_resources::{LinkedResource, LinkedResources};
pub use maintainer::{Maintainer, MaintainerKind};
pub use overlap::{NearView, NearViews, Overlap};
pub use project::{Project, ProjectPatch, ProjectPut, Projects};
pub use query::Query;
pub use replace_report::ReplaceReport;
pub use request_error::RequestError;
pub use resource::{Resource, Resources};
pub use resource_post::ResourcePost;
pub use resource_put::ResourcePut;
pub use reverted::{NotReverted, Reverted};
pub use segment::find_resource;
pub use view::{Count, Following, ResourceSummary, View, Views};
pub use view_maintainer::{MaintainerMember, MaintainerTeam, ViewMaintainer};
pub use view_request::{ViewPatch, ViewPost};
