//! Stores that share one order of changes.

use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::model::mark::Mark;
use crate::sequencer::{At, LoggedGroup, Proposal, Proposed, Sequencer};

/// An order of groups in memory.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) groups: Mutex<Vec<LoggedGroup>>,
    /// The answers to the next proposals, which then get no place.
    pub(super) answers: Mutex<Vec<Proposed>>,
    /// The number of changes in each proposal.
    pub(super) proposed: Mutex<Vec<usize>>,
    /// Stops the next proposal: signals its arrival, and waits.
    pub(super) stop: Mutex<Option<(std::sync::mpsc::Sender<()>, Receiver<()>)>>,
}

pub(super) fn mark(place: usize) -> Mark {
    Mark::new(&(place as u64).to_be_bytes()).unwrap()
}

fn place(mark: Mark) -> usize {
    let bytes = mark.as_bytes().first_chunk();
    usize::try_from(bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))).unwrap()
}

impl Sequencer for Order {
    fn next(&self, at: At) -> Result<Option<LoggedGroup>> {
        Ok(self.groups.lock().unwrap().get(place(at.mark)).cloned())
    }

    fn propose(&self, at: At, proposal: Proposal<'_>) -> Proposed {
        let stop = self.stop.lock().unwrap().take();
        if let Some((arrived, go_on)) = stop {
            arrived.send(()).unwrap();
            let _ = go_on.recv();
        }
        self.proposed.lock().unwrap().push(proposal.changes.len());
        if let Some(answer) = self.answers.lock().unwrap().pop() {
            return answer;
        }
        let mut groups = self.groups.lock().unwrap();
        if groups.len() != place(at.mark) {
            return Proposed::Void;
        }
        if proposal.changes.is_empty() {
            return Proposed::Took { mark: Mark::default() };
        }
        let mark = mark(groups.len() + 1);
        let changes = proposal.changes.to_vec();
        groups.push(LoggedGroup { base: at.position, changes, mark });
        Proposed::Took { mark }
    }
}

pub(super) fn shared(order: &Arc<Order>) -> Options {
    let order = Arc::clone(order);
    options().sequencer(order).lineage(Some([3; 16]))
}

pub(super) fn copy(order: &Arc<Order>) -> (Arc<Engine>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    (start_with(disk.clone(), shared(order)).unwrap(), disk)
}

pub(super) fn digest(engine: &Engine) -> String {
    engine.snapshot().unwrap().0.state.digest().unwrap().to_string()
}

pub(super) fn assert_same(one: &Engine, other: &Engine) {
    assert_eq!(one.at().unwrap(), other.at().unwrap());
    assert_eq!(digest(one), digest(other));
    assert_clean(one);
    assert_clean(other);
}

#[test]
fn changes_of_one_copy_are_in_the_others_after_they_follow() {
    let order = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    (0..40).for_each(|number| link(&one, number, 3).unwrap());
    assert_eq!((other.follow().unwrap(), other.follow().unwrap()), (41, 0));
    assert_same(&one, &other);
    assert_eq!(one.at().unwrap().1, mark(41));
    assert_eq!(other.stats().groups.changes, 41);
}

#[test]
fn a_change_that_comes_second_is_decided_again_on_the_one_that_came_first() {
    let order = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    // It has not followed the order: it would decide that the project is new.
    link(&other, 1, 2).unwrap();
    let (of_one, of_other) = (project(&one), project(&other));
    let report = of_one.unlink("v", Batch::flags(["flag-1-0"])).unwrap();
    assert!(report.all_ok().is_ok(), "it saw the link of the other copy");
    let report = of_other.unlink("v", Batch::flags(["flag-1-0"])).unwrap();
    assert_eq!((report.failure_count(), report.revision()), (1, None));
    one.follow().unwrap();
    assert_same(&one, &other);
}

/// Two copies decide at the same moment; one decision is void.
#[test]
fn of_two_decisions_on_the_same_state_one_takes_effect_and_the_other_is_decided_again() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    other.follow().unwrap();
    let (arrives, arrived) = channel();
    let (goes_on, go_on) = channel();
    *order.stop.lock().unwrap() = Some((arrives, go_on));
    let waiting = Arc::clone(&one);
    let waits = spawn(move || project(&waiting).link("v", Batch::flags(["a", "b"])).unwrap());
    arrived.recv_timeout(LONG).unwrap();
    project(&other).link("v", Batch::flags(["b", "c"])).unwrap().all_ok().unwrap();
    drop(goes_on);
    let report = waits.recv_timeout(LONG).unwrap();
    let outcomes: Vec<_> = report.outcomes().map(|outcome| format!("{outcome:?}")).collect();
    assert_eq!(report.revision(), Some(3));
    assert!(outcomes[1] != outcomes[0], "b was linked already: {outcomes:?}");
    other.follow().unwrap();
    assert_same(&one, &other);
    assert_eq!(links(&one), 3);
}

