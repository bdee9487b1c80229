//! A process with one open store, to measure its memory.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::clock::Clock;
use crate::engine::{Kind, Order};
use crate::workload::{PER_VIEW, Workload};

/// The first argument of the process.
pub(crate) const WORD: &str = "memory";

/// Fills a store and opens it in a separate process; returns how many bytes more than an empty store it takes.
///
/// That process has no other store, and no remains of filling this one.
pub(crate) fn measure(kind: Kind, workload: Workload, dir: &Path) -> Result<u64> {
    let clock = Clock::at(Clock::START);
    let (empty, full) = (dir.join("empty"), dir.join("full"));
    fs::create_dir_all(&empty)?;
    fs::create_dir_all(&full)?;
    let engine = kind.open(&full, &clock)?;
    engine.load(&mut workload.all_random(&clock))?;
    engine.settle()?;
    engine.close()?;
    let output = Command::new(env::current_exe()?)
        .args([WORD, kind.name()])
        .args([&empty, &full])
        .args([workload.seed(), workload.links()].map(|number| number.to_string()))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().parse()?)
}

/// Runs in the process: prints how much more memory it has with the full store open than with an empty one, after
/// reading every link from both its ends.
pub(crate) fn tell(kind: Kind, empty: &Path, full: &Path, workload: Workload) -> Result<()> {
    let clock = Clock::at(Clock::START);
    let engine = kind.open(empty, &clock)?;
    engine.create_view("view")?;
    let before = resident()?;
    engine.close()?;
    let engine = kind.open(full, &clock)?;
    let (mut links, mut backlinks) = (workload.links(), workload.links());
    engine.read(&mut |reader| {
        for view in workload.views() {
            let page = reader.page(&view, Order::Key, usize::try_from(PER_VIEW)?)?;
            links = links.wrapping_sub(page.items.len() as u64);
        }
        for key in workload.keys() {
            backlinks = backlinks.wrapping_sub(reader.linked_views(&key)?.len() as u64);
        }
        Ok(())
    })?;
    if (links, backlinks) != (0, 0) {
        return Err("links are missing".into());
    }
    println!("{}", resident()?.saturating_sub(before));
    engine.close()
}

/// The memory of this process that is not swapped out, in bytes.
fn resident() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("VmRSS is missing")?;
    Ok(kib.trim().parse::<u64>()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_written_is_resident() {
        let before = resident().unwrap();
        let bytes = vec![1_u8; 64 << 20];
        let grown = resident().unwrap() - before;
        assert!(grown >= 48 << 20, "{grown} of {}", bytes.len());
    }
}
