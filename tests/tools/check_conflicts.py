"""Proves what pyaudit says of inputs without a solution. Needs an index, uv and a corpus; no part of
the hermetic test run:

    python tests/tools/check_conflicts.py --pyaudit target/release/pyaudit --corpus FOLDER

A corpus is a folder with `files/` and a `manifest.json`: `exclude_newer`, and `entries` with `name`,
`file`, `mode` (`wheels`: only wheels may be used), `constraints`, `extras`, and `expected`, which says
`sat` or `unsat` per Python version. For each that is `unsat`:

same      the report is the same where the cache holds everything and where it does not (give no
          `--cache`, or an empty one, to see that)
leaves    every declaration of every conflict has a file and a line, where its text stands
minimal   the declarations of a conflict alone, all other requirements taken out of a copy of the files,
          have no solution; and they have one as soon as any of them is taken out too
rest      without the declarations of all conflicts there is a solution: no conflict was missed
repairs   `pyaudit fix --apply N` changes in a copy what the report says and nothing else; then
          `pyaudit lock` and `uv pip compile` find a solution; and no change of a repair is idle: with
          any of them left out there is no solution
sentences how many pyaudit needs per conflict, beside the clauses ("because … we can conclude") and words
          of uv's one explanation
times     until the first conflict stands there, and until all conflicts and repairs do, beside uv's, all
          with what the caches hold

Prints Markdown: a table, totals, and what failed. Exit code 1 where anything did. Only requirements
files can be taken apart; other entries are named and left out.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proof import PLATFORM, copied, included, indented, markdown_table, run, without_lines


class Case:
    """An entry of the corpus for one version of Python."""

    def __init__(self, options, corpus, entry, python):
        self.options, self.python = options, python
        self.name, self.file = entry["name"], entry["file"]
        self.root = options.corpus / "files"
        named = [entry["file"]] + ([entry["constraints"]] if entry.get("constraints") else [])
        self.files = [file for name in named for file in included(self.root / name)]
        self.flags = ["--exclude-newer", corpus["exclude_newer"]]
        if entry["mode"] == "wheels":
            self.flags += ["--only-binary", ":all:"]
        if entry.get("constraints"):
            self.flags += ["-c", entry["constraints"]]
        for extra in entry.get("extras", []):
            self.flags += ["--extra", extra]
        self.failures = []
        self.figures = {}

    def copy(self):
        """A fresh copy of the case's files."""
        return copied(self.files, self.root, self.options.work / "copy")

    def fail(self, kind, text):
        self.failures.append((kind, f"{self.name} on {self.python}: {text}"))

    def pyaudit(self, folder, *words, command="lock", python=None):
        target = ["--python", python or self.python, "--platform", PLATFORM]
        cache = ["--cache-dir", self.options.cache / "pyaudit"]
        return run(
            [self.options.pyaudit, command, self.file, *target, *self.flags, *cache, *words], folder
        )

    def locks(self, folder, *words, python=None):
        """Whether there is a solution; anything but yes or no is asked again, then told."""
        for _ in range(3):
            ran = self.pyaudit(folder, "-o", self.options.work / "lock.toml", *words, python=python)
            (self.options.work / "lock.toml").unlink(missing_ok=True)
            if ran.code in (0, 1):
                break
        else:
            self.fail("outside", ran.told())
        return ran

    def uv(self, folder, *words, python=None):
        target = ["--python-version", python or self.python, "--python-platform", PLATFORM]
        cache = ["--cache-dir", self.options.cache / "uv", "-q", "--no-header"]
        target += ["--python", interpreter(python or self.python), "--no-python-downloads"]
        return run(
            [self.options.uv, "pip", "compile", self.file, *target, *self.flags, *cache, *words], folder
        )


def interpreter(python):
    """The interpreter for what uv has to build: of the version asked for where there is one."""
    own = sorted(Path.home().glob(f".pyenv/versions/{python}.*/bin/python"))
    return (own or [shutil.which(f"python{python}") or sys.executable])[0]


