//! Tests of PostgreSQL only.

use std::sync::Arc;
use std::time::Duration;

use viewlink_cluster::{Appended, Log, LogError, PostgresLog, PostgresOptions};

use crate::servers::postgres::Postgres;
use crate::{conformance, faults, measured};

fn options(postgres: &Postgres, table: &str) -> PostgresOptions {
    PostgresOptions::new(&postgres.url(), table).unwrap()
}

fn execute(postgres: &Postgres, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(&postgres.url(), tokio_postgres::NoTls).await.unwrap();
        let driven = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        driven.await.unwrap().unwrap();
    });
}

#[test]
fn a_log_in_a_table_conforms() {
    let Some(postgres) = Postgres::start(&[]) else { return };
    conformance::conforms(&|name| Arc::new(PostgresLog::open(options(&postgres, name)).unwrap()));
}

#[test]
fn a_server_that_may_lose_acknowledged_messages_is_refused() {
    for (setting, why) in [
        ("fsync=off", "fsync"),
        ("full_page_writes=off", "full_page_writes"),
        ("synchronous_commit=off", "synchronous_commit"),
    ] {
        let Some(postgres) = Postgres::start(&[setting]) else { return };
        let error = PostgresLog::open(options(&postgres, "log")).unwrap_err();
        assert!(matches!(&error, LogError::Unfit { reason } if reason.contains(why)), "{error}");
        let log = PostgresLog::open(options(&postgres, "log").accept_unsynced(true)).unwrap();
        assert!(matches!(log.append(Some(0), b"a"), Appended::At(1)));
    }
}

#[test]
fn a_table_that_a_crash_empties_is_refused() {
    let Some(postgres) = Postgres::start(&[]) else { return };
    drop(PostgresLog::open(options(&postgres, "log")).unwrap());
    for table in ["log", "log_head"] {
        execute(&postgres, &format!("alter table {table} set unlogged"));
        let error = PostgresLog::open(options(&postgres, "log")).unwrap_err();
        assert!(
            matches!(&error, LogError::Unfit { reason } if reason.contains("logged")),
            "{error}"
        );
        execute(&postgres, &format!("alter table {table} set logged"));
    }
    assert!(PostgresLog::open(options(&postgres, "log")).is_ok());
    let missing = PostgresLog::open(options(&postgres, "other").create(false)).unwrap_err();
    assert!(matches!(missing, LogError::Unfit { .. }), "{missing}");
}

#[test]
fn acknowledged_messages_are_there_after_a_crash_and_the_log_continues() {
    let Some(mut postgres) = Postgres::start(&[]) else { return };
    let log = PostgresLog::open(options(&postgres, "log")).unwrap();
    for number in 1..=50_u8 {
        assert!(matches!(log.append(None, &[number]), Appended::At(_)));
    }
    postgres.crash();
    assert!(matches!(log.append(None, b"away"), Appended::Refused(_) | Appended::Unknown(_)));
    assert!(matches!(log.read(51, Duration::ZERO), Err(LogError::Away { .. })));
    postgres.restart();
    crate::servers::wait_until("the log", Duration::from_secs(20), || log.bounds().is_ok());
    assert_eq!(log.bounds().unwrap().last, 50);
    assert!(matches!(log.append(Some(50), b"on"), Appended::At(51)));
    assert_eq!(log.read(51, Duration::from_secs(5)).unwrap()[0].bytes, b"on");
}

#[test]
fn an_append_that_waits_too_long_has_an_unknown_outcome() {
    let Some(postgres) = Postgres::start(&[]) else { return };
    let impatient = options(&postgres, "log").answer_within(Duration::from_millis(500));
    let log = PostgresLog::open(impatient).unwrap();
    assert!(matches!(log.append(Some(0), b"a"), Appended::At(1)));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            execute(
                &postgres,
                "begin; update log_head set last = last; select pg_sleep(2); commit",
            );
        });
        std::thread::sleep(Duration::from_millis(300));
        let appended = log.append(Some(1), b"b");
        assert!(matches!(appended, Appended::Unknown(_)), "{appended:?}");
    });
    crate::servers::wait_until("the late append", Duration::from_secs(10), || {
        log.bounds().is_ok_and(|bounds| bounds.last == 2)
    });
}

#[test]
fn the_answers_of_a_server_that_crashes_are_true() {
    let Some(mut postgres) = Postgres::start(&[]) else { return };
    let first = PostgresLog::open(options(&postgres, "log")).unwrap();
    let second = PostgresLog::open(options(&postgres, "log")).unwrap();
    faults::holds(&[&first, &second], || {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(700));
            postgres.crash();
            postgres.restart();
        }
        std::thread::sleep(Duration::from_millis(700));
    });
}

#[test]
#[ignore = "measures"]
fn measured_postgres() {
    let Some(postgres) = Postgres::start(&[]) else { return };
    let log = PostgresLog::open(options(&postgres, "measured")).unwrap();
    let again = PostgresLog::open(options(&postgres, "measured")).unwrap();
    measured::measure("postgres", &log, &again);
}
