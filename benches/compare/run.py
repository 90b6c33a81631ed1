#!/usr/bin/env python3
"""Runs pyaudit and uv in turn on the same inputs and the same index, and prints how they compare.

    python3 benches/compare/run.py --recording DIR [INPUT ...]
    python3 benches/compare/run.py --index https://INDEX/simple --exclude-newer DATE [INPUT ...]

An INPUT is flask, jupyter, zopilot, boto3, airflow, airflow-wheels (all of them, if none is named),
`hard` (those known to send resolvers back and forth), or FILE@PYTHON.
The cells of the table (--cells):
  hot          a full cache, --offline
  relock       the same, with the lock there already (PEP 751)
  stale        a full cache, of which every page is asked again and is unchanged; 30 ms a request
  cold-json    no cache; JSON, core-metadata, gzip; 30 ms a request
  cold-plain   no cache; HTML without a word about caching or metadata; 5 ms a request
  again-plain  the cache of a former run on that index, network there
A live index has `hot`, `relock`, `cold-live` and `again-live` instead; it says how it is today.

Runs alternate (pyaudit, uv, pyaudit, uv ...), so that a busy machine meets both; what is printed
are medians, and the median over the pairs of uv ÷ pyaudit. Each program answers once untimed, and
every timed run has to give the same pins; where the two programs differ, the table says so. The
last column says which of our goals the cell misses. Rows are also added to --rows as JSON lines, of
which `run.py --markdown ROWS` makes a table for a README.
Needs Python 3.11 and uv; installs nothing, and touches no cache but those in a temporary folder.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import clients
from clients import middle


@dataclasses.dataclass(frozen=True)
class Cell:
    """A state to measure in: how the index answers, and what is there before a run."""

    mode: str
    delay: int = 0
    fresh: bool = False
    offline: bool = False
    locked: bool = False


CELLS = {
    "hot": Cell("json", offline=True),
    "relock": Cell("json", offline=True, locked=True),
    "stale": Cell("stale", 30),
    "cold-json": Cell("json", 30, fresh=True),
    "cold-plain": Cell("plain", 5, fresh=True),
    "again-plain": Cell("plain", 5),
}
LIVE = {
    "hot": Cell("live", offline=True),
    "relock": Cell("live", offline=True, locked=True),
    "cold-live": Cell("live", fresh=True),
    "again-live": Cell("live"),
}

# The least uv ÷ pyaudit that is aimed at, of wall time; hot also of processor time.
GOALS = {
    "hot": {"": 6, "flask": 4},
    "stale": {"": 2.5},
    "cold-json": {"flask": 1.4, "jupyter": 2, "zopilot": 2, "airflow": 1.7, "boto3": 5},
    "cold-plain": {"flask": 1.3, "jupyter": 2, "zopilot": 4, "boto3": 20, "airflow": 3},
    "again-plain": {"": 20},
}
MOST_RELOCK = 0.010
LEAST_MEMORY_RATIO = 2
# Peaks differ from run to run, as what is on its way at the same time does.
MEMORY_RUNS = 3

HEADS = ("input", "cell", "wall ms", "uv", "ratio", "CPU ms", "uv", "ratio", "MiB", "uv",
         "asked", "uv", "MB", "uv", "cache", "uv")
WIDTHS = (18, 12, 9, 8, 7, 8, 8, 7, 6, 6, 7, 7, 7, 7, 7, 7)


def main():
    arguments = parse_arguments()
    if arguments.markdown:
        print(markdown([json.loads(line) for line in arguments.markdown.read_text().splitlines()]))
        return
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(time.strftime("%Y-%m-%d %H:%M"), machine, " ".join(sys.argv[1:]), sep="; ")
    print("".join(head.rjust(width) for head, width in zip(HEADS, WIDTHS)), " pins; goals", sep="")
    if arguments.recording and not (pathlib.Path(arguments.recording) / "pages").is_dir():
        sys.exit(f"{arguments.recording} has no recording: record.py makes one")
    if arguments.index:
        steady = table(arguments, None, LIVE)
    else:
        with clients.Server(arguments.recording) as server:
            steady = table(arguments, server, CELLS)
    if arguments.plot:
        growth = [sys.executable, clients.HERE / "growth.py", "--plot", arguments.plot,
                  "--pyaudit", arguments.pyaudit, "--uv", arguments.uv]
        steady &= subprocess.run(growth, check=False).returncode == 0
    sys.exit(0 if steady else 1)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--recording", help="a folder that record.py wrote")
    source.add_argument("--index", help="address of an index that lives")
    source.add_argument("--markdown", type=pathlib.Path, help="rows to print as a table")
    parser.add_argument("--cells", nargs="+", metavar="CELL")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program in each cell")
    parser.add_argument("--rows", type=pathlib.Path, help="a file to add the rows to, as JSON")
    parser.add_argument("--plot", help="run growth.py after that, and write its plot to this file")
    clients.add_programs(parser)
    arguments = parser.parse_args()
    if arguments.markdown:
        return arguments
    known = LIVE if arguments.index else CELLS
    arguments.cells = arguments.cells or list(known)
    for cell in arguments.cells:
        if cell not in known:
            parser.error(f"no cell `{cell}` here; there are {', '.join(known)}")
    clients.check_programs(parser, arguments)
    return arguments


def table(arguments, server, cells):
    """Prints the rows; returns whether every run answered as the untimed one did."""
    steady = True
    for one in clients.inputs(arguments.inputs):
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            for name in arguments.cells:
                bench = Bench(arguments, one, cells[name], server, pathlib.Path(folder))
                try:
                    row = bench.row(name)
                except RuntimeError as error:
                    print(f"{one.name:>18}{name:>12}  FAILED: {error}", flush=True)
                    steady = False
                    continue
                print(line(row), flush=True)
                steady &= not row["unsteady"]
                if arguments.rows:
                    with arguments.rows.open("a") as rows:
                        rows.write(json.dumps(row) + "\n")
    return steady


class Bench:
    """One input in one cell."""

    def __init__(self, arguments, one, cell, server, folder):
        self.arguments, self.one, self.cell, self.server = arguments, one, cell, server
        self.folder = folder
        self.index = arguments.index or server.index(cell.mode, cell.delay)

    def row(self, name):
        programs = clients.programs(self.arguments)
        runs = {program: [] for program in programs}
        pins, unsteady = {}, []
        for program in programs:
            self.fill(program)
            pins[program] = clients.read_pins(self.output(program))
        sizes = {program: clients.size_on_disk(self.cache(program)) for program in programs}
        for _ in range(self.arguments.runs):
            for program in programs:
                runs[program].append(self.run(program, self.cell.offline))
                if clients.read_pins(self.output(program)) != pins[program]:
                    unsteady.append(program)
        row = {"input": self.one.name, "cell": name, "unsteady": unsteady,
               "pins": {program: len(found) for program, found in pins.items()}}
        if len(programs) == 2:
            ours, theirs = (set(pins[program]) for program in programs)
            row["only"] = {"pyaudit": len(ours - theirs), "uv": len(theirs - ours)}
            for field in ("wall", "cpu"):
                row[f"{field} ratio"] = middle([
                    getattr(theirs, field) / max(getattr(ours, field), 1e-6)
                    for ours, theirs in zip(runs["pyaudit"], runs["uv"])])
        for program, found in runs.items():
            row[program] = {field: middle([getattr(run, field) for run in found])
                            for field in ("wall", "cpu")}
            peaks = [self.run(program, self.cell.offline, measure=clients.peak_memory)
                     for _ in range(MEMORY_RUNS)]
            memory = {"memory": middle(peaks)} if all(peaks) else {}
            row[program] |= {"cache": sizes[program]} | memory
            row[program]["lacking"] = max(run.lacking for run in found)
            if self.server:
                row[program] |= {field: middle([getattr(run, field) for run in found])
                                 for field in ("requests", "bytes")}
        return row | {"goals": goals(row)}

    def fill(self, program):
        """Answers untimed, with a cache that is full afterwards."""
        self.output(program).unlink(missing_ok=True)
        if not self.cache(program).exists():
            self.run(program, offline=False, fill=True)
        if self.cell.offline or not self.output(program).exists():
            self.run(program, self.cell.offline, fill=True)

    def run(self, program, offline, fill=False, measure=clients.measure):
        output, cache = self.output(program), self.cache(program)
        if self.cell.fresh and not fill:
            cache = cache.with_name(f"{cache.name}-fresh")
            shutil.rmtree(cache, ignore_errors=True)
        if not self.cell.locked:
            output.unlink(missing_ok=True)
        command = clients.command(program, self.arguments, self.one, self.index, cache, output,
                                  offline)
        run = measure(command, self.server, self.arguments.timeout)
        if self.cell.fresh and not fill:
            shutil.rmtree(cache)
        return run

    def cache(self, program):
        """One cache of a program for each form of the index."""
        return self.folder / f"{program}-{self.cell.mode}-{self.cell.delay}"

    def output(self, program):
        name = f"pylock.{program}.toml" if self.cell.locked else f"{program}.txt"
        return self.folder / name


def goals(row):
    """Says of each goal of a cell whether it is reached, and if not, by how much."""
    if "wall ratio" not in row:
        return []
    ours, theirs = row["pyaudit"], row["uv"]
    known = GOALS.get(row["cell"], {})
    least = known.get(row["input"].removesuffix("-wheels"), known.get(""))
    wanted = []
    if least:
        wanted.append(("wall", row["wall ratio"], least))
        wanted += [("CPU", row["cpu ratio"], least)] if row["cell"] == "hot" else []
    if "memory" in ours:
        wanted.append(("memory", theirs["memory"] / ours["memory"], LEAST_MEMORY_RATIO))
    wanted.append(("cache", theirs["cache"] / ours["cache"], 1))
    missed = [f"{what} {found:.2f} < {least:g}" for what, found, least in wanted if found < least]
    if row["cell"] == "relock" and ours["wall"] >= MOST_RELOCK:
        missed.append(f"{ours['wall'] * 1000:.1f} ms >= {MOST_RELOCK * 1000:.0f} ms")
    return missed


def line(row):
    """Returns a row as text: what pyaudit took, what uv took, and what follows."""
    def pair(field, scale, digits):
        return [f"{row[name][field] * scale:.{digits}f}" if name in row and field in row[name]
                else "-" for name in ("pyaudit", "uv")]

    def ratio(field):
        return f"{row[f'{field} ratio']:.2f}" if f"{field} ratio" in row else "-"

    cells = [row["input"], row["cell"], *pair("wall", 1000, 1), ratio("wall"),
             *pair("cpu", 1000, 1), ratio("cpu"), *pair("memory", 1, 0), *pair("requests", 1, 0),
             *pair("bytes", 1e-6, 2), *pair("cache", 1, 1)]
    text = "".join(cell.rjust(width) for cell, width in zip(cells, WIDTHS))
    return f"{text}  {verdict(row)}"


def verdict(row):
    if row["unsteady"]:
        return f"UNSTEADY PINS of {', '.join(sorted(set(row['unsteady'])))}"
    only = row.get("only", {"pyaudit": 0, "uv": 0})
    same = (f"{min(row['pins'].values())} same" if not any(only.values())
            else f"{row['pins']['pyaudit']}, {only['pyaudit']} only ours, {only['uv']} only uv's")
    lacking = sum(row[name]["lacking"] for name in row["pins"])
    same += f", {lacking} not recorded" if lacking else ""
    return f"{same}; {'missed: ' + ', '.join(row['goals']) if row['goals'] else 'reached'}"


def markdown(rows):
    """Returns rows as a table in Markdown; of a cell that was measured twice the last."""
    rows = {(row["input"], row["cell"]): row for row in rows if "wall ratio" in row}.values()
    lines = ["| input | cell | pyaudit | uv | wall | CPU | memory | requests | bytes | cache |",
             "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        ours, theirs = row["pyaudit"], row["uv"]
        ratios = [f"{theirs[field] / ours[field]:.1f}" if ours.get(field) and theirs.get(field)
                  else "-" for field in ("memory", "requests", "bytes", "cache")]
        cells = [row["input"], row["cell"], seconds(ours["wall"]), seconds(theirs["wall"]),
                 f"**{row['wall ratio']:.1f}**", f"{row['cpu ratio']:.1f}",
                 *ratios]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def seconds(value):
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


if __name__ == "__main__":
    main()