def check(case):
    """Checks everything of a case; figures and failures stay in it."""
    folder = case.copy()
    ran = case.pyaudit(folder, "--output-format", "json")
    if ran.code != 1:
        return case.fail("answer", "no conflict: " + ran.told())
    report = again(case, folder, ran)
    sets = [
        sorted({(leaf["file"], leaf["line"]) for leaf in conflict["declarations"]})
        for conflict in report["conflicts"]
    ]
    case.figures.update(
        conflicts=len(sets),
        complete=report["is_complete"],
        sentences=[
            len(conflict["steps"]) + bool(conflict["conclusion"]) for conflict in report["conflicts"]
        ],
    )
    case.figures["leaves"] = sum(has_leaves(case, folder, it) for it in report["conflicts"])
    case.figures["minimal"] = sum(is_minimal(case, members) for members in sets)
    case.figures["rest"] = rest_locks(case, sets)
    fates = [repair_holds(case, number, it) for number, it in enumerate(report["repairs"], 1)]
    case.figures["repairs"] = len(fates)
    case.figures["repairs held"] = sum(fates)
    explained(case)
    if not case.options.no_times:
        timed(case)


def again(case, folder, before):
    """Asks once more, now that the cache holds all that was needed: the report is to be the same."""
    ran = case.pyaudit(folder, "--output-format", "json")
    if ran.out != before.out:
        first, second = (
            f"{len(it['conflicts'])} conflicts, {len(it['repairs'])} repairs, complete: {it['is_complete']}"
            for it in (json.loads(before.out), json.loads(ran.out))
        )
        case.fail("another report with a full cache", f"first {first}; then {second}")
    return json.loads(ran.out)


def has_leaves(case, folder, conflict):
    """Every conflict is about lines, and each has the text that the report gives."""
    wrong = []
    for leaf in conflict["declarations"]:
        try:
            lines = (folder / leaf["file"]).read_text().split("\n")[leaf["line"] - 1 :]
            is_there = leaf["text"] in "\n".join(lines)[leaf["column"] - 1 :][: len(leaf["text"])]
        except (OSError, KeyError, TypeError):
            is_there = False
        if not is_there:
            wrong.append(leaf)
    if wrong or not conflict["declarations"]:
        case.fail("leaves", f"{wrong or 'no declaration'} in {conflict['steps']}")
    return not wrong and bool(conflict["declarations"])


def is_minimal(case, members):
    """The members alone conflict, and all but one never do."""
    folder = case.copy()
    without_lines(folder, lambda file, line: (file, line) not in members)
    alone = case.locks(folder)
    if alone.code != 1:
        case.fail("set alone has a solution", f"{members}: {alone.told()}")
        return False
    fine = True
    for gone in members:
        kept = set(members) - {gone}
        if not kept:
            continue
        folder = case.copy()
        without_lines(folder, lambda file, line: (file, line) not in kept)
        ran = case.locks(folder)
        if ran.code != 0:
            case.fail("set not minimal", f"{members} without {gone}: {ran.told()}")
            fine = False
    return fine


def rest_locks(case, sets):
    """Without the members of all sets there is a solution: none was missed."""
    gone = {member for members in sets for member in members}
    folder = case.copy()
    without_lines(folder, lambda file, line: (file, line) in gone)
    ran = case.locks(folder)
    if ran.code != 0 and case.figures["complete"]:
        case.fail("conflict missed", ran.told())
    return ran.code == 0


def repair_holds(case, number, repair):
    """Makes the repair and asks both programs; then each change must have been needed."""
    folder = case.copy()
    before = {file: (folder / file).read_bytes() for file in names(folder)}
    ran = case.pyaudit(folder, "--apply", number, command="fix")
    if ran.code != 0:
        case.fail("repair cannot be made", f"repair {number}: {ran.told()}")
        return False
    python = next((it["python"] for it in repair["changes"] if it["kind"] == "python"), None)
    overrides = [f for f in names(folder) if f not in before]
    fine = changed_as_told(case, number, repair, folder, before)
    mine = [word for file in overrides for word in ("--override", file)]
    lock = case.locks(folder, "--format", "requirements", *mine, python=python)
    if lock.code != 0:
        case.fail("repaired input has no lock", f"repair {number}: {lock.told()}")
        return False
    theirs = [word for file in overrides for word in ("--overrides", file)]
    ran = case.uv(folder, *theirs, python=python)
    if ran.code != 0:
        is_no = "No solution found" in ran.error
        kind = "repaired input: uv finds no solution" if is_no else "repaired input: uv fails otherwise"
        case.fail(kind, f"repair {number}: {ran.told(1500)}")
        fine = False
    return locks_as_told(case, number, repair, folder, mine, python) and fine & is_needed(
        case, number, repair, folder, mine, python, before
    )


