//! Keys from files and from standard input.

use std::fs;

use crate::support::Stage;

/// The flags of the view.
fn flags(stage: &Stage) -> String {
    stage.run("links", &["my-view", "--keys"]).out
}

#[test]
fn keys_are_read_from_a_file_with_any_line_ends() {
    for text in ["a\nb\n", "a\r\n\r\nb\r\n", "\u{feff}a\n  \n\tb", "\n\na \nb\n\n"] {
        let stage = Stage::with_flags(["a", "b", "c", "d"]);
        let file = stage.path("keys.txt");
        fs::write(&file, text).unwrap();
        let ran = stage.run("unlink", &["my-view", "c", "--keys-from", file.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{text:?}: {ran:?}");
        assert_eq!(flags(&stage), "d\n", "{text:?}");
    }
}

#[test]
fn keys_are_read_from_standard_input() {
    let stage = Stage::with_flags(["a", "b"]);
    let ran = stage.run_with_input("unlink", &["my-view", "--keys-from", "-"], b"a\nx y\n\xff\n");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("x y") && ran.out.contains("invalid_key"), "{ran:?}");
    assert_eq!(ran.err, "my-view: 1 unlinked, 2 failed; revision 3\n");
    assert_eq!(flags(&stage), "b\n");
}

#[test]
fn a_file_without_keys_is_a_batch_without_keys() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run_with_input("unlink", &["my-view", "--keys-from", "-"], b"\n");
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "my-view: 0 unlinked, 0 failed; nothing changed\n")
    );
}

#[test]
fn more_keys_than_a_batch_may_have_change_nothing() {
    let stage = Stage::with_flags(["k0"]);
    let keys: String = (0..100_001).map(|n| format!("k{n}\n")).collect();
    let ran = stage.run_with_input("unlink", &["my-view", "--keys-from", "-"], keys.as_bytes());
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("the limit of 100000") && ran.err.contains("--batch-limit"),
        "{ran:?}"
    );
    assert_eq!(flags(&stage), "k0\n");
    let raised = ["my-view", "--keys-from", "-", "--batch-limit", "100001"];
    let ran = stage.run_with_input("unlink", &raised, keys.as_bytes());
    assert!(ran.code == 1 && ran.err.contains("100000 failed; revision 3"), "{}", ran.err);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("unlink", &["my-view", "--keys-from", "no/such/file", "--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"unreadable_input".into()), "{ran:?}");
    assert!(error["message"].as_str().unwrap().contains("no/such/file"), "{ran:?}");
    let ran = stage.run_with_input("unlink", &["my-view", "--keys-from", "-"], &[b'k'; 70_000]);
    assert!(ran.code == 2 && ran.err.contains("line 1 of standard input"), "{}", ran.err);
}

#[test]
fn the_list_of_one_store_can_be_linked_in_another() {
    let (from, to) = (Stage::with_flags(["a", "b"]), Stage::with_flags(["b", "c"]));
    let keys = flags(&from);
    let ran = to.run_with_input("link", &["my-view", "--keys-from", "-"], keys.as_bytes());
    assert_eq!(ran.err, "my-view: 1 linked, 1 already linked, 0 failed; revision 3\n");
    assert_eq!(flags(&to), "a\nb\nc\n");
}

/// Shells of Windows write such files. Otherwise each key would fail on its own, without a visible reason.
#[test]
fn the_error_for_a_file_in_utf_16_says_so_in_every_command() {
    for (swapped, text) in [(false, "\u{feff}view,key\r\n"), (true, "\u{feff}a\r\n")] {
        let stage = Stage::with_flags(["a"]);
        let units = text.encode_utf16();
        let order = |unit: u16| if swapped { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let bytes: Vec<u8> = units.flat_map(order).collect();
        for (command, arguments) in [
            ("unlink", &["my-view", "--keys-from", "-", "--json"][..]),
            ("import", &["-", "--format", "csv", "--json"]),
            ("import", &["-", "--format", "jsonl", "--json"]),
        ] {
            let ran = stage.run_with_input(command, arguments, &bytes);
            assert_eq!(
                (ran.code, &ran.error()["code"]),
                (2, &"unreadable_input".into()),
                "{ran:?}"
            );
            assert!(ran.err.contains("it is UTF-16: save it as UTF-8"), "{ran:?}");
        }
        assert_eq!(flags(&stage), "a\n");
    }
}
