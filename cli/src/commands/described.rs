//! What a change did, in a line that people read.

use viewlink::{
    ChangeKind, ChangedHolds, ProjectSettings, RawResource, Resource, ResourceType, TypeCounts,
    ViewKey,
};

use crate::counted::counted;

/// How many resources a line names.
const NAMED: usize = 4;

/// How many parts of a change of many views a line tells of.
const PARTS: usize = 3;

/// What a change did. Where it did it to many resources some are named, those first that are
/// `wanted`; `--json` names all.
pub(super) fn described(kind: &ChangeKind, wanted: &dyn Fn(RawResource<'_>) -> bool) -> String {
    let links =
        |view: &ViewKey, of: ResourceType, changed: [&[Resource]; 2], holds: &ChangedHolds| {
            format!("{view}: {}", links_changed(of, changed, holds, wanted))
        };
    match kind {
        ChangeKind::ViewCreated { view, .. } => format!("created view {view}"),
        ChangeKind::ViewUpdated { view, .. } => format!("updated view {view}"),
        ChangeKind::ViewRenamed { view, to } => format!("renamed view {view} to {to}"),
        ChangeKind::ViewDeleted { view, unlinked } => {
            format!("deleted view {view} with {}", of_types(unlinked))
        }
        ChangeKind::LinksChanged { view, resource_type, linked, unlinked, holds, .. } => {
            links(view, *resource_type, [linked, unlinked], holds)
        }
        ChangeKind::ManyLinksChanged { parts } => {
            let told = parts.iter().take(PARTS);
            let told = told
                .map(|of| links(&of.view, of.resource_type, [&of.linked, &of.unlinked], &of.holds));
            let more = rest(parts.len(), PARTS, |parts| counted(parts, "more part"));
            told.collect::<Vec<_>>().join(" | ") + &more
        }
        ChangeKind::ProjectDeleted { views, unlinked } => {
            format!("deleted the project: {} with {}", counted(*views, "view"), of_types(unlinked))
        }
        ChangeKind::Steps { steps } => in_steps(steps, wanted),
        other => of_resources(other, wanted),
    }
}

/// What a change did to resources, whatever views they are in.
fn of_resources(kind: &ChangeKind, wanted: &dyn Fn(RawResource<'_>) -> bool) -> String {
    match kind {
        ChangeKind::ResourcesPut { resources } => {
            let names = named(resources.iter().map(|put| put.resource.as_raw()), wanted);
            format!("registered {}: {names}", counted(resources.len() as u64, "resource"))
        }
        ChangeKind::ResourceRemoved { resource, links } => {
            let (of, views) = (resource.resource_type(), counted(*links, "view"));
            format!("removed {of} {resource} from {views}")
        }
        ChangeKind::EnvironmentRemoved { environment, segments: of, links } => {
            let of = counted(*of, "segment");
            format!("removed environment {environment}: {of}, {}", counted(*links, "link"))
        }
        ChangeKind::ProjectPut { settings } => format!("put the project: {}", said(settings)),
        ChangeKind::Followed { view, resource_type, filter } => {
            format!("{view}: follows {} with {filter}", resource_type.plural())
        }
        ChangeKind::Unfollowed { view, resource_type } => {
            format!("{view}: follows no {} any more", resource_type.plural())
        }
        ChangeKind::ResourcesUnregistered { resources } => {
            let names = named(resources.iter().map(Resource::as_raw), wanted);
            format!("unregistered {}: {names}", counted(resources.len() as u64, "resource"))
        }
        _ => "something that this version does not know".to_owned(),
    }
}

/// What was done in several steps.
fn in_steps(steps: &[ChangeKind], wanted: &dyn Fn(RawResource<'_>) -> bool) -> String {
    let told: Vec<_> = steps.iter().take(PARTS).map(|step| described(step, wanted)).collect();
    told.join(" | ") + &rest(steps.len(), PARTS, |steps| counted(steps, "more step"))
}

/// What is said of a project.
fn said(settings: &ProjectSettings) -> String {
    let name = match settings.name.as_str() {
        "" => "no name".to_owned(),
        name => format!("name {name:?}"),
    };
    let required = [
        (settings.require_view_for_new_flags, "; new flags must be in a view"),
        (settings.require_view_for_new_segments, "; new segments must be in a view"),
    ];
    let required = required.into_iter().filter(|(required, _)| *required);
    name + &required.map(|(_, words)| words).collect::<String>()
}

fn links_changed(
    of: ResourceType,
    [linked, unlinked]: [&[Resource]; 2],
    holds: &ChangedHolds,
    wanted: impl Fn(RawResource<'_>) -> bool,
) -> String {
    let ChangedHolds { by_filter, held, released, .. } = holds;
    let parts = [
        ("linked", linked),
        ("unlinked", unlinked),
        ("held by key", held),
        ("left to the filter", released),
    ];
    let parts = parts.into_iter().filter(|(_, resources)| !resources.is_empty());
    let parts = parts.map(|(word, resources)| {
        let names = named(resources.iter().map(Resource::as_raw), &wanted);
        format!("{word} {}: {names}", counted(resources.len() as u64, of.singular()))
    });
    let by_filter = if *by_filter { " (by its filter)" } else { "" };
    parts.collect::<Vec<_>>().join("; ") + by_filter
}

fn named<'a>(
    resources: impl Iterator<Item = RawResource<'a>> + Clone,
    wanted: impl Fn(RawResource<'_>) -> bool,
) -> String {
    let first = resources.clone().filter(|of| wanted(*of));
    let behind = resources.clone().filter(|of| !wanted(*of));
    let told = first.chain(behind).take(NAMED).map(|of| of.to_string());
    told.collect::<Vec<_>>().join(", ")
        + &rest(resources.count(), NAMED, |names| format!("{names} more"))
}

/// What is said of those that are not told.
fn rest(all: usize, told: usize, words: impl Fn(u64) -> String) -> String {
    match all.saturating_sub(told) {
        0 => String::new(),
        rest => format!(", and {}", words(rest as u64)),
    }
}

/// The links of all types, of which most have none.
fn of_types(counts: &TypeCounts) -> String {
    let types = ResourceType::ALL.into_iter().filter(|of| counts.get(*of) > 0);
    let types: Vec<_> = types.map(|of| counted(counts.get(of), of.singular())).collect();
    if types.is_empty() { "nothing linked".to_owned() } else { types.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_some_resources_and_those_first_that_are_asked_for() {
        let flags: Vec<_> = (0..6).map(|n| Resource::flag(&format!("f{n}")).unwrap()).collect();
        let named = |wanted: &str| {
            named(flags.iter().map(Resource::as_raw), |of: RawResource<'_>| of.key() == wanted)
        };
        assert_eq!(named("f5"), "f5, f0, f1, f2, and 2 more");
        assert_eq!(named("other"), "f0, f1, f2, f3, and 2 more");
    }
}
