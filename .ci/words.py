#!/usr/bin/env python3
"""Checks that documents, comments and messages avoid turns that a reader has to read twice.

    python3 .ci/words.py  lists the places with such a turn, each with a better word; fails if there are any

Checked are Markdown outside of code, comments of Rust and of scripts, string literals that have several words, and
names of functions that are sentences.
Code in backquotes and in code blocks is skipped.
"""

import pathlib
import re
import subprocess
import sys

# A turn to avoid, and the better word.
TURNS = [
    (r"behind", "after, or: that follows"),
    (r"beside", "next to, together with, during"),
    (r"whoever", "a noun, such as: a caller that"),
    (r"who (?:comes|waits|looks|asks|wants|reads|knows|only)", "a noun, such as: a caller that"),
    (r"mend(?:s|ed|ing)?", "fix"),
    (r"that (?:is|are) none", "invalid"),
    (r"(?<!there )(?:is|are) no (?:key|filter|number|directory|segment|cursor|record|id|JSON)", "is not a ..."),
    (r"(?:goes|going|went|go) on", "continue"),
    (r"tells?|told|tell of", "return, report, show or say"),
    (r"(?:come|comes|came) of", "the result of"),
    (r"what \w+ (?:comes|come|came) to", "the outcome of"),
    (r"(?:is|are|was|were) said of", "the fields of, the settings of"),
    (r"what (?:is|are|was|were) (?:said|told|known|asked|meant|there|kept|left|done)", "a noun"),
    (r"some \d", "about"),
    (r"anew", "again"),
    (r"(?:held|holds?) against", "compare with"),
    (r"put back to", "restored from"),
    (r"(?:another|the same|different) ways? (?:since|as)|went (?:another|the same|different) ways?", "history"),
    (r"what is so", "the behaviour"),
    (r"one after the other", "one after another"),
    (r"for want of", "for lack of"),
    (r"(?:let|lets|letting) go of", "remove, release"),
    (r"take[sn]? the place of|took the place of", "replace"),
    (r"the other way round", "reversed"),
    (r"(?:bring|brings|bringing|brought) \w+(?: \w+)? to disk|(?:is|be|are) brought to disk", "write to disk"),
    (r"(?:take|takes|taken|took|taking) (?:\w+ )?back", "revert, undo"),
    (r"(?:take|takes|taken|took|taking) (?:\w+ )?out of the registry", "remove from the registry"),
    (r"where (?:there is|there are|there was|nobody|nothing|none|it is not|that is)", "if"),
    (r"but for", "except"),
    (r"(?:see|sees) to it", "ensure"),
    (r"(?:hear|hears|heard) of", "get"),
    (r"people read", "the display name"),
    (r"looks? after", "maintain, the maintainer"),
    (r"(?:is|are|was|were) not to (?!be confused)", "must not"),
    (r"so many (?:keys|bytes|links|names|times|views|members|threads|changes|calls|steps)", "this many"),
    (r"(?:would|will) do", "is enough"),
    (r"as often as not", "in half of the cases"),
    (r"for good", "permanently"),
    (r"all the same|none the less", "nevertheless"),
    (r"without a word", "silently"),
    (r"rehears(?:e|es|ed|al|als|ing)", "dry run"),
    (r"such that (?:is|are)", "a relative clause"),
    (r"(?:goes|go|went|going) (?:the|another|a different) way", "has another history"),
    (r"lets? nobody|somebody else", "another caller"),
    (r"behaves? well|ends? well", "succeed, exit with 0"),
    (r"thereof|therein|thereby|hence|thus|whilst|lest|hitherto|amid|upon", "a common word"),
]

TURN = re.compile("|".join(rf"(?P<t{place}>\b(?:{turn})\b)" for place, (turn, _) in enumerate(TURNS)), re.IGNORECASE)
# Words of quotations and of other systems, which stay as they are.
ALLOWED = re.compile(r"tell(?:s|ing)? apart", re.IGNORECASE)

MARKERS = {".rs": re.compile(r"^\s*(?:///|//!|//)(?: (.*))?$"), "": re.compile(r"^\s*#(?!!)(?: (.*))?$")}
TRAILING = {".rs": re.compile(r"[;,{}()\]] // (.*)$"), "": re.compile(r"\S  ?# (.*)$")}
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# The name of a test; the property tests of proptest have arguments on the next line.
NAME = re.compile(r"^\s*(?:async )?fn ([a-z0-9]+(?:_[a-z0-9]+){3,})\(")
SUFFIXES = {".md", ".rs", ".py", ".sh", ".toml", ""}
SKIPPED = (".ci/words.py", "LICENSE", "fuzz/seeds")


def joined(path: pathlib.Path):
    """The lines of a file, each with its number; a string literal over several lines counts as one line."""
    begun, first = "", 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        begun, first = begun + line.lstrip() if begun else line, first or number
        if path.suffix == ".rs" and begun.endswith("\\") and STRING.sub("", begun).count('"') % 2 == 1:
            begun = begun[:-1]
        else:
            yield first, begun
            begun, first = "", 0


def prose(path: pathlib.Path):
    """The lines of prose in a file, each with its number; an empty line ends a paragraph."""
    fenced = False
    for number, line in joined(path):
        if path.suffix == ".md":
            text, rest = line, ""
        else:
            kind = path.suffix if path.suffix in MARKERS else ""
            comment = MARKERS[kind].match(line)
            text, rest = (comment[1] or "", "") if comment else ("", line)
            if not comment:
                fenced = False
        if text.strip().startswith("```"):
            fenced = not fenced
            yield number, ""
            continue
        yield number, "" if fenced else text
        sentence = NAME.match(rest)
        if sentence:
            yield number, ""
            yield number, sentence[1].replace("_", " ")
            yield number, ""
        for string in STRING.findall(rest):
            if string.count(" ") > 1:
                yield number, ""
                yield number, string
                yield number, ""
        trailing = rest and TRAILING[kind].search(STRING.sub('""', rest))
        if trailing:
            yield number, trailing[1]
            yield number, ""


def paragraphs(path: pathlib.Path):
    """Each paragraph as one text without code, with the place and number of its lines."""
    text, starts = "", []
    for number, line in [*prose(path), (0, "")]:
        # A link shows its text; code has its own words.
        line = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "`", line)).strip()
        if line:
            starts.append((len(text), number))
            text += line + " "
        elif text:
            yield re.sub(r"`[^`]*`", lambda code: "`" * len(code[0]), text), starts
            text, starts = "", []


def findings(path: pathlib.Path):
    """The turns in a file: line, turn, better word."""
    for text, starts in paragraphs(path):
        for turn in TURN.finditer(text):
            if ALLOWED.match(text, turn.start()):
                continue
            line = max(number for start, number in starts if start <= turn.start())
            yield line, turn[0], TURNS[int(turn.lastgroup[1:])][1]


def files():
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
    for name in listed:
        path = pathlib.Path(name)
        if not name.startswith(SKIPPED) and path.suffix in SUFFIXES and path.is_file():
            yield name, path


def main() -> int:
    found = [(name, *finding) for name, path in files() for finding in findings(path)]
    for name, line, turn, better in found:
        print(f"{name}:{line}: \"{turn}\": {better}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
