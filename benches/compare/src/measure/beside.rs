//! `read_beside_writes`: the slow ones of many reads, each in its own read transaction, while another thread changes
//! 1,000 links at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Bench;
use crate::engine::Engine;
use crate::row::{Row, Unit};
use crate::times::{Times, percentile};
use crate::workload::PER_VIEW;

const NAME: &str = "read_beside_writes";

/// How often the other thread links its keys and unlinks them again.
const TURNS: u32 = 5;

/// A view, a key, and whether they are linked.
type Question = (String, String, bool);

/// Asks about views that are not being changed.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([NAME]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.beside {
        let number = bench.workload.some_view(&mut bench.random);
        let view = bench.workload.view(number);
        let keys = bench.workload.new_keys(&mut bench.random, number, PER_VIEW);
        let questions = questions(bench, number);
        let mut reads = Times::default();
        bench.fleet.each(NAME, &mut Times::default(), |member| {
            let kind = member.kind();
            let spans = read_beside(member.engine()?, &view, &keys, &questions)?;
            spans.into_iter().for_each(|span| reads.add(kind, span));
            Ok((Duration::ZERO, ()))
        })?;
        for (kind, slow) in reads.summary(|times| percentile(times, 99)) {
            times.add(kind, slow);
        }
    }
    let slow = times.summary(crate::times::median);
    bench.add(Row::of_times(NAME, bench.workload.links(), Unit::Us, slow));
    Ok(())
}

/// Every other question is about a key that the view has.
fn questions(bench: &mut Bench, changed: u64) -> Vec<Question> {
    let workload = bench.workload;
    let question = |turn: u32| {
        let number = workload.other_view(&mut bench.random, changed);
        let linked = turn.is_multiple_of(2);
        let key = match linked {
            true => workload.linked_keys(&mut bench.random, number, 1).concat(),
            false => workload.new_keys(&mut bench.random, number, 1).concat(),
        };
        (workload.view(number), key, linked)
    };
    (0..200).map(question).collect()
}

/// The times of all reads from the first change to the end of the last one.
fn read_beside(
    engine: &dyn Engine,
    view: &str,
    keys: &[String],
    questions: &[Question],
) -> Result<Vec<Duration>> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let changed = (0..TURNS).try_for_each(|_| change(engine, view, keys));
            done.store(true, Ordering::Release);
            changed
        });
        let mut spans = Vec::new();
        let mut asked = questions.iter().cycle();
        let mut read = Ok(());
        while read.is_ok() && !done.load(Ordering::Acquire) {
            let Some(question) = asked.next() else { break };
            let begin = Instant::now();
            read = ask(engine, question);
            spans.push(begin.elapsed());
        }
        writer.join().map_err(|_| "the writer panicked")??;
        read.map(|()| spans)
    })
}

fn change(engine: &dyn Engine, view: &str, keys: &[String]) -> Result<()> {
    let linked = engine.link(view, keys.to_vec())?;
    let unlinked = engine.unlink(view, keys.to_vec())?;
    match linked.into_iter().chain(unlinked).all(|changed| changed) {
        true => Ok(()),
        false => Err("a key was not new".into()),
    }
}

fn ask(engine: &dyn Engine, (view, key, linked): &Question) -> Result<()> {
    let mut answer = false;
    engine.read(&mut |reader| {
        answer = reader.is_linked(view, key)?;
        Ok(())
    })?;
    if answer == *linked { Ok(()) } else { Err(format!("{view} and {key}: {answer}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::engine::Kind;

    #[test]
    fn reads_during_changes_are_timed_and_a_wrong_answer_is_an_error() {
        for kind in Kind::built() {
            let dir = tempfile::tempdir().unwrap();
            let engine = kind.open(dir.path(), &Clock::at(Clock::START)).unwrap();
            ["asked", "changed"].iter().for_each(|view| engine.create_view(view).unwrap());
            engine.link("asked", vec!["there".into()]).unwrap();
            let ask = |key: &str, linked| {
                let question = ("asked".to_owned(), key.to_owned(), linked);
                read_beside(&*engine, "changed", &["key".to_owned()], &[question])
            };
            assert!(!ask("there", true).unwrap().is_empty(), "{}", kind.name());
            assert!(!ask("missing", false).unwrap().is_empty(), "{}", kind.name());
            assert!(ask("there", false).is_err(), "{}", kind.name());
        }
    }
}
