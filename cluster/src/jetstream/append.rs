//! What came of an append, told no surer than it is.

use std::time::{Duration, Instant};

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{ErrorCode, context::PublishAckFuture};
use bytes::Bytes;

use super::connection::{Connection, refused};
use crate::log::{away, silent};
use crate::{Appended, LogError};

/// Between two attempts while no server leads the stream.
const PAUSE: Duration = Duration::from_millis(50);

/// Publishes a message, and waits for its acknowledgement. While it is surely not in the log, because nobody leads the
/// stream, that is tried again for as long as an answer is waited for.
pub(super) async fn append(
    connection: &Connection,
    subject: String,
    after: Option<u64>,
    message: Bytes,
) -> Appended {
    let begun = Instant::now();
    loop {
        let appended = append_once(connection, &subject, after, message.clone()).await;
        match &appended {
            Appended::Refused(LogError::Away { .. })
                if begun.elapsed() < connection.answer_within() => {}
            Appended::Refused(LogError::Away { .. }) | Appended::Unknown(_) => {
                connection.nothing_since(begun).await;
                return appended;
            }
            _ => {
                connection.answered();
                return appended;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn append_once(
    connection: &Connection,
    subject: &str,
    after: Option<u64>,
    message: Bytes,
) -> Appended {
    if !connection.up_within(connection.answer_within()).await {
        return Appended::Refused(silent("no server of the list can be reached"));
    }
    let len = message.len();
    let mut publish = PublishMessage::build().payload(message);
    if let Some(after) = after {
        publish = publish.expected_last_sequence(after);
    }
    let cuts = connection.cuts();
    // Whatever fails here, nothing was given to the connection.
    match connection.context.send_publish(subject.to_owned(), publish).await {
        Ok(sent) => acknowledged(connection, sent, cuts, len).await,
        Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
            let max = connection.client().max_payload();
            Appended::Refused(LogError::TooLong { len, max })
        }
        Err(error) => Appended::Refused(away("a message could not be sent", error)),
    }
}

async fn acknowledged(
    connection: &Connection,
    sent: PublishAckFuture,
    cuts: u64,
    len: usize,
) -> Appended {
    let answer = tokio::select! {
        answer = sent.into_future() => answer,
        () = connection.cut_after(cuts) => {
            return Appended::Unknown(silent("the connection was cut after a message was sent"));
        }
    };
    match answer {
        Ok(acknowledgement) => Appended::At(acknowledgement.sequence),
        Err(error) => judge(error, len),
    }
}

/// What a refusal means. A server checks before it proposes a message to the others; what it says then is sure. What may
/// have been said later is not.
fn judge(error: PublishError, len: usize) -> Appended {
    match error.kind() {
        PublishErrorKind::WrongLastSequence => Appended::Conflict,
        // No server listens: the server that got the message had nobody to give it to.
        PublishErrorKind::StreamNotFound => {
            Appended::Refused(refused("no server leads the stream", error))
        }
        PublishErrorKind::Other => judge_code(error, len),
        _ => Appended::Unknown(away("a message was not acknowledged", error)),
    }
}

fn judge_code(error: PublishError, len: usize) -> Appended {
    let told = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<async_nats::jetstream::Error>());
    let Some(told) = told else {
        return Appended::Unknown(away("an acknowledgement cannot be read", error));
    };
    let text = told.to_string();
    match told.error_code() {
        ErrorCode::STREAM_STORE_FAILED if text.contains("exceeded") => full(&text),
        ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED
        | ErrorCode::STORAGE_RESOURCES_EXCEEDED => full(&text),
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => {
            // The server does not tell its limit here; `max_message_len` does.
            Appended::Refused(LogError::TooLong { len, max: len.saturating_sub(1) })
        }
        ErrorCode::STREAM_SEALED => {
            Appended::Refused(LogError::Unfit { reason: "the stream is sealed".to_owned() })
        }
        _ => Appended::Unknown(away("a message was refused, perhaps too late", error)),
    }
}

fn full(told: &str) -> Appended {
    let reason = format!("{told}; publish a snapshot, so that it is trimmed, or raise its limits");
    Appended::Refused(LogError::Full { reason })
}
