//! A keep-alive connection to the host.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Result;

/// The longest time to wait for an answer; a working host needs far less.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection with one request at a time.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Client {
    /// Connects once. If the connection ends, the next request returns an error.
    pub(crate) async fn connect(address: SocketAddr, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, key: key.to_owned() })
    }

    /// Sends a request and returns the JSON of its answer, which must be a 200.
    pub(crate) async fn json(&mut self, method: &str, path: &str, body: String) -> Result<Value> {
        Ok(serde_json::from_slice(&self.send(method, path, body).await?)?)
    }

    /// Sends a request and returns the bytes of its answer, which must be a 200.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: String) -> Result<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("authorization", &self.key)
            .header("ld-api-version", "beta")
            .header("content-type", "application/json")
            .body(Full::from(body))?;
        let answer = async {
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            let (head, body) = answer.into_parts();
            Ok::<_, hyper::Error>((head.status, body.collect().await?.to_bytes()))
        };
        let (status, body) = timeout(PATIENCE, answer).await??;
        if status != StatusCode::OK {
            let body = String::from_utf8_lossy(&body);
            return Err(format!("{method} {path} was answered with {status}: {body}").into());
        }
        Ok(body)
    }
}
