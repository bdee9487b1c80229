//! Links as CSV.

use std::fs;

use serde_json::{Value, json};
use viewlink::{NewView, Store};

use super::stores::{lines, names, with_everything};
use crate::support::{Ran, Stage, run_plain};

fn import(stage: &Stage, csv: &[u8], arguments: &[&str]) -> Ran {
    let arguments = [&["-", "--format", "csv", "--json"], arguments].concat();
    stage.run_with_input("import", &arguments, csv)
}

/// Line and code of each failure.
fn failures(output: &Value) -> Vec<(u64, &str)> {
    let failures = output["failures"].as_array().unwrap().iter();
    failures
        .map(|failed| (failed["line"].as_u64().unwrap(), failed["code"].as_str().unwrap()))
        .collect()
}

#[test]
fn links_are_exported_and_imported_as_csv_with_their_times() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let (file, to) = (stage.path("links.csv"), stage.path("restored"));
    let ran = stage.run("export", &["--out", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.starts_with("exported 7 links to "), "{ran:?}");
    let csv = fs::read_to_string(&file).unwrap();
    let mut csv_lines = csv.lines();
    assert_eq!(csv_lines.next(), Some("project,view,type,environment,key,linked_at"));
    assert_eq!(csv_lines.next(), Some("other,a-view,flags,,f-1,1700000009600"));
    assert!(csv.contains("\nshop,a-view,segments,prod,beta,1700000002500\n"), "{csv}");

    let ran = run_plain(["import".as_ref(), to.as_os_str(), file.as_os_str()]);
    assert_eq!(ran.err, "imported 3 views, 0 resources and 7 links\n", "{ran:?}");
    let links = |store| {
        let of_links = |line: &Value| line.get("link").is_some();
        lines(store).into_iter().filter(of_links).collect::<Vec<_>>()
    };
    assert_eq!(links(&to), links(&stage.store()));
    // A view is created with its first link.
    let view = &lines(&to)[1]["view"];
    assert_eq!(
        (&view["name"], &view["createdAt"]),
        (&json!("a-view"), &json!(1_700_000_009_600_u64))
    );
}

#[test]
fn columns_come_in_any_order_and_all_but_two_may_be_missing() {
    let stage = Stage::empty();
    let ran = import(&stage, b"key,view\na,v\nb,V\n", &[]);
    assert_eq!((ran.code, &ran.json()["done"]["links"]), (0, &json!(2)), "{ran:?}");
    let links = stage.run("links", &["v", "--keys"]);
    assert_eq!(links.out, "a\nb\n", "{links:?}");
    let csv =
        b"type,key,environment,view,project\nsegments,beta,prod,v,\nmetrics,m,,v,other\n,c,,v,\n";
    let ran = import(&stage, csv, &["--project", "shop"]);
    assert_eq!(
        (ran.code, &ran.json()["done"]),
        (0, &json!({"views": 2, "resources": 0, "links": 3}))
    );
    let ran = stage.run("links", &["v", "--project", "shop", "--type", "segments", "--keys"]);
    assert_eq!(ran.out, "prod/beta\n");
    let ran = stage.run("links", &["v", "--project", "shop", "--keys"]);
    assert_eq!(ran.out, "c\n");
}

#[test]
fn quotes_spaces_line_ends_of_windows_and_a_byte_order_mark_are_read() {
    let stage = Stage::empty();
    let csv = b"\xef\xbb\xbf\"key\", view\r\n\"a\",v \r\n\r\n b ,\"v\"\r\nnot a key,v\r\n";
    let ran = import(&stage, csv, &[]);
    let output = ran.json();
    assert_eq!((ran.code, &output["done"]["links"]), (1, &json!(2)), "{ran:?}");
    assert_eq!(failures(&output), [(5, "invalid_key")]);
}

