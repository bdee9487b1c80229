//! Members on real servers, all of which have faults.

use std::thread::sleep;
use std::time::Duration;

use crate::faults::{Servers, run};
use crate::process::{LOG, LogAt};
use crate::servers::faults::Fault;
use crate::servers::nats::{self, Nats};
use crate::servers::postgres::{self, Postgres};

impl Servers for Nats {
    fn fault(&mut self, number: usize, during: &mut dyn FnMut()) {
        Fault::at(number).make(self, LOG, during);
    }

    fn ports(&self) -> Vec<u16> {
        Self::ports(self)
    }

    fn log(&self, ports: &[u16], first: usize) -> LogAt {
        let urls = nats::urls(ports, first);
        LogAt::JetStream { system: nats::as_system(&urls), urls }
    }
}

impl Servers for Postgres {
    /// The server crashes, and starts again.
    fn fault(&mut self, _number: usize, during: &mut dyn FnMut()) {
        println!("  Crashed");
        self.crash();
        during();
        self.restart();
        sleep(Duration::from_millis(500));
    }

    fn ports(&self) -> Vec<u16> {
        vec![self.port()]
    }

    fn log(&self, ports: &[u16], _first: usize) -> LogAt {
        LogAt::Postgres { url: postgres::url(ports[0]) }
    }
}

#[test]
fn members_on_three_servers_of_nats_are_one_store_under_faults() {
    let Some(mut nats) = Nats::start(3) else { return };
    run(&mut nats, 9);
}

#[test]
fn members_on_postgresql_are_one_store_under_faults() {
    let Some(mut postgres) = Postgres::start(&[]) else { return };
    run(&mut postgres, 9);
}
