//! `is_linked`, `linked_views`, `page_100_by_key`, `page_100_by_link_time`: one read, out of many
//! in one read transaction.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Bench;
use crate::engine::{Order, Reader};
use crate::row::Unit;
use crate::times::Times;

/// Measures the reads.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    is_linked(bench)?;
    linked_views(bench)?;
    page(bench, "page_100_by_key", Order::Key)?;
    page(bench, "page_100_by_link_time", Order::LinkTime)
}

/// Every other question is about a key that the view has.
fn is_linked(bench: &mut Bench) -> Result<()> {
    let workload = bench.workload;
    let questions = |bench: &mut Bench| -> Vec<(String, String)> {
        let question = |turn: u32| {
            let view = workload.some_view(&mut bench.random);
            let keys = match turn % 2 {
                0 => workload.linked_keys(&mut bench.random, view, 1),
                _ => workload.new_keys(&mut bench.random, view, 1),
            };
            (workload.view(view), keys.into_iter().collect())
        };
        (0..200).map(question).collect()
    };
    ask(bench, "is_linked", questions, |reader, (view, key)| reader.is_linked(view, key))
}

fn linked_views(bench: &mut Bench) -> Result<()> {
    let keys = |bench: &mut Bench| bench.workload.some_keys(&mut bench.random, 50);
    ask(bench, "linked_views", keys, |reader, key| reader.linked_views(key))
}

fn page(bench: &mut Bench, name: &str, order: Order) -> Result<()> {
    let views = |bench: &mut Bench| -> Vec<String> {
        let view = |_| bench.workload.view(bench.workload.some_view(&mut bench.random));
        (0..10).map(view).collect()
    };
    ask(bench, name, views, |reader, view| reader.page(view, order, 100))
}

/// Asks every engine all the questions of a round in one read transaction, for some rounds; makes a row with the time
/// of one question.
pub(super) fn ask<Q, A: PartialEq + Debug>(
    bench: &mut Bench,
    name: &str,
    questions: impl Fn(&mut Bench) -> Vec<Q>,
    answer: impl Fn(&dyn Reader, &Q) -> Result<A>,
) -> Result<()> {
    if !bench.plan.wants([name]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.reads {
        let questions = questions(bench);
        bench.fleet.each(name, &mut times, |member| {
            let mut answers = Vec::with_capacity(questions.len());
            let mut time = Duration::ZERO;
            member.engine()?.read(&mut |reader| {
                let begin = Instant::now();
                for question in &questions {
                    answers.push(answer(reader, question)?);
                }
                time = begin.elapsed();
                Ok(())
            })?;
            Ok((time / u32::try_from(questions.len())?, answers))
        })?;
    }
    bench.add_medians(name, Unit::Us, &times);
    Ok(())
}
