//! Tests of JetStream only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream::Config};
use viewlink_cluster::{
    Appended, JetStreamLog, JetStreamOptions, JetStreamSnapshots, Log, LogError, SyncProof,
};

use crate::servers::faults::{Fault, seconds};
use crate::servers::nats::{Nats, Wire};
use crate::{conformance, faults, measured, snapshots};

fn options(nats: &Nats, stream: &str) -> JetStreamOptions {
    JetStreamOptions::new(&nats.urls(0), stream)
        .unwrap()
        .replicas(nats.count())
        .sync_proof(SyncProof::SystemUser(nats.system_urls()))
        .follow_discovered(false)
        .cut_off_after(Duration::from_secs(1))
}

async fn client(nats: &Nats) -> async_nats::Client {
    let urls: Vec<String> = nats.urls(0).split(',').map(str::to_owned).collect();
    let connect = async_nats::ConnectOptions::with_user_and_password("app".into(), "app".into());
    connect.connect(urls).await.unwrap()
}

/// Changes the configuration of a stream, as an operator could.
fn change(nats: &Nats, stream: &str, change: fn(&mut Config)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let context = jetstream::new(client(nats).await);
        let mut config = context.get_stream(stream).await.unwrap().cached_info().config.clone();
        change(&mut config);
        context.update_stream(config).await.unwrap();
    });
}

#[test]
fn a_log_and_snapshots_on_one_server_conform() {
    let Some(nats) = Nats::start(1) else { return };
    conformance::conforms(&|name| Arc::new(JetStreamLog::open(options(&nats, name)).unwrap()));
    snapshots::conforms(&|| Arc::new(JetStreamSnapshots::open(options(&nats, "kept")).unwrap()));
}

#[test]
fn a_log_and_snapshots_on_three_servers_conform() {
    let Some(nats) = Nats::start(3) else { return };
    conformance::conforms(&|name| Arc::new(JetStreamLog::open(options(&nats, name)).unwrap()));
    snapshots::conforms(&|| Arc::new(JetStreamSnapshots::open(options(&nats, "kept")).unwrap()));
}

#[test]
fn a_server_that_does_not_sync_is_refused() {
    let Some(nats) = Nats::start_with(1, "\"2m\"") else { return };
    let error = JetStreamLog::open(options(&nats, "s")).unwrap_err();
    assert!(error.to_string().contains("sync_interval"), "{error}");
    let error = JetStreamLog::open(options(&nats, "s").sync_proof(SyncProof::None)).unwrap_err();
    assert!(error.to_string().contains("Trusted"), "{error}");
    let app = SyncProof::SystemUser(nats.urls(0));
    let error = JetStreamLog::open(options(&nats, "s").sync_proof(app)).unwrap_err();
    assert!(error.to_string().contains("system account"), "{error}");
    let trusting = options(&nats, "s").sync_proof(SyncProof::Trusted);
    assert!(matches!(JetStreamLog::open(trusting).unwrap().append(Some(0), b"a"), Appended::At(1)));
}

#[test]
fn a_stream_with_changed_settings_is_refused_at_opening_and_later() {
    let Some(nats) = Nats::start(1) else { return };
    let log = JetStreamLog::open(options(&nats, "s")).unwrap();
    change(&nats, "s", |config| config.max_age = Duration::from_secs(3600));
    let error = log.bounds().unwrap_err();
    assert!(matches!(&error, LogError::Unfit { reason } if reason.contains("max_age")), "{error}");
    let error = JetStreamLog::open(options(&nats, "s")).unwrap_err();
    assert!(matches!(error, LogError::Unfit { .. }), "{error}");
    change(&nats, "s", |config| config.max_age = Duration::ZERO);
    assert!(log.bounds().is_ok());
}

#[test]
fn a_full_stream_accepts_no_message_and_loses_none() {
    let Some(nats) = Nats::start(1) else { return };
    let log = JetStreamLog::open(options(&nats, "s").max_bytes(20_000)).unwrap();
    let mut taken = 0;
    let refused = loop {
        match log.append(None, &[1; 1000]) {
            Appended::At(sequence) => taken = sequence,
            other => break other,
        }
    };
    assert!(matches!(refused, Appended::Refused(LogError::Full { .. })), "{refused:?}");
    assert_eq!((log.bounds().unwrap().first, log.bounds().unwrap().last), (1, taken));
    log.trim(5).unwrap();
    assert!(matches!(log.append(Some(taken), &[2; 1000]), Appended::At(s) if s == taken + 1));
}

