//! Measures stores that are very large in one way or another.
//!
//! ```text
//! cargo run --release --example scale -- CASE [PART]
//! ```
//!
//! | case | what is in the store |
//! | --- | --- |
//! | `links` | 10,000,000 links in 100,000 views, 1,000,000 resources |
//! | `projects` | 100 projects of 100,000 links; then changes up to a `memory_limit` and beyond it |
//! | `resource` | one resource in 100,000 views |
//! | `view` | a view of 1,000,000 links |
//! | `changes` | what 5,000,000 changes leave, with resources and views that come and go |
//!
//! With PART, all these numbers are divided by it. The store is made in a new directory below `VIEWLINK_DIR`, or the
//! temporary directory, and removed at the end. What is printed besides times: `resident` is the memory of a process
//! that only opened the store. The figures in `docs/performance.md` are of this example.

mod case;
mod measure;
mod times;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use case::Case;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().ok_or("name a case: links, projects, resource, view or changes")?;
    let part = arguments.next().map_or(Ok(1), |text| text.parse::<u64>())?;
    let case = case::named(&case, part)?;
    match arguments.next() {
        // Called by itself, so that what making the store left in memory is not measured.
        Some(path) => measure::opened(&*case, Path::new(&path)),
        None => make(&*case),
    }
}

/// Makes the store, and has another process measure it.
fn make(case: &dyn Case) -> Result<()> {
    let dir = match std::env::var_os("VIEWLINK_DIR") {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let path = dir.path().join("store");
    let begun = Instant::now();
    let store = case.options().open(&path)?;
    case.fill(&store)?;
    println!("{:<44} {:>12.1?}", "made in", begun.elapsed());
    store.close()?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args().skip(1))
        .args(part_of(&path))
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the measuring process failed: {status}").into()),
    }
}

/// The arguments that this process may lack, and the store.
fn part_of(path: &Path) -> Vec<String> {
    let part = (std::env::args().len() < 3).then(|| "1".to_owned());
    part.into_iter().chain([path.display().to_string()]).collect()
}
