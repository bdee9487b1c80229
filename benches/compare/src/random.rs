//! Pseudo-random numbers that are the same in every run.

/// A sequence of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: scatter(seed) }
    }

    /// The next number.
    pub(crate) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number below a limit that is not 0.
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Spreads numbers over 64 bits, each to a different one.
pub(crate) const fn scatter(number: u64) -> u64 {
    mix(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The place of a number in a permutation of the numbers below `size` that looks random.
pub(crate) fn permute(seed: u64, number: u64, size: u64) -> u64 {
    let bits = (u64::BITS - size.leading_zeros()).max(2);
    let mask = u64::MAX >> (u64::BITS - bits);
    let mut place = number;
    // Each step is a permutation of the numbers with so many bits. Numbers that are too large are skipped by repeating
    // the step: the cycle returns to a number below `size`.
    loop {
        let mut round = 0;
        while round < 3 {
            place = (place ^ scatter(seed + round)) & mask;
            place = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
            place ^= place >> (bits / 2);
            round += 1;
        }
        if place < size {
            return place;
        }
    }
}

/// The finalizer of SplitMix64.
const fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_has_each_number_once_and_few_neighbours_side_by_side() {
        for size in [1, 2, 3, 1_000, 1_024, 10_000] {
            let places: Vec<u64> = (0..size).map(|number| permute(7, number, size)).collect();
            let mut sorted = places.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..size), "{size}");
            let near = places.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 10).count();
            assert!(size < 1_000 || near < 50, "{near} of {size}");
            let other: Vec<u64> = (0..size).map(|number| permute(8, number, size)).collect();
            assert!(size < 1_000 || places != other, "{size}");
        }
    }
}
