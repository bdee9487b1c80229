//! JSON lines that are not from an export.

use std::fs;

use serde_json::json;

use super::stores::{lines, names, with_everything};
use crate::support::{Ran, Stage};

/// The stage, and the lines of an export of a store with all kinds of content.
fn exported() -> (Stage, Vec<String>) {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let ran = stage.run("export", &[]);
    fs::remove_dir_all(stage.store()).unwrap();
    (stage, ran.out.lines().map(|line| format!("{line}\n")).collect())
}

/// Imports lines into the store of the stage.
fn import(stage: &Stage, lines: &[String]) -> Ran {
    let file = stage.path("e.jsonl");
    fs::write(&file, lines.concat()).unwrap();
    stage.run("import", &[file.to_str().unwrap(), "--json"])
}

/// Checks that an import failed and changed nothing.
fn assert_refused(stage: &Stage, ran: &Ran, code: &str, reason: &str) {
    assert_eq!(
        (ran.code, ran.out.as_str(), &ran.error()["code"]),
        (2, "", &json!(code)),
        "{ran:?}"
    );
    assert!(ran.err.contains(reason), "{ran:?}");
    assert_eq!(names(stage), ["e.jsonl"], "{ran:?}");
}

#[test]
fn an_incomplete_file_is_refused_wherever_it_ends_and_nothing_is_left() {
    let (stage, lines) = exported();
    for kept in 1..lines.len() {
        let ran = import(&stage, &lines[..kept]);
        assert_refused(&stage, &ran, "cut_input", "it has no trailer");
    }
    assert_refused(&stage, &import(&stage, &[]), "cut_input", "it is empty");
    let whole = lines.concat();
    // The cut removes the end of the last line, parts of it, of a link, and of a text of a view.
    for cut in [whole.len() - 2, whole.len() - 20, whole.len() - 100, 200, 40] {
        let ran = import(&stage, &[whole[..cut].to_owned()]);
        assert_refused(&stage, &ran, "cut_input", "ends too soon");
    }
    let ran = import(&stage, &[whole.trim_end().to_owned()]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_file_with_a_missing_or_repeated_row_is_refused() {
    let (stage, lines) = exported();
    for row in 1..lines.len() - 1 {
        let mut changed = lines.clone();
        changed.remove(row);
        assert_refused(
            &stage,
            &import(&stage, &changed),
            "cut_input",
            "its trailer counts 3 views",
        );
        let mut changed = lines.clone();
        changed.insert(row, lines[row].clone());
        assert_refused(
            &stage,
            &import(&stage, &changed),
            "cut_input",
            "its trailer counts 3 views",
        );
    }
}

#[test]
fn the_error_for_a_malformed_line_has_its_number_and_the_reason() {
    let (stage, lines) = exported();
    let link = r#"{"link":{"project":"p","view":"v","type":"flags","key":"k"}}"#;
    let header = lines[0].trim_end();
    for (line, reason) in [
        ("{", "EOF while parsing an object, at column"),
        ("nonsense", "expected value, at column 1"),
        ("[]", "line 3 of"),
        (r#"{"links":{}}"#, "unknown variant `links`"),
        (r#"{"link":{}}"#, "missing field `project`"),
        (
            r#"{"link":{"project":"p","view":"v","type":"flags","key":"k","at":1}}"#,
            "unknown field `at`",
        ),
        (
            r#"{"link":{"project":"p","view":"v","type":"flags","key":1}}"#,
            "invalid type: integer `1`",
        ),
        (r#"{"link":{"project":"p","view":"v","type":"flags","key":"k","linkedAt":-1}}"#, "`-1`"),
        (&format!("{link}{link}"), "trailing characters"),
        (header, "there is a header after the first line"),
    ] {
        let mut changed = lines.clone();
        changed[2] = format!("{line}\n");
        let ran = import(&stage, &changed);
        assert_refused(&stage, &ran, "malformed_input", "line 3 of ");
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(reason), "{line}: {message}");
        assert!(!message.contains("line 1"), "{message}");
    }
}

#[test]
fn a_file_that_is_not_an_export_is_refused() {
    let (stage, lines) = exported();
    let ran = import(&stage, &lines[1..]);
    assert_refused(&stage, &ran, "malformed_input", "there is a view instead of the header");
    let mut changed = lines.clone();
    changed[0] = "{\"header\":{\"format\":\"other\",\"version\":1}}\n".into();
    assert_refused(&stage, &import(&stage, &changed), "malformed_input", "its format is not");
    changed[0] = "{\"header\":{\"format\":\"viewlink-export\",\"version\":2,\"new\":[]}}\n".into();
    assert_refused(&stage, &import(&stage, &changed), "newer_format", "has version 2");
    changed[0] = "{\"header\":{\"format\":\"viewlink-export\",\"version\":0}}\n".into();
    assert_refused(&stage, &import(&stage, &changed), "newer_format", "has version 0");
    let twice = [lines.concat(), lines.concat()];
    assert_refused(&stage, &import(&stage, &twice), "malformed_input", "after the trailer");
    let mut changed = lines;
    changed[3] = "\u{fffd}".repeat(3);
    changed[3].push('\n');
    assert_refused(&stage, &import(&stage, &changed), "malformed_input", "line 4 of");
}

/// Rows of a complete file, some of which are invalid.
const ROWS: [&str; 16] = [
    r#"{"header":{"format":"viewlink-export","version":1}}"#,
    r#"{"view":{"project":"p","key":"V","name":"a view"}}"#,
    r#"{"view":{"project":"p","key":"no key","name":""}}"#,
    r#"{"resource":{"project":"p","type":"segments","environment":"e","key":"a","id":"one"}}"#,
    r#"{"resource":{"project":"p","type":"segments","environment":"e","key":"b","id":"one"}}"#,
    r#"{"resource":{"project":"p","type":"flags","key":"a","id":"one"}}"#,
    r#"{"resource":{"project":"p","type":"things","key":"a"}}"#,
    r#"{"link":{"project":"p","view":"v","type":"flag","key":"a","linkedAt":1700000000005}}"#,
    r#"{"link":{"project":"p","view":"v","type":"flags","key":"ä","linkedAt":1700000000005}}"#,
    "",
    r#"{"link":{"project":"p","view":"w","type":"flags","key":"a","linkedAt":1700000000005}}"#,
    r#"{"link":{"project":"q","view":"v","type":"flags","key":"a","linkedAt":1700000000005}}"#,
    r#"{"link":{"project":"p","view":"v","type":"flags","environment":"e","key":"a"}}"#,
    r#"{"link":{"project":"p","view":"v","type":"segments","key":"a"}}"#,
    r#"{"link":{"project":"p","view":"V","type":"flags","key":"a","linkedAt":1700000000009}}"#,
    r#"{"trailer":{"views":2,"resources":4,"links":7}}"#,
];

/// The line and code of each row of [`ROWS`] that fails.
const FAILURES: [(u64, &str); 9] = [
    (3, "invalid_key"),
    (5, "id_taken"),
    (6, "invalid_row"),
    (7, "invalid_row"),
    (9, "invalid_key"),
    (11, "unknown_view"),
    (12, "unknown_view"),
    (13, "invalid_row"),
    (14, "invalid_key"),
];

#[test]
fn failed_rows_are_listed_by_line_and_do_not_stop_the_others() {
    let stage = Stage::empty();
    let ran = import(&stage, &ROWS.map(|row| format!("{row}\n")));
    assert_eq!(ran.code, 1, "{ran:?}");
    let output = ran.json();
    assert_eq!(output["done"], json!({"views": 1, "resources": 1, "links": 1}));
    assert_eq!(output["unchanged"], json!({"views": 0, "resources": 0, "links": 1}));
    assert_eq!(output["failed"], 9);
    let failures = output["failures"].as_array().unwrap().iter();
    let failures: Vec<(u64, &str)> = failures
        .map(|failed| (failed["line"].as_u64().unwrap(), failed["code"].as_str().unwrap()))
        .collect();
    assert_eq!(failures, FAILURES);
    let links: Vec<_> =
        lines(&stage.store()).into_iter().filter(|line| line.get("link").is_some()).collect();
    assert_eq!(
        links,
        [
            json!({"link": {"project": "p", "view": "v", "type": "flags", "key": "a", "linkedAt": 1_700_000_000_005_u64}})
        ]
    );
    let file = stage.path("e.jsonl");
    let ran = stage.run("import", &[file.to_str().unwrap()]);
    let first = ran.out.lines().nth(1).unwrap();
    assert_eq!(
        first,
        "3     invalid_key   the view key \"no key\" is invalid: ' ' at byte 2 is not allowed: a key \
         starts with a letter or digit and has only letters, digits, '_', '.' and '-'"
    );
}

#[test]
fn a_link_that_is_older_than_its_view_fails() {
    let stage = Stage::empty();
    let rows = [
        r#"{"header":{"format":"viewlink-export","version":1}}"#,
        r#"{"view":{"project":"p","key":"v","name":"","createdAt":1700000000050}}"#,
        r#"{"link":{"project":"p","view":"v","type":"flags","key":"a","linkedAt":1700000000049}}"#,
        r#"{"link":{"project":"p","view":"v","type":"flags","key":"b","linkedAt":1700000000050}}"#,
        r#"{"trailer":{"views":1,"resources":0,"links":2}}"#,
    ];
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let ran = import(&stage, &rows);
    assert_eq!(ran.code, 1, "{ran:?}");
    let output = ran.json();
    assert_eq!((&output["done"]["links"], &output["failures"][0]["line"]), (&json!(1), &json!(3)));
    assert_eq!(
        output["failures"][0]["message"],
        "there is no view v in project p at the time of the link"
    );
}

#[test]
fn a_time_after_the_year_9999_fails_if_it_would_be_kept_and_does_not_set_the_clock() {
    let rows = [
        r#"{"header":{"format":"viewlink-export","version":1}}"#,
        r#"{"view":{"project":"p","key":"v","name":"","createdAt":1700000000050}}"#,
        r#"{"view":{"project":"p","key":"w","name":"","createdAt":253402300800000}}"#,
        r#"{"view":{"project":"p","key":"x","name":"","createdAt":1700000000009,"updatedAt":1700000000000000}}"#,
        r#"{"link":{"project":"p","view":"v","type":"flags","key":"a","linkedAt":253402300799999}}"#,
        r#"{"link":{"project":"p","view":"v","type":"flags","key":"b","linkedAt":18446744073709551615}}"#,
        r#"{"trailer":{"views":3,"resources":0,"links":2}}"#,
    ];
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let stage = Stage::empty();
    let output = import(&stage, &rows).json();
    let failed = output["failures"].as_array().unwrap();
    let failed: Vec<_> = failed.iter().map(|of| (&of["line"], &of["code"])).collect();
    let invalid = &json!("invalid_row");
    assert_eq!(failed, [(&json!(3), invalid), (&json!(4), invalid), (&json!(6), invalid)]);
    assert_eq!(
        output["failures"][0]["message"],
        "the time 253402300800000 is after the year 9999; it must be in milliseconds since 1970"
    );
    assert_eq!(output["done"], json!({"views": 1, "resources": 0, "links": 1}));
    // Times that are not kept are not checked.
    let file = stage.path("e.jsonl");
    let ran = stage.run("import", &[file.to_str().unwrap(), "--times", "now"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// A row of each kind with a time in seconds, with the last millisecond of 2000, and with the first of 2001.
#[test]
fn a_kept_time_in_seconds_is_refused_unless_old_times_are_allowed() {
    let header = r#"{"header":{"format":"viewlink-export","version":1}}"#;
    let (seconds, last, first) = (1_700_000_000, 978_307_199_999, 978_307_200_000);
    let view = |key: &str, created: u64, updated: u64| {
        format!(
            r#"{{"view":{{"project":"p","key":"{key}","name":"","createdAt":{created},"updatedAt":{updated}}}}}"#
        )
    };
    let flag = |kind: &str, key: &str, field: &str, time: u64| {
        let view = match kind {
            "link" if time == seconds => r#""view":"w","#,
            "link" => r#""view":"v","#,
            _ => "",
        };
        format!(
            r#"{{"{kind}":{{"project":"p",{view}"type":"flags","key":"{key}","{field}":{time}}}}}"#
        )
    };
    let rows = [
        header.to_owned(),
        view("v", first, first),
        view("w", seconds, seconds), // 3
        view("x", last, first),      // 4
        view("y", first, seconds),
        flag("link", "a", "linkedAt", seconds), // 6
        flag("link", "b", "linkedAt", first),
        flag("resource", "a", "createdAt", seconds), // 8
        flag("resource", "b", "createdAt", first),
        r#"{"trailer":{"views":4,"resources":2,"links":2}}"#.to_owned(),
    ];
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let stage = Stage::empty();
    let ran = import(&stage, &rows);
    let output = ran.json();
    let failed = output["failures"].as_array().unwrap().iter();
    let failed: Vec<_> =
        failed.map(|of| (of["line"].as_u64().unwrap(), of["code"].clone())).collect();
    assert_eq!(failed, [3, 4, 6, 8].map(|line| (line, json!("invalid_row"))), "{output}");
    assert_eq!(
        output["failures"][0]["message"],
        "the time 1700000000 is before 2001, so it looks like seconds instead of milliseconds since \
         1970; --allow-old-times accepts it"
    );
    assert_eq!(ran.code, 1);
    fs::remove_dir_all(stage.store()).unwrap();
    let file = stage.path("e.jsonl");
    let ran = stage.run("import", &[file.to_str().unwrap(), "--json", "--allow-old-times"]);
    assert_eq!((ran.code, &ran.json()["failed"]), (0, &json!(0)), "{ran:?}");
    let created = lines(&stage.store())[2]["view"]["createdAt"].clone();
    assert_eq!(created, seconds);
}

#[test]
fn the_creation_time_of_a_resource_is_always_kept_and_must_be_valid() {
    let rows = [
        r#"{"header":{"format":"viewlink-export","version":1}}"#,
        r#"{"resource":{"project":"p","type":"flags","key":"a","createdAt":253402300799999}}"#,
        r#"{"resource":{"project":"p","type":"flags","key":"b","createdAt":253402300800000}}"#,
        r#"{"trailer":{"views":0,"resources":2,"links":0}}"#,
    ];
    let stage = Stage::empty();
    let file = stage.path("e.jsonl");
    fs::write(&file, rows.join("\n")).unwrap();
    for times in ["keep", "now"] {
        let ran = stage.run("import", &[file.to_str().unwrap(), "--json", "--times", times]);
        let output = ran.json();
        assert_eq!((ran.code, &output["failed"]), (1, &json!(1)), "{ran:?}");
        let failed = &output["failures"][0];
        assert_eq!((&failed["line"], &failed["code"]), (&json!(3), &json!("invalid_row")));
    }
}

#[test]
fn of_two_rows_about_one_view_the_earlier_one_creates_it() {
    let stage = Stage::empty();
    let rows = [
        r#"{"header":{"format":"viewlink-export","version":1}}"#,
        r#"{"view":{"project":"p","key":"v","name":"late","description":"2","createdAt":1700000000011,"updatedAt":1700000000025}}"#,
        r#"{"view":{"project":"p","key":"V","name":"early","description":"1","createdAt":1700000000010,"updatedAt":1700000000020}}"#,
        r#"{"trailer":{"views":2,"resources":0,"links":0}}"#,
    ];
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let ran = import(&stage, &rows);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        (&ran.json()["done"]["views"], &ran.json()["unchanged"]["views"]),
        (&json!(1), &json!(1))
    );
    let view = &lines(&stage.store())[1]["view"];
    assert_eq!((&view["name"], &view["description"]), (&json!("early"), &json!("1")));
    assert_eq!(
        (&view["createdAt"], &view["updatedAt"]),
        (&json!(1_700_000_000_010_u64), &json!(1_700_000_000_020_u64))
    );
}

#[test]
fn a_byte_order_mark_before_the_header_is_skipped() {
    let (stage, mut lines) = exported();
    lines[0].insert(0, '\u{feff}');
    let ran = import(&stage, &lines);
    assert_eq!(ran.code, 0, "{ran:?}");
    // In any other place it is part of a line.
    fs::remove_dir_all(stage.store()).unwrap();
    lines[1].insert(0, '\u{feff}');
    assert_refused(&stage, &import(&stage, &lines), "malformed_input", "line 2 ");
}
