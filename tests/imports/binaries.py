#!/usr/bin/env python3
"""Holds what `pyaudit check --env` reads out of compiled files to real imports.

    tests/imports/binaries.py [--pyaudit PROGRAM] [--python PYTHON] [--only WORD] [--pins FILE]
                              [--numpy 1.26.4,2.1.3] [--jobs 2]

Every line of `binaries.pins.txt` is `REQUIREMENT MODULE…`. Each requirement is installed beside each NumPy
into a folder of its own, without what it requires, from wheels alone; pyaudit audits the folder, offline;
and then every module is imported by itself in a fresh interpreter. An import that fails for want of
another package tells nothing of the wheel: what is imported then are the compiled modules of the package,
file by file, and those that fail for NumPy's sake count. A pair is bad where an import says that NumPy is
the wrong one or that a library is not there.

Told are the pairs on which the two do not agree, then precision and recall, by what was found: NumPy's
ABI, libraries that are not there, and, without any import that could show it, files that take NumPy 2 for
a NumPy 1 (`silent`). Bounds that a wheel should declare (`bound`) are found beside the first NumPy, and are
right where the imports beside the last one fail, or the files lie there; they are missed where these
imports fail and metadata does not forbid that NumPy.

Not part of `cargo test`: it takes the package index that pip is configured for, about two gigabytes of
downloads, and a Python 3.11 with pip. Exits with 1 where anything was said that no import shows.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOO_LONG = 900
NUMPY = ("numpy-abi",)
LIBRARY = ("missing-shared-lib",)
BOUND = ("undeclared-bound",)
DECLARED = ("requirement-violated",)
# What NumPy, Cython and CPython say when a compiled module does not go with NumPy.
OF_NUMPY = (
    "compiled using NumPy 1.x", "_ARRAY_API not found", "numpy.dtype size changed",
    "numpy.core.multiarray failed to import", "numpy._core.multiarray failed to import",
    "module compiled against", "was compiled against NumPy", "numpy.core.umath failed to import",
    "failed to import numpy", "NumPy C-API version",
)
OF_LIBRARY = ("cannot open shared object file",)

# Imports compiled modules one by one, each in a process of its own, and tells what they say.
PROBE = r"""
import importlib.machinery, importlib.util, os, sys
sys.path.insert(0, sys.argv[1])
name, path = sys.argv[2], sys.argv[3]
loader = importlib.machinery.ExtensionFileLoader(name, path)
spec = importlib.util.spec_from_loader(name, loader)
module = importlib.util.module_from_spec(spec)
loader.exec_module(module)
"""


def main():
    arguments = parse_arguments()
    pins = read_pins(arguments.pins, arguments.only)
    pairs = []
    with tempfile.TemporaryDirectory(prefix="pyaudit-numpy-") as shelf:
        numpys = [pathlib.Path(shelf) / version for version in arguments.numpy.split(",")]
        for numpy in numpys:
            done = install(arguments, numpy, f"numpy=={numpy.name}")
            if done.returncode:
                return f"numpy {numpy.name} is not installed: {last_line(done.stderr)}"
        wanted = [(pin, numpy) for pin in pins for numpy in numpys]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for pair in pool.map(lambda it: tried(arguments, *it), wanted):
                if pair:
                    pairs.append(pair)
                    print(told(pair), flush=True)
    return tell(pairs)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    built = HERE.parent.parent / "target" / "release" / "pyaudit"
    parser.add_argument("--pyaudit", default=str(built), help="the program [default: target/release]")
    parser.add_argument("--python", default="python3.11", help="a Python 3.11 with pip")
    parser.add_argument("--pins", type=pathlib.Path, default=HERE / "binaries.pins.txt")
    parser.add_argument("--only", default="", help="only the requirements that contain this")
    parser.add_argument("--numpy", default="1.26.4,2.1.3", help="the versions of NumPy")
    parser.add_argument("--jobs", type=int, default=2, help="pairs at the same time [default: 2]")
    return parser.parse_args()


def read_pins(path, only):
    """Returns (requirement, modules) for each line that says something."""
    lines = (line.partition("#")[0].split() for line in path.read_text().splitlines())
    return [(line[0], line[1:]) for line in lines if line and only in line[0]]


def tried(arguments, pin, numpy):
    """Installs, audits and imports one pair; nothing where it cannot be installed."""
    requirement, modules = pin
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pyaudit-binaries-"))
    try:
        shutil.copytree(numpy, folder, copy_function=os.link, dirs_exist_ok=True)
        done = install(arguments, folder, requirement)
        if done.returncode:
            print(f"{requirement}: not installed: {last_line(done.stderr)}")
            return None
        found = audited(arguments, folder)
        shown = imported(arguments, folder, modules)
        if shown["other"] and not shown["numpy"] and not shown["library"]:
            shown = probed(arguments, folder, modules)
        return {"name": requirement, "numpy": numpy.name, "found": found, "shown": shown}
    finally:
        shutil.rmtree(folder)


def install(arguments, folder, requirement):
    return run([
        arguments.python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile",
        "--disable-pip-version-check", "--only-binary", ":all:", "--target", folder, requirement])


def audited(arguments, folder):
    """Returns what pyaudit finds, by rule, the heaviest alone."""
    done = run([
        arguments.pyaudit, "check", "--env", folder, "--python", "3.11", "--offline", "--no-cache",
        "--output-format", "json"])
    report = json.loads(done.stdout)
    found = {"numpy": None, "library": None, "silent": None, "bound": None, "declared": None}
    for finding in every(report, "findings"):
        rule, severity, message = finding["rule"], finding["severity"], finding["message"]
        if rule in DECLARED and " needs numpy" in message:
            found["declared"] = message
        if finding.get("package") == "numpy" or severity == "info":
            continue
        if rule in NUMPY:
            found["silent" if "silently" in message else "numpy"] = message
        if rule in BOUND and "numpy" in message:
            found["bound"] = message
        if rule in LIBRARY and severity == "error":
            found["library"] = message
    return found


def every(value, name):
    """Yields the items of all lists of a name, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name and isinstance(inner, list):
                yield from inner
            else:
                yield from every(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, name)


