"""What became of each mutant, in a text file that is kept with the sources.

One mutant a line, fields separated by tabs: file, function, what is changed, which of several equal ones, a hash of the
function's code without comments, the result, and the test that noticed it or the reason why none does.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).resolve().parent / "ledger.tsv"
RESULTS = ("caught", "timeout", "unviable", "missed")
HEAD = "# seconds of tests so far:"


@dataclass
class Entry:
    """One line."""

    hash: str
    result: str
    note: str


class Ledger:
    """All lines by the keys of their mutants, and how long the tests ran for them."""

    def __init__(self):
        # What this process has found, to be added to the file.
        self.found, self.spent = {}, 0.0
        self.load()

    def load(self):
        """Reads the file."""
        self.entries, self.seconds = {}, 0.0
        lines = PATH.read_text().splitlines() if PATH.exists() else []
        for number, line in enumerate(lines, 1):
            if line.startswith(HEAD):
                self.seconds = float(line.removeprefix(HEAD))
                continue
            fields = line.split("\t")
            if len(fields) != 7 or fields[5] not in RESULTS or not fields[3].isdigit():
                raise SystemExit(f"{PATH}:{number}: not an entry")
            file, function, description, ordinal, code, result, note = fields
            key = file, function, description, int(ordinal)
            if key in self.entries:
                raise SystemExit(f"{PATH}:{number}: a second entry for the same mutant")
            self.entries[key] = Entry(code, result, note)

    def save(self):
        """Adds what was found to the file, which may have changed; in order, so that few lines change."""
        self.load()
        self.entries |= self.found
        self.seconds += self.spent
        self.found, self.spent = {}, 0.0
        lines = [f"{HEAD} {self.seconds:.0f}"]
        for key, entry in sorted(self.entries.items()):
            lines.append("\t".join((*map(str, key), entry.hash, entry.result, entry.note)))
        new = PATH.with_suffix(".new")
        new.write_text("\n".join(lines) + "\n")
        new.replace(PATH)

    def result(self, mutant):
        """The result for a mutant; None if there is none, or if the function has changed since."""
        entry = self.entries.get(mutant.key)
        return entry.result if entry and entry.hash == mutant.hash else None

    def record(self, mutant, result, note=""):
        """Sets a result; the reason of a missed one stays as long as its function does."""
        entry = self.entries.get(mutant.key)
        if result == "missed" and entry and entry.result == "missed" and entry.hash == mutant.hash:
            note = entry.note
        self.found[mutant.key] = self.entries[mutant.key] = Entry(mutant.hash, result, note)

    def kills(self):
        """How many mutants of each file each test noticed."""
        kills = {}
        for key, entry in self.entries.items():
            if entry.result == "caught":
                kills.setdefault(key[0], Counter())[entry.note] += 1
        return kills

    def missed(self):
        """The missed ones without a reason, and those with one."""
        missed = [(key, entry) for key, entry in sorted(self.entries.items()) if entry.result == "missed"]
        return [one for one in missed if not one[1].note], [one for one in missed if one[1].note]

    def check(self):
        """Whether each missed mutant has a reason, and each file still exists."""
        root = PATH.parent.parent.parent
        bad = [f"no reason: {describe(key)}" for key, _ in self.missed()[0]]
        files = sorted({key[0] for key in self.entries})
        bad += [f"no such file: {file}" for file in files if not (root / file).exists()]
        return bad

    def stats(self, mutants):
        """Counts for each part; mutants without a valid entry are `open`. Without a list of mutants, of all entries."""
        table = defaultdict(Counter)
        if mutants is None:
            for key, entry in self.entries.items():
                table[part(key[0])][entry.result] += 1
        else:
            for mutant in mutants:
                table[part(mutant.file)][self.result(mutant) or "open"] += 1
        return table


def part(file):
    """The part of the crate that a file belongs to: a module, and those of the state apart."""
    names = file.removesuffix(".rs").split("/")[1:]
    return "/".join(names[: 2 if names[0] == "state" and len(names) > 2 else 1])


def describe(key):
    """A mutant in words."""
    file, function, description, ordinal = key
    where = "" if function and function in description else f" in {function}"
    return f"{file}: {description}{where}" + (f" ({ordinal + 1})" if ordinal else "")
