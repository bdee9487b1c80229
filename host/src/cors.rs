//! Calls from pages of other origins (CORS).

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{ALLOW, ETAG, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Uri};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::position_header;

/// How long a browser may cache the answer to a preflight request.
const REMEMBERED: Duration = Duration::from_secs(600);

/// An origin as browsers write it, `https://console.example.com`, or `*` for any origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// The text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin: give a scheme, a host and, if it is not the default, a port, such as https://console.example.com \
     or http://127.0.0.1:3000, without a path; or *"
)]
pub struct OriginError;

impl Origin {
    fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let origin = text.to_ascii_lowercase();
        if origin != "*" {
            let uri: Uri = origin.parse().map_err(|_| OriginError)?;
            let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
                return Err(OriginError);
            };
            // Nothing before the host, nothing after the port, and no patterns in the host.
            let plain = !authority.as_str().contains(['@', '*']);
            if !plain || format!("{scheme}://{authority}") != origin {
                return Err(OriginError);
            }
        }
        HeaderValue::try_from(origin).map(Self).map_err(|_| OriginError)
    }
}

/// Answers the preflight requests of pages of these origins without a key, and permits these pages to read the answers
/// of the API. `None` if there are no origins.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(Origin::is_any) {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().map(|origin| origin.0.clone()))
    };
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            // Any header that a page adds is accepted and ignored, as from a client that is not a browser.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([
                ALLOW,
                ETAG,
                RETRY_AFTER,
                HeaderName::from_static("x-request-id"),
                position_header::NAME,
            ])
            .max_age(REMEMBERED),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for text in ["https://a.example.com", "http://127.0.0.1:3000", "http://[::1]:80", "*"] {
            assert_eq!(text.parse::<Origin>().unwrap().0, text);
        }
        assert_eq!("HTTPS://A.example".parse::<Origin>().unwrap().0, "https://a.example");
        for text in [
            "",
            "null",
            "a.example.com",
            "https://",
            "https://a/",
            "https://a/b",
            "https://a?b",
            "https://me@a",
            "a b",
            "https://a,https://b",
            "https://*.example.com",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }
}
