//! Calls of a store on disk, opened repeatedly, against the model of the property tests.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use viewlink::{Checkpoints, Error, LinkPolicy, Options, ResourceType, Store, Timestamp};

#[path = "../../tests/it/model/mod.rs"]
#[allow(dead_code, reason = "the property tests use the rest")]
mod model;

use model::{BY_ID, Call, Condition, Filter, Keys, Model, Place, Put, TIME, assert_same};

/// A step in the life of a store.
enum Step {
    Call(Call),
    /// It is closed and opened again.
    Reopen,
    /// Its process is killed: everything written is there, and the store is not closed.
    Kill,
    Compact,
    Verify,
    /// It is read as it was this many revisions before.
    Past(u8),
}

/// The bytes of an input, one after another.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    /// A number below a limit.
    fn below(&mut self, limit: u8) -> Option<u8> {
        self.0.next().map(|byte| byte % limit)
    }

    fn place(&mut self) -> Option<Place> {
        Some(Place { project: self.below(2)?, view: self.below(4)? })
    }

    fn keys(&mut self) -> Option<Keys> {
        let resource_type = self.resource_type()?;
        let count = self.below(20)?;
        let numbers = (0..count).map_while(|_| self.below(BY_ID + 5)).collect();
        let conditions = self.below(8)?;
        let filter = (conditions > 4)
            .then(|| Filter((5..conditions).map_while(|_| self.condition()).collect()));
        Some(Keys { resource_type, numbers, filter })
    }

    fn resource_type(&mut self) -> Option<ResourceType> {
        Some(ResourceType::ALL[usize::from(self.below(4)?)])
    }

    fn filter(&mut self) -> Option<Filter> {
        let conditions = self.below(3)?;
        Some(Filter((0..conditions).map_while(|_| self.condition()).collect()))
    }

    fn condition(&mut self) -> Option<Condition> {
        Some(Condition::of(self.below(18)?, self.below(8)?, self.below(8)?))
    }

    fn puts(&mut self) -> Option<Vec<Put>> {
        let count = self.below(8)?;
        Some((0..count).map_while(|_| self.put()).collect())
    }

    fn put(&mut self) -> Option<Put> {
        Some(Put {
            resource_type: self.resource_type()?,
            number: self.below(16)?,
            id: self.below(8)?,
            tags: self.below(16)?,
            maintainer: self.below(12)?,
            name: self.below(8)?,
            marks: self.below(64)?,
        })
    }

    fn step(&mut self) -> Option<Step> {
        Some(Step::Call(match self.below(60)? {
            0..4 => Call::Ensure(self.place()?),
            4 => Call::Create(self.place()?),
            5 => Call::Rename(self.place()?, format!("name {}", self.below(3)?)),
            6 => Call::DeleteView(self.place()?),
            7 => Call::DeleteProject(self.below(2)?),
            8..17 => Call::Link(self.place()?, self.keys()?),
            17..24 => Call::Unlink(self.place()?, self.keys()?),
            24 => Call::RemoveResource(self.below(2)?, self.keys()?),
            25 => Call::RemoveEnvironment(self.below(2)?, self.below(3)?),
            26 => Call::Checkpoint,
            27 | 28 => return Some(Step::Reopen),
            29 => return Some(Step::Kill),
            30 => return Some(Step::Compact),
            32..40 => Call::Put(self.below(2)?, self.puts()?),
            40 | 41 => Call::Replace(self.place()?, self.keys()?),
            42 => Call::UnlinkButLast(self.place()?, self.keys()?),
            43 | 44 => Call::Move(self.place()?, self.below(4)?, self.keys()?),
            45 => Call::PutProject(self.below(2)?, self.below(8)?),
            46 => Call::UpdateProject(self.below(2)?, self.below(8)?),
            47 | 48 => Call::Undo,
            49 => return Some(Step::Past(self.below(8)?)),
            50..53 => Call::MoveLinks(self.place()?, self.below(4)?, self.keys()?),
            53 => Call::RenameView(self.place()?, self.below(4)?),
            54 => {
                let name = format!("name {}", self.below(3)?);
                Call::CopyView(self.place()?, self.below(4)?, name)
            }
            55..58 => Call::Follow(self.place()?, self.resource_type()?, self.filter()?),
            58 => Call::Unfollow(self.place()?, self.resource_type()?, self.below(3)?),
            _ => return Some(Step::Verify),
        }))
    }
}

/// With small sizes, so that few calls rotate and trim segments and make checkpoints.
fn open(path: &Path, policy: LinkPolicy) -> Store {
    let options = Options::new()
        .segment_size(4096)
        .checkpoints(Checkpoints::Inline)
        .checkpoint_bytes(8 << 10)
        .keep_changes(Some(30))
        .link_policy(policy)
        .clock(|| Timestamp::from_millis(TIME));
    options.open(path).unwrap()
}

/// The files as they are after a kill of the process now.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// Reads the store as it was: revisions that the journal no longer has are reported, and nothing else fails.
fn look_back(store: &Store, back: u8) {
    let newest = store.snapshot().unwrap();
    let revision = newest.revision().saturating_sub(back.into());
    match store.snapshot_at(revision) {
        Ok(then) if back == 0 => assert_eq!(then.position(), newest.position()),
        Ok(then) => assert_eq!(then.revision(), revision),
        Err(error) => assert!(matches!(error, Error::JournalTrimmed { .. }), "{error}"),
    }
}

fn assert_clean(store: &Store) {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes.iter());
    let dir = tempfile::tempdir().unwrap();
    let (mut path, mut lives) = (dir.path().join("0"), 0);
    let policy = match bytes.below(4) {
        Some(0) => LinkPolicy::Closed,
        _ => LinkPolicy::Open,
    };
    let mut store = open(&path, policy);
    let mut model = Model::with_policy(policy);
    while let Some(step) = bytes.step() {
        match step {
            Step::Call(call) => model.call(&store, &call),
            Step::Reopen => {
                store.close().unwrap();
                store = open(&path, policy);
            }
            Step::Kill => {
                lives += 1;
                let next = dir.path().join(lives.to_string());
                copy(&path, &next);
                path = next;
                store = open(&path, policy);
            }
            Step::Compact => store.compact().unwrap(),
            Step::Verify => assert_clean(&store),
            Step::Past(back) => look_back(&store, back),
        }
        assert_same(&store.snapshot().unwrap(), &model);
    }
    assert_clean(&store);
});
