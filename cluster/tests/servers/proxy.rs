//! A wire between two servers that can be cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// How a wire is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Wire {
    Whole,
    /// Connections end, and none is made.
    Closed,
    /// Nothing gets through, and nobody is told.
    Silent,
}

/// Passes bytes from a port of its own to another one, as long as the wire is whole.
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
            // Where it is silent, whoever connects will not know for a while.
            if is(state, Wire::Silent) {
                let state = Arc::clone(state);
                std::thread::spawn(move || {
                    while is(&state, Wire::Silent) {
                        std::thread::sleep(TICK);
                    }
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

fn pass(mut from: TcpStream, mut to: TcpStream, state: &AtomicU8) {
    from.set_read_timeout(Some(TICK)).unwrap();
    let _ = from.set_nodelay(true);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match state.load(Ordering::SeqCst) {
            whole if whole == Wire::Whole as u8 => {}
            silent if silent == Wire::Silent as u8 => {
                std::thread::sleep(TICK);
                continue;
            }
            _ => break,
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                if to.write_all(&buffer[..read]).is_err() {
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
