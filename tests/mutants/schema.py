"""All mutants of the crate in one build: each function that has some gets its body once more for each of them.

    fn f() -> bool { match crate::mutant::at(7) { 31 => { body with mutant 31 } 32 => { ... } _ => { body } } }

An environment variable names the mutant that is active. A body that does not compile is left out: the mutant is
"unviable", or, where only this form of the function does not compile, it needs a build of its own ("alone").
"""

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass, field

# Comments, and literals that may look like one or have braces.
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|b?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\\n])'", re.S
)
# How a body gives its iterator, where the bodies of a function give iterators of different types.
LEFT, RIGHT = "crate::mutant::Choice::L(", "crate::mutant::Choice::R("
# Lints that are errors by default and that a mutant may trigger, although it compiles.
LINTS = "arithmetic_overflow, unconditional_panic, unconditional_recursion, missing_docs, invalid_reference_casting"
SWITCH = """//! Which mutant is active.
#![allow(clippy::all)]
use std::{fs, io::Write, sync::{LazyLock, Mutex, atomic::{AtomicBool, Ordering}}};

static ACTIVE: LazyLock<u32> =
    LazyLock::new(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(u32::MAX));
static REACHED: LazyLock<Option<Mutex<fs::File>>> = LazyLock::new(|| {
    let path = std::env::var_os("MUTANT_REACHED")?;
    fs::OpenOptions::new().create(true).append(true).open(path).ok().map(Mutex::new)
});
static SEEN: [AtomicBool; SITES] = [const { AtomicBool::new(false) }; SITES];

/// The active mutant; notes that a function is reached.
#[inline]
pub(crate) fn at(site: usize) -> u32 {
    if !SEEN[site].load(Ordering::Relaxed) {
        note(site);
    }
    *ACTIVE
}

/// One of two iterators.
#[derive(Clone)]
pub(crate) enum Choice<L, R> {
    L(L),
    R(R),
}

impl<L: Iterator, R: Iterator<Item = L::Item>> Iterator for Choice<L, R> {
    type Item = L::Item;

    fn next(&mut self) -> Option<L::Item> {
        match self {
            Self::L(one) => one.next(),
            Self::R(other) => other.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::L(one) => one.size_hint(),
            Self::R(other) => other.size_hint(),
        }
    }
}

#[cold]
fn note(site: usize) {
    if !SEEN[site].swap(true, Ordering::Relaxed) {
        if let Some(file) = &*REACHED {
            let _ = file.lock().map(|mut file| file.write_all(format!("{site}\\n").as_bytes()));
        }
    }
}
"""


@dataclass
class Mutant:
    """One change to the source. Its key does not depend on where in the file the function is."""

    file: str
    function: str
    description: str
    span: tuple
    replacement: str
    body: tuple = None
    head: str = ""
    hash: str = ""
    ordinal: int = 0
    number: int = 0

    @property
    def key(self):
        return self.file, self.function, self.description, self.ordinal


@dataclass
class Site:
    """A function that has mutants: where its body is, and which mutants."""

    number: int
    head: tuple
    body: tuple
    mutants: list = field(default_factory=list)


class Source:
    """The text of a file, with offsets for lines and columns."""

    def __init__(self, text):
        self.text = text
        self.lines = [0] + [match.end() for match in re.finditer("\n", text)]
        # The same length, without comments and literals.
        self.masked = TOKEN.sub(lambda token: re.sub(r"[^\n]", " ", token[0]), text)

    def offsets(self, span):
        return tuple(self.lines[span[end]["line"] - 1] + span[end]["column"] - 1 for end in ("start", "end"))

    def code_hash(self, start, end):
        """A hash of code without its comments and its layout."""
        keep = lambda token: "" if token[0].startswith(("//", "/*")) else token[0]
        code = re.sub(r"[\s,]+", "", TOKEN.sub(keep, self.text[start:end]))
        return hashlib.sha256(code.encode()).hexdigest()[:8]

    def body(self, start, end):
        """Where the body of a function is, without its braces."""
        depth = 0
        for at in range(start, end):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.masked[at], 0)
            if self.masked[at] == "{" and depth == 0:
                return at + 1, end - 1
        return None


