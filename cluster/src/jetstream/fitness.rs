//! Checks that servers and a stream keep acknowledged messages.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::stream::{
    ClusterInfo, Config, DiscardPolicy, Info, PeerInfo, PersistenceMode, RetentionPolicy,
    StorageType,
};
use futures_util::StreamExt;
use serde_json::Value;

use super::connection::Connection;
use super::options::{JetStreamOptions, SyncProof, addresses};
use crate::LogError;
use crate::log::{away, silent};

/// The oldest version of a server that is accepted by default.
const OLDEST: (u64, u64) = (2, 11);
/// A leader that got nothing from another server for this time is out of contact with it. Servers send a heartbeat every
/// second.
const CONTACT: Duration = Duration::from_secs(5);
/// How long to wait for the answers of the other servers after the first answer.
const OTHERS: Duration = Duration::from_millis(500);

/// The settings of a new stream: it keeps acknowledged messages, and refuses new messages if it has no room.
pub(super) fn stream_config(options: &JetStreamOptions) -> Config {
    Config {
        name: options.stream.clone(),
        subjects: vec![options.subject()],
        description: Some("changes of a viewlink store".to_owned()),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: options.replicas,
        max_bytes: options.max_bytes.unwrap_or(-1),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        deny_delete: true,
        ..Config::default()
    }
}

/// Checks that a stream keeps acknowledged messages.
///
/// # Errors
///
/// [`LogError::Unfit`] with the wrong setting.
pub(super) fn check_stream(options: &JetStreamOptions, config: &Config) -> Result<(), LogError> {
    let subject = options.subject();
    let wrong = [
        (config.storage != StorageType::File, "it is in memory; create it with file storage"),
        (
            config.persist_mode == Some(PersistenceMode::Async),
            "it acknowledges before it writes; create it with the default persist mode",
        ),
        (config.num_replicas < options.replicas, "it has too few replicas; add some"),
        (
            config.discard != DiscardPolicy::New,
            "it drops old messages when full; set discard to new",
        ),
        (
            config.retention != RetentionPolicy::Limits,
            "it may remove messages that were read; create it with retention: limits",
        ),
        (!config.max_age.is_zero(), "messages expire; set max_age to 0"),
        (
            config.max_messages_per_subject > 0,
            "it drops old messages; set max_msgs_per_subject to -1",
        ),
        (config.no_ack, "it acknowledges nothing; set no_ack to false"),
        (config.sealed, "it is sealed; create another one"),
        (config.deny_purge, "it cannot be trimmed; create it without deny_purge"),
        (config.allow_rollup, "a message may replace all others; set allow_rollup_hdrs to false"),
        (config.allow_message_ttl, "single messages may expire; create it without allow_msg_ttl"),
        (config.mirror.is_some() || config.sources.is_some(), "it is a copy; create another one"),
        (config.subject_transform.is_some(), "it changes subjects; remove subject_transform"),
        (
            config.subjects != [subject.as_str()],
            "it has other subjects; create it with only one: its name followed by .log",
        ),
    ];
    match wrong.iter().find(|(is_so, _)| *is_so) {
        None => Ok(()),
        Some((_, why)) => Err(LogError::Unfit { reason: format!("stream {}: {why}", config.name) }),
    }
}

/// Whether the leader of a stream answered, and is in contact with the majority of the servers. A server that is cut off
/// from the others answers as well, with its old state: for some seconds as the leader, after that without a leader.
pub(super) fn is_led(cluster: Option<&ClusterInfo>) -> bool {
    let Some(ClusterInfo { leader, replicas, .. }) = cluster else { return true };
    let is_reached = |other: &&PeerInfo| !other.active.is_zero() && other.active < CONTACT;
    let reached = 1 + replicas.iter().filter(is_reached).count();
    leader.is_some() && 2 * reached > 1 + replicas.len()
}

/// Checks the version of a server.
///
/// # Errors
///
/// [`LogError::Unfit`] if it is too old.
pub(super) fn check_version(options: &JetStreamOptions, version: &str) -> Result<(), LogError> {
    let mut parts = version.split(['.', '-']).map(|part| part.parse::<u64>().unwrap_or(0));
    let has = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if has >= OLDEST || options.accept_old_servers {
        return Ok(());
    }
    let reason = format!(
        "the server has version {version}; use 2.11 or later, because earlier servers lost acknowledged messages, and those \
         before 2.10 cannot sync every write; or set the option accept_old_servers of the log"
    );
    Err(LogError::Unfit { reason })
}

/// Checks that the servers of a stream sync every write, in the way that the options name.
///
/// # Errors
///
/// [`LogError::Unfit`] if a server does not, or if the options name no way; [`LogError::Away`] if no server answers.
pub(super) async fn check_sync(options: &JetStreamOptions, stream: &Info) -> Result<(), LogError> {
    let (servers, credentials) = match &options.sync_proof {
        SyncProof::Trusted => return Ok(()),
        SyncProof::None => {
            let reason = "it is unknown whether its servers sync every write: set a sync_proof with access to their \
                          system account, or SyncProof::Trusted";
            return Err(LogError::Unfit { reason: reason.to_owned() });
        }
        SyncProof::SystemUser(url) => (addresses(url)?, None),
        SyncProof::SystemCredentials(path) => (options.servers.clone(), Some(path)),
    };
    let system = Connection::begin_as(options, &servers, credentials).await?;
    let settings = ask_servers(&system).await?;
    let of_stream = servers_of(stream);
    let mut seen = 0;
    for (name, syncs) in &settings {
        if of_stream.as_ref().is_some_and(|names| !names.contains(name)) {
            continue;
        }
        if !syncs {
            let reason =
                format!("server {name} does not sync every write; set sync_interval: always");
            return Err(LogError::Unfit { reason });
        }
        seen += 1;
    }
    if seen == 0 {
        return Err(silent("the system account: no server of the stream reported its settings"));
    }
    Ok(())
}

