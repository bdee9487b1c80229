//! The history of a view or resource.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use viewlink::wire::{History, find_resource};
use viewlink::{HistoryPage, HistoryPaging, ProjectSnapshot};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::path_parts::{PathParts, resource_type};
use crate::query::{self, ReadQuery};

/// The first revision to leave out, and the other parameters of a reading request.
pub(crate) struct HistoryQuery {
    before: Option<u64>,
    read: ReadQuery,
}

impl HistoryQuery {
    fn paging(&self) -> HistoryPaging {
        HistoryPaging::newest(self.read.query.limit()).before(self.before)
    }
}

impl<S: Sync> FromRequestParts<S> for HistoryQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let mut pairs = query::pairs(parts);
        let before = query::take_revision(&mut pairs, "before")?;
        Ok(Self { before, read: ReadQuery::from_pairs(pairs)? })
    }
}

/// The changes of a view.
pub(crate) async fn of_view(
    host: State<Host>,
    PathParts((project, view)): PathParts<(String, String)>,
    query: HistoryQuery,
) -> Result<Response, Failure> {
    page(host, project, query, move |reader, query| Ok(reader.view_history(&view, query.paging())?))
        .await
}

/// The changes of a resource.
pub(crate) async fn of_resource(
    host: State<Host>,
    PathParts((project, of, resource)): PathParts<(String, String, String)>,
    query: HistoryQuery,
) -> Result<Response, Failure> {
    let resource_type = resource_type(&of)?;
    page(host, project, query, move |reader, query| {
        let named = query.read.query.resource(resource_type, &resource)?;
        let resource = find_resource(reader, named)?;
        Ok(reader.resource_history(&resource, query.paging())?)
    })
    .await
}

async fn page(
    State(host): State<Host>,
    project: String,
    query: HistoryQuery,
    read: impl FnOnce(&ProjectSnapshot, &HistoryQuery) -> Result<HistoryPage, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let page = host.read(&project, query.read.as_of, |reader| read(reader, &query))?;
        Answer::of(&History::new(&page))
    })
    .await
}
