//! A connection that can be cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// The state of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Wire {
    Whole,
    /// Connections end, and none is made.
    Closed,
    /// Nothing gets through, and no connection ends.
    Silent,
}

/// Passes bytes between a port of its own and another port while the connection is whole.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<AtomicU8>,
}

const TICK: Duration = Duration::from_millis(20);
const ENDED: u8 = u8::MAX;

impl Proxy {
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(AtomicU8::new(Wire::Whole as u8));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || accept(&listener, target, &shared));
        Self { port, state }
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.state.store(wire as u8, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.store(ENDED, Ordering::SeqCst);
    }
}

fn is(state: &AtomicU8, wire: Wire) -> bool {
    state.load(Ordering::SeqCst) == wire as u8
}

fn accept(listener: &TcpListener, target: u16, state: &Arc<AtomicU8>) {
    while state.load(Ordering::SeqCst) != ENDED {
        let Ok((near, _)) = listener.accept() else {
            std::thread::sleep(TICK);
            continue;
        };
        if !is(state, Wire::Whole) {
            // A client that connects during the silence does not notice for a while.
            if is(state, Wire::Silent) {
                let state = Arc::clone(state);
                std::thread::spawn(move || {
                    is_whole(&state);
                    drop(near);
                });
            }
            continue;
        }
        let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
        near.set_nonblocking(false).unwrap();
        for (from, to) in [(&near, &far), (&far, &near)] {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let state = Arc::clone(state);
            std::thread::spawn(move || pass(from, to, &state));
        }
    }
}

/// Waits while the connection is silent; returns whether it is whole then.
fn is_whole(state: &AtomicU8) -> bool {
    while is(state, Wire::Silent) {
        std::thread::sleep(TICK);
    }
    is(state, Wire::Whole)
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: &AtomicU8) {
    from.set_read_timeout(Some(TICK)).unwrap();
    let _ = from.set_nodelay(true);
    let mut buffer = vec![0; 1 << 16];
    while is_whole(state) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                // The state may have changed during the read.
                if !is_whole(state) || to.write_all(&buffer[..read]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
