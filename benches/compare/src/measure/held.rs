//! `snapshot_held_link_1000`: one batch of 1,000 keys while a reader that began just before it keeps its snapshot.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::bench::Bench;
use crate::engine::Engine;
use crate::fleet::time;
use crate::row::Unit;
use crate::times::Times;
use crate::workload::PER_VIEW;

const NAME: &str = "snapshot_held_link_1000";

/// Links keys that are new to a view, which the reader must not see, and unlinks them again.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([NAME]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.held {
        let number = bench.workload.some_view(&mut bench.random);
        let view = bench.workload.view(number);
        let keys = bench.workload.new_keys(&mut bench.random, number, PER_VIEW);
        bench.fleet.each(NAME, &mut times, |member| {
            let engine = member.engine()?;
            link_beside_reader(engine, &view, &keys)
        })?;
        let unlink = &mut Times::default();
        bench
            .fleet
            .change_each("unlink", unlink, &keys, |engine, keys| engine.unlink(&view, keys))?;
    }
    bench.add_medians(NAME, Unit::Us, &times);
    Ok(())
}

/// The duration of the change, and its answer.
fn link_beside_reader(
    engine: &dyn Engine,
    view: &str,
    keys: &[String],
) -> Result<(Duration, Vec<bool>)> {
    let probe = keys.first().ok_or("there are no keys")?;
    let (begun, wait_for_reader) = mpsc::channel();
    let (release, wait_for_change) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            engine.read(&mut |reader| {
                let before = reader.is_linked(view, probe)?;
                begun.send(())?;
                // The other end is dropped when the change is made, or failed.
                let _ = wait_for_change.recv();
                match (before, reader.is_linked(view, probe)?) {
                    (false, false) => Ok(()),
                    _ => Err("a reader saw what came after it".into()),
                }
            })
        });
        let answer = match wait_for_reader.recv() {
            Ok(()) => {
                let keys = keys.to_vec();
                time(|| engine.link(view, keys))
            }
            Err(_) => Err("the reader did not begin".into()),
        };
        drop(release);
        reader.join().map_err(|_| "the reader panicked")??;
        answer
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::engine::Kind;

    #[test]
    fn a_reader_who_stays_keeps_nobody_from_linking_and_sees_nothing_of_it() {
        for kind in Kind::built() {
            let dir = tempfile::tempdir().unwrap();
            let engine = kind.open(dir.path(), &Clock::at(Clock::START)).unwrap();
            engine.create_view("view").unwrap();
            let keys = ["one", "two"].map(str::to_owned);
            let (_, answers) = link_beside_reader(&*engine, "view", &keys).unwrap();
            assert_eq!(answers, [true, true], "{}", kind.name());
            let again = link_beside_reader(&*engine, "view", &keys);
            assert!(again.unwrap_err().to_string().contains("saw what came after"));
        }
    }
}
