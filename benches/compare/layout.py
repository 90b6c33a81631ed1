#!/usr/bin/env python3
"""Finds out which functions most commands run, and prints the linker script that puts them together.

    CARGO_PROFILE_RELEASE_STRIP=none cargo build --release
    CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --target x86_64-unknown-linux-musl
    python3 benches/compare/layout.py --recording DIR > layout.new && mv layout.new layout.ld

Runs the commands that people use most under callgrind (of valgrind), and writes down the functions
of both builds of the program that were called, stage by stage, each where it was first met. The hashes in their names are
left open, so that the script fits the next compiler and the next version of a crate; a name that is
no longer there matches nothing. Only where that would bring in more than twice as much is the very
name written first, and the open one last. Says on standard error how much of the program that is.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import clients

VALGRIND = shutil.which("valgrind")

# How the index answers, and whether it is left alone, of locks with a cache from the run before.
HOT = [("json", 0, True)]
ONLINE = [("stale", 0, False), ("plain", 0, False)]


def main():
    arguments = parse_arguments()
    crowds, called, sizes = set(), collections.defaultdict(set), {}
    for program in [arguments.pyaudit, arguments.static]:
        arguments = argparse.Namespace(**{**vars(arguments), "pyaudit": program})
        own = functions(program)
        everything = set()
        with clients.Server(arguments.recording) as server, tempfile.TemporaryDirectory() as folder:
            for title, names in stages(arguments, server, pathlib.Path(folder)):
                called[title] |= names & own.keys()
                everything |= names & own.keys()
        crowds |= loose(everything, own)
        sizes[program] = own
    parts = {title: {name if pattern(name) in crowds else pattern(name) for name in names}
             for title, names in called.items()}
    first = set().union(*parts.values())
    parts["Others of the same names"] = crowds
    print(script(parts))
    for program, own in sizes.items():
        placed = [size for name, size in own.items() if name in first or pattern(name) in first]
        print(f"{program}: {len(placed)} functions, {sum(placed) / 1e6:.1f} of "
              f"{sum(own.values()) / 1e6:.1f} MB", file=sys.stderr)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recording", required=True, help="a folder that record.py wrote")
    clients.add_programs(parser)
    parser.add_argument("--static", default="target/x86_64-unknown-linux-musl/release/pyaudit",
                        help="the static build, whose functions are placed as well")
    arguments = parser.parse_args()
    arguments.only = "pyaudit"
    clients.check_programs(parser, arguments)
    static = shutil.which(arguments.static)
    if static is None:
        parser.error(f"there is no program `{arguments.static}` (--static)")
    arguments.static = os.path.abspath(static)
    if VALGRIND is None:
        parser.error("valgrind is not installed")
    return arguments


def stages(arguments, server, folder):
    """Yields the commands that people meet first, then those after, with the functions they call."""
    def locking(names, cells):
        return set().union(*(
            locks(arguments, server, folder, one, *cell)
            for one in clients.inputs(names) for cell in cells))

    yield "Locks with a full cache", locking(["flask", "jupyter", "zopilot"], HOT)
    yield "Locks with an index", locking(["flask", "jupyter"], ONLINE)
    one, = clients.inputs(["flask"])
    lock, cache = folder / "pylock.toml", folder / "flask-json"
    clients.measure(clients.command("pyaudit", arguments, one, server.index("json"), cache, lock))
    readers = ["check", lock], ["why", "jinja2", "--lock", lock], ["tree", "--lock", lock]
    yield "Reads a lock", set().union(*(
        calls([arguments.pyaudit, *reader, "--offline", "--cache-dir", cache])
        for reader in readers))


def locks(arguments, server, folder, one, mode, delay, offline):
    """Locks an input: with nothing there, with a full cache, and with the lock there too.

    Returns the functions that were called; where the network is left alone, not of the first.
    """
    output, cache = folder / "lock.txt", folder / f"{one.name}-{mode}"
    output.unlink(missing_ok=True)
    command = clients.command("pyaudit", arguments, one, server.index(mode, delay), cache, output)
    called = set()
    if offline:
        clients.measure(command)
        command.append("--offline")
    else:
        called = calls(command)
    output.unlink()
    return called | calls(command) | calls(command)


def calls(command):
    """Runs a command under callgrind; returns the mangled names of the functions that were called."""
    with tempfile.NamedTemporaryFile("r") as told:
        clients.measure([VALGRIND, "--tool=callgrind", "--demangle=no",
                         f"--callgrind-out-file={told.name}", *command])
        names = re.findall(r"^c?fn=\(\d+\) (.+)$", told.read(), re.MULTILINE)
    # Callgrind numbers the rounds of functions that call themselves.
    return {re.sub(r"'\d+$", "", name) for name in names}


def functions(program):
    """Returns the bytes of each function of a program, by its mangled name."""
    told = subprocess.run(["nm", "-S", program], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in told.splitlines()]
    sizes = {line[3]: int(line[1], 16) for line in lines if len(line) == 4 and line[2] in "tTwW"}
    return sizes or sys.exit(f"{program} has no symbols: build it as --help tells")


def pattern(name):
    """Returns a mangled name with its hashes left open, those of rustc's old scheme and of v0."""
    name = re.sub(r"\.(llvm\.)?\d+$", "", name)
    name = re.sub(r"17h[0-9a-f]{16}E$", "17h*", name)
    return re.sub(r"Cs[0-9A-Za-z]+_(?=\d)", "Cs*_", name) + "*" if name.startswith("_R") else name


def loose(called, sizes):
    """Returns the patterns most of whose functions, by size, nobody calls: of generic ones."""
    whole, used = collections.Counter(), collections.Counter()
    for name, size in sizes.items():
        whole[pattern(name)] += size
        used[pattern(name)] += size if name in called else 0
    return {one for one in used if used[one] and used[one] * 2 < whole[one]}


def script(parts):
    """Returns a script that both GNU's linker and LLVM's take beside their own rules."""
    lines = ["/* Puts the functions that most commands run side by side. Made by",
             "   benches/compare/layout.py, which tells how; passed to the linker by build.rs. */",
             "SECTIONS {", "  .text.first : {"]
    past = set()
    for title, patterns in parts.items():
        lines.append(f"    /* {title}. */")
        # What the compiler holds to be unlikely has a word more: `.text.unlikely.NAME`.
        lines += [f"    *(.text*.{one})" for one in sorted(patterns - past)]
        past |= patterns
    return "\n".join([*lines, "  }", "}", "INSERT BEFORE .text;"])


if __name__ == "__main__":
    main()
