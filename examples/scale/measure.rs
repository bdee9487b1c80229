//! The measurements of every store.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use viewlink::{NewView, Store};

use crate::Result;
use crate::case::{Case, commits};
use crate::times::{Times, print, resident, timed};

/// The number of small commits that are measured.
const COMMITS: u64 = 2_000;

/// Opens an existing store, and measures it.
pub(crate) fn opened(case: &dyn Case, path: &Path) -> Result<()> {
    let before = resident();
    let store = timed("open", || case.options().open(path))?;
    print("resident, MB", resident().saturating_sub(before));
    let memory = store.sizes()?.memory;
    print("by structure, MB", memory.total() / 1_000_000);
    let (again, most) = (0..3).try_fold((store, Times::default()), |(store, mut times), _| {
        store.close()?;
        let store = times.take(|| case.options().open(path))?;
        Ok::<_, viewlink::Error>((store, times))
    })?;
    most.print("open again");
    checkpoint(&again)?;
    commits(case, &again, COMMITS, "10 keys or fewer")?;
    beside_checkpoints(case, &again)?;
    case.more(again, path)
}

fn checkpoint(store: &Store) -> Result<()> {
    // So that there is something to write.
    store.project("scale")?.ensure_view(NewView::new("one-more", "One more"))?;
    timed("checkpoint", || store.checkpoint())?;
    print("checkpoint, bytes", store.sizes()?.checkpoint_bytes);
    Ok(())
}

/// The same as [`commits`], while checkpoints run one after another.
fn beside_checkpoints(case: &dyn Case, store: &Store) -> Result<()> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let checkpoints = scope.spawn(|| {
            let mut times = Times::default();
            while !done.load(Ordering::Relaxed) {
                times.take(|| store.checkpoint())?;
                // There must be something to write.
                thread::yield_now();
            }
            Ok::<_, viewlink::Error>(times)
        });
        let measured = commits(case, store, COMMITS, "beside checkpoints");
        done.store(true, Ordering::Relaxed);
        let times = checkpoints.join().map_err(|_| "a thread panicked")??;
        measured?;
        times.print("checkpoint during commits");
        Ok(())
    })
}
