#!/usr/bin/env python3
"""Records what pyaudit and uv ask an index for, so that run.py can serve it again.

    python3 benches/compare/record.py --upstream https://INDEX/simple --recording DIR \\
        --exclude-newer 2026-10-01 [INPUT ...]

An INPUT is one of those of run.py. Each program locks it with an empty cache, from an index that
answers in JSON and from a plain one: what they ask for is fetched and kept. A second round meets
requests that depended on the order of arrival. Files that were uploaded later than --exclude-newer
are left out of the recording, so that its answers stay what they are. All inputs take about 400 MB.
"""

import argparse
import pathlib
import sys
import tempfile

import clients
from recording import Recording, Upstream


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT")
    parser.add_argument("--upstream", required=True, help="the index to record")
    parser.add_argument("--recording", required=True, help="a folder; what it has already is kept")
    parser.add_argument("--rounds", type=int, default=2)
    clients.add_programs(parser)
    arguments = parser.parse_args()
    clients.check_programs(parser, arguments)
    cutoff = ["--exclude-newer", arguments.exclude_newer] if arguments.exclude_newer else []
    # The pages do not have what is newer; a plain page does not tell when its files came.
    arguments.exclude_newer = None
    failed = False
    with clients.Server(arguments.recording, "--upstream", arguments.upstream, *cutoff) as server:
        for number in range(arguments.rounds):
            for one in clients.inputs(arguments.inputs):
                for mode in ("json", "plain"):
                    failed |= not record(arguments, server, one, mode, number)
    recording = Recording(arguments.recording, Upstream(arguments.upstream, *cutoff[1:]))
    print(f"{recording.complete()} wheels", flush=True)
    sys.exit(1 if failed else 0)


def record(arguments, server, one, mode, number):
    """Locks an input with both programs; returns whether both came to an end."""
    whole = True
    for name in clients.programs(arguments):
        with tempfile.TemporaryDirectory(prefix="record-") as folder:
            folder = pathlib.Path(folder)
            command = clients.command(name, arguments, one, server.index(mode), folder / "cache",
                                      folder / "lock.txt")
            try:
                run = clients.measure(command, server, arguments.timeout)
                told = f"{run.requests} requests, {run.bytes / 1e6:.1f} MB, {run.wall:.1f} s"
            except RuntimeError as error:
                whole, told = False, f"failed: {error}"
        print(f"round {number + 1}: {one.name}, {mode}, {name}: {told}", flush=True)
    return whole


if __name__ == "__main__":
    main()
