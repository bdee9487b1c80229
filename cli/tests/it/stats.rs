//! Statistics.

use viewlink::{Batch, NewResource, NewView};

use crate::support::Stage;

fn stage() -> Stage {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let other = store.project("other").unwrap();
        other.create_view(NewView::new("v", "V")).unwrap();
        other.link("v", Batch::metrics(["m"])).unwrap().all_ok().unwrap();
        other.put_resources([NewResource::flag("x")]).unwrap().all_ok().unwrap();
    });
    stage
}

#[test]
fn statistics_as_json_are_those_of_the_store() {
    let stage = stage();
    let ran = stage.run("stats", &["--json"]);
    let stats = ran.json();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!((&stats["projectCount"], &stats["viewCount"]), (&2.into(), &2.into()), "{stats}");
    assert_eq!((&stats["links"]["flags"], &stats["links"]["metrics"]), (&2.into(), &1.into()));
    assert_eq!((&stats["resources"]["flags"], &stats["revision"]), (&1.into(), &5.into()));
    assert_eq!(stats["id"].as_str().unwrap(), stage.change(|store| store.id()));
    // Closing the store wrote a checkpoint.
    assert_eq!(stats["checkpointRevision"], 5);
    assert_eq!((&stats["journal"]["oldest"], &stats["journal"]["newest"]), (&1.into(), &5.into()));
    assert!(stats["journal"]["segments"].as_u64().unwrap() >= 1, "{stats}");
    // Not the 4 MiB that are preallocated when a store is opened for changes.
    assert!(stats["journal"]["bytes"].as_u64().unwrap() < 100_000, "{stats}");
    let checkpoint = stage.store().join("checkpoint.redb").metadata().unwrap().len();
    assert_eq!(stats["checkpointBytes"], checkpoint, "{stats}");
    let memory = |part: &str| stats["memory"][part].as_u64().unwrap();
    let parts = ["views", "links", "names", "backlinks", "registry"].map(memory);
    assert!(parts.iter().all(|bytes| *bytes > 0), "{stats}");
    assert_eq!(memory("total"), parts.iter().sum::<u64>(), "{stats}");
}

#[test]
fn statistics_as_text_are_rows_and_a_table_of_memory() {
    let stage = stage();
    let ran = stage.run("stats", &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let value = |name: &str| {
        let line = ran.out.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name}: {ran:?}"))[name.len()..].trim().to_owned()
    };
    assert_eq!(value("path"), stage.store().display().to_string());
    assert_eq!(value("revision"), "5");
    assert!(value("checkpoint").starts_with("revision 5, "), "{ran:?}");
    assert_eq!(
        (value("projects"), value("registered")[..9].to_owned()),
        ("2".into(), "1: 1 flag".into())
    );
    assert_eq!(value("links "), "3: 2 flags, 0 segments, 0 aiConfigs, 1 metric");
    assert!(value("journal").starts_with("revisions 1 to 5, "), "{ran:?}");
    assert!(value("memory").ends_with("B"), "{ran:?}");
    assert_eq!(value("PART"), "MEMORY");
    assert!(value("backlinks").ends_with("B"), "{ran:?}");
}
