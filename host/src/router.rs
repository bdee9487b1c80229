//! The paths of the operations, and the layers that all requests pass.

use std::any::Any;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use viewlink::wire::ErrorCode;

use crate::failure::{Failure, panic_text};
use crate::host::Host;
use crate::operation::{
    ASSOCIATIONS, CHANGES, COPY, FLAG, FLAGS, FOLLOW, HEALTH, LINK, LINKED, METRICS, MOVE, NEAR,
    OVERLAP, PROJECT, PROJECTS, READY, RENAME, RESOURCE_HISTORY, REVERT, REVERT_VIEW, SEGMENT,
    SEGMENTS, VIEW, VIEW_HISTORY, VIEWS,
};
use crate::{
    api_version, at_least, authorize, changes, comparisons, cors, encoded_path, follow, health,
    history, links, log, method_override, metrics, projects, registry, request_id, reverts, views,
};

/// The whole API of a host.
pub fn router(host: &Host) -> Router {
    let open = Router::new()
        .route(HEALTH, get(health::serves))
        .route(READY, get(health::accepts_changes))
        .route(METRICS, get(metrics::answer))
        .method_not_allowed_fallback(wrong_method);
    let routes = api().layer(from_fn_with_state(host.clone(), at_least::wait));
    let routes = routes.layer(from_fn(encoded_path::check)).layer(from_fn(api_version::check));
    let routes = routes.layer(from_fn(method_override::check));
    let routes = routes.layer(from_fn_with_state(host.clone(), authorize::check));
    shared(routes.merge(open), host).with_state(host.clone())
}

fn api() -> Router<Host> {
    let registered = || get(registry::list).post(registry::register);
    let one = || get(registry::get).delete(registry::remove);
    Router::new()
        .route(FLAGS, registered())
        .route(SEGMENTS, registered())
        .route(FLAG, one())
        .route(SEGMENT, one())
        .route(PROJECTS, get(projects::list))
        .route(PROJECT, get(projects::get).put(projects::put).patch(projects::update))
        .route(VIEWS, get(views::list).post(views::create))
        .route(VIEW, get(views::get).patch(views::update).delete(views::delete))
        .route(LINK, delete(links::unlink).post(links::link).put(links::replace))
        .route(FOLLOW, put(follow::follow).delete(follow::unfollow))
        .route(LINKED, get(links::linked_resources))
        .route(ASSOCIATIONS, get(links::linked_views))
        .route(VIEW_HISTORY, get(history::of_view))
        .route(RESOURCE_HISTORY, get(history::of_resource))
        .route(REVERT, post(reverts::change))
        .route(REVERT_VIEW, post(reverts::view))
        .route(OVERLAP, get(comparisons::overlap))
        .route(NEAR, get(comparisons::near))
        .route(RENAME, post(views::rename))
        .route(COPY, post(views::copy))
        .route(MOVE, post(links::move_to))
        .route(CHANGES, get(changes::list))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
}

/// The layers that all requests pass; the outermost is the last one here.
fn shared(routes: Router<Host>, host: &Host) -> Router<Host> {
    let routes = routes.layer(CatchPanicLayer::custom(panicked));
    let routes = match cors::layer(host.origins()) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes
        .layer(from_fn_with_state(host.clone(), metrics::observe))
        .layer(log::layer())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(map_request(request_id::drop_unusable))
        .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION]))
}

async fn unknown_path() -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        "unknown path: the paths of the API begin with /api/v2/projects, /api/v2/flags/PROJECT, \
         /api/v2/segments/PROJECT/ENVIRONMENT or /api/v2/changes",
    )
}

async fn wrong_method() -> Failure {
    Failure::new(
        ErrorCode::MethodNotAllowed,
        "the path does not support this method: the header allow has the methods that it supports",
    )
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    Failure::of_host(format!("a panic: {}", panic_text(&*cause))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;
    use viewlink::Options;

    use super::*;
    use crate::log::tests::{keep, kept};
    use crate::{ApiKeys, Members, Settings};

    async fn broken() {
        panic!("as asked for");
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_json_500_and_logged() {
        keep();
        let store = Options::new().open_in_memory().unwrap();
        let host = Host::new(store, ApiKeys::default(), Members::default(), Settings::default());
        let broken = Router::new().route("/broken", get(broken));
        let routes: Router = shared(broken, &host).with_state(host);
        let request = Request::get("/broken").header("x-request-id", "broken-1");
        let request = request.body(Body::empty()).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["x-request-id"], "broken-1");
        let body = to_bytes(response.into_body(), 1 << 10).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal");
        assert_eq!(kept("broken-1")[0]["cause"], "a panic: as asked for");
    }
}