def list_mutants(root, command):
    """The mutants of cargo-mutants, in its order, with the sources."""
    said = subprocess.run(
        [*command, "mutants", "--no-config", "--list", "--json"], cwd=root, check=True, capture_output=True, text=True
    )
    listed = [one for one in json.loads(said.stdout) if not re.search(r"tests?(/|\.rs)", one["file"])]
    sources = {name: Source((root / name).read_text()) for name in sorted({one["file"] for one in listed})}
    mutants, count = [], {}
    for one in listed:
        source, function = sources[one["file"]], one.get("function")
        mutant = Mutant(
            one["file"], function["function_name"] if function else "", re.sub(r"^\S+:\d+:\d+: ", "", one["name"]),
            source.offsets(one["span"]), one["replacement"],
        )
        where = source.offsets(function["span"]) if function else None
        mutant.body = source.body(*where) if where else None
        if mutant.body:
            mutant.head = source.masked[where[0] : mutant.body[0]]
        else:
            # A constant: its line.
            begin, end = (source.text.rfind("\n", 0, mutant.span[0]) + 1, source.text.find("\n", mutant.span[1]))
            where = begin, end
        mutant.hash = source.code_hash(*where)
        count[mutant.key] = count.get(mutant.key, -1) + 1
        mutant.ordinal = count[mutant.key]
        mutants.append(mutant)
    return mutants, sources


def mutate(text, mutant, offset=0):
    """The text, which begins at an offset of the file, with one mutant."""
    start, end = (at - offset for at in mutant.span)
    return f"{text[:start]}{mutant.replacement}{text[end:]}"


def find_sites(mutants):
    """The functions of each file, in order; numbers of mutants and functions are given here."""
    files, count = {}, 0
    for number, mutant in enumerate(mutants):
        mutant.number = number
        if not mutant.body:
            continue
        sites = files.setdefault(mutant.file, {})
        if mutant.body not in sites:
            sites[mutant.body] = Site(count, None, mutant.body)
            count += 1
        sites[mutant.body].mutants.append(mutant)
    return {file: [sites[body] for body in sorted(sites)] for file, sites in files.items()}, count


def instrument(source, sites, left_out):
    """The text of a file where every function chooses among its bodies, with marks around each body."""

    def region(start, end, inside):
        """The text of a part of the file, with the functions in it changed."""
        out, at = [], start
        while inside:
            site, rest = inside[0], inside[1:]
            nested = [one for one in rest if one.body[1] <= site.body[1]]
            inside = rest[len(nested) :]
            out.append(source.text[at : site.body[0]])
            out.append(choose(site, region(*site.body, nested)))
            at = site.body[1]
        out.append(source.text[at:end])
        return "".join(out)

    def choose(site, original):
        arms = [mutant for mutant in site.mutants if mutant.number not in left_out]
        if not arms:
            touch = "" if re.search(r"\bconst\s+fn\b", site.mutants[0].head) else f"crate::mutant::at({site.number});"
            return touch + original
        body = source.text[slice(*site.body)]
        parts = [f"/*S{site.number}*/ match crate::mutant::at({site.number}) {{\n"]
        # Iterators of different types: the arms are wrapped so that all have one type.
        iterator = re.search(r"->\s*impl\s+Iterator\b", site.mutants[0].head)
        for at, one in enumerate(arms):
            open_, close = (RIGHT * at + LEFT, ")" * (at + 1)) if iterator else ("", "")
            text = mutate(body, one, site.body[0])
            parts.append(f"/*M{one.number}*/ {one.number} => {open_}{{ {text}\n}}{close}, /*E*/\n")
        open_, close = (RIGHT * len(arms), ")" * len(arms)) if iterator else ("", "")
        return "".join(parts) + f"_ => {open_}{{ {original}\n}}{close} }} /*Z*/"

    text = region(0, len(source.text), sites)
    # A constant function cannot ask which mutant is active. Few are called where it matters.
    return re.sub(r"\bconst (fn \w+[^;{]*\{\s*/\*S)", r"\1", text)


def blame(text, lines):
    """The mutants in whose bodies the lines are; and for other lines, the functions."""
    mutants, sites, mutant, inside = set(), set(), None, []
    for number, line in enumerate(text.split("\n"), 1):
        marks = re.findall(r"/\*([MSEZ])(\d*)\*/", line)
        mutant = next((int(digits) for mark, digits in marks if mark == "M"), mutant)
        inside += [int(digits) for mark, digits in marks if mark == "S"]
        if number in lines and mutant is not None:
            mutants.add(mutant)
        elif number in lines and inside:
            sites.add(inside[-1])
        for mark, _ in marks:
            mutant = None if mark == "E" else mutant
            del inside[len(inside) - (mark == "Z") :]
    return mutants, sites
