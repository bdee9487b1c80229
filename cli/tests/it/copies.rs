//! Copying a store, and freeing space.

use std::fs;

use viewlink::{Batch, NewView, Options};

use crate::support::{Stage, copy, program, run_plain};

#[test]
fn a_copy_is_a_store_with_the_same_links_and_journal() {
    let stage = Stage::with_flags(["a", "b"]);
    let copy = stage.path("copy.viewlink");
    let copied = copy.to_str().unwrap();
    let ran = stage.run("backup", &[copied]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.starts_with("copied revision 2 to ") && ran.err.contains(copied), "{ran:?}");
    assert_eq!(run_plain(["links", copied, "my-view", "--keys"]).out, "a\nb\n");
    assert_eq!(run_plain(["verify", copied]).code, 0);
    assert_eq!(run_plain(["log", copied, "--json"]).out, stage.run("log", &["--json"]).out);

    let other = stage.path("other.viewlink");
    let ran = stage.run("backup", &[other.to_str().unwrap(), "--json"]);
    let output = ran.json();
    assert_eq!((&output["revision"], output["path"].as_str()), (&2.into(), other.to_str()));
}

#[test]
fn a_copy_is_restored_to_a_revision_with_the_journal_of_its_store() {
    let stage = Stage::with_flags(["a"]);
    let (copy, restored) = (stage.path("copy.viewlink"), stage.path("restored.viewlink"));
    let (copy, restored) = (copy.to_str().unwrap(), restored.to_str().unwrap());
    assert_eq!(stage.run("backup", &[copy]).code, 0);
    for flag in ["b", "mistake"] {
        assert_eq!(stage.run("link", &["my-view", flag]).code, 0);
    }
    let journal = stage.store().join("journal");
    let journal = journal.to_str().unwrap();
    let command = ["restore", copy, restored, "--journal", journal, "--json", "--at"];
    let run = |revision| run_plain(command.into_iter().chain([revision]));
    for revision in ["1", "9"] {
        let refused = run(revision);
        assert_eq!((refused.code, &refused.error()["code"]), (2, &"changes_gone".into()));
        assert!(!stage.path("restored.viewlink").exists());
    }
    let ran = run("3");
    assert_eq!((ran.code, &ran.json()["revision"]), (0, &3.into()), "{ran:?}");
    assert_eq!(run_plain(["links", restored, "my-view", "--keys"]).out, "a\nb\n");
    assert_eq!(run_plain(["verify", restored]).code, 0);
    let again = run("4");
    assert_eq!((again.code, &again.error()["code"]), (2, &"already_exists".into()), "{again:?}");
}

#[test]
fn an_existing_file_at_the_path_of_a_copy_is_not_changed() {
    let stage = Stage::with_flags(["a"]);
    let copy = stage.path("copy.viewlink");
    fs::write(&copy, "mine").unwrap();
    let ran = stage.run("backup", &[copy.to_str().unwrap(), "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"already_exists".into()), "{ran:?}");
    assert_eq!(fs::read(&copy).unwrap(), b"mine");

    let nowhere = stage.path("no/such/directory/copy");
    let ran = stage.run("backup", &[nowhere.to_str().unwrap()]);
    assert!(ran.code == 2 && ran.err.contains("cannot be copied"), "{ran:?}");
}

#[test]
fn a_copy_is_not_made_in_the_store_itself() {
    let stage = Stage::with_flags(["a"]);
    for place in ["copy", "journal/copy"] {
        let copy = stage.store().join(place);
        let ran = stage.run("backup", &[copy.to_str().unwrap(), "--json"]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &"unwritable_output".into()), "{ran:?}");
        assert!(ran.err.contains("is in the directory of the store") && !copy.exists(), "{ran:?}");
    }
}

/// Each command that creates a store runs in an empty directory, with that directory as the path.
#[cfg(unix)]
#[test]
fn a_store_created_in_a_working_directory_is_in_that_same_directory() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let stage = Stage::with_flags(["a"]);
    fs::write(stage.path("links.csv"), "view,key\nmy-view,a\n").unwrap();
    let commands: [&[&str]; 3] = [
        &["backup", "../views.viewlink", "."],
        &["import", ".", "../links.csv"],
        &["link", ".", "my-view", "a", "--create", "--create-view"],
    ];
    for (number, command) in commands.into_iter().enumerate() {
        let here = stage.path(&format!("here-{number}"));
        fs::create_dir(&here).unwrap();
        fs::set_permissions(&here, fs::Permissions::from_mode(0o750)).unwrap();
        let is =
            || fs::metadata(&here).map(|is| (is.ino(), is.uid(), is.gid(), is.mode())).unwrap();
        let before = is();
        // Another process has the directory as its working directory, and reads there afterwards.
        let script =
            "here=$1; shift; cd \"$here\" && \"$0\" \"$@\" && \"$0\" links . my-view --keys";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script]).arg(env!("CARGO_BIN_EXE_viewlink")).arg(&here).args(command);
        let ran = shell.output().unwrap();
        let (out, err) =
            (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
        assert_eq!((ran.status.code(), out.as_str()), (Some(0), "a\n"), "{command:?}: {err}");
        assert_eq!(is(), before, "{command:?}");
        assert_eq!(run_plain(["verify".as_ref(), here.as_os_str()]).code, 0, "{command:?}");
    }
}

