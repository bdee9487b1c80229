//! Measures how much memory and disk a store takes, and the time of an opening and of a checkpoint.
//!
//! ```text
//! cargo run --release --example sizes -- STORE [LINKS [RESOURCES]]
//! ```
//!
//! Makes a store in a new directory: views of 1,000 links each, of that many resources with keys of 20 bytes. The
//! figures in `docs/design.md` are for 1,000,000 links of 100,000 resources, the default, and of as many resources as
//! links.

use std::error::Error;
use std::time::Instant;

use viewlink::{Batch, NewView, Store};

/// How many links a view has.
const IN_VIEW: u64 = 1_000;
/// How often the store is opened.
const OPENINGS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a directory that does not exist yet")?;
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u64>());
    let (links, resources) = (number(1_000_000)?, number(100_000)?);

    let store = Store::open(&path)?;
    let before = resident();
    fill(&store, links, resources)?;
    let grown = resident().saturating_sub(before);
    let memory = store.sizes()?.memory;
    println!("{links} links of {resources} resources");
    println!("{:>12} bytes of views", memory.views);
    println!("{:>12} bytes of links", memory.links);
    println!("{:>12} bytes of names", memory.names);
    println!("{:>12} bytes of backlinks", memory.backlinks);
    println!("{:>12.1} bytes a link in all", memory.total() as f64 / links as f64);
    println!(
        "{grown:>12} bytes more that the process has, including checkpoints in the background"
    );
    store.checkpoint()?;
    println!("{:>12} bytes of checkpoint", store.sizes()?.checkpoint_bytes);
    store.close()?;
    for _ in 0..OPENINGS {
        let begun = Instant::now();
        let store = Store::open(&path)?;
        let opened = begun.elapsed();
        // So that there is something to write to disk.
        let project = store.project("sizes")?;
        let revision = store.snapshot()?.revision();
        project.create_view(NewView::new(format!("more-{revision}"), "One more"))?;
        let begun = Instant::now();
        store.checkpoint()?;
        println!("{opened:>12.1?} to open, {:.1?} for a checkpoint", begun.elapsed());
    }
    Ok(())
}

fn fill(store: &Store, links: u64, resources: u64) -> viewlink::Result<()> {
    let project = store.project("sizes")?;
    for view in 0..links / IN_VIEW {
        let key = format!("view-{view}");
        project.create_view(NewView::new(&*key, "View"))?;
        let numbers = (view * IN_VIEW..(view + 1) * IN_VIEW).map(|number| number % resources);
        let keys = numbers.map(|number| format!("flag-{:015x}", scatter(number) >> 4));
        project.link(&key, Batch::flags(keys))?.all_ok()?;
    }
    Ok(())
}

/// Spreads numbers over 64 bits (the finalizer of `SplitMix64`), so that keys come in random order.
const fn scatter(number: u64) -> u64 {
    let z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

/// The resident memory of the process in bytes; 0 if the system does not report it.
fn resident() -> u64 {
    const PAGE: u64 = 4_096;
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE
}
