//! The time that the disk alone needs.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::figures::percentile;

/// The median time of writing 200 bytes into a preallocated file and syncing them. No durable change can be faster.
pub(crate) fn measure(directory: &Path) -> Result<Duration> {
    let mut file = File::create(directory.join("sync"))?;
    file.write_all(&vec![0; 1 << 20])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for place in 0..300 {
        let begin = Instant::now();
        file.seek(SeekFrom::Start(place * 200))?;
        file.write_all(&[1; 200])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(percentile(&times, 500))
}
