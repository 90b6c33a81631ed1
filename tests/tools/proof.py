"""What `check_conflicts.py` and `check_why.py` share: running programs, and taking lines out of
requirements files without moving the others.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

PLATFORM = "x86_64-unknown-linux-gnu"
INCLUDE = re.compile(r"\s*(-r|-c|--requirement|--constraint)[ =]*(\S+)")


class Ran:
    """How a program ended: its exit code, its outputs and the seconds it took."""

    def __init__(self, command, folder, code, out, error, seconds):
        self.command, self.folder = command, folder
        self.code, self.out, self.error, self.seconds = code, out, error, seconds

    def told(self, most=700):
        """The command and what it said last, for a list of failures."""
        said = (self.error or self.out).strip()
        command = f"cd {self.folder} && {' '.join(self.command)}"
        return f"`{command}` → exit {self.code}\n\n{indented(said[:most])}"


def indented(text):
    return "\n".join(f"        {line}" for line in text.splitlines())


def run(command, folder, timeout=600):
    """Runs a program without a shell and waits for it."""
    command = [str(word) for word in command]
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout
        )
        code, out, error = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        code, out, error = 124, late.stdout or b"", late.stderr or b""
    seconds = time.monotonic() - begun
    return Ran(command, folder, code, out.decode(), error.decode(), seconds)


def included(path, seen=None):
    """The file and every file that it names by `-r` or `-c`."""
    seen = [] if seen is None else seen
    if path not in seen:
        seen.append(path)
        lines = path.read_text().splitlines() if path.suffix != ".toml" else []
        for found in filter(None, map(INCLUDE.match, lines)):
            included(path.parent / found[2], seen)
    return seen


def copied(files, root, folder):
    """Copies files of a folder into a new one, at the same places below it."""
    shutil.rmtree(folder, ignore_errors=True)
    for file in files:
        place = folder / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return folder


def requirement_lines(text):
    """The requirements of a file: {first line: last line}, counted from 1. Options are none."""
    found, lines, at = {}, text.split("\n"), 0
    while at < len(lines):
        last = at
        while lines[last].rstrip("\r").endswith("\\") and last + 1 < len(lines):
            last += 1
        said = re.sub(r"(^|\s)#.*", "", lines[at]).strip()
        if said and (not said.startswith("-") or re.match(r"(-e|--editable)\b", said)):
            found[at + 1] = last + 1
        at = last + 1
    return found


def without_lines(folder, goes):
    """Empties every requirement of a folder's files for which `goes(file, line)` holds."""
    for path in sorted(it for it in folder.rglob("*") if it.is_file()):
        name = path.relative_to(folder).as_posix()
        text = path.read_bytes().decode()
        lines = text.split("\n")
        for first, last in requirement_lines(text).items():
            if goes(name, first):
                lines[first - 1 : last] = [""] * (last - first + 1)
        path.write_bytes("\n".join(lines).encode())


def markdown_table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])
