//! Turns a panic into an error.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::error::{Error, Result};

/// Runs `act` and turns a panic into an error, so that neither a bug nor a damaged file that the database trusts ends
/// the host.
pub(crate) fn catch_panic<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    // Unwind safety: if `act` fails, callers drop what it was changing.
    catch_unwind(AssertUnwindSafe(act))
        .unwrap_or_else(|panic| Err(Error::Panicked { message: message_of(&*panic) }))
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it has no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Outcome;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let error = catch_panic::<()>(|| panic!("broken {}", 1)).unwrap_err();
        assert_eq!(error.to_string(), "a panic ended the call, which changed nothing: broken 1");
        assert_eq!(error.outcome(), Outcome::NotApplied);
    }
}
