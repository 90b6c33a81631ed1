#!/usr/bin/env python3
"""Times `pyaudit check --offline` beside `uv lock --check --offline` and `pip check`.

    python3 benches/compare/check.py [--index https://index.example/simple] [requirements.in ...]

For each input: pyaudit locks it into pylock.toml, uv into uv.lock, and uv installs nothing; then the
two audit their own locks in turn. Without an input it writes a project of 300 pins and their lock
itself, and asks no index. `pip check` audits the environment that runs this script: it looks at
installed packages alone, and is there for scale. Prints medians of wall time, processor time and
peak memory of whole processes. Needs Python 3.11; uv and pip are left out where they are missing.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def main():
    arguments = parse_arguments()
    print(f"{'lock':<28}{'program':<34}{'wall ms':>9}{'CPU ms':>9}{'MiB':>7}{'exit':>6}")
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        folder = pathlib.Path(folder)
        if not arguments.inputs:
            project = generated(folder / "generated")
            report("300 pins", rows(arguments, project, has_uv=False), arguments)
        for number, path in enumerate(arguments.inputs):
            project, has_uv = locked(arguments, path, folder / str(number))
            report(path.parent.name or path.name, rows(arguments, project, has_uv), arguments)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", type=pathlib.Path, help="requirements files")
    parser.add_argument("--index", help="address of the index to lock from")
    parser.add_argument("--pyaudit", default="target/release/pyaudit")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--python", default="3.10", help="the version to lock for")
    parser.add_argument("--cache-dir", help="pyaudit's cache, so that locking need not ask again")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    program = shutil.which(arguments.pyaudit)
    if program is None:
        parser.error(f"{arguments.pyaudit} is not there: cargo build --release")
    arguments.pyaudit = str(pathlib.Path(program).absolute())
    return arguments


def generated(folder):
    """Writes a project of 300 pins: each package needs the next two."""
    folder.mkdir()
    names = [f"package-{number:03}" for number in range(300)]
    declared = "".join(f"{name}>=1\n" for name in names[:60])
    (folder / "requirements.in").write_text(declared)
    entries = []
    for number, name in enumerate(names):
        needs = [names[(number + step) % 300] for step in (1, 7)]
        edges = "".join(f'    {{ name = "{need}" }},\n' for need in needs)
        requires = "".join(f'    "{need}>=1,<3",\n' for need in needs)
        file = f"{name.replace('-', '_')}-1.{number}-py3-none-any.whl"
        digest = hashlib.sha256(file.encode()).hexdigest()
        entries.append(
            f'[[packages]]\nname = "{name}"\nversion = "1.{number}"\n'
            f'requires-python = ">=3.8"\nindex = "https://index.example/simple"\n'
            f"dependencies = [\n{edges}]\n"
            f'wheels = [{{ name = "{file}", url = "https://files.example/{file}", '
            f'size = 1000, hashes = {{ sha256 = "{digest}" }} }}]\n'
            f"[packages.tool.pyaudit]\nrequires = [\n{requires}]\n"
        )
    recorded = "".join(
        f'    {{ name = "{name}", text = "{name}>=1", kind = "requirement", '
        f'file = "requirements.in", line = {line}, column = 1 }},\n'
        for line, name in enumerate(names[:60], 1)
    )
    (folder / "pylock.toml").write_text(
        'lock-version = "1.0"\nrequires-python = ">=3.10"\ncreated-by = "pyaudit"\n\n'
        + "\n".join(entries)
        + '\n[tool.pyaudit]\nschema = 1\nversion = "0.1.0"\n'
        'targets = [\n    { python = "3.10", platform = "Linux x86_64 (glibc 2.28)" },\n]\n'
        'hosts = ["https://files.example"]\n'
        f"declarations = [\n{recorded}]\n"
    )
    return folder


def locked(arguments, path, folder):
    """Locks an input with pyaudit, and with uv where it is there."""
    folder.mkdir()
    source = folder / "requirements.in"
    shutil.copy(path, source)
    command = [arguments.pyaudit, "lock", "requirements.in", "--python", arguments.python,
               "--platform", "linux", "-o", "pylock.toml", "-q"]
    command += ["--default-index", arguments.index] if arguments.index else []
    command += ["--cache-dir", os.path.abspath(arguments.cache_dir)] if arguments.cache_dir else []
    subprocess.run(command, cwd=folder, check=True)
    has_uv = shutil.which(arguments.uv) is not None
    if has_uv:
        major, minor = arguments.python.split(".")
        requires = f">={arguments.python},<{major}.{int(minor) + 1}"
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "checked"\nversion = "0"\nrequires-python = "{requires}"\n'
            "[tool.uv]\nenvironments = [\"sys_platform == 'linux' and "
            "platform_machine == 'x86_64'\"]\n"
        )
        add = [arguments.uv, "add", "--frozen", "-r", "requirements.in"]
        lock = [arguments.uv, "lock"]
        lock += ["--default-index", arguments.index] if arguments.index else []
        quiet = {"cwd": folder, "capture_output": True}
        has_uv = (subprocess.run(add, **quiet).returncode == 0
                  and subprocess.run(lock, **quiet).returncode == 0)
    return folder, has_uv


def rows(arguments, folder, has_uv):
    found = [("pyaudit check --offline", [arguments.pyaudit, "check", "pylock.toml", "--offline"])]
    if has_uv:
        found.append(("uv lock --check --offline",
                      [arguments.uv, "lock", "--check", "--offline"]))
    found.append(("pip check (this environment)", [sys.executable, "-m", "pip", "check"]))
    return [(label, command, folder) for label, command in found]


def report(name, programs, arguments):
    times = {label: [] for label, *_ in programs}
    for _ in range(arguments.runs):
        for label, command, folder in programs:
            times[label].append(run(command, folder))
    for label, *_ in programs:
        wall, cpu, memory, status = zip(*times[label])
        print(f"{name:<28}{label:<34}{statistics.median(wall) * 1000:>9.1f}"
              f"{statistics.median(cpu) * 1000:>9.1f}{max(memory):>7.1f}{status[0]:>6}")
        name = ""


def run(command, folder):
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode


main()
