//! How long to wait before something is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(2);

/// Waits that grow, with jitter, so that members do not all come back at once.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self(FIRST)
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Between half and all of a time that doubles, up to two seconds.
    pub(crate) fn next(&mut self) -> Duration {
        let whole = self.0;
        self.0 = (whole * 2).min(LONGEST);
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_begin_anew() {
        let mut backoff = Backoff::new();
        assert!(backoff.next() <= FIRST);
        (0..20).for_each(|_| _ = backoff.next());
        let long = backoff.next();
        assert!(long <= LONGEST && long >= LONGEST / 2, "{long:?}");
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
