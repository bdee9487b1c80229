#!/usr/bin/env python3
"""Checks imports in src/: they point down only, and there are no import cycles.

A module is a file or folder of src/. Each module is in a layer. It may import modules of its own layer and of the
layers below. With --table this prints the layers as a table in Markdown, from top to bottom.
"""

import pathlib
import re
import sys

# From the bottom to the top: the purpose of a layer, and its modules.
LAYERS = [
    ("bytes, threads and files", ["codec", "disk", "parallel"]),
    ("keys, batches, reports, changes and errors: plain data", ["model"]),
    ("options and results for callers: plain data; spans and events; panics as errors",
     ["catch_panic", "health", "options", "sequencer", "sizes", "stats", "trace", "verify"]),
    ("filter conditions and their grammar", ["filter"]),
    ("the memory image: decides commands, applies changes, answers reads", ["state"]),
    ("changes on disk: groups, segments, replay, retention, archive", ["journal"]),
    ("the state on disk: the only layer that uses redb", ["checkpoint"]),
    ("group commit, write path, recovery, scheduling of checkpoints", ["engine"]),
    ("reads and feeds of an open store; the simulated disk for tests", ["feed", "snapshot", "testing"]),
    ("the store, its projects, opening and restoring", ["following", "opening", "project", "restore", "store"]),
    ("the same calls for async code; the JSON of the REST API; entry points of the fuzz tests",
     ["asynchronous", "fuzz", "wire"]),
    ("the exports of the crate", ["lib"]),
]
# Types of plain data may use each other in cycles: results of calls and contents of errors.
PLAIN_DATA = {"model"}
# The files of the journal are one type, split by purpose.
ONE_TYPE = {"journal"}

SOURCE = pathlib.Path("src")
USED = re.compile(r"\bcrate::((?:\w+::)*)(\{[^}]*\}|\w+)")
SUPER = re.compile(r"\b((?:super::)+)((?:\w+::)*)(\{[^}]*\}|\w+)")


def code(path):
    """The code of a file, without comments and tests."""
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("mod tests {"):
            break
        lines.append(re.sub(r"//.*", "", line))
    return "\n".join(lines)


def is_test(path):
    return path.name == "tests.rs" or "tests" in path.parts


def paths_used(path):
    """The paths that a file imports, from the root of the crate."""
    text = code(path)
    if re.search(r"\bcrate::(?:\w+::)*\{[^}]*\{", text):
        raise SystemExit(f"{path}: nested braces in a use of crate::, which this check does not support")
    module = list(path.relative_to(SOURCE).with_suffix("").parts)
    if module[-1] == "mod":
        module.pop()
    for found in USED.finditer(text):
        yield from spread(found.group(1).split("::")[:-1], found.group(2))
    for found in SUPER.finditer(text):
        up = found.group(1).count("super")
        base = module[: len(module) - up]
        yield from spread(base + found.group(2).split("::")[:-1], found.group(3))


def spread(base, last):
    names = last.strip("{}").split(",") if last.startswith("{") else [last]
    for name in names:
        head = name.strip().split("::")[0].split(" as ")[0]
        if head:
            yield base + [head]


def cycles(graph):
    """The sets of modules that import each other, directly or indirectly."""
    def reaches(start):
        seen, stack = set(), [start]
        while stack:
            for other in graph.get(stack.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return seen

    reach = {module: reaches(module) for module in graph}
    together = {frozenset(o for o in reach[m] if m in reach.get(o, ())) | {m} for m in graph if m in reach[m]}
    return [sorted(group) for group in together if len(group) > 1]


def graph_of(files, folder):
    """The imports between the parts of a folder of src/, or of src/ itself for ""."""
    depth = len(pathlib.Path(folder).parts)
    parts = {p.stem for p in (SOURCE / folder).iterdir() if p.stem not in ("mod", "tests", "lib")}
    graph = {}
    for path in files:
        inside = path.relative_to(SOURCE).with_suffix("").parts
        if "/".join(inside[:depth]) != folder or len(inside) <= depth or inside[depth] not in parts:
            continue
        for used in paths_used(path):
            is_part = "/".join(used[:depth]) == folder and len(used) > depth and used[depth] in parts
            if is_part and used[depth] != inside[depth]:
                graph.setdefault(inside[depth], set()).add(used[depth])
    return graph


def pointing_up(files):
    rank = {module: at for at, (_, modules) in enumerate(LAYERS) for module in modules}
    there = {path.relative_to(SOURCE).parts[0].removesuffix(".rs") for path in files}
    for gone in set(rank) - there:
        yield f"{gone} is in .ci/layers.py but not in src/"
    for path in files:
        top = path.relative_to(SOURCE).parts[0].removesuffix(".rs")
        if top not in rank:
            yield f"{path}: {top} is in no layer: add it to .ci/layers.py"
            continue
        for used in paths_used(path):
            # A name that is not a module is in the root of the crate, which is above all layers.
            if rank.get(used[0], len(LAYERS)) > rank[top]:
                yield f"{path}: {top} is in a layer below {used[0]} and must not import it"


def circles(files):
    folders = {"/".join(path.relative_to(SOURCE).parts[:-1]) for path in files}
    for folder in folders - PLAIN_DATA - ONE_TYPE:
        for group in cycles(graph_of(files, folder)):
            yield f"src/{folder}: {', '.join(group)} import each other in a cycle"


def table():
    yield "| layer | modules |"
    yield "| --- | --- |"
    for what, modules in reversed(LAYERS):
        yield f"| {what} | {', '.join(f'`{module}`' for module in modules)} |"


def main():
    if sys.argv[1:] == ["--table"]:
        print("\n".join(table()))
        return 0
    files = [path for path in SOURCE.rglob("*.rs") if not is_test(path)]
    wrong = sorted({*pointing_up(files), *circles(files)})
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
