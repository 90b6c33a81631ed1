"""The two programs that are compared: their commands, what a run takes, and what it answered."""

import dataclasses
import functools
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.parse

HERE = pathlib.Path(__file__).parent
WHEELS_ONLY = ("--only-binary", ":all:")


@dataclasses.dataclass
class Input:
    """What to lock: a requirements file, for a Python, with options that both programs know."""

    name: str
    path: pathlib.Path
    python: str
    options: tuple = WHEELS_ONLY


INPUTS = [
    Input("flask", HERE / "inputs/flask.in", "3.11"),
    Input("jupyter", HERE / "inputs/jupyter.in", "3.11"),
    Input("zopilot", HERE / "../../fixtures/projects/zopilot/requirements.in", "3.10"),
    Input("boto3", HERE / "inputs/boto3.in", "3.11"),
    # Some of its packages have no wheels.
    Input("airflow", HERE / "inputs/airflow.in", "3.12", ()),
    Input("airflow-wheels", HERE / "inputs/airflow-wheels.in", "3.12"),
]

# Known to send resolvers back and forth.
HARD = [
    Input("beam-dill", HERE / "inputs/beam-dill.in", "3.10", ()),
    Input("fastapi-starlette", HERE / "inputs/fastapi-starlette.in", "3.12"),
    Input("langchain", HERE / "inputs/langchain.in", "3.11"),
    Input("numba-numpy", HERE / "inputs/numba-numpy.in", "3.12"),
    Input("sentry", HERE / "inputs/sentry.in", "3.12", ()),
    Input("sktime", HERE / "inputs/sktime.in", "3.11"),
]


def inputs(texts):
    """Returns the inputs that are named: by a name of ours, `hard`, or as `FILE@PYTHON`."""
    ours = {one.name: one for one in INPUTS + HARD}
    texts = texts or [one.name for one in INPUTS]
    found = []
    for text in texts:
        if text == "hard":
            found += HARD
            continue
        file, _, python = text.partition("@")
        path = pathlib.Path(file)
        found.append(ours.get(text) or Input(path.stem, path, python or "3.11"))
    return found


def add_programs(parser):
    """Adds the options that say which programs to run."""
    parser.add_argument("--pyaudit", default="target/release/pyaudit")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--platform", default="linux", help="the platform to lock for")
    parser.add_argument("--exclude-newer", help="passed to both, for an index that lives")
    parser.add_argument("--only", choices=("pyaudit", "uv"), help="run one of the two alone")
    parser.add_argument("--timeout", type=float, default=600, help="seconds that a run may take")


def check_programs(parser, arguments):
    for name in programs(arguments):
        found = shutil.which(getattr(arguments, name))
        if found is None:
            parser.error(f"there is no program `{getattr(arguments, name)}` (--{name})")
        setattr(arguments, name, os.path.abspath(found))


def programs(arguments):
    return [arguments.only] if arguments.only else ["pyaudit", "uv"]


def command(name, arguments, one, index, cache, output, offline=False):
    """Returns the command with which a program locks an input."""
    if name == "pyaudit":
        start = [arguments.pyaudit, "lock", one.path, "--python", one.python,
                 "--platform", arguments.platform]
    else:
        # Without an interpreter uv would search for one.
        start = [arguments.uv, "pip", "compile", one.path, "--no-config",
                 "-p", interpreter(one.python), "--python-version", one.python,
                 "--python-platform", arguments.platform]
    hashes = ["--generate-hashes"] if output.suffix == ".txt" else []
    cutoff = ["--exclude-newer", arguments.exclude_newer] if arguments.exclude_newer else []
    return [*start, "-q", "-o", output, *hashes, "--cache-dir", cache, "--default-index", index,
            *one.options, *cutoff, *(["--offline"] if offline else [])]


@functools.cache
def interpreter(python):
    """Returns the path of an interpreter: of that version where there is one, else of this one."""
    for found in shutil.which(f"python{python}"), *sorted(versions_of_pyenv(python)):
        asked = found and subprocess.run(
            [found, "-c", "import os, sys; print(os.path.realpath(sys.executable))"],
            capture_output=True, text=True, check=False)
        if asked and asked.returncode == 0:
            return asked.stdout.strip()
    return os.path.realpath(sys.executable)


def versions_of_pyenv(python):
    return map(str, pathlib.Path.home().glob(f".pyenv/versions/{python}.*/bin/python"))


@dataclasses.dataclass
class Run:
    """What one run took."""

    wall: float
    cpu: float
    requests: int | None = None
    bytes: int | None = None
    lacking: int = 0


def measure(command, server=None, timeout=600):
    """Runs a command; returns what it took. Fails with what the command said, if it failed."""
    if server:
        server.count()
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = os.posix_spawn(command[0], command, surroundings(server), file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)])
        end = threading.Timer(timeout, os.kill, (child, signal.SIGKILL))
        end.start()
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - start
        end.cancel()
        if status != 0:
            errors.seek(0)
            told = errors.read().decode(errors="replace").strip() or f"after {wall:.0f} s"
            raise RuntimeError(f"{' '.join(map(str, command))}\nended with "
                               f"{os.waitstatus_to_exitcode(status)}: {told}")
    run = Run(wall, usage.ru_utime + usage.ru_stime)
    if server:
        counted = server.count()
        run.requests, run.bytes = counted["requests"], counted["bytes"]
        run.lacking = len(counted["lacking"])
    return run


def peak_memory(command, server=None, timeout=600):
    """Runs a command; returns its peak memory in MiB, or `None` where GNU time is not there.

    What the kernel tells this process of a child begins with this process's own memory.
    """
    if (program := shutil.which("time")) is None:
        return None
    with tempfile.NamedTemporaryFile("r") as told:
        measure([program, "-f", "%M", "-o", told.name, *command], server, timeout)
        return int(told.read().split()[-1]) / 2**10


def surroundings(server):
    """Returns the environment without settings that would change one program only."""
    ours = ["UV_", "PYAUDIT_", "PIP_", "VIRTUAL_ENV", "CONDA_"]
    # On loopback no certificate is looked at, and uv reads all that are named.
    ours += ["SSL_CERT_"] if server else []
    return {key: value for key, value in os.environ.items() if not key.startswith(tuple(ours))}


class Server:
    """The replay of a recording, in a process of its own."""

    def __init__(self, *options):
        self.child = subprocess.Popen(
            [sys.executable, HERE / "replay.py", *map(str, options)],
            stdout=subprocess.PIPE, text=True)
        self.address = self.child.stdout.readline().strip()
        self.host = urllib.parse.urlsplit(self.address).netloc

    def index(self, mode, delay=0):
        return f"{self.address}/{mode}/{delay}/simple"

    def count(self):
        """Returns what was counted since the last time."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("GET", "/count")
        counted = json.loads(connection.getresponse().read())
        connection.close()
        return counted

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()


def read_pins(output):
    """Returns the pins of a lock, names in their normal form."""
    text = output.read_text()
    if output.suffix == ".toml":
        found = [(one["name"], one.get("version", "")) for one in tomllib.loads(text)["packages"]]
    else:
        found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.M)
    return tuple(sorted((re.sub(r"[-_.]+", "-", name).lower(), pin) for name, pin in found))


def size_on_disk(folder):
    """Returns the MiB that a folder takes; a file of several names counts once."""
    kept = {}
    for path in folder.rglob("*"):
        told = path.lstat()
        kept[told.st_dev, told.st_ino] = told.st_blocks * 512
    return sum(kept.values()) / 2**20


def middle(values):
    return statistics.median(values) if values else float("nan")
