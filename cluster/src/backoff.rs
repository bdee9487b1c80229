//! Pauses between attempts.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses that grow, with jitter, so that members do not all try again at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self(FIRST)
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Between half and all of a time that doubles each time, up to two seconds.
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
    fn pauses_grow_up_to_a_limit_until_they_are_reset() {
        let mut backoff = Backoff::new();
        assert!(backoff.next() <= FIRST);
        (0..20).for_each(|_| _ = backoff.next());
        let long = backoff.next();
        assert!(long <= LONGEST && long >= LONGEST / 2, "{long:?}");
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
