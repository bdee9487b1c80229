//! The tail: what changed of the backlinks and is not in the posting lists yet (invariant 2).
//!
//! A hundred keys of one view are on a handful of pages of `links`, and on a hundred pages of
//! `backlinks`, which are ordered by resource. So a change leaves the posting lists alone and
//! adds a sorted [`Run`] here; later a *fold* writes many runs at once into the lists, in key
//! order and in slices.
//!
//! What the tail says is absolute: a resource is in a view, or is not, whatever its list says. So
//! it does no harm when the lists have it already, and a fold that was cut off is begun again.
//!
//! The tail is in memory only. Every commit stores from which revision on changes may be missing
//! in the lists (`unfolded_from` of the head); opening recalls the tail from the journal.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::links::Edit;
use super::posting::Posting;
use super::run::{self, Member, Run, RunKey};
use crate::model::key::EnvironmentId;
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;

/// A run takes in the one before it unless that has this many times its members. More means fewer
/// merges, and more runs for a reader to look into.
const GROWTH: usize = 4;

/// A run of this many members is merged no more, so that no change waits long for a merge.
const LARGE: usize = 16_384;

/// Changes of the backlinks, in runs from the oldest to the newest. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail {
    /// What is being folded.
    folding: Option<Folding>,
    /// What came after it.
    fresh: Vec<Arc<Run>>,
}

/// A fold under way.
#[derive(Clone, Debug)]
struct Folding {
    runs: Vec<Arc<Run>>,
    /// Everything below is in the lists; `None` at the beginning.
    next: Option<RunKey>,
    /// The first change that the runs do not have.
    until: u64,
    /// Whether resources were forgotten since. Recalling the tail from `until` on would not know
    /// what to take back of these runs, so the lists must not get it.
    forgotten: bool,
}

/// The next resources of a fold.
#[derive(Debug)]
pub(super) struct Slice {
    /// What changed for each of them, the oldest change first.
    pub(super) resources: Vec<(RunKey, Vec<Member>)>,
    /// Where the next slice begins; `None` when this is the last one.
    pub(super) next: Option<RunKey>,
}

impl Tail {
    /// How many changes of backlinks wait, besides those that are being folded.
    fn fresh_len(&self) -> usize {
        self.fresh.iter().map(|run| run.len()).sum()
    }

    /// How many changes of backlinks there are.
    pub(crate) fn len(&self) -> usize {
        self.runs().map(|run| run.len()).sum()
    }

    fn is_folding(&self) -> bool {
        self.folding.is_some()
    }

