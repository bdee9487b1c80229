//! Members are one store, even if the log delays, repeats and loses messages.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use viewlink_cluster::{Member, MemoryLog};

use crate::calls::{Call, call};
use crate::support::{Cluster, LONG, assert_same, feed, lone, project, revision};

/// One step of a test.
#[derive(Clone, Debug)]
enum Step {
    /// A member makes a call.
    Call(u8, Call),
    /// A member makes a dry run.
    DryRun(u8, Call),
    /// A member is closed and opened again.
    Reopen(u8),
    /// A member makes a checkpoint.
    Checkpoint(u8),
    /// A member publishes a snapshot.
    Publish(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..3_u8, call()).prop_map(|(member, call)| Step::Call(member, call)),
        3 => (0..3_u8, call()).prop_map(|(member, call)| Step::DryRun(member, call)),
        1 => (0..3_u8).prop_map(Step::Reopen),
        1 => (0..3_u8).prop_map(Step::Checkpoint),
        1 => (0..3_u8).prop_map(Step::Publish),
    ]
}

fn cases() -> ProptestConfig {
    let factor = std::env::var("VIEWLINK_CASES").map_or(1, |cases| cases.parse().unwrap());
    ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(24 * factor) }
}

/// Makes each call on a member, and on a lone store after its outcome is known.
struct Law {
    cluster: Cluster,
    members: Vec<Option<Member>>,
    lone: viewlink::Store,
}

impl Law {
    fn new(log: MemoryLog) -> Self {
        let mut cluster = Cluster::on(log);
        let open = |number: usize| cluster.open(&format!("m{number}"));
        let members: Vec<Member> = (0..3).map(open).collect();
        let lone = lone(&members[0]);
        drop(members);
        cluster.deadline = Duration::from_millis(120);
        let open = |number: usize| Some(cluster.open(&format!("m{number}")));
        let members = (0..3).map(open).collect();
        Self { cluster, members, lone }
    }

    fn reopen(&mut self, number: usize) {
        drop(self.members[number].take());
        self.members[number] = Some(self.cluster.open(&format!("m{number}")));
    }

    fn member(&self, number: u8) -> &Member {
        self.members[usize::from(number)].as_ref().unwrap()
    }

    fn lone_revision(&self) -> u64 {
        self.lone.snapshot().unwrap().revision()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Call(number, call) => self.call(*number, call),
            Step::DryRun(number, call) => {
                let member = self.member(*number);
                member.fence(LONG).unwrap();
                let at = self.lone_revision();
                let expected = call.make(&self.lone.project("p").unwrap().dry_run(), at).unwrap();
                let rehearsed = call.make(&project(member).dry_run(), at).unwrap();
                assert_eq!(rehearsed, expected, "{call:?}");
            }
            Step::Reopen(number) => self.reopen(usize::from(*number)),
            Step::Checkpoint(number) => self.member(*number).store().checkpoint().unwrap(),
            Step::Publish(number) => {
                // No member may need trimmed messages.
                for member in self.members.iter().flatten() {
                    member.fence(LONG).unwrap();
                }
                self.member(*number).publish_snapshot().unwrap();
            }
        }
    }

    fn call(&mut self, number: u8, call: &Call) {
        let (member, at) = (self.member(number), self.lone_revision());
        if matches!(call, Call::Undo(_)) {
            // The call reads the changes to revert before it has its place in the log.
            member.fence(LONG).unwrap();
        }
        let answer = call.make(&project(member), at);
        let alone = self.lone.project("p").unwrap();
        match answer {
            Ok(answer) => assert_eq!(answer, call.make(&alone, at).unwrap(), "{call:?}"),
            Err(error) => {
                // After all messages arrived, the outcome is known.
                self.cluster.log.settle();
                member.fence(LONG).unwrap();
                match revision(member) - at {
                    0 => {}
                    1 if error.outcome() != viewlink::Outcome::NotApplied => {
                        call.make(&alone, at).unwrap();
                    }
                    more => panic!("{more} changes, and {error}: {call:?}"),
                }
            }
        }
        assert!(revision(member) >= self.lone_revision(), "its member has the change");
    }

    fn finish(self) {
        self.cluster.log.settle();
        let members: Vec<&Member> = self.members.iter().flatten().collect();
        assert_same(&members);
        assert_eq!(feed(members[0].store()), feed(&self.lone));
    }
}

fn check(log: MemoryLog, steps: &[Step]) {
    let mut law = Law::new(log);
    steps.iter().for_each(|step| law.step(step));
    law.finish();
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn members_that_take_turns_answer_as_one_store(steps in prop::collection::vec(step(), 0..60)) {
        check(MemoryLog::new(), &steps);
    }

    #[test]
    fn members_answer_as_one_store_on_a_log_that_behaves_badly(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        check(MemoryLog::troubled(seed, 250), &steps);
    }

    #[test]
    fn changes_in_parts_are_complete_or_absent_on_a_log_that_behaves_badly(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 0..25),
    ) {
        // Nearly every change takes several messages.
        check(MemoryLog::troubled(seed, 40).max_message(150), &steps);
    }
}

#[test]
fn members_that_begin_a_log_at_the_same_moment_begin_one_log() {
    for seed in 0..8 {
        let cluster = Arc::new(Cluster::on(MemoryLog::troubled(seed, 700)));
        let open = |number: usize| {
            let cluster = Arc::clone(&cluster);
            std::thread::spawn(move || cluster.open(&format!("m{number}")))
        };
        let threads: Vec<_> = (0..4).map(open).collect();
        let members: Vec<Member> =
            threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        for member in &members {
            crate::support::make_view(member);
        }
        assert_same(&members.iter().collect::<Vec<_>>());
        assert_eq!(revision(&members[0]), 1, "seed {seed}");
    }
}
