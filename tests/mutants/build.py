"""Builds the tests of the crate with all its mutants, in a copy of the tree."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import schema

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "target" / "mutants"
TREE = WORK / "tree"
PLAIN = WORK / "plain"
CARGO = os.environ.get("CARGO", "cargo").split()
# For how many seconds the lock is held, about.
HELD = 200.0
TARGETS = (("lib", "it"), ("tracing", "crash"))
# Names of functions that constants call.
CALLED = re.compile(r"cannot call non-const (?:associated )?(?:function|method) `([^`]+)`")


def write(path, text):
    """Writes a file if it has another text, so that unchanged files keep their times."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def copy_tree(tree):
    """Copies what is under version control, or new here, apart from the sources of the crate."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = {name for name in names.split("\0") if name and (ROOT / name).is_file()}
    for name in sorted(names):
        here, there = ROOT / name, tree / name
        if name.startswith("src/") and name.endswith(".rs"):
            continue
        if not there.exists() or here.read_bytes() != there.read_bytes():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here, there)
    for there in [path for part in ("src", "tests") for path in (tree / part).rglob("*") if path.is_file()]:
        if str(there.relative_to(tree)) not in names | {"src/mutant.rs"}:
            there.unlink()
    return {name for name in names if name.startswith("src/") and name.endswith(".rs")}


def cargo(tree, *arguments):
    """Runs cargo in a copy; the messages of the compiler, and what else cargo said."""
    environment = {
        "CARGO_PROFILE_TEST_OPT_LEVEL": "0", "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_PROFILE_DEV_DEBUG": "0",
        **os.environ, "CARGO_TARGET_DIR": str(WORK / "target"),
    }
    done = subprocess.run(
        ["nice", *CARGO, *arguments, "--locked", "--message-format=json"],
        cwd=tree, env=environment, capture_output=True, text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done


def options(targets):
    """What cargo calls test programs."""
    return [option for target in targets for option in (["--lib"] if target == "lib" else ["--test", target])]


def programs(messages):
    """The paths of test programs."""
    names = {"viewlink": "lib"}
    found = [one for one in messages if one.get("executable") and one["profile"]["test"]]
    return {names.get(one["target"]["name"], one["target"]["name"]): one["executable"] for one in found}


class Build:
    """The mutants, which of them are in the build, and the test programs."""

    def __init__(self, lock, say):
        self.lock, self.say = lock, say
        self.mutants, self.sources = schema.list_mutants(ROOT, CARGO)
        self.sites, self.count = schema.find_sites(self.mutants)
        every = [site for sites in self.sites.values() for site in sites]
        self.site_of = {one.number: site.number for site in every for one in site.mutants}
        self.left_out = {one.number: "alone" for one in self.mutants if not one.body}
        self.programs = {}
        # Functions of which no test is seen to reach them, as they are constant.
        self.blind = set()

    def build(self):
        """Leaves out what does not compile, and builds the rest."""
        kept = WORK / "left-out.json"
        known = {tuple(key): word for *key, word in json.loads(kept.read_text())} if kept.exists() else {}
        for one in self.mutants:
            if (*one.key, one.hash) in known:
                self.left_out[one.number] = known[*one.key, one.hash]
        steps = [*((lambda targets=targets: self.compile(targets)) for targets in TARGETS)]
        while steps:
            # Several short steps for one wait for the lock.
            with self.lock:
                end = time.monotonic() + HELD
                while steps and time.monotonic() < end:
                    if steps[0]():
                        steps.pop(0)
            out = [one for one in self.mutants if one.number in self.left_out]
            write(kept, json.dumps([[*one.key, one.hash, self.left_out[one.number]] for one in out]))
        self.find_blind()

    def compile(self, targets):
        """Builds test programs; if a mutant does not compile, leaves it out instead, and returns whether none did."""
        begun = time.monotonic()
        self.write_tree(TREE)
        messages, done = cargo(TREE, "test", "--no-run", *options(targets))
        errors = [one["message"] for one in messages if one.get("message") and one["message"]["level"] == "error"]
        seconds = time.monotonic() - begun
        self.say(f"built {targets} in {seconds:.0f} s, {len(errors)} errors, {len(self.left_out)} left out")
        if done.returncode != 0 and not self.leave_out(errors):
            raise SystemExit(done.stderr + "".join(error["rendered"] for error in errors[:3]))
        self.programs |= programs(messages)
        return done.returncode == 0

    def find_blind(self):
        """Finds the functions that no test is seen to reach: constant ones without a mutant in this build."""
        for site in (site for sites in self.sites.values() for site in sites):
            constant = re.search(r"\bconst\s+fn\b", site.mutants[0].head)
            if constant and all(one.number in self.left_out for one in site.mutants):
                self.blind.add(site.number)

    def write_tree(self, tree):
        """Writes the sources with all mutants that compile."""
        names = copy_tree(tree)
        for name in sorted(names):
            text = self.sources[name].text if name in self.sources else (ROOT / name).read_text()
            if name in self.sites:
                text = schema.instrument(self.sources[name], self.sites[name], self.left_out)
            if name == "src/lib.rs":
                text = text.replace("#![forbid", f"#![allow({schema.LINTS})]\n#![forbid", 1) + "mod mutant;\n"
            write(tree / name, text)
        write(tree / "src/mutant.rs", schema.SWITCH.replace("SITES", str(self.count)))

    def leave_out(self, errors):
        """Leaves out the mutants that errors are in; returns whether there are any."""
        before, lines, called = len(self.left_out), {}, set()
        for error in errors:
            names = CALLED.findall(error["message"])
            called.update(name.split("::")[-1].split("<")[0] for name in names)
            for span in error["spans"]:
                if span["is_primary"] and not names:
                    lines.setdefault(span["file_name"], set()).update(range(span["line_start"], span["line_end"] + 1))
        for name, sites in self.sites.items():
            mutants, broken = schema.blame((TREE / name).read_text(), lines.get(name, ()))
            for site in sites:
                constant = re.search(r"\bconst\s+fn\s+(\w+)", site.mutants[0].head)
                inside = [one for one in site.mutants if one.number not in self.left_out]
                self.left_out |= {one.number: "unviable" for one in inside if one.number in mutants}
                if constant and constant[1] in called:
                    self.left_out |= {one.number: "alone" for one in inside}
                elif site.number in broken and not any(one.number in mutants for one in inside):
                    # The types of whole bodies are the likely reason; the others are tried again.
                    bodies = [one for one in inside if "->" in one.description] or inside
                    self.left_out |= {one.number: "alone" for one in bodies}
        return len(self.left_out) > before


class Alone:
    """The test programs of a tree with one mutant, each built when it is needed."""

    def __init__(self, build, mutant):
        self.build, self.programs = build, {}
        for name in sorted(copy_tree(PLAIN)):
            text = build.sources[name].text if name in build.sources else (ROOT / name).read_text()
            write(PLAIN / name, schema.mutate(text, mutant) if name == mutant.file else text)

    def __getitem__(self, target):
        """The path of a program; None if it does not compile."""
        if target not in self.programs:
            messages, _ = cargo(PLAIN, "test", "--no-run", *options([target]))
            self.programs[target] = programs(messages).get(target)
        return self.programs[target]
