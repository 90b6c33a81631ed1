#!/usr/bin/env python3
"""Times `pyaudit lock --universal` beside `uv pip compile --universal` on the same inputs.

    python3 benches/compare/universal.py [--lead OPTION ...] NAME=FILE@PYTHON[,OPTION ...] ...

`zopilot=requirements.txt@3.10,-c,constraints.txt` is an input with options of its own; those of
`--lead` are for all inputs, and both programs know them (`--lead=--only-binary --lead=:all:`).
Each program answers once with the network, to fill its cache; then both are timed in turn with
`--offline`, each time without a former lock. Prints for each program the forks, the entries, the
packages with more than one version, and the median of seconds; uv does not say its forks. With
`--oracle tests/tools/check_universal.py` that program judges each of pyaudit's locks. What could not
be locked is said with the first line of the reason. Needs Python 3.11.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib


def main():
    arguments = parse_arguments()
    heads = ("forks", "entries", "several", "seconds")
    print(f"{'input':<26}{'program':<9}" + "".join(f"{head:>9}" for head in heads) + "  oracle")
    with tempfile.TemporaryDirectory(prefix="universal-") as folder:
        for text in arguments.inputs:
            report(text, arguments, pathlib.Path(folder))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="+", metavar="NAME=FILE@PYTHON[,OPTION ...]")
    parser.add_argument("--lead", action="append", default=[], help="an option of both programs")
    parser.add_argument("--pyaudit", default="target/release/pyaudit")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--interpreter", default=sys.executable, help="the Python that uv runs")
    parser.add_argument("--cache-dir", default="universal-caches", type=pathlib.Path)
    parser.add_argument("--oracle", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=120)
    return parser.parse_args()


def report(text, arguments, folder):
    name, rest = text.split("=", 1)
    place, *options = rest.split(",")
    file, python = place.rsplit("@", 1)
    options = [*arguments.lead, *options]
    ours = folder / "pylock.toml"
    theirs = folder / "requirements.txt"
    programs = {
        "pyaudit": (ours, [arguments.pyaudit, "lock", file, "--universal", "--python", python,
                           "--cache-dir", str(arguments.cache_dir / "pyaudit"), "-o", str(ours)]),
        "uv": (theirs, [arguments.uv, "pip", "compile", file, "--universal", "--no-config", "-q",
                        "--python-version", python, "-p", arguments.interpreter,
                        "--cache-dir", str(arguments.cache_dir / "uv"), "-o", str(theirs)]),
    }
    first = {}
    for label, (output, command) in programs.items():
        first[label] = run(command + options, output, arguments.timeout)
    times = {label: [] for label in programs}
    for _ in range(arguments.runs):
        for label, (output, command) in programs.items():
            if first[label][1] == 0:
                offline = [*command, *options, "--offline"]
                times[label].append(run(offline, output, arguments.timeout))
    for label, (output, _) in programs.items():
        last = times[label][-1] if times[label] else first[label]
        print(f"{name:<26}{label:<9}{row(label, output, last, times[label], arguments)}",
              flush=True)
        name = ""


def row(label, output, last, times, arguments):
    _, status, said = last
    if status != 0:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return f"  exit {status}: {(lines or ['nothing said'])[0][:100]}"
    entries = pins(label, output)
    several = len({name for name in entries if entries.count(name) > 1})
    forks = re.search(r"\((\d+) forks\)", said)
    forks = "-" if label == "uv" else forks.group(1) if forks else "1"
    seconds = statistics.median(wall for wall, *_ in times)
    verdict = judged(output, arguments) if label == "pyaudit" else ""
    return f"{forks:>9}{len(entries):>9}{several:>9}{seconds:>9.3f}  {verdict}"


def pins(label, output):
    """The names of a lock's entries, each as often as it is there."""
    text = output.read_text()
    if label == "pyaudit":
        return [package["name"] for package in tomllib.loads(text)["packages"]]
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?(?:==| @ )", text, re.MULTILINE)


def judged(output, arguments):
    if arguments.oracle is None:
        return ""
    command = [arguments.interpreter, str(arguments.oracle), str(output)]
    oracle = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (oracle.stdout + oracle.stderr).strip().splitlines()
    return (lines or ["nothing said"])[-1].split(": ")[-1]


def run(command, output, timeout):
    """Runs a command without a former lock; returns seconds, status, and what it said."""
    output.unlink(missing_ok=True)
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, env=os.environ, check=False)
    except subprocess.TimeoutExpired:
        return timeout, "time-out", ""
    return time.perf_counter() - started, done.returncode, done.stderr


main()
