//! Numbers that are unique among running changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers for the running changes: the lowest free ones.
#[derive(Default)]
pub(super) struct Places {
    /// Whether each number is taken.
    taken: Mutex<Vec<bool>>,
}

/// A number that is free again when this is dropped.
pub(super) struct Place<'p> {
    places: &'p Places,
    pub(super) number: u32,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Vec<bool>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self) -> Place<'_> {
        let mut taken = self.taken();
        let free = taken.iter().position(|taken| !taken).unwrap_or(taken.len());
        match taken.get_mut(free) {
            Some(place) => *place = true,
            None => taken.push(true),
        }
        Place { places: self, number: u32::try_from(free).unwrap_or(u32::MAX) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.places.taken().get_mut(self.number as usize) {
            *place = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_that_is_free_is_taken() {
        let places = Places::default();
        let (first, second) = (places.take(), places.take());
        assert_eq!((first.number, second.number), (0, 1));
        drop(first);
        let (again, third) = (places.take(), places.take());
        assert_eq!((again.number, third.number), (0, 2));
    }
}