def imported(arguments, folder, modules):
    """Imports modules; returns what failed for NumPy's sake, for a library's, and otherwise."""
    shown = {"numpy": None, "library": None, "other": None}
    for module in modules:
        text = f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}"
        sort(shown, run([arguments.python, "-I", "-c", text]))
    return shown


def probed(arguments, folder, modules):
    """Imports the compiled modules of the same packages file by file."""
    numpy, libraries = None, []
    tops = {module.partition(".")[0] for module in modules}
    for top in tops:
        for path in sorted((folder / top).rglob("*.so")):
            shown = {"numpy": None, "library": None, "other": None}
            name = ".".join(path.relative_to(folder).parts)[: -len("".join(path.suffixes))]
            sort(shown, run([arguments.python, "-I", "-c", PROBE, folder, name, path]))
            numpy = numpy or shown["numpy"]
            libraries.append(shown["library"])
    # What few of them need may well be optional.
    wanting = [it for it in libraries if it]
    is_needed = wanting and len(wanting) * 2 > len(libraries)
    return {"numpy": numpy, "library": wanting[0] if is_needed else None, "other": None}


def sort(shown, done):
    text = done.stderr
    # NumPy 2 warns first where an import goes on to fail.
    if done.returncode == 0:
        return
    if any(word in text for word in OF_NUMPY):
        shown["numpy"] = shown["numpy"] or last_line(text)
    elif any(word in text for word in OF_LIBRARY):
        shown["library"] = shown["library"] or last_line(text)
    else:
        shown["other"] = shown["other"] or last_line(text)


def told(pair):
    said = [kind for kind, message in pair["found"].items() if message]
    shown = [kind for kind, message in pair["shown"].items() if message]
    agree = all(bool(pair["found"][kind]) == bool(pair["shown"][kind]) for kind in ("numpy", "library"))
    text = f"{'ok ' if agree else 'NOT'} {pair['name']} with numpy {pair['numpy']}"
    text += f": found {', '.join(said) or 'nothing'}; imports show {', '.join(shown) or 'nothing'}"
    if not agree:
        text += "".join(f"\n      {it}" for it in pair["found"].values() if it)
        text += "".join(f"\n      {it}" for it in pair["shown"].values() if it)
    return text


def tell(pairs):
    wheels = len({pair["name"] for pair in pairs})
    print(f"\n{wheels} wheels, {len(pairs)} pairs")
    wrong = 0
    for kind in ("numpy", "library"):
        counts = collections.Counter(
            (bool(pair["found"][kind]), bool(pair["shown"][kind])) for pair in pairs)
        right, false, missed = counts[True, True], counts[True, False], counts[False, True]
        wrong += false
        precision = f"{right / (right + false):.3f}" if right + false else "-"
        recall = f"{right / (right + missed):.3f}" if right + missed else "-"
        print(f"{kind:8} found rightly {right}, wrongly {false}, missed {missed}, rightly nothing "
              f"{counts[False, False]}; precision {precision}, recall {recall}")
    counts = collections.Counter(bounds(pairs))
    wrong += counts["wrongly"]
    print(f"bound    found rightly {counts['rightly']}, wrongly {counts['wrongly']}, "
          f"missed {counts['missed']}, rightly nothing {counts['nothing']}")
    silent = [f"{pair['name']} with numpy {pair['numpy']}" for pair in pairs if pair["found"]["silent"]]
    print(f"silent   {len(silent)}: {', '.join(silent) or 'none'}")
    return 1 if wrong else 0


def bounds(pairs):
    """Yields for each wheel how what it should declare was found."""
    for name in sorted({pair["name"] for pair in pairs}):
        first, *_, last = (pair for pair in pairs + pairs if pair["name"] == name)
        breaks = last["shown"]["numpy"] or last["found"]["silent"]
        if first["found"]["bound"]:
            yield "rightly" if breaks else "wrongly"
        elif last["shown"]["numpy"] and not last["found"]["declared"] and not first["shown"]["numpy"]:
            print(f"      {name}: metadata admits numpy {last['numpy']}, and nothing was said")
            yield "missed"
        else:
            yield "nothing"


def run(command):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=TOO_LONG, env=environment)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"took longer than {TOO_LONG} seconds")


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "without a word"


if __name__ == "__main__":
    sys.exit(main())
