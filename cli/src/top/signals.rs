//! Signals that end the display: it restores the terminal first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Whether the process received SIGTERM or SIGHUP. Other systems than Unix have no such signals.
pub(super) struct Signals {
    /// The number of the signal; 0 if there was none.
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// Receives the signals from now on, instead of ending the process at once.
    pub(super) fn receive() -> Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        #[cfg(unix)]
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            let number = usize::try_from(signal).unwrap_or(usize::MAX);
            signal_hook::flag::register_usize(signal, Arc::clone(&received), number)
                .map_err(Error::Terminal)?;
        }
        Ok(Self { received })
    }

    /// Whether there was a signal.
    pub(super) fn any(&self) -> bool {
        self.received.load(Ordering::Relaxed) != 0
    }

    /// Ends the process by the received signal, as if it had not been caught. Returns if there was none.
    pub(super) fn end(&self) -> Result<()> {
        #[cfg(unix)]
        if let Ok(signal @ 1..) = i32::try_from(self.received.load(Ordering::Relaxed)) {
            signal_hook::low_level::emulate_default_handler(signal).map_err(Error::Terminal)?;
        }
        Ok(())
    }
}