    /// Whether a slice is to be folded, when up to `limit` changes may wait.
    pub(crate) fn is_fold_due(&self, limit: usize) -> bool {
        self.is_folding() || self.fresh_len() >= limit.max(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.folding.is_none() && self.fresh.is_empty()
    }

    /// Remembers that resources, in key order, joined or left a view.
    ///
    /// Cost: O(names · log changes that wait), spread over changes.
    pub(crate) fn remember(
        &mut self,
        (project, view): (u32, u32),
        resource_type: ResourceType,
        edit: Edit,
        names: &[&ResourceName<'_>],
    ) {
        let member = Member { view, present: edit == Edit::Link };
        for names in names.chunks(run::MAX_LEN) {
            let names = names.iter().map(|name| name.as_bytes());
            self.push(Run::of_names(resource_type, project, names, member));
        }
    }

    /// Remembers that a resource left all views. Its posting list goes in the same change, so only
    /// what the tail says itself is to be taken back.
    pub(crate) fn forget_resource(
        &mut self,
        project: u32,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
    ) {
        self.forget(&RunKey::new(resource_type, project, name.as_bytes()));
    }

    /// Remembers the same of all segments of an environment.
    pub(crate) fn forget_environment(&mut self, project: u32, environment: &EnvironmentId) {
        let prefix = ResourceName::environment_prefix(environment);
        for key in self.keys_from(&RunKey::new(ResourceType::Segment, project, &prefix)) {
            self.forget(&key);
        }
    }

    pub(super) fn forget(&mut self, key: &RunKey) {
        if let Some(folding) = &mut self.folding {
            folding.forgotten = true;
        }
        let mut known = Posting::default();
        self.apply(key, &mut known);
        let members = known.ids().iter().map(|&view| Member { view, present: false });
        self.push(Run::of_views(key, members));
    }

    fn push(&mut self, mut run: Run) {
        if run.len() == 0 {
            return;
        }
        while let Some(last) = self.fresh.pop_if(|last| {
            last.len() < run.len().saturating_mul(GROWTH) && last.len() + run.len() <= LARGE
        }) {
            run = Run::merge(&last, &run);
        }
        self.fresh.push(Arc::new(run));
    }

    /// All runs, the oldest first.
    fn runs(&self) -> impl Iterator<Item = &Arc<Run>> {
        self.folding.iter().flat_map(|folding| &folding.runs).chain(&self.fresh)
    }

    /// Brings the list of a resource up to date.
    ///
    /// Cost: O(runs · log members of a run), and what the tail knows of the resource.
    pub(super) fn apply(&self, key: &RunKey, posting: &mut Posting) {
        let hash = run::hash(key.as_bytes());
        for run in self.runs() {
            posting.apply(run.members(key.as_bytes(), hash));
        }
    }

    /// The resources that the tail knows something of and whose keys start with `prefix`.
    ///
    /// Cost: O(members with the prefix).
    pub(super) fn keys_from(&self, prefix: &RunKey) -> BTreeSet<RunKey> {
        let prefix = prefix.as_bytes();
        let keys = self.runs().flat_map(|run| {
            let found = run.from(run.seek(prefix)).map(|(key, _)| key);
            found.take_while(|key| key.starts_with(prefix))
        });
        keys.map(RunKey::of_bytes).collect()
    }

    /// Begins a fold of all there is, at the newest change `revision`.
    pub(super) fn begin_fold(&mut self, revision: u64) {
        if self.folding.is_none() && !self.fresh.is_empty() {
            let runs = std::mem::take(&mut self.fresh);
            let until = revision + 1;
            self.folding = Some(Folding { runs, next: None, until, forgotten: false });
        }
    }

    /// The next resources to fold, about `limit` changes of them; `None` when no fold is under way.
    ///
    /// Cost: O(changes in it · runs).
    pub(super) fn slice(&self, limit: usize) -> Option<Slice> {
        let Folding { runs, next, forgotten, .. } = self.folding.as_ref()?;
        let start = next.as_ref().map_or(&[][..], RunKey::as_bytes);
        let mut places: Vec<usize> = runs.iter().map(|run| run.seek(start)).collect();
        let mut slice = Slice { resources: Vec::new(), next: None };
        let mut taken = 0;
        loop {
            let keys = runs.iter().zip(&places).filter_map(|(run, &place)| run.at(place));
            let Some(key) = keys.map(|(key, _)| key).min().map(RunKey::of_bytes) else {
                return Some(slice);
            };
            if taken >= limit {
                slice.next = Some(key);
                return Some(slice);
            }
            let mut members = Vec::new();
            for (run, place) in runs.iter().zip(&mut places) {
                while let Some((_, member)) =
                    run.at(*place).filter(|(found, _)| *found == key.as_bytes())
                {
                    members.push(member);
                    *place += 1;
                }
            }
            taken += members.len();
            if *forgotten {
                let (key, hash) = (key.as_bytes(), run::hash(key.as_bytes()));
                members.extend(self.fresh.iter().flat_map(|run| run.members(key, hash)));
            }
            slice.resources.push((key, members));
        }
    }

    /// Says that a slice is in the lists; when it was the last one, tells the first change that
    /// may be missing in them.
    pub(super) fn folded(&mut self, next: Option<RunKey>) -> Option<u64> {
        let folding = self.folding.as_mut()?;
        if next.is_some() {
            folding.next = next;
            return None;
        }
        self.folding.take().map(|folding| folding.until)
    }
}

#[cfg(test)]
mod tests;