def names(folder):
    return sorted(it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file())


def changed_as_told(case, number, repair, folder, before):
    """Only the lines that the report names have changed, to what it says."""
    told = {(it["file"], it["line"]): it for it in repair["changes"] if it["kind"] == "declaration"}
    wrong = []
    for file, old in before.items():
        old, new = old.decode().split("\n"), (folder / file).read_bytes().decode().split("\n")
        if len(old) != len(new) and not any(it["to"] is None for it in told.values()):
            wrong.append(f"{file} has {len(new)} lines instead of {len(old)}")
            continue
        for at, (was, now) in enumerate(zip(old, new), 1):
            change = told.get((file, at))
            expected = was.replace(change["from"], change["to"], 1) if change and change["to"] else was
            if now != expected and all(it["to"] for it in told.values()):
                wrong.append(f"{file}:{at} {was!r} became {now!r}, told {expected!r}")
    if wrong:
        case.fail("repair changes other lines", f"repair {number}: " + "; ".join(wrong))
    return not wrong


def locks_as_told(case, number, repair, folder, words, python):
    """The versions that the report promises are those of the lock."""
    ran = case.pyaudit(folder, "--format", "requirements", "--no-annotations", *words, python=python)
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", ran.out, re.M))
    wrong = [
        f"{it['name']} {pins.get(it['name'])} instead of {it['to']}"
        for it in repair["locked"]
        if pins.get(it["name"]) != it["to"]
    ]
    if wrong:
        case.fail("repair locks other versions", f"repair {number}: " + ", ".join(wrong))
    return not wrong


def is_needed(case, number, repair, folder, words, python, before):
    """With any change of several undone there is no solution."""
    changes = [it for it in repair["changes"] if it["kind"] == "declaration" and it["to"]]
    if len(repair["changes"]) < 2:
        return True
    repaired = {file: (folder / file).read_bytes() for file in before}
    fine = True
    for change in changes:
        lines = repaired[change["file"]].decode().split("\n")
        lines[change["line"] - 1] = before[change["file"]].decode().split("\n")[change["line"] - 1]
        (folder / change["file"]).write_bytes("\n".join(lines).encode())
        if case.locks(folder, *words, python=python).code == 0:
            told = f"{change['file']}:{change['line']} {change['from']} → {change['to']}"
            case.fail("idle change in a repair", f"repair {number} of {len(changes)} changes: {told}")
            fine = False
        (folder / change["file"]).write_bytes(repaired[change["file"]])
    return fine


def explained(case):
    """Counts what uv says."""
    ran = case.uv(case.copy())
    text = re.sub(r"\s+", " ", ran.error.split("hint:")[0].replace("│", " "))
    if ran.code != 1 or "No solution found" not in text:
        return case.fail("uv does not say no", ran.told())
    text = text.split("╰─▶", 1)[-1]
    case.figures["uv clauses"] = len(re.findall(r"\bbecause\b", text, re.I)) or 1
    case.figures["uv words"] = len(text.split())


def timed(case):
    """Takes the best of three runs with warm caches."""
    folder = case.copy()
    first, every, peer = [], [], []
    for _ in range(3):
        soon, whole = time_told(case, folder)
        first.append(soon)
        every.append(whole)
        peer.append(case.uv(folder).seconds)
    case.figures.update(first=min(first), every=min(every), uv=min(peer))