#[test]
fn a_log_without_its_server_reports_that_in_time_and_continues_when_it_is_back() {
    let Some(mut nats) = Nats::start(1) else { return };
    let log =
        JetStreamLog::open(options(&nats, "s").answer_within(Duration::from_secs(1))).unwrap();
    assert!(matches!(log.append(Some(0), b"a"), Appended::At(1)));
    nats.stop(0);
    let begun = Instant::now();
    let appended = log.append(Some(1), b"b");
    assert!(matches!(appended, Appended::Unknown(LogError::Away { .. })), "{appended:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    nats.resume(0);
    nats.kill(0);
    std::thread::sleep(Duration::from_millis(300));
    let appended = log.append(Some(2), b"c");
    assert!(matches!(appended, Appended::Refused(LogError::Away { .. })), "{appended:?}");
    assert!(matches!(log.read(2, Duration::from_secs(1)), Err(LogError::Away { .. })));
    assert!(begun.elapsed() < Duration::from_secs(20));
    nats.restart(0);
    nats.wait_until_healthy(0);
    crate::servers::wait_until("the log", Duration::from_secs(20), || log.bounds().is_ok());
    let last = log.bounds().unwrap().last;
    assert!(last == 1 || last == 2, "the message of unknown outcome is there at most once: {last}");
    assert!(matches!(log.append(Some(last), b"d"), Appended::At(s) if s == last + 1));
    assert_eq!(log.read(last + 1, Duration::ZERO).unwrap()[0].bytes, b"d");
}

#[test]
fn a_log_without_servers_is_opened_and_works_later() {
    let Some(mut nats) = Nats::start(1) else { return };
    nats.kill(0);
    let log = JetStreamLog::open(options(&nats, "s").open_within(Duration::ZERO)).unwrap();
    assert!(matches!(log.bounds(), Err(LogError::Away { .. })));
    nats.restart(0);
    nats.wait_until_healthy(0);
    crate::servers::wait_until("the log", Duration::from_secs(20), || log.bounds().is_ok());
}

/// A log whose client goes to one server first.
fn open_at(nats: &Nats, first: usize) -> JetStreamLog {
    let options = JetStreamOptions::new(&nats.urls(first), "s").unwrap();
    let proof = SyncProof::SystemUser(nats.system_urls());
    JetStreamLog::open(options.sync_proof(proof).follow_discovered(false)).unwrap()
}

#[test]
fn a_reader_whose_server_is_cut_off_continues_at_another_one() {
    let Some(nats) = Nats::start(3) else { return };
    let log = open_at(&nats, 0);
    assert!(matches!(log.append(Some(0), b"a"), Appended::At(1)));
    let leader = nats.leader("s").unwrap();
    let (cut_off, other) = (open_at(&nats, leader), open_at(&nats, (leader + 1) % 3));
    assert_eq!(cut_off.read(1, Duration::from_secs(5)).unwrap().len(), 1);
    nats.wire(leader, Wire::Silent);
    let begun = Instant::now();
    crate::servers::wait_until("another leader", Duration::from_secs(60), || {
        matches!(other.append(None, b"b"), Appended::At(_))
    });
    println!("  another leader after {:?}", begun.elapsed());
    crate::servers::wait_until("the reader", Duration::from_secs(60), || {
        match cut_off.read(2, Duration::from_secs(1)) {
            Ok(found) => !found.is_empty(),
            Err(error) => {
                println!("  after {:?}: {error:?}", begun.elapsed());
                false
            }
        }
    });
    println!("  the reader continues after {:?}", begun.elapsed());
    nats.wire(leader, Wire::Whole);
}

#[test]
fn the_answers_of_three_servers_under_faults_are_true() {
    let Some(mut nats) = Nats::start(3) else { return };
    let logs: Vec<JetStreamLog> = (0..3).map(|first| open_at(&nats, first)).collect();
    let logs: Vec<&dyn Log> = logs.iter().map(|log| log as &dyn Log).collect();
    let (begun, lasting) = (Instant::now(), seconds(30));
    faults::holds(&logs, || {
        std::thread::sleep(Duration::from_secs(1));
        let mut number = 0;
        while begun.elapsed() < lasting {
            Fault::at(number).make(&mut nats, "s", || std::thread::sleep(Duration::from_secs(3)));
            std::thread::sleep(Duration::from_secs(3));
            number += 1;
        }
    });
}

#[test]
#[ignore = "measures"]
fn measured_jetstream() {
    let Some(nats) = Nats::start(3) else { return };
    bare_publishes(&nats);
    let log = JetStreamLog::open(options(&nats, "measured")).unwrap();
    let again = JetStreamLog::open(options(&nats, "measured")).unwrap();
    measured::measure("jetstream, 3 servers", &log, &again);
}

/// The client without a log around it.
fn bare_publishes(nats: &Nats) {
    drop(JetStreamLog::open(options(nats, "bare")).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut took = Vec::new();
    runtime.block_on(async {
        let context = jetstream::new(client(nats).await);
        let begun = Instant::now();
        while begun.elapsed() < measured::lasting() {
            let one = Instant::now();
            context.publish("bare.log", vec![7; 200].into()).await.unwrap().await.unwrap();
            took.push(one.elapsed());
        }
    });
    measured::row("jetstream, 3 servers", "bare publish, 1 at a time", &mut took);
}