/// So no caller gets an answer that was not true at any moment of its call.
#[test]
fn an_answer_without_a_change_is_true_at_the_newest_place_or_is_decided_again() {
    let order: Arc<Order> = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    order.proposed.lock().unwrap().clear();
    make_view(&one);
    assert!(project(&one).link("no-such-view", Batch::flags(["a"])).is_err());
    assert!(project(&other).dry_run().delete_view("v").is_err(), "it did not follow");
    assert_eq!(*order.proposed.lock().unwrap(), [0, 0], "dry runs do not ask");
    *order.answers.lock().unwrap() = vec![Proposed::Void];
    make_view(&other);
    assert_eq!(*order.proposed.lock().unwrap(), [0, 0, 0, 0]);
    assert_same(&one, &other);
}

#[test]
fn reads_and_checkpoints_do_not_wait_for_a_change_that_waits_for_its_place() {
    let order: Arc<Order> = Arc::default();
    let (one, _) = copy(&order);
    make_view(&one);
    let (arrives, arrived) = channel();
    let (goes_on, go_on) = channel();
    *order.stop.lock().unwrap() = Some((arrives, go_on));
    let waiting = Arc::clone(&one);
    let waits = spawn(move || link(&waiting, 1, 2).unwrap());
    arrived.recv_timeout(LONG).unwrap();
    let asked = Arc::clone(&one);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    let done = spawn(move || {
        project(&asked).dry_run().link("v", Batch::flags(["x"])).unwrap().all_ok().unwrap();
        asked.checkpoint().unwrap();
        asked.backup_to(&path).unwrap();
        assert_clean(&asked);
        asked.stats();
        assert_eq!(links(&asked), 0);
    });
    done.recv_timeout(LONG).expect("nothing waits");
    let closing = Arc::clone(&one);
    let closed = spawn(move || closing.close());
    assert!(closed.recv_timeout(SHORT).is_err(), "a closing lets the change end");
    drop(goes_on);
    waits.recv_timeout(LONG).unwrap();
    closed.recv_timeout(LONG).unwrap().unwrap();
}

#[test]
fn the_mark_is_that_of_the_last_change_also_after_the_journal_is_trimmed() {
    let order = Arc::default();
    let (one, disk) = copy(&order);
    make_view(&one);
    (0..30).for_each(|number| link(&one, number, 1).unwrap());
    let at = one.at().unwrap();
    assert_eq!(at.1, mark(31));
    // First from the journal, and then from the checkpoint alone.
    let reopened = start_with(disk.power_lost(1), shared(&order)).unwrap();
    assert_eq!(reopened.at().unwrap(), at);
    one.close().unwrap();
    drop(one);
    let reopened = start_with(disk.clone(), shared(&order)).unwrap();
    assert_eq!(reopened.at().unwrap(), at);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    reopened.backup_to(&path).unwrap();
    let directory = Directory::open(&path, &options()).unwrap();
    let copied = Engine::start(directory, shared(&order)).map(Arc::new).unwrap();
    assert_eq!(copied.at().unwrap(), at);
    link(&reopened, 40, 1).unwrap();
    copied.follow().unwrap();
    assert_same(&copied, &reopened);
}

#[test]
fn a_copy_that_changes_by_itself_leaves_the_order() {
    let order: Arc<Order> = Arc::default();
    let (one, disk) = copy(&order);
    make_view(&one);
    one.close().unwrap();
    drop(one);
    let alone = start_with(disk.clone(), options()).unwrap();
    assert_eq!(alone.at().unwrap().1, mark(1));
    link(&alone, 1, 1).unwrap();
    assert!(alone.at().unwrap().1.is_empty());
    drop(alone);
    let again = start_with(disk, options()).unwrap();
    assert!(again.at().unwrap().1.is_empty());
}

#[test]
fn a_wait_ends_when_the_copy_has_the_position_and_fails_if_it_has_another_history() {
    let order = Arc::default();
    let ((one, _), (other, _)) = (copy(&order), copy(&order));
    make_view(&one);
    let (position, _) = one.at().unwrap();
    let soon = || Instant::now().checked_add(SHORT);
    assert!(!other.wait_for(position, soon()).unwrap());
    let waiting = Arc::clone(&other);
    let late = Instant::now().checked_add(LONG);
    let waits = spawn(move || waiting.wait_for(position, late).unwrap());
    other.follow().unwrap();
    assert!(waits.recv_timeout(LONG).unwrap());
    assert!(other.wait_for(position, soon()).unwrap());
    let lone = start_with(SimulatedDisk::new(), options()).unwrap();
    let error = lone.wait_for(position, soon()).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
}
