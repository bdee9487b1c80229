//! Figures.

use viewlink::{Batch, NewResource, NewView};

use crate::support::Stage;

#[test]
fn figures_are_those_of_the_store() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let other = store.project("other").unwrap();
        other.create_view(NewView::new("v", "V")).unwrap();
        other.link("v", Batch::metrics(["m"])).unwrap().all_ok().unwrap();
        other.put_resources([NewResource::flag("x")]).unwrap().all_ok().unwrap();
    });
    let stats = stage.run("stats", &["--json"]).json();
    assert_eq!((&stats["projectCount"], &stats["viewCount"]), (&2.into(), &2.into()), "{stats}");
    assert_eq!((&stats["links"]["flags"], &stats["links"]["metrics"]), (&2.into(), &1.into()));
    assert_eq!((&stats["resources"]["flags"], &stats["revision"]), (&1.into(), &5.into()));
    assert_eq!(stats["id"].as_str().unwrap().len(), 32);
}
