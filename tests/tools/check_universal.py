#!/usr/bin/env python3
"""Checks universal locks from outside: what an installer would take of them, environment by
environment, is walked again with `packaging` and nothing of pyaudit.

    check_universal.py pylock.toml...            by the requirements that the lock records
    check_universal.py --metadata DIR pylock...  by the metadata on the index, kept in DIR

For each of twelve environments (Linux, macOS on both machines, Windows; three Pythons of the
lock's range) and each choice of extras and groups that the lock offers (none, and each alone):
one entry a name at most; every requirement of the declarations and of each entry is met by an
entry; no entry is there that nothing needs; no entry's requires-python shuts the Python out.
Exit status: 0 all is well, 1 something is not, 2 a file could not be read.
"""

import argparse
import email.parser
import hashlib
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

from packaging.markers import Marker, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PLATFORMS = [
    ("linux", "posix", "Linux", "x86_64"),
    ("darwin", "posix", "Darwin", "arm64"),
    ("darwin", "posix", "Darwin", "x86_64"),
    ("win32", "nt", "Windows", "AMD64"),
]
PYTHONS = [f"3.{minor}.0" for minor in range(6, 16)]


def environment(platform, python):
    """The values of the marker variables there."""
    sys_platform, os_name, system, machine = platform
    return {
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_system": system,
        "platform_machine": machine,
        "platform_release": "",
        "platform_version": "",
        "implementation_name": "cpython",
        "implementation_version": python,
        "platform_python_implementation": "CPython",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
    }


