#!/usr/bin/env python3
"""Runs pyaudit and uv in turn on the same inputs and the same index, and prints the medians.

    python3 benches/compare/run.py --index https://index.example/simple requirements.in ...

Three states, each a column of the table:
  cold     a fresh cache folder for every run
  again    the cache of a former run, network there
  offline  the same cache, without the network

Runs alternate (pyaudit, uv, pyaudit, uv ...), so that a busy machine or a slow network meets both.
All runs of one program must give the same pins; where the two differ, the table says so. Needs
Python 3.11 and uv; nothing is installed, and no cache but those in a temporary folder is touched.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

STATES = ("cold", "again", "offline")


def main():
    arguments = parse_arguments()
    wrong = False
    print(f"{'input':<24}{'state':<9}{'pyaudit':>24}{'uv':>26}{'uv ÷ pyaudit':>22}   pins")
    print(f"{'':<33}{'wall s':>8}{'CPU s':>8}{'MiB':>8}{'wall s':>10}{'CPU s':>8}{'MiB':>8}"
          f"{'wall':>8}{'CPU':>7}{'MiB':>7}")
    for path in arguments.inputs:
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            for state in arguments.states:
                wrong |= not compare(arguments, path, state, pathlib.Path(folder))
    sys.exit(1 if wrong else 0)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="+", type=pathlib.Path, help="requirements files")
    parser.add_argument("--index", required=True, help="address of the index, live or a replay")
    parser.add_argument("--pyaudit", default="target/release/pyaudit")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--interpreter", default=sys.executable,
                        help="what uv is told to use, so that it need not search")
    parser.add_argument("--python", default="3.11", help="the version to lock for")
    parser.add_argument("--platform", default="linux")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program and state")
    parser.add_argument("--states", nargs="+", choices=STATES, default=STATES)
    parser.add_argument("--exclude-newer", help="passed to both")
    arguments = parser.parse_args()
    for name in ("pyaudit", "uv"):
        found = shutil.which(getattr(arguments, name))
        if found is None:
            parser.error(f"there is no program `{getattr(arguments, name)}` (--{name})")
        setattr(arguments, name, os.path.abspath(found))
    return arguments


def compare(arguments, path, state, folder):
    """Measures one cell of the table; returns whether every run came out alike."""
    programs = {"pyaudit": pyaudit_command, "uv": uv_command}
    measured = {name: [] for name in programs}
    pins = {name: set() for name in programs}
    for run in range(arguments.runs + (state != "cold")):
        for name, command in programs.items():
            cache = folder / f"{name}-{f'cold-{run}' if state == 'cold' else 'cache'}"
            output = folder / f"{name}.txt"
            output.unlink(missing_ok=True)
            result = measure(command(arguments, path, cache, output, state == "offline"))
            pins[name].add(read_pins(output))
            # The first run of a hot state fills the cache.
            if state == "cold" or run > 0:
                measured[name].append(result)
            if state == "cold":
                shutil.rmtree(cache, ignore_errors=True)
    ours, theirs = (medians(measured[name]) for name in programs)
    ratios = [b / a if a else float("nan") for a, b in zip(ours, theirs)]
    verdict = judge(pins)
    print(f"{path.name[:23]:<24}{state:<9}{ours[0]:>8.3f}{ours[1]:>8.3f}{ours[2]:>8.0f}"
          f"{theirs[0]:>10.3f}{theirs[1]:>8.3f}{theirs[2]:>8.0f}"
          f"{ratios[0]:>8.2f}{ratios[1]:>7.2f}{ratios[2]:>7.2f}   {verdict}", flush=True)
    return all(len(found) == 1 for found in pins.values())


def pyaudit_command(arguments, path, cache, output, offline):
    return [
        arguments.pyaudit, "lock", path, "-o", output, "-q", "--format", "requirements",
        "--default-index", arguments.index, "--cache-dir", cache, "--only-binary", ":all:",
        "--python", arguments.python, "--platform", arguments.platform, "--generate-hashes",
        *common(arguments, offline),
    ]


def uv_command(arguments, path, cache, output, offline):
    return [
        arguments.uv, "pip", "compile", path, "-o", output, "-q", "--no-config",
        "--default-index", arguments.index, "--cache-dir", cache, "--only-binary", ":all:",
        "--python-version", arguments.python, "--python-platform", arguments.platform,
        "--generate-hashes", "-p", arguments.interpreter, *common(arguments, offline),
    ]


def common(arguments, offline):
    cutoff = ["--exclude-newer", arguments.exclude_newer] if arguments.exclude_newer else []
    return cutoff + (["--offline"] if offline else [])


def measure(command):
    """Runs a command; returns seconds of wall and processor, and the peak memory in MiB."""
    # Settings of the caller's would change one program and not the other.
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("UV_", "PYAUDIT_", "PIP_", "VIRTUAL_ENV", "CONDA_"))}
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            told = errors.read().decode(errors="replace")
            sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}:\n{told}")
    memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return wall, usage.ru_utime + usage.ru_stime, memory


def read_pins(output):
    """Returns the pins of a requirements file, names in their normal form."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", output.read_text(), re.M)
    return tuple(sorted((re.sub(r"[-_.]+", "-", name).lower(), pin) for name, pin in found))


def judge(pins):
    if any(len(found) > 1 for found in pins.values()):
        unsteady = [name for name, found in pins.items() if len(found) > 1]
        return f"UNSTEADY: {', '.join(unsteady)} gave different pins"
    ours, theirs = (set(next(iter(pins[name]))) for name in ("pyaudit", "uv"))
    if ours == theirs:
        return f"{len(ours)}, the same"
    return f"{len(ours)}, uv differs: {len(ours - theirs)} only ours, {len(theirs - ours)} only uv's"


def medians(results):
    return [statistics.median(column) for column in zip(*results)]


if __name__ == "__main__":
    main()
