#!/usr/bin/env python3
"""Locks single pins with pyaudit, installs each lock into a fresh environment, and imports.

    tests/imports/run.py [--pyaudit PROGRAM] [--peer uv] [--only WORD] [--pins FILE]

Every line of `pins.txt` beside this file is `PIN PYTHON MODULE…`: what is locked, for which Python,
and the modules that have to import from the lock of that alone. Most pins were built against NumPy
1.x and do not say so. With `--peer uv` the same pins are locked by uv too, and counted beside.

Not part of `cargo test`: this takes a package index (that of the environment, as pyaudit and uv
find it), about a gigabyte of downloads, and uv on the path or as `$UV`, which makes the
environments of both sides and installs into them. The Pythons have to be there, as uv finds them.
Nothing is built: pins without a wheel fail. Prints a line for each pin, at the end `N of N import`,
and exits with 1 unless everything that pyaudit locked was imported.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOO_LONG = 900


def main():
    arguments = parse_arguments()
    pins = read_pins(arguments.pins, arguments.only)
    lockers = {"pyaudit": lambda pin, python: [arguments.pyaudit, "lock", "-", "--python", python,
                                               "--format", "requirements", "--output", "-", "--quiet"]}
    if arguments.peer:
        lockers[arguments.peer] = lambda pin, python: [
            uv(), "pip", "compile", "-", "--python-version", python, "--generate-hashes", "--quiet",
            "--no-header", "--only-binary", ":all:"]
    if arguments.peer and arguments.skip_own:
        del lockers["pyaudit"]
    imported = dict.fromkeys(lockers, 0)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for pin, told in zip(pins, pool.map(lambda pin: tried_with_all(pin, lockers), pins)):
            print(f"{pin[0]} on Python {pin[1]}")
            for name, (is_imported, words) in told.items():
                imported[name] += is_imported
                print(f"  {name:8} {words}", flush=True)
    for name, count in imported.items():
        print(f"{name}: {count} of {len(pins)} import")
    return 0 if imported.get("pyaudit", 0) == len(pins) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    built = HERE.parent.parent / "target" / "release" / "pyaudit"
    parser.add_argument("--pyaudit", default=str(built), help="the program [default: target/release]")
    parser.add_argument("--peer", choices=["uv"], help="lock with this too, and count it beside")
    parser.add_argument("--skip-own", action="store_true", help="count the peer alone")
    parser.add_argument("--pins", type=pathlib.Path, default=HERE / "pins.txt")
    parser.add_argument("--only", default="", help="only the pins that contain this")
    parser.add_argument("--jobs", type=int, default=2, help="pins at the same time [default: 2]")
    return parser.parse_args()


def read_pins(path, only):
    """Returns (pin, Python, modules) for each line that says something."""
    lines = (line.partition("#")[0].split() for line in path.read_text().splitlines())
    return [(line[0], line[1], line[2:]) for line in lines if line and only in line[0]]


def tried_with_all(pin, lockers):
    return {name: tried(pin, command) for name, command in lockers.items()}


def tried(pin, command):
    """Locks, installs and imports; returns whether that went well, and what to say of it."""
    requirement, python, modules = pin
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pyaudit-imports-"))
    try:
        lock = run(command(requirement, python), stdin=requirement + "\n")
        if lock.returncode:
            return False, f"failed to lock: {last_line(lock.stderr)}"
        (folder / "lock.txt").write_text(lock.stdout)
        environment = folder / "environment"
        for step in (
            [uv(), "venv", "--quiet", "--python", python, "--no-project", environment],
            [uv(), "pip", "install", "--quiet", "--python", python_of(environment), "--no-deps",
             "--only-binary", ":all:", "--requirement", folder / "lock.txt"],
        ):
            done = run(step)
            if done.returncode:
                return False, f"failed to install: {last_line(done.stderr)}"
        text = "; ".join(f"import {module}" for module in modules)
        done = run([python_of(environment), "-c", text], cwd=folder)
        numpy = pinned(lock.stdout, "numpy")
        if done.returncode:
            return False, f"failed with numpy {numpy}: {last_line(done.stderr)}"
        doubt = ", which says: " + last_line(done.stderr) if "NumPy 1.x" in done.stderr else ""
        return True, f"ok with numpy {numpy}{doubt}"
    finally:
        shutil.rmtree(folder)


def run(command, stdin=None, cwd=None):
    try:
        return subprocess.run(
            [str(word) for word in command], input=stdin, cwd=cwd, capture_output=True, text=True,
            timeout=TOO_LONG, stdin=subprocess.DEVNULL if stdin is None else None)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"took longer than {TOO_LONG} seconds")


def uv():
    return os.environ.get("UV", "uv")


def python_of(environment):
    windows = os.name == "nt"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def pinned(lock, name):
    for line in lock.splitlines():
        if line.startswith(name + "=="):
            return line.split("==")[1].split()[0].rstrip(";\\")
    return "left out"


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "without a word"


if __name__ == "__main__":
    sys.exit(main())