def three_of(pythons):
    """The first, the middle and the last."""
    places = sorted({0, len(pythons) // 2, len(pythons) - 1})
    return [pythons[at] for at in places] if pythons else []


def holds(text, env, extras=(), groups=()):
    """Whether the marker of a lock's entry holds."""
    if not text:
        return True
    values = {**env, "extras": set(extras), "dependency_groups": set(groups)}
    return Marker(text).evaluate(values, context="lock_file")


def counts(requirement, env, extras=()):
    """Whether a requirement of metadata counts with some of these extras, or none."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**env, "extra": extra}) for extra in ["", *extras])


class Lock:
    """A pylock.toml."""

    def __init__(self, path, metadata):
        self.path = path
        self.data = tomllib.loads(path.read_text())
        self.metadata = metadata
        self.record = self.data.get("tool", {}).get("pyaudit", {})
        self.packages = self.data["packages"]

    def environments(self):
        """The twelve, as far as the lock is for them."""
        wanted = SpecifierSet(self.data.get("requires-python", ""))
        pythons = three_of([python for python in PYTHONS if Version(python) in wanted])
        only = self.data.get("environments", [])
        for platform in PLATFORMS:
            for python in pythons:
                env = environment(platform, python)
                if not only or any(holds(text, env) for text in only):
                    yield env

    def choices(self):
        """None, and each extra and group alone."""
        yield (), ()
        for extra in self.data.get("extras", []):
            yield (extra,), ()
        for group in self.data.get("dependency-groups", []):
            yield (), (group,)

    def declared(self, env, extras, groups, kind):
        """What was declared and counts."""
        for declaration in self.record.get("declarations", []):
            requirement = Requirement(declaration["text"])
            if declaration["kind"] != kind or not counts(requirement, env):
                continue
            section = declaration.get("section", "")
            extra = section.removeprefix("project.optional-dependencies.")
            group = section.removeprefix("dependency-groups.")
            if extra != section and extra in self.data.get("extras", []) and extra not in extras:
                continue
            offered = self.data.get("dependency-groups", [])
            if group != section and group in offered and group not in groups:
                continue
            yield requirement

    def requires(self, package):
        """What a package requires: as the lock records it, or as its metadata says."""
        texts = self.metadata(package) if self.metadata else None
        if texts is None:
            recorded = package.get("tool", {}).get("pyaudit", {}).get("requires", [])
            texts = [it if isinstance(it, str) else it["line"] for it in recorded]
        for text in texts:
            try:
                yield Requirement(text)
            except InvalidRequirement:
                print(f"{self.path}: {package['name']}: cannot read {text!r}", file=sys.stderr)


def wrong_in(lock, env, extras, groups):
    """What is wrong in one environment."""
    chosen = {}
    for package in lock.packages:
        if not holds(package.get("marker"), env, extras, groups):
            continue
        if package["name"] in chosen:
            yield f"two entries of {package['name']}"
        chosen[package["name"]] = package
        try:
            wanted = SpecifierSet(package.get("requires-python", ""))
        except InvalidSpecifier:
            continue
        if Version(env["python_full_version"]) not in wanted:
            yield f"{package['name']} {package.get('version')} needs Python {wanted}"
    overrides = {}
    for requirement in lock.declared(env, extras, groups, "override"):
        overrides.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    overridden = {
        canonicalize_name(it["name"])
        for it in lock.record.get("declarations", [])
        if it["kind"] == "override"
    }
    excluded = set(lock.record.get("options", {}).get("excludes", []))

    def instead(requirement):
        name = canonicalize_name(requirement.name)
        if name in excluded:
            return []
        if name not in overridden:
            return [requirement]
        for override in overrides.get(name, []):
            override.extras |= requirement.extras
        return overrides.get(name, [])

    asked = {name: set() for name in chosen}
    reached = set()
    waiting = [("a declaration", it) for it in lock.declared(env, extras, groups, "requirement")]
    while waiting:
        by, requirement = waiting.pop()
        for wanted in instead(requirement):
            name = canonicalize_name(wanted.name)
            package = chosen.get(name)
            if package is None:
                yield f"{name} is missing: {by} requires {wanted}"
                continue
            version = package.get("version")
            if wanted.url is None and version and not admits(wanted.specifier, Version(version)):
                yield f"{name} {version} does not meet {wanted} of {by}"
            extras_wanted = {canonicalize_name(extra) for extra in wanted.extras}
            if name in reached and extras_wanted <= asked[name]:
                continue
            reached.add(name)
            asked[name] |= extras_wanted
            label = f"{name} {version}"
            waiting += [
                (label, it) for it in lock.requires(package) if counts(it, env, asked[name])
            ]
    for requirement in lock.declared(env, extras, groups, "constraint"):
        package = chosen.get(canonicalize_name(requirement.name))
        version = package and package.get("version")
        if version and not admits(requirement.specifier, Version(version)):
            yield f"{requirement.name} {version} does not meet the constraint {requirement}"
    for name in sorted(set(chosen) - reached):
        yield f"{name} is there, and nothing needs it"


def admits(specifier, version):
    """Pre-releases are as good as any: whether they may be chosen is the resolver's policy."""
    return specifier.contains(version, prereleases=True)


def reader_of(folder):
    """Returns a function that reads a package's Requires-Dist from the index, and keeps it."""
    folder.mkdir(parents=True, exist_ok=True)

    def read(package):
        wheels = [wheel["url"] for wheel in package.get("wheels", []) if "url" in wheel]
        if not wheels:
            return None
        # The wheel for Linux says most.
        wheels.sort(key=lambda url: ("linux" not in url, "any" not in url, url))
        url = wheels[0] + ".metadata"
        kept = folder / hashlib.sha256(url.encode()).hexdigest()
        if not kept.exists():
            try:
                with urllib.request.urlopen(url, timeout=60) as answer:
                    kept.write_bytes(answer.read())
            except urllib.error.HTTPError:
                kept.write_bytes(b"")
        text = kept.read_text(errors="replace")
        if not text:
            return None
        headers = email.parser.HeaderParser().parsestr(text)
        return headers.get_all("Requires-Dist") or []

    return read


def main():
    parser = argparse.ArgumentParser(description="Check universal locks from outside.")
    parser.add_argument("locks", nargs="+", type=Path)
    parser.add_argument("--metadata", type=Path, metavar="DIR", help="ask the index, keep in DIR")
    arguments = parser.parse_args()
    metadata = reader_of(arguments.metadata) if arguments.metadata else None
    status = 0
    for path in arguments.locks:
        try:
            lock = Lock(path, metadata)
        except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
        looked_at, problems = 0, {}
        for env in lock.environments():
            for extras, groups in lock.choices():
                looked_at += 1
                place = f"{env['sys_platform']} {env['platform_machine']} {env['python_version']}"
                place += "".join(f" +{name}" for name in (*extras, *groups))
                try:
                    found = list(wrong_in(lock, env, extras, groups))
                except UndefinedEnvironmentName as error:
                    found = [f"a marker cannot be evaluated: {error}"]
                for problem in found:
                    problems.setdefault(problem, []).append(place)
        for problem, places in problems.items():
            print(f"{path}: {problem} [{', '.join(places)}]")
        verdict = "well" if not problems else f"{len(problems)} problems"
        print(f"{path}: {len(lock.packages)} entries, {looked_at} environments: {verdict}")
        if problems or not looked_at:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
