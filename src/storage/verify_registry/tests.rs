//! Registries that are wrong on purpose: a verification finds each thing, and that alone.

use redb::WriteTransaction;

use super::super::resource_record::{ResourceRecord, ResourceRow};
use super::super::state::State;
use super::super::tables::{self, SEGMENT_IDS, row_key};
use super::super::term::Term;
use super::super::write::WriteTables;
use super::*;
use crate::model::ResourceFields;
use crate::model::Stamp;
use crate::model::resource_name::ResourceName;
use crate::model::time::Timestamp;

const SEGMENT: ResourceType = ResourceType::Segment;

fn fields(id: &str) -> ResourceFields {
    ResourceFields {
        id: Some(id.parse().unwrap()),
        name: "n".into(),
        tags: vec!["t".into()],
        maintainer: None,
        archived: false,
        temporary: false,
        unbounded: false,
        created_at: Timestamp::default(),
    }
}

fn name(name: &'static str) -> ResourceName<'static> {
    ResourceName::packed(name)
}

/// Revision 1: project 0 has the segments `e/a` and `e/b` with the ids `1` and `2`, and a tag.
fn state() -> State {
    let state = State::in_memory();
    change(&state, |tables| {
        let stamp = Stamp { revision: 1, time: Timestamp::default() };
        let mut project = tables.project_or_new(&"p".parse().unwrap()).unwrap();
        for (key, id) in [("e\0a", "1"), ("e\0b", "2")] {
            let put = (None, fields(id));
            tables.put_resource(&mut project, SEGMENT, &name(key), put, stamp).unwrap();
        }
        tables.put_project(&project).unwrap();
        tables.complete(stamp);
    });
    state
}

fn change(state: &State, act: impl FnOnce(&mut WriteTables<'_>)) {
    let transaction = state.begin().unwrap();
    let mut tables = transaction.tables().unwrap();
    act(&mut tables);
    let finished = tables.finish().unwrap();
    transaction.commit(finished).unwrap();
}

/// What is found where rows are written past all that keeps them right.
fn found(wrong: impl FnOnce(&WriteTransaction)) -> Vec<String> {
    let state = state();
    change(&state, |tables| wrong(tables.transaction));
    let mut found = Findings::default();
    state.read().unwrap().check(&mut Counts::default(), &mut found).unwrap();
    let verification = found.into_verification(Counts::default());
    assert!(verification.findings.iter().all(|finding| finding.invariant == 9), "{verification}");
    verification
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.place, finding.detail))
        .collect()
}

fn insert(transaction: &WriteTransaction, table: tables::Definition, key: &[u8], value: &[u8]) {
    transaction.open_table(table).unwrap().insert(key, value).unwrap();
}

fn remove(transaction: &WriteTransaction, table: tables::Definition, key: &[u8]) {
    assert!(transaction.open_table(table).unwrap().remove(key).unwrap().is_some());
}

fn record(revision: u64, fields: ResourceFields) -> Vec<u8> {
    ResourceRecord { fields, revision }.encode().unwrap()
}

const INDEX: tables::Definition = tables::resource_index(SEGMENT);
const RESOURCES: tables::Definition = tables::resources(SEGMENT);

#[test]
fn a_right_registry_is_clean_and_counted() {
    let mut counts = Counts::default();
    let mut found = Findings::default();
    state().read().unwrap().check(&mut counts, &mut found).unwrap();
    assert!(found.into_verification(counts).is_clean());
    assert_eq!((counts.resources.get(SEGMENT), counts.resources.total()), (2, 2));
}

#[test]
fn an_index_row_too_many_is_found() {
    let row = Term::Tag("other").row_key(0, "e\0a");
    let found = found(|transaction| insert(transaction, INDEX, &row, &[]));
    assert_eq!(found, ["table resource_index.segment: it has rows that no resource is behind"]);
}

#[test]
fn an_index_row_that_is_missing_is_found() {
    let row = Term::Tag("t").row_key(0, "e\0a");
    let found = found(|transaction| remove(transaction, INDEX, &row));
    assert_eq!(found, ["table resource_index.segment: e\\0a is not found by Tag(\"t\")"]);
}

#[test]
fn an_index_row_of_another_resource_is_found() {
    let (right, wrong) = (Term::Tag("t").row_key(0, "e\0a"), Term::Tag("t").row_key(0, "e\0c"));
    let found = found(|transaction| {
        remove(transaction, INDEX, &right);
        insert(transaction, INDEX, &wrong, &[]);
    });
    let expected = [
        "table resource_index.segment: e\\0a is not found by Tag(\"t\")",
        "table resource_index.segment: it has rows that no resource is behind",
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_id_that_leads_elsewhere_is_found() {
    let found = found(|transaction| insert(transaction, SEGMENT_IDS, &row_key(0, b"1"), b"e\0b"));
    assert_eq!(found, ["table segment_ids: 1 does not lead to e\\0a"]);
}

#[test]
fn an_id_that_is_missing_is_found() {
    let found = found(|transaction| remove(transaction, SEGMENT_IDS, &row_key(0, b"1")));
    assert_eq!(found, ["table segment_ids: 1 does not lead to e\\0a"]);
}

#[test]
fn an_id_that_no_segment_has_is_found() {
    let found = found(|transaction| insert(transaction, SEGMENT_IDS, &row_key(0, b"3"), b"e\0b"));
    assert_eq!(found, ["table segment_ids: it has ids that no segment is behind"]);
}

#[test]
fn a_wrong_count_of_a_project_is_found() {
    let state = state();
    change(&state, |tables| {
        let mut project = tables.project_or_new(&"p".parse().unwrap()).unwrap();
        *project.resources.get_mut(SEGMENT) = 3;
        tables.put_project(&project).unwrap();
    });
    let mut found = Findings::default();
    state.read().unwrap().check(&mut Counts::default(), &mut found).unwrap();
    let verification = found.into_verification(Counts::default());
    let expected = "project p: it has 2 registered segments and says 3 (invariant 9)";
    assert_eq!(verification.to_string(), expected);
}

#[test]
fn a_resource_that_is_yet_to_come_is_found() {
    let record = record(2, fields("1"));
    let found = found(|transaction| insert(transaction, RESOURCES, &row_key(0, b"e\0a"), &record));
    assert_eq!(found, ["table resources.segment: e\\0a is yet to come"]);
}

#[test]
fn a_resource_of_no_project_is_found() {
    let fields = ResourceFields { id: None, tags: Vec::new(), ..fields("1") };
    let record = record(1, fields);
    let found = found(|transaction| insert(transaction, RESOURCES, &row_key(7, b"e\0a"), &record));
    assert_eq!(found, ["table resources.segment: project 7 is not there"]);
}

#[test]
fn a_resource_whose_name_is_none_is_found() {
    let fields = ResourceFields { id: None, tags: Vec::new(), ..fields("1") };
    let record = record(1, fields);
    let found =
        found(|transaction| insert(transaction, RESOURCES, &row_key(0, b"no key"), &record));
    let expected = [
        "table resources.segment: a resource has a name that is none",
        "project p: it has 3 registered segments and says 2",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_resource_that_cannot_be_read_is_found() {
    let rows = [(row_key(0, b"e\0a"), vec![9]), (row_key(0, &[0xff]), record(1, fields("1")))];
    for (key, value) in rows {
        let found = found(|transaction| insert(transaction, RESOURCES, &key, &value));
        let named =
            |line: &String| line.contains("resource record") || line.contains("name that is none");
        assert!(found.iter().any(named), "{found:?}");
        assert!(ResourceRow::decode(&key[4..], &value).is_err());
    }
}
