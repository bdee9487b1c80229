//! Authorization of requests.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header::AUTHORIZATION};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Span;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;
use crate::host::Host;
use crate::keys::{ApiKeys, Caller, Role};

/// Lets a request through if its key permits it, and adds the [`Caller`] to the request.
pub(crate) async fn check(
    State(host): State<Host>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let caller = caller(request.headers(), host.keys())?;
    Span::current().record("caller", caller.id());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && caller.role() != Role::Writer {
        let message = "this key may only read: use a key with the role writer";
        return Err(Failure::new(ErrorCode::Forbidden, message));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn caller(headers: &HeaderMap, keys: &ApiKeys) -> Result<Caller, Failure> {
    let refused = |message| Failure::new(ErrorCode::Unauthorized, message);
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(key), None) = (given.next(), given.next()) else {
        return Err(refused("send one API key in the header authorization, without a scheme"));
    };
    let found = keys.find(key.as_bytes()).cloned();
    found.ok_or_else(|| {
        refused("the API key in the header authorization is unknown: use a key of this host")
    })
}