/// If a directory is incomplete because a command was killed, every command reports that, and does not change it.
#[test]
fn an_incomplete_directory_is_neither_empty_nor_a_store() {
    let stage = Stage::with_flags(["a"]);
    fs::write(stage.path("links.csv"), "view,key\nmy-view,a\n").unwrap();
    let half = stage.path("half");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("unfinished"), "").unwrap();
    let (path, csv) = (half.to_str().unwrap(), stage.path("links.csv"));
    for command in [
        &["stats", path][..],
        &["import", path, csv.to_str().unwrap()],
        &["link", path, "my-view", "a", "--create", "--create-view"],
    ] {
        let ran = run_plain(command);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command:?}: {ran:?}");
        assert!(ran.err.contains("copy was not finished"), "{command:?}: {ran:?}");
    }
    let ran = stage.run("backup", &[path]);
    assert!(ran.code == 2 && ran.err.contains("choose a free path"), "{ran:?}");
    assert_eq!(fs::read_dir(&half).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_copy_is_not_made_in_the_store_through_any_path() {
    let stage = Stage::with_flags(["a"]);
    fs::create_dir(stage.path("beside")).unwrap();
    std::os::unix::fs::symlink(stage.store(), stage.path("link")).unwrap();
    std::os::unix::fs::symlink("../views.viewlink/journal", stage.path("beside/link")).unwrap();
    for copy in [
        "views.viewlink/copy",
        "link/copy",
        "beside/link/copy",
        "beside/../views.viewlink/journal/copy",
        "views.viewlink/journal/../copy",
    ] {
        for store in ["views.viewlink", "link", "beside/../views.viewlink"] {
            let mut command = program();
            command.current_dir(stage.path("")).args(["backup", store, copy, "--json"]);
            let ran = command.output().unwrap();
            let output = String::from_utf8(ran.stderr).unwrap();
            assert_eq!(ran.status.code(), Some(2), "{store} {copy}: {output}");
            assert!(output.contains("unwritable_output"), "{store} {copy}: {output}");
            assert!(!stage.path(copy).exists(), "{store} {copy}");
        }
    }
    assert_eq!(stage.run("verify", &[]).code, 0);
}

#[test]
fn compacting_frees_the_space_of_deleted_data() {
    let (live, stage) = (Stage::empty(), Stage::empty());
    let store = Options::new().open(live.store()).unwrap();
    let project = store.project("p").unwrap();
    for n in 0..20 {
        project.create_view(NewView::new(format!("v{n}"), "V")).unwrap();
        let flags = (0..2_000).map(|flag| format!("a-flag-with-a-long-name-{n}-{flag}"));
        project.link(&format!("v{n}"), Batch::flags(flags)).unwrap().all_ok().unwrap();
    }
    store.checkpoint().unwrap();
    (1..20).for_each(|n| _ = project.delete_view(&format!("v{n}")).unwrap());
    // As if its host was killed now: the deletions are only in the journal.
    copy(&live.store(), &stage.store());
    let ran = stage.run("compact", &["--json"]);
    let (before, after) =
        (ran.json()["checkpointBytesBefore"].as_u64(), ran.json()["checkpointBytesAfter"].as_u64());
    assert!(ran.code == 0 && after < before && after > Some(0), "{ran:?}");
    let again = stage.run("compact", &[]);
    assert!(again.code == 0 && again.err.starts_with("the checkpoint has "), "{again:?}");
    assert_eq!(stage.run("verify", &[]).code, 0);
}
