//! Requests to a host over HTTP.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Uri;
use viewlink::wire::{ErrorBody, ErrorCode};

use crate::error::{Error, Result};

/// The time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer. A page of a thousand changes of many keys has some megabytes.
const LONGEST: u64 = 256 << 20;
/// The variable of the environment that holds an API key.
pub(super) const KEY_VARIABLE: &str = "VIEWLINK_API_KEY";

/// Why a request to a host failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum HostError {
    /// The text is not the URL of a host.
    #[error(
        "{url:?} is not the URL of a host: write http://ADDRESS:PORT, such as http://127.0.0.1:8080; TLS is not \
         supported, so reach a host on another machine through a tunnel, such as `ssh -L 8080:127.0.0.1:8080 MACHINE`"
    )]
    InvalidUrl {
        /// The text.
        url: String,
    },
    /// The file or variable has no key.
    #[error(
        "{place} has no valid API key: write a key of the host there, with letters, digits and signs of ASCII only"
    )]
    NoKey {
        /// The file or variable.
        place: String,
    },
    /// The host does not answer.
    #[error("cannot reach the host at {url}: check the address, and that the host is running")]
    Unreachable {
        /// The URL of the host.
        url: String,
        /// The cause.
        source: ureq::Error,
    },
    /// The host does not know the key.
    #[error(
        "the host at {url} needs a valid API key: name a file with one with --api-key-file FILE, or set \
         VIEWLINK_API_KEY"
    )]
    Unauthorized {
        /// The URL of the host.
        url: String,
    },
    /// The host refused the request.
    #[error("the host at {url} answered {}: {message}", .code.as_str())]
    Refused {
        /// The URL of the host.
        url: String,
        /// The code of the answer.
        code: ErrorCode,
        /// Its message.
        message: String,
    },
    /// The answer is not from a viewlink host.
    #[error(
        "the server at {url}{path} is not a viewlink host of this version (status {status}): check the URL, or use a \
         `viewlink` of the same version as the host"
    )]
    Unexpected {
        /// The URL of the host.
        url: String,
        /// The requested path.
        path: String,
        /// The status of the answer.
        status: u16,
        /// Why it cannot be read, if the status is right.
        source: Option<serde_json::Error>,
    },
}

impl HostError {
    /// The error, as a code for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidUrl { .. } | Self::NoKey { .. } => "invalid_request",
            Self::Unreachable { .. } => "unreachable_host",
            Self::Unauthorized { .. } => ErrorCode::Unauthorized.as_str(),
            Self::Refused { code, .. } => code.as_str(),
            Self::Unexpected { .. } => "unexpected_answer",
        }
    }
}

/// An API key. It is never shown.
#[derive(Clone)]
pub(super) struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

impl ApiKey {
    /// The key from a file, else from the environment, if there is one.
    pub(super) fn find(file: Option<&Path>) -> Result<Option<Self>> {
        let Some(file) = file else {
            let set = std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty());
            return Ok(set.map(|key| Self::parse(&key, KEY_VARIABLE)).transpose()?);
        };
        let place = format!("the file {file:?}");
        let text = std::fs::read_to_string(file)
            .map_err(|source| Error::Read { what: place.clone(), source })?;
        Ok(Some(Self::parse(&text, &place)?))
    }

    /// The first word of the first line that is neither blank nor a comment. So the file may contain only a key, or be
    /// the keys file of the host.
    fn parse(text: &str, place: &str) -> Result<Self, HostError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let key = line.and_then(|line| line.split_ascii_whitespace().next());
        match key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic())) {
            Some(key) => Ok(Self(key.to_owned())),
            None => Err(HostError::NoKey { place: place.to_owned() }),
        }
    }
}

/// Sends requests to a host. The key is sent only to the named host: redirects are not followed, and no proxy of the
/// environment is used.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    url: String,
    key: Option<ApiKey>,
}

