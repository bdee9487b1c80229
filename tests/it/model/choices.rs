//! Properties of every batch: options change the report as documented, and a precondition that does not hold prevents
//! the change.

use viewlink::{Error, KeyOutcome, Project};

use super::call::Keys;

/// Makes a dry run of an unlink with and without options, and tries it at a future revision.
pub(super) fn assert_agree(project: &Project, view: &str, keys: &Keys) {
    let dry = project.dry_run();
    let Ok(usual) = dry.unlink(view, keys.batch()) else { return };
    let ignoring = dry.unlink(view, keys.batch().ignore_missing()).unwrap();
    for ((_, usual), (_, ignoring)) in usual.outcomes().zip(ignoring.outcomes()) {
        match ignoring {
            KeyOutcome::NotLinked => assert!(usual.is_failure()),
            other => assert_eq!(other, usual),
        }
    }
    let failures = dry.unlink(view, keys.batch().failures_only()).unwrap();
    assert!(failures.failures().eq(usual.failures()));
    assert_eq!(failures.outcomes().count(), usual.failure_count());
    assert_eq!((failures.len(), failures.success_count()), (usual.len(), usual.success_count()));
    for late in [project.if_view_at(u64::MAX), project.if_store_at(u64::MAX)] {
        let error = late.unlink(view, keys.batch()).unwrap_err();
        assert!(matches!(error, Error::RevisionDiffers { .. }), "{error}");
    }
}
