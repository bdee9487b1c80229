//! Random numbers that are the same in every run.

/// A small generator of random numbers (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let below = self.next().checked_rem(bound as u64).unwrap_or(0);
        // Below a usize, so it fits into one.
        usize::try_from(below).unwrap_or(0)
    }

    /// True in this many of 8 cases.
    pub(super) fn in_eighths(&mut self, times: usize) -> bool {
        self.below(8) < times
    }
}