impl Client {
    pub(super) fn new(url: &str, key: Option<ApiKey>) -> Result<Self, HostError> {
        let parsed: Option<Uri> = url.parse().ok();
        let is_host = |uri: &Uri| {
            let plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
            plain && uri.query().is_none() && uri.host().is_some_and(|host| !host.is_empty())
        };
        let authority = parsed.filter(is_host).and_then(|uri| uri.authority().cloned());
        let Some(authority) = authority.filter(|of| !of.as_str().contains('@')) else {
            return Err(HostError::InvalidUrl { url: url.to_owned() });
        };
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("viewlink/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: Agent::new_with_config(config), url: format!("http://{authority}"), key })
    }

    /// The JSON at a path.
    pub(super) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, HostError> {
        let bytes = self.get(path)?;
        serde_json::from_slice(&bytes).map_err(|source| HostError::Unexpected {
            url: self.url.clone(),
            path: path.to_owned(),
            status: 200,
            source: Some(source),
        })
    }

    /// The bytes at a path.
    pub(super) fn get(&self, path: &str) -> Result<Vec<u8>, HostError> {
        let unreachable = |source| HostError::Unreachable { url: self.url.clone(), source };
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = match &self.key {
            Some(ApiKey(key)) => request.header("authorization", key),
            None => request,
        };
        let mut answer = request.call().map_err(unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(LONGEST);
        let body = body.read_to_vec().map_err(unreachable)?;
        if status == 200 { Ok(body) } else { Err(self.refusal(path, status, &body)) }
    }

    fn refusal(&self, path: &str, status: u16, body: &[u8]) -> HostError {
        let url = self.url.clone();
        match serde_json::from_slice(body) {
            Ok(ErrorBody { code: ErrorCode::Unauthorized, .. }) => HostError::Unauthorized { url },
            Ok(ErrorBody { code, message }) => HostError::Refused { url, code, message },
            Err(_) => HostError::Unexpected { url, path: path.to_owned(), status, source: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_key_is_the_first_word_of_a_file_outside_of_comments() {
        let key = |text| ApiKey::parse(text, "it").map(|ApiKey(key)| key);
        assert_eq!(key("3f0c\n").unwrap(), "3f0c");
        assert_eq!(key("\u{feff}# the console\n\n 3f0c writer\r\n77ab reader\n").unwrap(), "3f0c");
        for none in ["", "\n# 3f0c writer\n", "schlüssel"] {
            let error = key(none).unwrap_err();
            assert!(error.to_string().starts_with("it has no valid API key: "), "{error}");
        }
        assert_eq!(format!("{:?}", ApiKey("3f0c".into())), "ApiKey");
    }

    #[test]
    fn no_redirect_is_followed_so_that_the_key_is_sent_to_one_host_only() {
        let [named, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let url = format!("http://{}", named.local_addr().unwrap());
        let elsewhere = format!("http://{}/", other.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            let (mut connection, _) = named.accept().unwrap();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let head = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\n");
            let rest = "content-length: 0\r\nconnection: close\r\n\r\n";
            connection.write_all((head + rest).as_bytes()).unwrap();
        });
        let client = Client::new(&url, Some(ApiKey("3f0c".into()))).unwrap();
        let error = client.get("/metrics").unwrap_err();
        answering.join().unwrap();
        assert_eq!(error.code(), "unexpected_answer", "{error}");
        other.set_nonblocking(true).unwrap();
        assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_url_of_a_host_has_a_scheme_an_address_and_nothing_else() {
        for url in ["http://127.0.0.1:8080", "http://[::1]:8080/", "http://views.example"] {
            assert!(Client::new(url, None).is_ok(), "{url}");
        }
        for url in [
            "https://127.0.0.1",
            "http://",
            "http://h/path",
            "http://h?q=1",
            "ftp://h",
            "http://key@h",
        ] {
            let error = Client::new(url, None).unwrap_err();
            assert!(error.to_string().contains("write http://ADDRESS:PORT"), "{url}: {error}");
        }
    }
}
