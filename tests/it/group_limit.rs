//! The content of one group, and the parts of it that were not made.

use viewlink::{
    Batch, Error, Fault, NewResource, NewView, Options, Paging, Project, ResourceFilter,
    ResourceType, Store,
};

use crate::gate::{Gate, until_they_are_one_group};
use crate::support::{assert_clean_and_replayed, create, flags, project};

type Made = Result<Option<u64>, Error>;
type Calling = Box<dyn FnOnce() -> Made + Send>;

/// A call that links its own flag to a view.
fn linking(project: &Project, view: &'static str, key: String) -> Calling {
    let project = project.clone();
    Box::new(move || project.link(view, Batch::flags([key])).map(|report| report.revision()))
}

fn two_views_of(options: Options) -> (Store, Project) {
    let store = options.open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    (store, project)
}

/// The links that a replacement removes, or that a filter or a removal finds, are known only during the change.
#[test]
fn a_change_that_finds_more_keys_than_a_group_has_is_the_last_of_its_group() {
    let findings: [fn(&Project) -> Made; 3] = [
        |project| project.replace("v", Batch::flags([""; 0])).map(|report| report.revision()),
        |project| {
            let every = Batch::matching(ResourceType::Flag, ResourceFilter::all());
            project.unlink("v", every).map(|report| report.revision())
        },
        |project| project.remove_environment(&"e".parse().unwrap()).map(|removed| removed.revision),
    ];
    for finding in findings {
        until_they_are_one_group(|gate| {
            let (store, project) = two_views_of(gate.options().group_limit(10));
            let keys = || (0..10).map(|number| format!("there-{number}"));
            project.link("v", Batch::flags(keys())).unwrap().all_ok().unwrap();
            let segments = Batch::segments(keys().map(|key| ("e", key)));
            project.link("v", segments).unwrap().all_ok().unwrap();
            // The first call changes nothing, and the group after it fails.
            let mut calls = vec![linking(&project, "v", "there-0".into())];
            let changing = project.clone();
            calls.push(Box::new(move || finding(&changing)));
            calls.extend((0..4).map(|number| linking(&project, "w", format!("k{number}"))));
            store.fail_next_change(Fault::NotApplied);
            let results = gate.group(calls);
            assert_clean_and_replayed(&store);
            let failed = results.iter().filter(|(_, result)| result.is_err());
            let failed: Vec<&usize> = failed.map(|(at, _)| at).collect();
            assert_eq!(flags(&store, "w").len(), 4 - failed.iter().filter(|at| ***at > 1).count());
            // Calls before it share its failure, and calls after it do not.
            failed.contains(&&1) && failed.len() < 5
        });
    }
}

/// It creates no project, and uses no id of a project that another call of its group creates.
#[test]
fn a_put_of_only_malformed_resources_has_no_effect_on_its_group() {
    let gate = Gate::default();
    let (store, first) = two_views_of(gate.options());
    let (failing, beginning) = (store.project("x").unwrap(), store.project("y").unwrap());
    let calls: Vec<Calling> = vec![
        linking(&first, "v", "k".into()),
        Box::new(move || {
            let report = failing.put_resources([NewResource::flag("no key")])?;
            Ok(report.revision())
        }),
        Box::new(move || Ok(Some(beginning.create_view(NewView::new("v", "V"))?.revision))),
    ];
    let made: Vec<_> = gate.group(calls).into_values().map(Result::unwrap).collect();
    assert_eq!(made, [Some(3), None, Some(4)]);
    let projects = store.snapshot().unwrap().projects(Paging::first(10)).unwrap();
    let reported: Vec<_> = projects.items.iter().map(|info| (info.key.as_str(), info.id)).collect();
    assert_eq!((projects.total, reported), (2, vec![("p", 0), ("y", 1)]));
    assert_clean_and_replayed(&store);
}
