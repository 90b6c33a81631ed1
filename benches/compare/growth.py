#!/usr/bin/env python3
"""Shows how time and requests grow with the packages, the versions, and the conflicts of an index.

    python3 benches/compare/growth.py [--plot growth.svg] [--sizes 100 1000 10000 100000]

Generates indexes of so many releases, serves them on loopback as JSON with core-metadata, --delay
milliseconds a request, and lets pyaudit and uv lock them in turn: cold, and hot offline. Prints
medians, and draws them where --plot names a file; --rows writes them as JSON lines, and --read
draws such a file again. A program that needed more than --limit seconds is not asked for larger
indexes of that shape. The pins of all runs have to be the same, and those of both programs too.
Needs Python 3.11 and uv.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

import clients
import plot
from clients import Input, middle
from universe import SHAPES, Universe

ROWS = (("hot, offline", "hot", "wall", "s"), ("cold", "cold", "wall", "s"),
        ("requests, cold", "cold", "requests", ""))
AXES = {"packages": "releases: packages × 10 versions, no conflict",
        "versions": "releases: 10 packages × versions, no conflict",
        "conflicts": "releases: a quarter has to be passed",
        "chains": "releases: a third has to be passed"}


def main():
    arguments = parse_arguments()
    if arguments.read:
        rows = [json.loads(line) for line in arguments.read.read_text().splitlines()]
    else:
        rows = []
        for row in measured(arguments):
            rows.append(row)
            if arguments.rows:
                arguments.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if arguments.plot:
        arguments.plot.write_text(drawn(rows))
    sys.exit(1 if any(row["wrong"] for row in rows) else 0)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=SHAPES)
    parser.add_argument("--sizes", nargs="+", type=int,
                        default=[100, 1000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay", type=int, default=5)
    parser.add_argument("--limit", type=float, default=5)
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--rows", type=pathlib.Path)
    parser.add_argument("--read", type=pathlib.Path)
    clients.add_programs(parser)
    parser.set_defaults(timeout=60)
    arguments = parser.parse_args()
    if not arguments.read:
        clients.check_programs(parser, arguments)
    return arguments


def measured(arguments):
    """Yields a row for each shape, size and program."""
    print(f"{'shape':<11}{'releases':>9}{'program':>9}{'hot ms':>9}{'CPU ms':>9}{'cold ms':>10}"
          f"{'CPU ms':>9}{'asked':>8}{'pins':>7}")
    for shape in arguments.shapes:
        programs = clients.programs(arguments)
        for releases in arguments.sizes:
            answers = {}
            with tempfile.TemporaryDirectory(prefix="growth-") as folder, \
                    clients.Server("--universe", f"{shape}:{releases}") as server:
                rows = list(point(arguments, server, pathlib.Path(folder),
                                  Universe(shape, releases), programs))
                # Who failed here or was slow is not asked for more.
                programs = [row["program"] for row in rows
                            if row["cold"]["wall"] <= arguments.limit]
                for row in rows:
                    answers[row["program"]] = row.pop("answer")
                    row["wrong"] |= len(set(answers.values())) > 1
                    print(shown(row), flush=True)
                    yield row


def point(arguments, server, folder, universe, programs):
    """Measures one universe; the runs of the programs alternate."""
    source = folder / "requirements.in"
    source.write_text("".join(f"{line}\n" for line in universe.requirements()))
    one = Input("universe", source, "3.11")
    runs = {name: {"cold": [], "hot": []} for name in programs}
    answers = {name: [] for name in programs}

    def run(name, cache, offline=False):
        output = folder / f"{name}.txt"
        output.unlink(missing_ok=True)
        command = clients.command(name, arguments, one, server.index("json", arguments.delay),
                                  cache, output, offline)
        found = clients.measure(command, server, arguments.timeout)
        answers[name].append(clients.read_pins(output))
        return found

    for name in list(programs):
        try:
            # The server makes its pages now, and the programs' caches are filled.
            run(name, folder / name)
        except RuntimeError as error:
            print(f"{universe.shape:<11}{universe.releases:>9,}{name:>9}  FAILED: {error}")
            programs = [other for other in programs if other != name]
    for number in range(arguments.runs):
        for name in programs:
            runs[name]["cold"].append(run(name, folder / f"{name}-{number}"))
        for name in programs:
            runs[name]["hot"].append(run(name, folder / name, offline=True))
    for name in programs:
        row = {"shape": universe.shape, "releases": universe.releases, "program": name,
               "delay": arguments.delay, "pins": len(answers[name][0]),
               "wrong": len(set(answers[name])) > 1, "answer": answers[name][0]}
        for state, found in runs[name].items():
            row[state] = {field: middle([getattr(one, field) for one in found])
                          for field in ("wall", "cpu", "requests", "bytes")}
        yield row


def shown(row):
    hot, cold = row["hot"], row["cold"]
    return (f"{row['shape']:<11}{row['releases']:>9,}{row['program']:>9}{hot['wall'] * 1000:>9.1f}"
            f"{hot['cpu'] * 1000:>9.1f}{cold['wall'] * 1000:>10.1f}{cold['cpu'] * 1000:>9.1f}"
            f"{cold['requests']:>8.0f}{row['pins']:>7}{'  WRONG PINS' if row['wrong'] else ''}")


def drawn(rows):
    """Returns the plot of all rows."""
    def line(shape, name, state, field):
        return [(row["releases"], row[state][field]) for row in rows
                if row["shape"] == shape and row["program"] == name]

    names = list(dict.fromkeys(row["program"] for row in rows))
    shapes = [shape for shape in SHAPES if any(row["shape"] == shape for row in rows)]
    grid = [[(f"{title}: more {shape}", unit, AXES[shape],
              {name: line(shape, name, state, field) for name in names})
             for shape in shapes] for title, state, field, unit in ROWS]
    note = (f"Generated indexes on loopback, {rows[0]['delay']} ms a request; medians of whole "
            f"processes; both scales are logarithmic. {time.strftime('%Y-%m-%d')}")
    return plot.panels("How locking grows with the index", note, grid)


if __name__ == "__main__":
    main()
