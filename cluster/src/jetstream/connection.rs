//! A connection to one of the servers, which changes to the next server after a failure.

use std::fmt::{Debug, Formatter};
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event, ReconnectToServer, ServerAddr};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use super::options::JetStreamOptions;
use crate::LogError;
use crate::log::{away, silent};

/// How often a server is pinged. A connection ends after two pings without an answer.
const PING: Duration = Duration::from_secs(2);
/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(100);
/// The maximal number of messages in memory for one reader: a slow reader is slowed down, and loses no message.
const UNREAD: usize = 1 << 18;

/// A connection that reconnects by itself, to the next server of the list.
pub(super) struct Connection {
    client: Client,
    pub(super) context: Context,
    answer_within: Duration,
    /// How often the connection was lost.
    cuts: watch::Receiver<u64>,
    /// The time of the first request since the last answer.
    silent_since: Mutex<Option<Instant>>,
}

impl Connection {
    /// Begins to connect. Until that is done, requests wait or fail.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if a file with credentials or certificates cannot be read.
    pub(super) async fn begin(options: &JetStreamOptions) -> Result<Self, LogError> {
        Self::begin_as(options, &options.servers, options.credentials.as_ref()).await
    }

    /// [`Connection::begin`] as another user, with the same errors.
    pub(super) async fn begin_as(
        options: &JetStreamOptions,
        servers: &[ServerAddr],
        credentials: Option<&PathBuf>,
    ) -> Result<Self, LogError> {
        let (cut, cuts) = watch::channel(0_u64);
        let mut connect = ConnectOptions::new()
            .name("viewlink")
            .retry_on_initial_connect()
            .connection_timeout(options.answer_within)
            .ping_interval(PING)
            .subscription_capacity(UNREAD)
            .require_tls(options.require_tls)
            .reconnect_delay_callback(|_| PAUSE)
            .reconnect_to_server_callback(next_server())
            .event_callback(move |event| {
                if matches!(event, Event::Disconnected) {
                    cut.send_modify(|cuts| *cuts += 1);
                }
                std::future::ready(())
            });
        if !options.follow_discovered {
            connect = connect.ignore_discovered_servers();
        }
        if let Some(roots) = &options.roots {
            connect = connect.add_root_certificates(roots.clone());
        }
        if let Some((certificate, key)) = &options.client_certificate {
            connect = connect.add_client_certificate(certificate.clone(), key.clone());
        }
        // The client does not read them from the URLs itself.
        if let Some((user, password)) = servers.iter().find_map(user_and_password) {
            connect = connect.user_and_password(user, password);
        }
        if let Some(path) = credentials {
            connect =
                connect.credentials_file(path).await.map_err(|e| unfit(path.display(), &e))?;
        }
        let client = connect.connect(servers).await.map_err(|e| unfit("the connection", &e))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(options.answer_within);
        let answer_within = options.answer_within;
        Ok(Self { client, context, answer_within, cuts, silent_since: Mutex::default() })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// How long an answer may take.
    pub(super) fn answer_within(&self) -> Duration {
        self.answer_within
    }

    pub(super) fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// How often the connection was lost until now.
    pub(super) fn cuts(&self) -> u64 {
        *self.cuts.borrow()
    }

    /// Waits until the connection was lost more than `cuts` times.
    pub(super) async fn cut_after(&self, cuts: u64) {
        let mut watched = self.cuts.clone();
        // The sender lives as long as this connection.
        let _ = watched.wait_for(|now| *now > cuts).await;
    }

    /// Waits until the connection is established.
    pub(super) async fn up_within(&self, within: Duration) -> bool {
        let begun = Instant::now();
        while !self.is_up() {
            if begun.elapsed() >= within {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// The answer to a request that is harmless if it is made twice.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if no answer came in time, or the connection was lost.
    pub(super) async fn ask<T>(
        &self,
        what: &str,
        question: impl Future<Output = T>,
    ) -> Result<T, LogError> {
        let begun = Instant::now();
        if !self.up_within(self.answer_within).await {
            return Err(silent(format!("{what}: no server of the list can be reached")));
        }
        let cuts = self.cuts();
        tokio::select! {
            answer = question => Ok(answer),
            () = self.cut_after(cuts) => Err(silent(format!("{what}: the connection was lost"))),
            () = tokio::time::sleep(self.answer_within) => {
                self.nothing_since(begun).await;
                Err(silent(format!("{what}: no answer in {:?}", self.answer_within)))
            }
        }
    }

    /// Remembers that there was an answer.
    pub(super) fn answered(&self) {
        *self.silence() = None;
    }

    /// Remembers that there was no answer since a time, and changes to the next server if that lasts: this server may be cut
    /// off from the others.
    pub(super) async fn nothing_since(&self, begun: Instant) {
        let long_enough = {
            let mut silence = self.silence();
            let since = *silence.get_or_insert(begun);
            let long_enough = since.elapsed() >= self.answer_within.mul_f64(1.5);
            if long_enough {
                *silence = None;
            }
            long_enough
        };
        if long_enough && self.is_up() {
            // This fails only if the client is closed, and the next call reports that.
            let _ = self.client.force_reconnect().await;
        }
    }

    fn silence(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Connection {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("is_up", &self.is_up()).finish_non_exhaustive()
    }
}

/// The user and the password in the URL of a server.
fn user_and_password(server: &ServerAddr) -> Option<(String, String)> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(server.username()?), decoded(server.password()?)))
}

type Choice = std::future::Ready<Option<ReconnectToServer>>;

/// The servers of a list in turn. The default of the client may choose the server again that it just left.
fn next_server() -> impl Fn(Vec<async_nats::Server>, async_nats::ServerInfo) -> Choice {
    let tried = Arc::new(AtomicUsize::new(0));
    move |servers, _| {
        let turn = tried.fetch_add(1, Ordering::Relaxed);
        let next = turn.checked_rem(servers.len()).and_then(|at| servers.get(at));
        // The first round is made without pauses.
        let delay = if turn < servers.len() { Duration::ZERO } else { PAUSE };
        std::future::ready(
            next.map(|server| ReconnectToServer { addr: server.addr.clone(), delay: Some(delay) }),
        )
    }
}

fn unfit(what: impl std::fmt::Display, error: &dyn std::error::Error) -> LogError {
    LogError::Unfit { reason: format!("{what}: {error}") }
}

/// The error of a request that a server refused.
pub(super) fn refused(
    what: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> LogError {
    away(what.to_owned(), source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_password_are_decoded_from_a_url() {
        let whom = |url: &str| user_and_password(&url.parse().unwrap());
        let expected = Some(("a".to_owned(), "p@ss:w%".to_owned()));
        assert_eq!(whom("nats://a:p%40ss%3Aw%25@h:1"), expected);
        assert_eq!(whom("nats://h:1"), None);
    }
}
