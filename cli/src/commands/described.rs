//! A change described in one line of text.

use viewlink::ResourceType;
use viewlink::wire::Counts;

use crate::change_summary::{ChangeSummary, Links, Name, Settings};
use crate::counted::counted;

/// The largest number of resources that a line names.
const NAMED: usize = 4;

/// The largest number of parts that a line describes for a change of many views.
const PARTS: usize = 3;

/// Describes a change. If it has many resources, some are named, the `wanted` ones first; `--json` names all.
pub(crate) fn described(
    change: &ChangeSummary,
    reverts: Option<u64>,
    wanted: &dyn Fn(&Name) -> bool,
) -> String {
    let did = did(change, wanted);
    match reverts {
        Some(reverts) => format!("{did} (reverts {reverts})"),
        None => did,
    }
}

fn did(change: &ChangeSummary, wanted: &dyn Fn(&Name) -> bool) -> String {
    let links = |of: &Links| format!("{}: {}", of.view_key, changed(of, wanted));
    match change {
        ChangeSummary::ViewCreated { view_key } => format!("created view {view_key}"),
        ChangeSummary::ViewUpdated { view_key } => format!("updated view {view_key}"),
        ChangeSummary::ViewRenamed { view_key, new_view_key } => {
            format!("renamed view {view_key} to {new_view_key}")
        }
        ChangeSummary::ViewDeleted { view_key, unlinked_count } => {
            format!("deleted view {view_key} with {}", of_types(unlinked_count))
        }
        ChangeSummary::LinksChanged(of) => links(of),
        ChangeSummary::ManyLinksChanged { parts } => {
            let shown: Vec<_> = parts.iter().take(PARTS).map(links).collect();
            let more = rest(parts.len(), PARTS, |parts| counted(parts, "more part"));
            shown.join(" | ") + &more
        }
        ChangeSummary::ProjectDeleted { view_count, unlinked_count } => {
            let views = counted(*view_count, "view");
            format!("deleted the project: {views} with {}", of_types(unlinked_count))
        }
        ChangeSummary::Steps { steps } => {
            let shown: Vec<_> = steps.iter().take(PARTS).map(|step| did(step, wanted)).collect();
            shown.join(" | ") + &rest(steps.len(), PARTS, |steps| counted(steps, "more step"))
        }
        other => of_resources(other, wanted),
    }
}

/// Describes a change of resources, in whatever views they are.
fn of_resources(change: &ChangeSummary, wanted: &dyn Fn(&Name) -> bool) -> String {
    match change {
        ChangeSummary::ResourcesPut { resources } => {
            let (count, names) = (resources.len() as u64, named(resources, wanted));
            format!("registered {}: {names}", counted(count, "resource"))
        }
        ChangeSummary::ResourceRemoved { resource, unlinked_count } => {
            let (of, views) = (&resource.resource_type, counted(*unlinked_count, "view"));
            format!("removed {of} {resource} from {views}")
        }
        ChangeSummary::EnvironmentRemoved { environment_id, segment_count, unlinked_count } => {
            let of = counted(*segment_count, "segment");
            let links = counted(*unlinked_count, "link");
            format!("removed environment {environment_id}: {of}, {links}")
        }
        ChangeSummary::Followed { view_key, resource_type, filter } => {
            format!("{view_key}: follows {} with {filter}", plural(resource_type))
        }
        ChangeSummary::Unfollowed { view_key, resource_type } => {
            format!("{view_key}: no longer follows a filter for {}", plural(resource_type))
        }
        ChangeSummary::ProjectPut { project } => {
            format!("set the project: {}", settings_of(project))
        }
        ChangeSummary::ResourcesUnregistered { resources } => {
            let (count, names) = (resources.len() as u64, named(resources, wanted));
            format!("unregistered {}: {names}", counted(count, "resource"))
        }
        _ => "unknown to this version".to_owned(),
    }
}

/// The settings of a project.
fn settings_of(settings: &Settings) -> String {
    let name = match settings.name.as_str() {
        "" => "no name".to_owned(),
        name => format!("name {name:?}"),
    };
    let required = [
        (settings.require_view_association_for_new_flags, "; new flags must be in a view"),
        (settings.require_view_association_for_new_segments, "; new segments must be in a view"),
    ];
    let required = required.into_iter().filter(|(required, _)| *required);
    name + &required.map(|(_, words)| words).collect::<String>()
}

fn changed(links: &Links, wanted: &dyn Fn(&Name) -> bool) -> String {
    let parts = [
        ("linked", &links.linked),
        ("unlinked", &links.unlinked),
        ("now also held by key:", &links.held),
        ("now held only by the filter:", &links.released),
    ];
    let parts = parts.into_iter().filter(|(_, resources)| !resources.is_empty());
    let parts = parts.map(|(word, resources)| {
        let (count, names) = (resources.len() as u64, named(resources, wanted));
        format!("{word} {}: {names}", counted(count, &links.resource_type))
    });
    let by_filter = if links.by_filter { " (by its filter)" } else { "" };
    parts.collect::<Vec<_>>().join("; ") + by_filter
}

/// The plural of the name of a type.
fn plural(singular: &str) -> &str {
    let of = ResourceType::ALL.into_iter().find(|of| of.singular() == singular);
    of.map_or(singular, |of| of.plural())
}

fn named(resources: &[Name], wanted: &dyn Fn(&Name) -> bool) -> String {
    let first = resources.iter().filter(|of| wanted(of));
    let others = resources.iter().filter(|of| !wanted(of));
    let shown = first.chain(others).take(NAMED).map(|of| of.to_string());
    shown.collect::<Vec<_>>().join(", ")
        + &rest(resources.len(), NAMED, |names| format!("{names} more"))
}

/// The words for the resources that are not named.
fn rest(all: usize, shown: usize, words: impl Fn(u64) -> String) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        rest => format!(", and {}", words(rest as u64)),
    }
}

/// The links of all types; most types have none.
fn of_types(counts: &Counts) -> String {
    let Counts { flags, segments, ai_configs, metrics } = *counts;
    let types =
        [(flags, "flag"), (segments, "segment"), (ai_configs, "aiConfig"), (metrics, "metric")];
    let types = types.into_iter().filter(|(count, _)| *count > 0);
    let types: Vec<_> = types.map(|(count, one)| counted(count, one)).collect();
    if types.is_empty() { "nothing linked".to_owned() } else { types.join(", ") }
}

#[cfg(test)]
mod tests {
    use viewlink::Resource;

    use super::*;

    #[test]
    fn a_line_names_some_resources_and_the_requested_ones_first() {
        let flags = (0..6).map(|n| Resource::flag(&format!("f{n}")).unwrap());
        let flags: Vec<_> = flags.map(|flag| Name::from(flag.as_raw())).collect();
        let named = |wanted: &str| named(&flags, &|of| of.resource_key == wanted);
        assert_eq!(named("f5"), "f5, f0, f1, f2, and 2 more");
        assert_eq!(named("other"), "f0, f1, f2, f3, and 2 more");
    }
}
