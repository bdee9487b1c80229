//! Appends, and their outcome as far as it is certain.

use std::time::{Duration, Instant};

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{ErrorCode, context::PublishAckFuture};
use bytes::Bytes;

use super::connection::{Connection, refused};
use crate::log::{away, silent};
use crate::{Appended, LogError};

/// The pause between two attempts while the stream has no leader.
const PAUSE: Duration = Duration::from_millis(50);

/// Publishes a message, and waits for its acknowledgement. If the message is certainly not in the log, because the stream has
/// no leader, it is published again, for as long as an answer may take.
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
    // After an error here the message was not passed to the connection.
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

/// The meaning of a refusal. A server checks a message before it proposes it to the other servers; a refusal by that check is
/// certain. An error that may come later leaves the outcome unknown.
fn judge(error: PublishError, len: usize) -> Appended {
    match error.kind() {
        PublishErrorKind::WrongLastSequence => Appended::Conflict,
        // No server listens on the subject: the server that got the message passed it to no other server.
        PublishErrorKind::StreamNotFound => {
            Appended::Refused(refused("no server leads the stream", error))
        }
        PublishErrorKind::Other => judge_code(error, len),
        _ => Appended::Unknown(away("a message was not acknowledged", error)),
    }
}

fn judge_code(error: PublishError, len: usize) -> Appended {
    let answer = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<async_nats::jetstream::Error>());
    let Some(answer) = answer else {
        return Appended::Unknown(away("an acknowledgement cannot be read", error));
    };
    let text = answer.to_string();
    match answer.error_code() {
        ErrorCode::STREAM_STORE_FAILED if text.contains("exceeded") => full(&text),
        ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED
        | ErrorCode::STORAGE_RESOURCES_EXCEEDED => full(&text),
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => {
            // This answer does not include the limit of the server; `max_message_len` does.
            Appended::Refused(LogError::TooLong { len, max: len.saturating_sub(1) })
        }
        ErrorCode::STREAM_SEALED => {
            Appended::Refused(LogError::Unfit { reason: "the stream is sealed".to_owned() })
        }
        _ => Appended::Unknown(away("a message was refused, but may be in the log", error)),
    }
}

fn full(answer: &str) -> Appended {
    let reason =
        format!("{answer}; publish a snapshot, so that the stream is trimmed, or raise its limits");
    Appended::Refused(LogError::Full { reason })
}
