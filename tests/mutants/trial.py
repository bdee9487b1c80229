"""Runs tests for a mutant: those that reach its function, cheap ones first."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from build import TREE, WORK, write

FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED")
# Seconds that a process of tests should take, and from which on it is taken to hang.
GROUP, LEAST_LIMIT, LIMIT = 6.0, 10.0, 90.0
# From how many seconds on a test is slow.
QUICK = 0.5
# Stages, by test program.
STAGES = ("lib", "it", "tracing", "crash")


def run_tests(program, names, mutant=None, reached=None, limit=LIMIT, threads=2):
    """Runs tests until one fails; ("passed" | "failed" | "timeout", the test)."""
    scratch = tempfile.mkdtemp(prefix="viewlink-mutant-")
    environment = {
        **os.environ, "TMPDIR": scratch, "RUST_MIN_STACK": str(16 << 20), "RUST_BACKTRACE": "0",
        "PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1",
        **({} if mutant is None else {"MUTANT": str(mutant)}), **({"MUTANT_REACHED": reached} if reached else {}),
    }
    command = ["nice", "prlimit", f"--as={12 << 30}", f"--fsize={4 << 30}", "--core=0", program]
    run = subprocess.Popen(
        [*command, "--exact", f"--test-threads={threads}", *names],
        cwd=TREE, env=environment, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    hangs = threading.Event()
    timer = threading.Timer(limit, lambda: (hangs.set(), kill(run)))
    timer.start()
    try:
        failed = next((found[1] for found in map(FAILED.match, run.stdout) if found), None)
        if failed:
            return "failed", failed
        code = run.wait()
        if hangs.is_set():
            return "timeout", names[0]
        return ("passed", None) if code == 0 else ("failed", names[0] if len(names) == 1 else "(the process ended)")
    finally:
        timer.cancel()
        kill(run)
        run.wait()
        run.stdout.close()
        shutil.rmtree(scratch, ignore_errors=True)


def kill(run):
    """Ends a process with those it started."""
    try:
        os.killpg(run.pid, 9)
    except ProcessLookupError:
        pass


class Reach:
    """Which functions each test reaches, and how long it takes; kept in a file."""

    FILE = WORK / "reach.json"

    def __init__(self, build, say):
        self.build, self.say = build, say
        self.names = site_names(build)
        self.tests = json.loads(self.FILE.read_text()) if self.FILE.exists() else {}

    def measure(self, again, stages):
        """Runs each test that has no record alone, without a mutant."""
        tests = [] if again else [test for test, record in self.tests.items() if record["result"] == "passed"]
        todo = []
        for target in stages:
            listed = [self.build.programs[target], "--list"]
            said = subprocess.run(listed, cwd=TREE, capture_output=True, text=True, check=True).stdout
            todo += [f"{target} {name}" for name in re.findall(r"^(\S+): test$", said, re.M)]
        self.tests = {test: self.tests[test] for test in tests if test in set(todo) or not test.startswith(stages)}
        todo = [test for test in todo if test not in self.tests]
        self.say(f"{len(todo)} tests to measure")
        while todo:
            with self.build.lock, ThreadPoolExecutor(2) as pool:
                end = time.monotonic() + 120
                for worker in [pool.submit(self.measure_some, todo, end) for _ in range(2)]:
                    worker.result()
            write(self.FILE, json.dumps(self.tests))
        bad = [test for test, record in self.tests.items() if record["result"] != "passed"]
        self.say(f"{len(self.tests)} tests, of which fail without a mutant: {bad}")

    def measure_some(self, todo, end):
        while todo and time.monotonic() < end:
            test = todo.pop(0)
            target, name = test.split(" ")
            with tempfile.NamedTemporaryFile() as reached:
                begun = time.monotonic()
                result = run_tests(self.build.programs[target], [name], reached=reached.name, limit=240)[0]
                seconds = time.monotonic() - begun
                sites = sorted({int(line) for line in reached.read().split()})
            self.tests[test] = {"seconds": seconds, "result": result, "sites": [self.names[site] for site in sites]}

    def of(self, mutant, slow):
        """The quick or the slow tests that reach a mutant: all of them if that cannot be seen."""
        site = self.build.site_of.get(mutant.number)
        passing = {
            test: record
            for test, record in self.tests.items()
            if record["result"] == "passed" and is_slow(test, record) == slow
        }
        if site is None or site in self.build.blind:
            return passing
        return {test: record for test, record in passing.items() if self.names[site] in record["sites"]}


def is_slow(test, record):
    """Whether a test is only tried where the quick ones notice nothing."""
    return record["seconds"] > QUICK or test.startswith("crash ")


def site_names(build):
    """A name for each function, which stays when others come or go."""
    count, names = Counter(), {}
    for file, sites in build.sites.items():
        for site in sites:
            name = f"{file}|{site.mutants[0].function}"
            names[site.number] = f"{name}|{count[name]}"
            count[name] += 1
    return names


class Trial:
    """The tests of one mutant, in groups; can be interrupted between groups."""

    def __init__(self, mutant, tests, programs, kills):
        self.mutant, self.programs, self.kills = mutant, programs, kills
        module = mutant.file.removeprefix("src/").removesuffix(".rs").removesuffix("/mod").replace("/", "::")
        self.module = module
        self.seconds = {test: record["seconds"] for test, record in tests.items()}
        self.groups = self.plan()
        self.sometimes, self.spent = None, 0.0

    def plan(self):
        """Groups of tests, at first small: those that noticed others in this file; then by stage, the nearest first."""
        known = self.kills.get(self.mutant.file, Counter())
        others = sum(self.kills.values(), Counter())
        best = [test for test, _ in known.most_common(12) + others.most_common(12)]
        first = [test for test in dict.fromkeys(best) if test in self.seconds][:12]
        rest = sorted((test for test in self.seconds if test not in first), key=self.rank)
        groups, seconds, most = [], 0.0, GROUP / 8
        for test in first + rest:
            same = groups and groups[-1][0].split(" ")[0] == test.split(" ")[0] and test != (rest or [None])[0]
            if same and seconds + self.seconds[test] <= most:
                groups[-1].append(test)
                seconds += self.seconds[test]
            else:
                most = min(GROUP, most * 2) if groups else most
                groups.append([test])
                seconds = self.seconds[test]
        return groups

    def rank(self, test):
        """Where in the order a test stands."""
        target, name = test.split(" ")
        near = os.path.commonprefix([name.split("::"), self.module.split("::")])
        return STAGES.index(target), -len(near) if target == "lib" else 0, self.seconds[test]

    def step(self):
        """Runs the next group; a result when there is one."""
        if not self.groups:
            return ("caught", f"{self.sometimes}, sometimes") if self.sometimes else ("missed", "")
        group = self.groups.pop(0)
        target = group[0].split(" ")[0]
        names = [test.split(" ")[1] for test in group]
        if self.programs[target] is None:
            return "unviable", ""
        begun = time.monotonic()
        limit = max(LEAST_LIMIT, min(LIMIT, 6 * sum(self.seconds[test] for test in group)))
        result, test = run_tests(self.programs[target], names, self.mutant.number, limit=limit)
        if result == "failed":
            # Once more, so that a test that fails by chance proves nothing.
            again = names if test.startswith("(") else [test]
            result = run_tests(self.programs[target], again, self.mutant.number, limit=limit)[0]
            if result == "passed":
                self.sometimes = f"{target} {test}"
                rest = [name for name in names if name != test]
                self.groups[:0] = [[f"{target} {name}" for name in rest]] if len(rest) < len(names) and rest else []
        self.spent += time.monotonic() - begun
        if result == "passed":
            return None
        return ("caught" if result == "failed" else "timeout"), f"{target} {test}"
