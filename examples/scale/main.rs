//! Measures stores that are very large in one respect.
//!
//! ```text
//! cargo run --release --example scale -- CASE [PART]
//! ```
//!
//! | case | content of the store |
//! | --- | --- |
//! | `links` | 10,000,000 links in 100,000 views, 1,000,000 resources |
//! | `projects` | 100 projects of 100,000 links; then changes up to a `memory_limit` and beyond it |
//! | `resource` | one resource in 100,000 views |
//! | `view` | a view of 1,000,000 links |
//! | `changes` | the content after 5,000,000 changes, with resources and views that are added and removed |
//!
//! With PART, all these numbers are divided by it. The store is created in a new directory below `VIEWLINK_DIR`, or in
//! the temporary directory, and removed at the end. In addition to times it prints `resident`, the memory of a process
//! that only opened the store. The numbers in `docs/performance.md` are from this example.

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
        // The example starts itself in a new process, so that memory from creating the store is not measured.
        Some(path) => measure::opened(&*case, Path::new(&path)),
        None => make(&*case),
    }
}

/// Creates the store, and measures it in another process.
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

/// The case and the part from the arguments, and the path of the store if this is the measuring process.
fn part_of(path: &Path) -> Vec<String> {
    let part = (std::env::args().len() < 3).then(|| "1".to_owned());
    part.into_iter().chain([path.display().to_string()]).collect()
}
