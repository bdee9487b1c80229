//! The place of a reader in a stream: a consumer on the server, which sends messages without being asked.

use std::fmt::{Debug, Formatter};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, push};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};

use super::connection::{Connection, refused};
use crate::log::{away, silent};
use crate::{LogError, Message};

/// The maximal number of messages and of bytes of one answer to a reader; the last message may exceed it.
const BATCH: (usize, usize) = (8192, 8 << 20);
/// How often the server sends a heartbeat if there are no messages.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// When the server deletes a consumer without a listener.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The messages of a stream from a sequence on, as they arrive.
pub(super) struct Cursor {
    /// The next sequence; a later one may arrive if messages were trimmed. The maximal number if no more messages arrive.
    pub(super) next: u64,
    /// How many messages the stream had from that sequence on, when the cursor was created.
    pub(super) pending: u64,
    /// How often the connection had been lost when the cursor was created. Messages are lost with the connection.
    pub(super) cuts: u64,
    delivered: u64,
    messages: Subscriber,
    client: Client,
    context: Context,
    /// The last message: reading its sequence needs a message with a context.
    held: Option<jetstream::Message>,
}

/// The outcome of waiting for messages.
#[derive(Debug)]
pub(super) enum Arrived {
    Messages(Vec<Message>),
    Nothing,
    /// The consumer or some of its messages are lost: a new consumer is needed.
    Broken(LogError),
}

impl Cursor {
    /// Asks the server to send the messages of the stream from a sequence on.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    pub(super) async fn open(
        connection: &Connection,
        stream: &str,
        from: u64,
    ) -> Result<Self, LogError> {
        const WHAT: &str = "a consumer of the stream";
        let (client, context) = (connection.client().clone(), connection.context.clone());
        let cuts = connection.cuts();
        let inbox = client.new_inbox();
        let messages = client.subscribe(inbox.clone()).await.map_err(|error| away(WHAT, error))?;
        let config = push::Config {
            deliver_subject: inbox,
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
            ack_policy: AckPolicy::None,
            replay_policy: ReplayPolicy::Instant,
            flow_control: true,
            idle_heartbeat: HEARTBEAT,
            inactive_threshold: FORGOTTEN,
            memory_storage: true,
            num_replicas: 1,
            ..push::Config::default()
        };
        let stream =
            context.get_stream_no_info(stream).await.map_err(|error| refused(WHAT, error))?;
        let consumer = connection
            .ask(WHAT, stream.create_consumer(config))
            .await?
            .map_err(|error| refused(WHAT, error))?;
        let pending = consumer.cached_info().num_pending;
        Ok(Self { next: from, pending, cuts, delivered: 0, messages, client, context, held: None })
    }

    /// Waits for messages until a time, and returns all that arrived.
    pub(super) async fn receive(&mut self, until: Instant) -> Arrived {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        loop {
            let arrived = match messages.is_empty() {
                true => tokio::time::timeout_at(until.into(), self.messages.next()).await.ok(),
                false => self.messages.next().now_or_never(),
            };
            let Some(arrived) = arrived else {
                return if messages.is_empty() {
                    Arrived::Nothing
                } else {
                    Arrived::Messages(messages)
                };
            };
            match self.message_of(arrived, messages.is_empty()).await {
                Ok(None) => {}
                Ok(Some(message)) => {
                    bytes += message.bytes.len();
                    messages.push(message);
                    if messages.len() >= BATCH.0 || bytes >= BATCH.1 {
                        return Arrived::Messages(messages);
                    }
                }
                Err(why) => {
                    self.next = u64::MAX;
                    // The messages before the failure are valid.
                    return if messages.is_empty() {
                        Arrived::Broken(why)
                    } else {
                        Arrived::Messages(messages)
                    };
                }
            }
        }
    }

    /// The message of the stream; `None` if a heartbeat arrived.
    async fn message_of(
        &mut self,
        arrived: Option<async_nats::Message>,
        is_first: bool,
    ) -> Result<Option<Message>, LogError> {
        const WHAT: &str = "a consumer of the stream";
        let message = arrived.ok_or_else(|| silent(format!("{WHAT}: the connection is closed")))?;
        match message.status {
            None => {}
            Some(StatusCode::IDLE_HEARTBEAT) => {
                self.confirm(&message).await;
                return Ok(None);
            }
            Some(_) => return Err(silent(format!("{WHAT} ended"))),
        }
        let message = self.message(message, is_first);
        message.map(Some).ok_or_else(|| silent(format!("{WHAT} lost messages")))
    }

    /// A message with its sequence, or nothing if an earlier message was lost. A message after trimmed messages must be the
    /// first one of an answer, so that the reader notices the gap.
    fn message(&mut self, message: async_nats::Message, is_first: bool) -> Option<Message> {
        if let Some(held) = &mut self.held {
            held.message = message;
        } else {
            self.held = Some(jetstream::Message { message, context: self.context.clone() });
        }
        let held = self.held.as_mut()?;
        let info = held.info().ok()?;
        let (sequence, delivered) = (info.stream_sequence, info.consumer_sequence);
        let is_next = sequence == self.next || (sequence > self.next && is_first);
        if delivered != self.delivered + 1 || !is_next {
            return None;
        }
        (self.delivered, self.next) = (delivered, sequence + 1);
        Some(Message { sequence, bytes: std::mem::take(&mut held.message.payload).into() })
    }

    /// Confirms a heartbeat, if the server waits for that before it sends more messages.
    async fn confirm(&self, message: &async_nats::Message) {
        let stalled = message.headers.as_ref().and_then(|h| h.get("Nats-Consumer-Stalled"));
        let to = message.reply.as_ref().map(ToString::to_string);
        if let Some(to) = to.or(stalled.map(ToString::to_string)) {
            // If this gets lost, the server asks again.
            let _ = self.client.publish(to, "".into()).await;
        }
    }
}

impl Debug for Cursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor").field("next", &self.next).finish_non_exhaustive()
    }
}
