//! `viewlink top` as a process: without a terminal, and in a real one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Stage, program, run_plain};

#[test]
fn a_call_without_a_command_prints_the_first_steps() {
    let ran = run_plain([""; 0]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.lines().count() <= 6, "{ran:?}");
    for step in ["viewlink top ", "viewlink stats ", "--create --create-view", "viewlink help"] {
        assert!(ran.err.contains(step), "{step}: {ran:?}");
    }
}

#[test]
fn without_a_terminal_the_error_names_the_commands_for_scripts() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("top", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("`viewlink stats --json`"), "{ran:?}");
    let ran = stage.run("top", &["--json"]);
    let (code, message) = (&ran.error()["code"], ran.error()["message"].to_string());
    assert_eq!((ran.code, code), (2, &"invalid_request".into()));
    assert!(message.contains("viewlink log --json"), "{ran:?}");
}

/// A terminal of tmux with its own server; it ends when this value is dropped.
struct Tmux {
    socket: String,
}

impl Tmux {
    /// A terminal of 80 columns and 24 rows that runs a shell script; `None` if tmux is not installed.
    fn start(script: &str) -> Option<Self> {
        if !Command::new("tmux")
            .arg("-V")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|of| of.success())
        {
            eprintln!("tmux is not installed, so nothing was tested in a real terminal");
            return None;
        }
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let tmux = Self { socket: format!("viewlink-test-{}-{number}", std::process::id()) };
        tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", script]);
        Some(tmux)
    }

    fn run(&self, arguments: &[&str]) -> String {
        let ran = Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    fn press(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// The screen, once it contains all of some texts.
    fn wait_for(&self, texts: &[&str]) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let shown = self.run(&["capture-pane", "-p"]);
            if texts.iter().all(|text| shown.contains(text)) {
                return shown;
            }
            assert!(Instant::now() < deadline, "{texts:?} are not all on the screen:\n{shown}");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

/// A script that runs the command, and then prints its exit code and the state of the terminal.
fn script(store: &Path) -> String {
    let (program, store) = (program().get_program().to_owned(), store.display().to_string());
    let program = program.to_str().unwrap().to_owned();
    format!(
        "'{program}' top '{store}'; echo ended with $?; stty -a | tr ' ;' '\\n\\n' | grep -x -e '-*icanon' -e '-*echo'; cat"
    )
}

#[test]
fn in_a_real_terminal_it_shows_a_store_and_its_changes_and_restores_the_terminal() {
    let stage = Stage::with_flags(["a", "b"]);
    let Some(tmux) = Tmux::start(&script(&stage.store())) else { return };
    tmux.wait_for(&["views.viewlink", "revision 2", "2 links", "my-view", "linked 2 flags: a, b"]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["my-view of project default: 2 resources", "Esc back"]);
    // The store is not locked in the meantime, and the display shows a change of it.
    assert_eq!(stage.run("link", &["my-view", "c", "--comment", "third"]).code, 0);
    tmux.wait_for(&["revision 3", "my-view of project default: 3 resources"]);
    tmux.press(&["Escape"]);
    tmux.wait_for(&["linked 1 flag: c"]);
    tmux.press(&["/", "v", "i", "e", "w", "Enter"]);
    tmux.wait_for(&["\"view\": 1 view, 0 resources"]);
    tmux.press(&["Escape"]);
    tmux.run(&["resize-window", "-x", "40", "-y", "10"]);
    let shown = tmux.wait_for(&["Views, by size", "Tab next list"]);
    assert!(!shown.contains("Changes"), "{shown}");
    tmux.press(&["q"]);
    let shown = tmux.wait_for(&["ended with 0", "icanon", "echo"]);
    assert!(!shown.contains("Views, by size"), "{shown}");
    assert!(!shown.contains("-icanon") && !shown.contains("-echo"), "{shown}");
}

#[test]
fn a_signal_that_ends_it_restores_the_terminal_first() {
    let stage = Stage::with_flags(["a"]);
    let Some(tmux) = Tmux::start(&script(&stage.store())) else { return };
    tmux.wait_for(&["views.viewlink", "revision 2"]);
    let shell = tmux.run(&["display-message", "-p", "#{pane_pid}"]);
    let children = format!("/proc/{0}/task/{0}/children", shell.trim());
    let Ok(program) = std::fs::read_to_string(children) else { return }; // only Linux has this file
    assert!(Command::new("kill").args(["-TERM", program.trim()]).status().unwrap().success());
    let shown = tmux.wait_for(&["ended with 143", "icanon", "echo"]);
    assert!(!shown.contains("-icanon") && !shown.contains("-echo"), "{shown}");
}