#[test]
fn a_header_that_does_not_name_the_columns_is_refused() {
    for (header, reason) in [
        (&b"key\n"[..], "has no column \\\"view\\\""),
        (b"view,keys\n", "has the unknown column \\\"keys\\\""),
        (b"key,view,key\n", "has two columns \\\"key\\\""),
        (b"a,v\nkey,view\n", "has the unknown column \\\"a\\\""),
        (b"\xff,view\n", "has the unknown column"),
        (b"", "has no column"),
    ] {
        let stage = Stage::empty();
        let ran = import(&stage, header, &[]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("malformed_input")), "{ran:?}");
        assert!(ran.err.contains(reason) && ran.err.contains("project, view, type"), "{ran:?}");
        assert!(names(&stage).is_empty());
    }
}

/// Rows from line 2 on, some of which are invalid.
const ROWS: [&[u8]; 17] = [
    b"v,a,flags,,1700000000007",       // 2
    b"v,b",                            // 3
    b"v,b,flags,,1700000000007,more",  // 4
    b"no view,b,flags,,1700000000007", // 5
    b"v,,flags,,1700000000007",        // 6
    b"v,b,flag s,,1700000000007",      // 7
    b"v,b,segments,,1700000000007",    // 8
    b"v,b,flags,prod,1700000000007",   // 9
    b"v,b,flags,,yesterday",
    b"v,\xff,flags,,1700000000007",
    b"v,a,flag,,1700000000008", // 12: linked by then
    b"v,a,flag,,1700000000007", // 13: the same again
    b"v,c,flags,,",
    b"v,b,flags,,1732480000000000", // 15: microseconds, which would be the year 56870
    b"v,d,flags,,253402300799999",  // 16: the last time of the year 9999
    b"v",                           // 17
    b"v, \"a\",flags,,1700000000007", // 18: a quote that is not the first of its field is part of it
];

/// The line and code of each row of [`ROWS`] that fails.
const FAILURES: [(u64, &str); 12] = [
    (3, "invalid_row"),
    (4, "invalid_row"),
    (5, "invalid_key"),
    (6, "invalid_key"),
    (7, "invalid_row"),
    (8, "invalid_key"),
    (9, "invalid_row"),
    (10, "invalid_row"),
    (11, "invalid_row"),
    (15, "invalid_row"),
    (17, "invalid_row"),
    (18, "invalid_key"),
];

#[test]
fn failed_rows_are_listed_by_line_and_the_others_are_imported() {
    let stage = Stage::empty();
    let mut csv = b"view,key,type,environment,linked_at\n".to_vec();
    for row in ROWS {
        csv.extend(row);
        csv.push(b'\n');
    }
    let ran = import(&stage, &csv, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let output = ran.json();
    assert_eq!(output["done"], json!({"views": 1, "resources": 0, "links": 3}), "{output}");
    assert_eq!(output["unchanged"]["links"], 2);
    assert_eq!(failures(&output), FAILURES);
    assert_eq!(output["failures"][0]["message"], "it has 2 fields, but the header names 5");
    assert_eq!(output["failures"][10]["message"], "it has 1 field, but the header names 5");
    assert_eq!(stage.run("links", &["v", "--keys"]).out, "a\nc\nd\n");
}

#[test]
fn a_time_in_seconds_is_not_imported_as_one_of_1970() {
    let stage = Stage::empty();
    let csv = b"view,key,linked_at\nv,a,1700000000\nv,b,1700000000000\nv,c,0\n";
    let output = import(&stage, csv, &[]).json();
    assert_eq!(failures(&output), [(2, "invalid_row"), (4, "invalid_row")], "{output}");
    let message = output["failures"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("1700000000 is before 2001") && message.contains("seconds"),
        "{message}"
    );
    assert_eq!(stage.run("links", &["v", "--keys"]).out, "b\n");
    // With the option such times are accepted, and times that are not kept are not checked.
    for argument in ["--allow-old-times", "--times=now"] {
        fs::remove_dir_all(stage.store()).unwrap();
        let ran = import(&stage, csv, &[argument]);
        assert_eq!((ran.code, &ran.json()["done"]["links"]), (0, &json!(3)), "{argument}: {ran:?}");
    }
}

#[test]
fn a_quote_that_is_open_at_the_end_of_a_line_is_refused_and_hides_no_rows() {
    for (csv, line) in [
        (&b"view,key\nv,a\n\r\nv,\"b\nv,c\nv,d\n"[..], 4),
        (b"view,key\r\nv,\"a\r\nv,b\"\r\nv,c\r\n", 2),
        (b"\"view\nkey\",key\nv,a\n", 1),
        // As in a file that was cut within a field.
        (b"view,key\nv,a\nv,\"check", 3),
    ] {
        let stage = Stage::empty();
        let ran = import(&stage, csv, &[]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("malformed_input")), "{ran:?}");
        assert!(ran.err.contains(&format!("line {line} of standard input")), "{ran:?}");
        assert!(ran.err.contains("quote") && ran.err.contains("nothing was imported"), "{ran:?}");
        assert!(names(&stage).is_empty());
    }
}

