#!/usr/bin/env python3
"""Writes usual.txt: what projects usually require, by the packages of Debian.

    python3 facts/usual.py PACKAGES NAMES

PACKAGES holds the records of all packages of a release, as `apt-cache dumpavail` prints them; NAMES
is the table of dh-python that tells which package a project of PyPI is in
(/usr/share/dh-python/dist/cpython3_fallback). The output is the same, byte for byte, for the same
input.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Packages of Python itself, which dh-python's table takes for projects of their own.
PYTHON = re.compile(r"(lib)?python3(\.\d+)?(-minimal|-stdlib)?")

# What tests and builds is required by packages of a distribution, and by a release only where that
# extends it, such as pytest-cov.
TOOLS = {"coverage", "cython", "expecttest", "hypothesis", "mock", "nose", "nose2", "pip", "pytest", "tox", "wheel"}

HEAD = """\
# What projects usually require: `project: requirement requirement`, sorted, by their normalized names.
# Made by facts/usual.py from the dependencies of Debian's packages ({release}) and dh-python's names of
# projects. It only tells which pages a first run asks for ahead of their turn: no answer depends on it.
# Projects without requirements are here as well: their names are known, and no secret of anybody.
"""


def main(packages, names):
    package_of = {}
    for line in Path(names).read_text(encoding="utf-8").splitlines():
        project, package = line.split()[:2]
        package_of[normalized(project)] = package
    projects_in = {}
    for project, package in package_of.items():
        projects_in.setdefault(package, []).append(project)
    # A package of many projects does not tell which of them is wanted.
    project_of = {
        package: projects[0]
        for package, projects in projects_in.items()
        if len(projects) == 1 and not PYTHON.fullmatch(package)
    }
    depends_of, release = dependencies(Path(packages).read_text(encoding="utf-8"))
    rows = {}
    for package, project in project_of.items():
        required = {project_of.get(name) for name in depends_of.get(package, [])}
        rows[project] = sorted(
            name for name in required - {None, project}
            if name not in TOOLS or project.startswith(f"{name}-")
        )
    lines = ["".join([f"{project}:", *(f" {name}" for name in rows[project]), "\n"]) for project in sorted(rows)]
    text = HEAD.format(release=release) + "".join(lines)
    (HERE / "usual.txt").write_text(text, encoding="utf-8", newline="\n")


def normalized(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies(records):
    """What each package depends on, the first choice where there are several; and the newest Python."""
    depends_of, python = {}, ""
    for record in records.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", record, re.MULTILINE))
        package = fields.get("Package")
        if package == "python3":
            python = fields["Version"].split("-")[0]
        choices = fields.get("Depends", "").split(",")
        depends_of[package] = [re.split(r"[ (:|]", choice.strip())[0] for choice in choices]
    return depends_of, f"with Python {python}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
