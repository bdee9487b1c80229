//! Two versions at the same time: an older member reads an entry of a newer one.

use viewlink::Outcome;
use viewlink_cluster::{Appended, Log, State};

use crate::support::{Cluster, assert_same, link, make_view, position, revision, wait_until};

#[test]
fn an_older_member_stops_at_a_newer_entry_and_continues_after_its_upgrade() {
    let cluster = Cluster::new();
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    make_view(&one);
    link(&one, "a").unwrap();
    assert_same(&[&one, &other]);
    let at = position(&one);
    // An entry of a newer version.
    let Appended::At(sequence) = cluster.log.append(None, b"vlog\x02 and more") else { panic!() };
    for member in [&one, &other] {
        wait_until("it reports that", || {
            matches!(member.status().state, State::NeedsUpgrade { .. })
        });
        let error = link(member, "b").unwrap_err();
        assert!(
            matches!(
                error,
                viewlink::Error::NewerFormat { .. } | viewlink::Error::SharedLog { .. }
            ),
            "{error}"
        );
        assert_eq!((error.outcome(), position(member)), (Outcome::NotApplied, at));
        assert!(member.store().verify().unwrap().is_clean(), "reads continue");
    }
    drop((one, other));
    // It can be closed and opened before the upgrade.
    drop(cluster.open("one"));
    // After an upgrade the entry could be read; here it is removed, as if it had no effect.
    cluster.log.remove(sequence);
    let (one, other) = (cluster.open("one"), cluster.open("other"));
    link(&one, "b").unwrap();
    assert_same(&[&one, &other]);
    assert_eq!(revision(&one), 3);
}