/// The names of the servers of a stream, if it has more than one.
fn servers_of(stream: &Info) -> Option<Vec<String>> {
    let cluster = stream.cluster.as_ref()?;
    let mut names: Vec<String> = cluster.replicas.iter().map(|peer| peer.name.clone()).collect();
    names.extend(cluster.leader.clone());
    Some(names).filter(|names| !names.is_empty())
}

/// Whether each server syncs every write, by the name of the server. Only the system account can read this setting.
async fn ask_servers(system: &Connection) -> Result<BTreeMap<String, bool>, LogError> {
    const WHAT: &str = "the system account";
    if !system.up_within(system.answer_within()).await {
        return Err(silent(format!("no server accepts the user of {WHAT}")));
    }
    let client = system.client();
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| away(WHAT, error))?;
    client
        .publish_with_reply("$SYS.REQ.SERVER.PING.JSZ", inbox, "{\"config\":true}".into())
        .await
        .map_err(|error| away(WHAT, error))?;
    let mut settings = BTreeMap::new();
    let mut wait = system.answer_within();
    while let Ok(Some(answer)) = tokio::time::timeout(wait, answers.next()).await {
        if let Some((name, syncs)) = setting(&answer.payload) {
            settings.insert(name, syncs);
            wait = OTHERS;
        } else if answer.status.is_some() {
            let reason =
                "the user or the credentials to ask the system account do not belong to it";
            return Err(LogError::Unfit { reason: reason.to_owned() });
        }
    }
    Ok(settings)
}

/// The name of a server, and whether it syncs every write. A server without JetStream has no such setting.
fn setting(answer: &[u8]) -> Option<(String, bool)> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let name = answer.pointer("/server/name")?.as_str()?.to_owned();
    let config = answer.pointer("/data/config")?;
    // The field is missing if the server does not sync every write.
    Some((name, config.get("sync_always").and_then(Value::as_bool).unwrap_or(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> JetStreamOptions {
        JetStreamOptions::new("nats://127.0.0.1:1", "s").unwrap()
    }

    #[test]
    fn a_new_stream_is_fit_and_a_changed_one_is_not() {
        let made = stream_config(&options());
        assert!(check_stream(&options(), &made).is_ok());
        let changes: [fn(&mut Config); 12] = [
            |c| c.storage = StorageType::Memory,
            |c| c.persist_mode = Some(PersistenceMode::Async),
            |c| c.num_replicas = 1,
            |c| c.discard = DiscardPolicy::Old,
            |c| c.retention = RetentionPolicy::Interest,
            |c| c.max_age = Duration::from_secs(1),
            |c| c.max_messages_per_subject = 1,
            |c| c.no_ack = true,
            |c| c.sealed = true,
            |c| c.allow_rollup = true,
            |c| c.allow_message_ttl = true,
            |c| c.subjects.push("other".to_owned()),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut config = made.clone();
            change(&mut config);
            assert!(check_stream(&options(), &config).is_err(), "change {at}");
        }
    }

    #[test]
    fn a_server_leads_only_while_it_is_in_contact_with_the_majority() {
        let cluster = |leader: Option<&str>, active: &[u64]| -> ClusterInfo {
            let others = active.iter().map(|seconds| {
                let nanoseconds = seconds * 1_000_000_000;
                serde_json::json!({ "name": "other", "current": true, "active": nanoseconds })
            });
            let others: Vec<Value> = others.collect();
            let json = serde_json::json!({ "name": "c", "leader": leader, "replicas": others });
            serde_json::from_value(json).unwrap()
        };
        assert!(is_led(None), "a server without a cluster");
        for (leader, active, expected) in [
            (Some("a"), &[1, 1][..], true),
            (Some("a"), &[1, 60], true),
            (Some("a"), &[60, 60], false),
            (Some("a"), &[0, 0], false),
            (None, &[1, 1], false),
            (Some("a"), &[], true),
            (Some("a"), &[1, 60, 60, 60], false),
        ] {
            assert_eq!(is_led(Some(&cluster(leader, active))), expected, "{leader:?} {active:?}");
        }
    }

    #[test]
    fn old_servers_are_refused_by_default() {
        for (version, is_fit) in [
            ("2.9.10", false),
            ("2.10.29", false),
            ("2.11.0", true),
            ("2.15.1", true),
            ("2.12.0-RC.1", true),
            ("?", false),
        ] {
            assert_eq!(check_version(&options(), version).is_ok(), is_fit, "{version}");
            assert!(check_version(&options().accept_old_servers(true), version).is_ok());
        }
    }

    #[test]
    fn a_server_without_the_setting_does_not_sync_every_write() {
        let always = br#"{"server":{"name":"a"},"data":{"config":{"sync_interval":120,"sync_always":true}}}"#;
        let default = br#"{"server":{"name":"b"},"data":{"config":{"sync_interval":120}}}"#;
        assert_eq!(setting(always), Some(("a".to_owned(), true)));
        assert_eq!(setting(default), Some(("b".to_owned(), false)));
        assert_eq!(setting(br#"{"server":{"name":"c"},"data":{}}"#), None);
    }
}
