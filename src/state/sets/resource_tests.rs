//! Finding views by the resources that are linked to them.

use crate::model::resource::{Resource, ResourceType};
use crate::model::set_predicate::SetPredicate;
use crate::state::project::ProjectState;
use crate::state::view::ViewState;

/// The posting of a resource; `None` for a resource that is in no view.
type Posting = Option<(ResourceType, u32)>;

/// Conditions on the resources that are linked to a view.
pub(in crate::state) struct ResourceTests<'s> {
    project: &'s ProjectState,
    /// The resources that it must have, each once.
    all: Vec<Posting>,
    /// For each of these lists, it must have at least one resource.
    any: Vec<Vec<Posting>>,
    none: Vec<Posting>,
    /// The required number of resources; several different numbers match nothing.
    exactly: Vec<usize>,
}

impl<'s> ResourceTests<'s> {
    /// Looks the resources up.
    pub(in crate::state) fn new<'f>(
        project: &'s ProjectState,
        tests: impl Iterator<Item = &'f SetPredicate<Resource>>,
    ) -> Self {
        let (all, any, none, exactly) = Default::default();
        let mut of = Self { project, all, any, none, exactly };
        for test in tests {
            let mut named: Vec<&Resource> = test.members().iter().collect();
            named.sort_unstable();
            named.dedup();
            let postings = named.iter().map(|resource| posting(project, resource)).collect();
            match test {
                SetPredicate::AllOf(_) => of.all.extend::<Vec<_>>(postings),
                SetPredicate::AnyOf(_) => of.any.push(postings),
                SetPredicate::NoneOf(_) => of.none.extend(postings),
                SetPredicate::Exactly(_) => {
                    of.exactly.push(named.len());
                    of.all.extend(postings);
                }
            }
        }
        of
    }

    /// Whether they hold for a view that has all resources of `all`.
    ///
    /// Cost: O(1) for each resource that they name, or O(log n) for a resource in many (n) views.
    fn hold(&self, slot: u32, view: &ViewState) -> bool {
        let has = |posting: &Posting| {
            posting.is_some_and(|(of, id)| self.project.of(of).postings.contains(id, slot))
        };
        let links = view.counts().total();
        !self.none.iter().any(has)
            && self.any.iter().all(|postings| postings.iter().any(has))
            && self.exactly.iter().all(|count| *count as u64 == links)
    }

    /// The matching views, unordered.
    ///
    /// Cost: O(r · n · log m), and at most O(m) for each required resource. The conditions name r resources; n is the
    /// smallest and m the largest number of views that one of them is in. If no resource is required, O(r · views).
    pub(in crate::state) fn views(&self) -> Vec<(u32, &'s ViewState)> {
        let views: Vec<(u32, &ViewState)> = match self.candidates() {
            Some(mut slots) => {
                let mut all: Vec<&Posting> = self.all.iter().collect();
                all.sort_by_key(|posting| self.count(posting));
                for posting in all {
                    match posting {
                        Some((of, id)) => self.project.of(*of).postings.retain(*id, &mut slots),
                        None => slots.clear(),
                    }
                }
                let view = |slot| Some((slot, self.project.views.get(slot)?));
                slots.into_iter().filter_map(view).collect()
            }
            None => self.project.views.iter(None).collect(),
        };
        views.into_iter().filter(|(slot, view)| self.hold(*slot, view)).collect()
    }

    /// The number of views of a resource, including deleted ones.
    fn count(&self, posting: &Posting) -> usize {
        posting.map_or(0, |(of, id)| self.project.of(of).postings.count(id))
    }

    /// The slots of a set of views that contains all matches, each once; `None` for all views.
    fn candidates(&self) -> Option<Vec<u32>> {
        let one = self.all.iter().map(std::slice::from_ref);
        let postings = one.chain(self.any.iter().map(Vec::as_slice));
        let fewest = postings.min_by_key(|postings| {
            postings.iter().map(|posting| self.count(posting)).sum::<usize>()
        })?;
        let slots = fewest.iter().flatten();
        let slots = slots.flat_map(|(of, id)| self.project.of(*of).postings.iter(*id));
        let mut slots: Vec<u32> = slots.collect();
        slots.sort_unstable();
        slots.dedup();
        Some(slots)
    }
}

fn posting(project: &ProjectState, resource: &Resource) -> Posting {
    let resource_type = resource.resource_type();
    let name = project.of(resource_type).names.find(resource.name().as_str())?;
    Some((resource_type, name.id))
}
