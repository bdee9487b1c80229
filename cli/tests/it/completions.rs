//! Completion scripts for shells.

use crate::support::run_plain;

#[test]
fn every_shell_has_a_script_with_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run_plain(["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for known in ["views-of", "unlink", "keys-from", "completions", "aiConfigs"] {
            // The scripts of two shells do not have the values of options.
            let is_told = known != "aiConfigs" || !["powershell", "elvish"].contains(&shell);
            assert!(!is_told || ran.out.contains(known), "{shell} does not know {known}");
        }
    }
    assert_eq!(run_plain(["completions", "cmd"]).code, 2);
}

#[cfg(target_os = "linux")]
#[test]
fn the_script_for_bash_is_valid() {
    use std::process::Command;

    let script = run_plain(["completions", "bash"]).out;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("completions");
    std::fs::write(&file, script).unwrap();
    let checked = Command::new("bash").arg("-n").arg(&file).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
