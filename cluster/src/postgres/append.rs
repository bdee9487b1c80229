//! Appends, and their outcome as far as it is certain.

use std::sync::Arc;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::session::Session;
use crate::Appended;
use crate::LogError;
use crate::log::away;

/// Appends a message in its own transaction. It is acknowledged after the transaction is durable.
pub(super) async fn append(session: &Arc<Session>, after: Option<u64>, message: &[u8]) -> Appended {
    let after = match after.map(i64::try_from).transpose() {
        Ok(after) => after,
        // No log is that long.
        Err(_) => return Appended::Conflict,
    };
    match session.client.query_opt(&session.append, &[&after, &message]).await {
        Ok(None) => Appended::Conflict,
        Ok(Some(row)) => match row.try_get::<_, i64>(0) {
            Ok(sequence) => {
                wake_readers(session);
                Appended::At(sequence.unsigned_abs())
            }
            Err(error) => Appended::Unknown(away("an acknowledgement cannot be read", error)),
        },
        Err(error) => judge(error),
    }
}

/// Notifies the readers in a separate transaction, without waiting for it. A transaction with a notification locks the whole
/// server while it commits; together with an append that would be as long as a sync. A reader without a notification looks
/// for new messages from time to time.
fn wake_readers(session: &Arc<Session>) {
    let session = Arc::clone(session);
    tokio::spawn(async move {
        let _ = session.client.execute(&session.notify, &[]).await;
    });
}

/// The meaning of an error: the server reports errors before it commits, except errors that end the session or the server.
fn judge(error: Error) -> Appended {
    const WHAT: &str = "a message was refused";
    let Some(code) = error.code().map(|code| code.code().to_owned()) else {
        return Appended::Unknown(away("a message was not acknowledged", error));
    };
    if *SqlState::DISK_FULL.code() == *code {
        let reason =
            "the server's disk is full; make room, or publish a snapshot, so that it is trimmed";
        return Appended::Refused(LogError::Full { reason: reason.to_owned() });
    }
    match code.get(..2) {
        // Data, constraints, access, rollbacks, names, resources.
        Some("22" | "23" | "25" | "28" | "42" | "53" | "54" | "55") => {
            Appended::Refused(away(WHAT, error))
        }
        Some("40") if *SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN.code() != *code => {
            Appended::Refused(away(WHAT, error))
        }
        _ => Appended::Unknown(away("a message was refused, but may be in the log", error)),
    }
}
