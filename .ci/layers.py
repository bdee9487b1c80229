#!/usr/bin/env python3
"""Checks imports in src/: they point down only, and there are no cycles between the parts of a layer.

A module is a file or folder of src/. Those of the engine that goes are listed as such: among themselves
they may know whom they like, and none of the layers below may know them.
"""

import pathlib
import re
import sys

# From the bottom to the top: a layer knows itself and those before it.
LAYERS = [
    ["codec", "parallel"],
    ["model"],
    ["filter"],
    ["state"],
    ["checkpoint"],
]
# The first engine and what stands on it.
FIRST_ENGINE = {
    "anything", "asynchronous", "batch", "change", "commit", "disk", "feed", "health", "journal", "lib",
    "opening", "options", "project", "registry", "selection", "sizes", "snapshot", "stats", "storage",
    "store", "testing", "trace", "verify", "wire",
}
# Folders whose parts must not know each other in a circle, either.
INSIDE = ["model", "filter", "state", "state/decide", "state/apply", "state/read"]
# Types of one file of plain data name each other's: what a call returns and what an error holds.
PLAIN_DATA = {"model"}

SOURCE = pathlib.Path("src")
USED = re.compile(r"\bcrate::((?:\w+::)*)(\{[^}]*\}|\w+)")
SUPER = re.compile(r"\b((?:super::)+)((?:\w+::)*)(\{[^}]*\}|\w+)")


def code(path):
    """The code of a file, without comments and without its tests."""
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("mod tests {"):
            break
        lines.append(re.sub(r"//.*", "", line))
    return "\n".join(lines)


def is_test(path):
    return path.name == "tests.rs" or "tests" in path.parts


def paths_used(path):
    """The paths from the crate's root that a file uses."""
    text = code(path)
    if re.search(r"\bcrate::(?:\w+::)*\{[^}]*\{", text):
        raise SystemExit(f"{path}: braces inside braces in a use of crate::, which this check does not read")
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
    """The sets of modules that reach each other."""
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


def main():
    rank = {module: at for at, layer in enumerate(LAYERS) for module in layer}
    rank.update({module: len(LAYERS) for module in FIRST_ENGINE})
    wrong = []
    files = [path for path in SOURCE.rglob("*.rs") if not is_test(path)]
    for path in files:
        top = path.relative_to(SOURCE).parts[0].removesuffix(".rs")
        if top not in rank:
            wrong.append(f"{path}: {top} is in no layer of .ci/layers.py")
            continue
        for used in paths_used(path):
            # What is no module is a name at the crate's root, which stands above all.
            other = used[0]
            if rank.get(other, len(LAYERS)) > rank[top]:
                wrong.append(f"{path}: {top} is below {other} and must not know it")
    for folder in INSIDE:
        if folder in PLAIN_DATA or not (SOURCE / folder).is_dir():
            continue
        parts = {p.stem for p in (SOURCE / folder).iterdir() if p.stem not in ("mod", "tests")}
        depth, graph = len(pathlib.Path(folder).parts), {}
        for path in files:
            inside = path.relative_to(SOURCE).with_suffix("").parts
            if "/".join(inside[:depth]) != folder or len(inside) <= depth or inside[depth] not in parts:
                continue
            for used in paths_used(path):
                if "/".join(used[:depth]) == folder and len(used) > depth and used[depth] in parts:
                    graph.setdefault(inside[depth], set()).add(used[depth])
        for module in graph:
            graph[module].discard(module)
        wrong += [f"src/{folder}: {', '.join(group)} know each other in a circle" for group in cycles(graph)]
    for line in sorted(set(wrong)):
        print(line, file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
