//! The part of a body that arrives after the answer is ready.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, EXPECT};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, timeout, timeout_at};

use crate::json_body::PATIENCE;

/// The largest number of bytes that are read and discarded.
const MOST: u64 = 64 << 20;
/// How long to wait for more bytes. A client that sends less than it announced waits for the answer.
const STALL: Duration = Duration::from_secs(2);

/// Reads the rest of a body before the answer is sent.
///
/// Most clients send the whole request before they read. If the connection were closed early, they would not see why
/// the request was refused. If the body is too long or too slow, the connection is closed, and the answer says so.
pub(crate) async fn take_in(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let until = Instant::now() + PATIENCE;
    let asks = request.headers().contains_key(EXPECT);
    let (head, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(Inner { body, begun: false })));
    let mut response = next.run(Request::from_parts(head, Body::new(body.clone()))).await;
    // Reading the body makes a client send it if it waits for `100 Continue`.
    let waits = asks && !body.lock().begun;
    if waits || !body.end(until).await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A body whose rest is still available when the request is dropped.
#[derive(Clone)]
struct Shared(Arc<Mutex<Inner>>);

struct Inner {
    body: Body,
    /// Whether any part of it was read.
    begun: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end, and returns whether the end was reached.
    async fn end(mut self, until: Instant) -> bool {
        if self.size_hint().lower() > MOST {
            return false;
        }
        let read = async {
            let mut left = MOST;
            loop {
                let frame = match timeout(STALL, self.frame()).await {
                    Ok(None) => return true,
                    Ok(Some(Ok(frame))) => frame,
                    Ok(Some(Err(_))) | Err(_) => return false,
                };
                match left.checked_sub(frame.data_ref().map_or(0, Bytes::len) as u64) {
                    Some(rest) => left = rest,
                    None => return false,
                }
            }
        };
        timeout_at(until, read).await.unwrap_or(false)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut inner = self.lock();
        inner.begun = true;
        Pin::new(&mut inner.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}
