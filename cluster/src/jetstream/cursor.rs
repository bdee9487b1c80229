//! A reader's place in a stream: an ordered consumer of the server's, that sends by itself.

use std::fmt::{Debug, Formatter};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, push};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};

use super::connection::{Connection, refused};
use crate::log::{away, silent};
use crate::{LogError, Message};

/// Of one answer to a reader: no more messages or bytes than these, but for the last message.
const BATCH: (usize, usize) = (8192, 8 << 20);
/// How often the server says that it has nothing to say.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// When the server forgets a consumer that nobody listens to.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The messages of a stream from a place on, as they come.
pub(super) struct Cursor {
    /// The sequence that comes next, or a later one where messages are gone; the greatest of all where nothing comes any
    /// more.
    pub(super) next: u64,
    /// How many messages were in the stream from there on when the cursor was made.
    pub(super) pending: u64,
    /// How often the connection had been cut when it was made; what was sent during a cut is gone.
    pub(super) cuts: u64,
    delivered: u64,
    messages: Subscriber,
    client: Client,
    context: Context,
    /// The message that was read last: reading its place takes one with a context.
    held: Option<jetstream::Message>,
}

/// What came of waiting for messages.
#[derive(Debug)]
pub(super) enum Came {
    Messages(Vec<Message>),
    Nothing,
    /// The consumer is gone, or some of what it sent: a new one is needed.
    Broken(LogError),
}

impl Cursor {
    /// Asks the server to send what is in the stream from a sequence on.
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

    /// Waits for messages until a time, and takes what there is then.
    pub(super) async fn take(&mut self, until: Instant) -> Came {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        loop {
            let came = match taken.is_empty() {
                true => tokio::time::timeout_at(until.into(), self.messages.next()).await.ok(),
                false => self.messages.next().now_or_never(),
            };
            let Some(came) = came else {
                return if taken.is_empty() { Came::Nothing } else { Came::Messages(taken) };
            };
            match self.look(came, taken.is_empty()).await {
                Ok(None) => {}
                Ok(Some(message)) => {
                    bytes += message.bytes.len();
                    taken.push(message);
                    if taken.len() >= BATCH.0 || bytes >= BATCH.1 {
                        return Came::Messages(taken);
                    }
                }
                Err(why) => {
                    self.next = u64::MAX;
                    // What was taken before is good.
                    return if taken.is_empty() {
                        Came::Broken(why)
                    } else {
                        Came::Messages(taken)
                    };
                }
            }
        }
    }

    /// What came, if it is to be kept.
    async fn look(
        &mut self,
        came: Option<async_nats::Message>,
        is_first: bool,
    ) -> Result<Option<Message>, LogError> {
        const WHAT: &str = "a consumer of the stream";
        let message = came.ok_or_else(|| silent(format!("{WHAT}: the connection is closed")))?;
        match message.status {
            None => {}
            Some(StatusCode::IDLE_HEARTBEAT) => {
                self.go_on(&message).await;
                return Ok(None);
            }
            Some(_) => return Err(silent(format!("{WHAT} ended"))),
        }
        let message = self.message(message, is_first);
        message.map(Some).ok_or_else(|| silent(format!("{WHAT} lost messages")))
    }

    /// A message at its place, or nothing where one before it did not come. Behind messages that are gone from the stream
    /// it has to be the first one of an answer, so that the reader notices.
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

    /// Lets the server send more, where it waits for that.
    async fn go_on(&self, message: &async_nats::Message) {
        let stalled = message.headers.as_ref().and_then(|h| h.get("Nats-Consumer-Stalled"));
        let to = message.reply.as_ref().map(ToString::to_string);
        if let Some(to) = to.or(stalled.map(ToString::to_string)) {
            // Where it does not get through, the server says again that it waits.
            let _ = self.client.publish(to, "".into()).await;
        }
    }
}

impl Debug for Cursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor").field("next", &self.next).finish_non_exhaustive()
    }
}