#[test]
fn a_last_line_without_an_end_is_reported_because_it_may_be_incomplete() {
    let stage = Stage::empty();
    let imported = |csv: &[u8]| stage.run_with_input("import", &["-", "--format", "csv"], csv).err;
    let output = imported(b"view,key,linked_at\nv,a,1700000000000\nv,b,");
    assert!(
        output.starts_with("imported 1 view, 0 resources and 2 links; the last line"),
        "{output}"
    );
    let output = imported(b"view,key\nv,c\n");
    assert_eq!(output, "imported 0 views, 0 resources and 1 link\n");
    for (csv, has_no_end) in [(&b"view,key\nv,c"[..], true), (b"view,key\nv,c\n  ", false)] {
        assert_eq!(import(&stage, csv, &[]).json()["lastLineHasNoEnd"], json!(has_no_end));
    }
}

#[test]
fn a_read_may_end_anywhere_between_and_within_rows() {
    let stage = Stage::empty();
    // Rows of five bytes, so that reads of any power of two end at each of their bytes.
    let csv = ["view,key\r\n", &"v,a\r\n".repeat(150_000)].concat();
    let ran = import(&stage, csv.as_bytes(), &[]);
    assert_eq!((ran.code, &ran.json()["done"]["links"]), (0, &json!(1)), "{ran:?}");
}

#[test]
fn blank_lines_may_have_spaces() {
    let stage = Stage::empty();
    let ran = import(&stage, b" \r\nview,key\r\n\t\r\nv,a\n  \nv,no key\n   ", &[]);
    let output = ran.json();
    assert_eq!((ran.code, &output["done"]["links"]), (1, &json!(1)), "{ran:?}");
    assert_eq!(failures(&output), [(6, "invalid_key")]);
}

#[test]
fn views_are_not_created_if_an_option_forbids_it() {
    let stage = Stage::empty();
    stage.change(|store: &Store| {
        store.project("default").unwrap().create_view(NewView::new("v", "v")).unwrap();
    });
    let ran = import(&stage, b"view,key\nv,a\nw,b\nv,c\n", &["--no-create-views"]);
    let output = ran.json();
    assert_eq!((ran.code, &output["done"]), (1, &json!({"views": 0, "resources": 0, "links": 2})));
    assert_eq!(failures(&output), [(3, "unknown_view")]);
}

#[test]
fn the_first_thousand_failures_are_listed_and_all_are_counted() {
    let stage = Stage::empty();
    let csv = format!("view,key\n{}v,good\n", "v,bad key\n".repeat(1_500));
    let ran = stage.run_with_input("import", &["-", "--format", "csv"], csv.as_bytes());
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1_002), "{}", ran.err);
    assert_eq!(ran.out.lines().last(), Some("500 more rows failed"));
    let end = "imported 1 view, 0 resources and 1 link; 1500 rows failed\n";
    assert_eq!(ran.err, end);
    let ran = import(&stage, csv.as_bytes(), &[]);
    let output = ran.json();
    assert_eq!((&output["failed"], failures(&output).len()), (&json!(1_500), 1_000));
}