def time_told(case, folder):
    """Returns the seconds until the first conflict is told, and until everything is."""
    command = [case.options.pyaudit, "lock", case.file, "--python", case.python, "--platform", PLATFORM]
    command += [*case.flags, "--cache-dir", case.options.cache / "pyaudit"]
    begun, first = time.monotonic(), None
    process = subprocess.Popen(
        list(map(str, command)), cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    for line in process.stderr:
        if first is None and line.startswith(b"error: "):
            first = time.monotonic() - begun
    process.wait()
    return first or 0.0, time.monotonic() - begun


HEADS = (
    "entry,Python,conflicts,complete,leaves,minimal,rest locks,repairs,held,sentences,uv clauses,uv words,"
    "first s,all s,uv s"
)


def row(case):
    found = case.figures
    if "conflicts" not in found:
        return [case.name, case.python] + ["–"] * 13
    clock = [f"{found[key]:.3f}" if key in found else "–" for key in ("first", "every", "uv")]
    return [
        case.name,
        case.python,
        found["conflicts"],
        "yes" if found["complete"] else "no",
        found["leaves"],
        found["minimal"],
        "yes" if found["rest"] else "no",
        found["repairs"],
        found["repairs held"],
        f"{statistics.median(found['sentences']):g} (most {max(found['sentences'])})",
        found.get("uv clauses", "–"),
        found.get("uv words", "–"),
        *clock,
    ]


def totals(cases):
    done = [case.figures for case in cases if "conflicts" in case.figures]
    keys = ("conflicts", "leaves", "minimal", "repairs", "repairs held")
    total = {key: sum(it[key] for it in done) for key in keys}
    sentences = [it for found in done for it in found["sentences"]]
    firsts = [found["sentences"][0] for found in done]
    clauses = [found["uv clauses"] for found in done if "uv clauses" in found]
    lines = [
        f"- {len(cases)} questions without a solution; {len(done)} answered with conflicts, "
        f"{sum(it['complete'] for it in done)} searched to the end",
        f"- {total['conflicts']} conflicts: {total['leaves']} with all leaves, {total['minimal']} minimal",
        f"- {total['repairs']} repairs: {total['repairs held']} hold; "
        f"{sum(not it['repairs'] for it in done)} questions without a repair",
    ]
    if sentences and clauses:
        lines.append(
            f"- median sentences: {statistics.median(sentences):g} per conflict, "
            f"{statistics.median(firsts):g} of the first ones; "
            f"uv {statistics.median(clauses):g} clauses for its one"
        )
    timed = [it for it in done if "every" in it]
    if timed:
        ratio = [it["every"] / it["first"] for it in timed if it["first"]]
        peer = [it["first"] / it["uv"] for it in timed]
        lines.append(
            f"- median time: all {statistics.median(ratio):.2f}× the first conflict's; "
            f"the first conflict {statistics.median(peer):.2f}× uv's answer"
        )
    return "\n".join(lines)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pyaudit", required=True, type=Path, metavar="BIN")
    words.add_argument("--corpus", required=True, type=Path, metavar="FOLDER")
    words.add_argument("--uv", default="uv", help="the uv to compare with")
    words.add_argument("--only", default="", metavar="NAME", help="a regular expression for names of entries")
    words.add_argument("--cache", type=Path, metavar="FOLDER", help="where the caches of both stay")
    words.add_argument("--no-times", action="store_true", help="leave out what differs from run to run")
    options = words.parse_args()
    options.pyaudit = options.pyaudit.resolve()
    options.corpus = options.corpus.resolve()
    corpus = json.loads((options.corpus / "manifest.json").read_text())
    with tempfile.TemporaryDirectory() as work:
        options.work = Path(work).resolve()
        options.cache = (options.cache or options.work / "cache").resolve()
        cases = []
        for entry in corpus["entries"]:
            pythons = [python for python, answer in entry["expected"].items() if answer == "unsat"]
            if not pythons or not re.search(options.only, entry["name"]):
                continue
            if entry["file"].endswith(".toml"):
                print(f"{entry['name']} is no requirements file: left out", file=sys.stderr)
                continue
            for python in pythons:
                case = Case(options, corpus, entry, python)
                print(f"{case.name} {python} …", file=sys.stderr, flush=True)
                begun = time.monotonic()
                check(case)
                cases.append(case)
                took = f"{time.monotonic() - begun:.0f} s"
                print(f"  {took}, {len(case.failures)} failures", file=sys.stderr, flush=True)
    print(markdown_table(HEADS.split(","), map(row, cases)), "", totals(cases), sep="\n")
    failures = [failure for case in cases for failure in case.failures]
    if failures:
        print("\nFailed:\n")
        for kind, text in sorted(failures):
            first, *more = text.splitlines()
            told = "\n".join([f"- **{kind}** {first}", *more])
            print(told.replace(str(options.work), "WORK"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
