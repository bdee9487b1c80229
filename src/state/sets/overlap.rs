//! The common links of views.

use crate::model::overlap::Overlap;
use crate::model::resource::ResourceType;
use crate::model::type_counts::TypeCounts;
use crate::state::link_set::LinkSet;
use crate::state::project::ProjectState;
use crate::state::view::ViewState;

/// A view with its slot.
type Slotted<'s> = (u32, &'s ViewState);

/// The common links of two views.
///
/// Cost: for each type O(n) with the n links of the smaller view; if both are large O(ids / 512).
pub(in crate::state) fn overlap(
    project: &ProjectState,
    first: Slotted<'_>,
    second: Slotted<'_>,
) -> Overlap {
    let mut both = TypeCounts::default();
    for resource_type in ResourceType::ALL {
        let links = |(slot, view): Slotted<'_>| Some((slot, view.links(resource_type)?.len()));
        let (Some(one), Some(other)) = (links(first), links(second)) else { continue };
        let (fewer, more) = if one.1 <= other.1 { (first, second) } else { (second, first) };
        *both.get_mut(resource_type) = common(project, resource_type, fewer, more);
    }
    Overlap { first: first.1.counts(), second: second.1.counts(), both }
}

fn common(
    project: &ProjectState,
    resource_type: ResourceType,
    (_, fewer): Slotted<'_>,
    (slot, more): Slotted<'_>,
) -> u64 {
    let [fewer, more] = [fewer, more].map(|view| view.links(resource_type));
    let members = [fewer, more].map(|set| set.and_then(LinkSet::members));
    if let [Some(one), Some(other)] = members {
        let words = |at| one.block(at).into_iter().zip(other.block(at));
        let counts = (0..one.blocks()).flat_map(words).map(|(one, other)| one & other);
        return counts.map(|word| u64::from(word.count_ones())).sum();
    }
    let resources = project.of(resource_type);
    let links = fewer.into_iter().flat_map(|set| set.by_key(&resources.names, None, 0));
    let ids = links.map(|link| resources.names.id(link.place));
    ids.filter(|id| resources.postings.contains(*id, slot)).count() as u64
}

/// The other views that have common links with a view, and whose Jaccard index with it is at least this value;
/// unordered.
///
/// Cost: O(views + m) with the m links that the resources of the view have in all views.
pub(in crate::state) fn near_views<'s>(
    project: &'s ProjectState,
    of: Slotted<'s>,
    at_least: f64,
) -> Vec<(&'s ViewState, Overlap)> {
    let mut common = vec![0_u64; project.views.slots() as usize];
    for resource_type in ResourceType::ALL {
        let resources = project.of(resource_type);
        let Some(links) = of.1.links(resource_type) else { continue };
        for link in links.by_key(&resources.names, None, 0) {
            for slot in resources.postings.iter(resources.names.id(link.place)) {
                if let Some(count) = common.get_mut(slot as usize) {
                    *count += 1;
                }
            }
        }
    }
    let links = of.1.counts().total();
    let near = (0_u32..).zip(common).filter_map(|(slot, both)| {
        let view = project.views.get(slot).filter(|_| both > 0 && slot != of.0)?;
        let either = links + view.counts().total() - both;
        // Numbers of links are far below 2^52.
        let is_near = both as f64 / either as f64 >= at_least;
        is_near.then(|| (view, overlap(project, of, (slot, view))))
    });
    near.collect()
}
