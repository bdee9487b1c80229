//! Failures on demand, for hosts that test their error handling.

use crate::journal::AppendFailure;
use crate::model::error::Result;
#[cfg(feature = "testing")]
use crate::model::error::{Error, Outcome};

/// How the next change fails.
///
/// ```
/// use viewlink::{Batch, Fault, NewView, Options, Outcome};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("default")?;
/// project.ensure_view(NewView::new("v", "V"))?;
///
/// store.fail_next_change(Fault::Unknown);
/// let error = project.link("v", Batch::flags(["a"])).unwrap_err();
/// assert_eq!(error.outcome(), Outcome::Unknown);
/// store.recover()?;
/// project.link("v", Batch::flags(["a"]))?.all_ok()?;
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "never made to happen"))]
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, reason = "not exported"))]
pub enum Fault {
    /// The disk is full: not applied, and the store stays writable.
    NotApplied,
    /// The sync of the journal fails: unknown, and writes stop.
    Unknown,
    /// The state fails after the journal was synced: committed, and writes stop.
    Committed,
    /// The change panics: not applied, and the store stays writable.
    Panic,
}

/// The requested failure, if any.
#[derive(Debug, Default)]
pub(super) struct Faults {
    #[cfg(feature = "testing")]
    next: Option<Fault>,
}

#[cfg(feature = "testing")]
impl Faults {
    pub(super) fn set(&mut self, fault: Fault) {
        self.next = Some(fault);
    }

    /// Whether this failure was requested; then it is used up.
    pub(super) fn take(&mut self, fault: Fault) -> bool {
        self.next.take_if(|next| *next == fault).is_some()
    }

    /// The requested failure of an append.
    pub(super) fn failed_append(&mut self) -> Option<AppendFailure> {
        use std::io::ErrorKind::{Other, StorageFull};
        let (kind, outcome, usable) = match self.next {
            Some(Fault::NotApplied) => (StorageFull, Outcome::NotApplied, true),
            Some(Fault::Unknown) => (Other, Outcome::Unknown, false),
            _ => return None,
        };
        self.next = None;
        let source = std::io::Error::new(kind, "asked for by a test");
        let error = Error::io("append to the journal", source).with_outcome(outcome);
        Some(AppendFailure { error, usable })
    }

    /// The requested failure of applying a change.
    pub(super) fn failed_apply(&mut self) -> Result<()> {
        if !self.take(Fault::Committed) {
            return Ok(());
        }
        let outcome = Outcome::Committed;
        Err(Error::State { outcome, source: "asked for by a test".into() })
    }
}

/// Without the feature `testing`, no failure can be requested.
#[cfg(not(feature = "testing"))]
#[allow(clippy::unused_self, reason = "the same calls as with the feature")]
impl Faults {
    pub(super) const fn take(&mut self, _fault: Fault) -> bool {
        false
    }

    pub(super) const fn failed_append(&mut self) -> Option<AppendFailure> {
        None
    }

    pub(super) const fn failed_apply(&mut self) -> Result<()> {
        Ok(())
    }
}
