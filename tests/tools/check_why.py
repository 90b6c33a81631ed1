"""Proves what `pyaudit why` says of a lock. Needs an index and Python 3.11; no part of the hermetic
test run:

    python tests/tools/check_why.py --pyaudit target/release/pyaudit --input requirements.in --python 3.10

Locks the input in a copy and asks `why` about every package of the lock:

paths     each begins at a declaration that stands at its file and line, each edge is one of the lock, and
          the first is as short as any
metadata  for some packages, what the lock says they require stands in the metadata of their wheels, and
          no requirement without a marker is missing (`--sample`)
covered   for the same packages, every newer version on the index has something against it
binding   an obstacle without which `why` says that a version could be used: with it alone taken away,
          that version is locked. Where it takes several, all are taken away; it is counted whether a
          newer version is locked then, or what else stands against it does so still. From a
          declaration its line loses the specifiers; what a package asks for is taken away by an
          override that asks for what all the others do
witness   where nothing stands against a newer version and it is not taken: with that version asked for,
          there is a lock or there is none, as `why` says

Prints Markdown: totals, and what failed with the commands. Exit code 1 where anything did.
"""

import argparse
import collections
import email
import json
import random
import re
import shutil
import sys
import tempfile
import time
import tomllib
import urllib.request
from pathlib import Path

from proof import PLATFORM, copied, included, requirement_lines, run

REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(\[[^\]]*\])?\s*([^;#]*?)\s*(;[^#]*?)?\s*(#.*)?")


def plain(requirement):
    """Name, extras and specifiers of a requirement in one spelling, without its marker."""
    requirement = requirement.split(";")[0].strip()
    found = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?\s*\(?(.*?)\)?", requirement)
    extras = sorted(normal(it) for it in (found[2] or "").split(",") if it.strip())
    bounds = sorted(re.sub(r"\s+", "", it) for it in found[3].split(",") if it.strip())
    return normal(found[1]), tuple(extras), tuple(bounds)


def normal(name):
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


class Lock:
    """A lock of the input, and everything asked of pyaudit about it."""

    def __init__(self, options, work):
        self.options, self.work = options, work
        self.root = options.input.resolve().parent
        self.files = included(options.input.resolve())
        self.counts, self.failures, self.respelled = collections.Counter(), [], set()
        self.flags = ["--python", options.python, "--platform", options.platform]
        self.flags += ["--cache-dir", options.cache or work / "cache"]
        if options.exclude_newer:
            self.flags += ["--exclude-newer", options.exclude_newer]
        if options.only_binary:
            self.flags += ["--only-binary", ":all:"]
        self.folder = copied(self.files, self.root, work / "lock")
        ran = self.lock(self.folder)
        if ran.code != 0:
            sys.exit(f"there is no lock: {ran.told()}")
        self.read = tomllib.loads((self.folder / "pylock.toml").read_text())
        self.packages = {it["name"]: it for it in self.read["packages"]}

    def lock(self, folder, *words):
        for _ in range(3):
            command = [self.options.pyaudit, "lock", self.options.input.name, *self.flags]
            ran = run([*command, "-o", "pylock.toml", *words], folder)
            if ran.code in (0, 1):
                break
        return ran

    def why(self, name, *words):
        cache = ["--cache-dir", self.options.cache or self.work / "cache"]
        command = [self.options.pyaudit, "why", name, "--all", "--output-format", "json", *cache, *words]
        return run(command, self.folder)

    def fail(self, kind, text):
        self.failures.append((kind, text))

    def copy(self):
        """The input's files and the lock, in a fresh folder."""
        folder = copied(self.files, self.root, self.work / "copy")
        shutil.copyfile(self.folder / "pylock.toml", folder / "pylock.toml")
        return folder


def check_paths(lock, name, said, near):
    """Every path is one of the lock's, from a line that is there."""
    paths = said["paths"]["shortest"]
    lock.counts["paths"] += len(paths)
    lock.counts["paths not told"] += max(0, said["paths"]["total"] - len(paths))
    if not paths:
        lock.fail("no path", name)
    for path in paths:
        root, steps = path["declaration"], path["packages"]
        told = " → ".join(step["name"] for step in steps)
        try:
            line = (lock.folder / root["file"]).read_text().split("\n")[root["line"] - 1]
            stands = REQUIREMENT.fullmatch(line[root["column"] - 1 :].rstrip("\\ "))
            is_there = plain("".join(filter(None, stands.groups()[:3]))) == plain(root["text"])
        except (OSError, TypeError, IndexError, AttributeError):
            is_there = False
        if not is_there or plain(root["text"])[0] != steps[0]["name"]:
            lock.fail("root of a path", f"{told}: {root}")
        elif root["text"] not in line:
            lock.respelled.add(f"{line.strip()} as {root['text']}")
        if steps[-1]["name"] != name or len({step["name"] for step in steps}) < len(steps):
            lock.fail("path goes astray", told)
        for before, after in zip(steps, steps[1:]):
            lock.counts["edges"] += 1
            package = lock.packages[before["name"]]
            edges = {it["name"] for it in package.get("dependencies", [])}
            known = {plain(it) for it in package.get("tool", {}).get("pyaudit", {}).get("requires", [])}
            wanted = {plain(it) for it in after["requirements"] or []}
            if after["name"] not in edges or not wanted or not wanted <= known:
                lock.fail("edge not in the lock", f"{told}: {before['name']} → {after}")
    if paths and len(paths[0]["packages"]) != near.get(name):
        lock.fail("first path not the shortest", f"{name}: {len(paths[0]['packages'])}, not {near.get(name)}")


def distances(lock):
    """How many packages the shortest path to each has."""
    roots = {it["name"] for it in lock.read["tool"]["pyaudit"]["declarations"] if it["kind"] == "requirement"}
    near = {name: 1 for name in roots if name in lock.packages}
    queue = collections.deque(near)
    while queue:
        at = queue.popleft()
        for edge in lock.packages[at].get("dependencies", []):
            if edge["name"] not in near:
                near[edge["name"]] = near[at] + 1
                queue.append(edge["name"])
    return near


def fetched(url, accept="*/*"):
    for attempt in range(4):
        try:
            request = urllib.request.Request(url, headers={"Accept": accept})
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.read()
        except OSError as error:
            if getattr(error, "code", None) == 404 or attempt == 3:
                return None


def check_metadata(lock, name):
    """What the lock says of the package's requirements is what its wheel says."""
    package = lock.packages[name]
    wheels = package.get("wheels", [])
    body = wheels and fetched(wheels[0]["url"] + ".metadata")
    if not body:
        lock.counts["metadata not to be had"] += 1
        return
    lock.counts["metadata read"] += 1
    said = email.message_from_bytes(body).get_all("Requires-Dist", [])
    known = {plain(it) for it in package.get("tool", {}).get("pyaudit", {}).get("requires", [])}
    lock.counts["edges in metadata"] += len(known & set(map(plain, said)))
    for odd in sorted(known - set(map(plain, said))):
        lock.fail("edge not in metadata", f"{name}: {odd}")
    for missing in sorted(plain(it) for it in said if ";" not in it and plain(it) not in known):
        lock.fail("requirement not in the lock", f"{name}: {missing}")


def check_covered(lock, name, said):
    """Every release on the index that is newer than the pin has something against it, or is open."""
    page = fetched(f"{lock.packages[name]['index']}/{name}/")
    decided = said["decided"]
    if not page or decided["outcome"] != "known":
        return
    told = {it for obstacle in decided["obstacles"] for it in obstacle["versions"]} | set(decided["open"])
    # The names of files are the same in a page's HTML and in its JSON.
    spelled = name.replace("-", "[-_.]")
    ending = r"(?:-[^/\"<>#]*\.whl|\.tar\.gz|\.zip)"
    there = re.findall(rf"[/\">]{spelled}-([0-9.]*[0-9]){ending}", page.decode(), re.I)
    newer = {it for it in there if key(it) > key(said["version"])} if key(said["version"]) else set()
    told_keys = {key(it) for it in told}
    lock.counts["newer versions on the index"] += len(newer)
    missing = sorted(it for it in newer if key(it) not in told_keys)
    if missing:
        told = f"{name} {said['version']}: {missing[:8]} ({len(missing)})"
        lock.fail("newer version with nothing against it", told)


def key(version):
    """The order of plain releases; None for others."""
    if not re.fullmatch(r"[0-9.]+", version):
        return None
    numbers = [int(it) for it in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def freed(folder, obstacle):
    """Takes the specifiers of the obstacle's line away."""
    declared = obstacle["declaration"]
    path = folder / declared["file"]
    lines = path.read_text().split("\n")
    last = requirement_lines("\n".join(lines))[declared["line"]]
    found = REQUIREMENT.fullmatch(lines[declared["line"] - 1].rstrip("\\"))
    lines[declared["line"] - 1] = f"{found[1]}{found[2] or ''} {found[4] or ''}".strip()
    lines[declared["line"] : last] = [""] * (last - declared["line"])
    path.write_text("\n".join(lines))


def relocked(lock, name, obstacles):
    """Locks with obstacles taken away and the package chosen anew: (the run, the version or None)."""
    folder, words = lock.copy(), ["-P", name]
    for obstacle in obstacles:
        if obstacle.get("declaration"):
            freed(folder, obstacle)
    gone = {it["package"] for it in obstacles if not it.get("declaration")}
    lines = [it["declaration"]["line"] for it in obstacles if it.get("declaration")]
    if gone:
        asked = [it["text"] for it in lock.read["tool"]["pyaudit"]["declarations"] if it["line"] not in lines]
        for package in lock.packages.values():
            if package["name"] not in gone:
                asked += package.get("tool", {}).get("pyaudit", {}).get("requires", [])
        asked = [it for it in map(plain, asked) if it[0] == name]
        extras = sorted({extra for it in asked for extra in it[1]})
        bounds = sorted({bound for it in asked for bound in it[2]})
        text = f"{name}{'[' + ','.join(extras) + ']' if extras else ''}{','.join(bounds)}\n"
        (folder / "overrides.txt").write_text(text)
        words += ["--override", "overrides.txt"]
    ran = lock.lock(folder, *words)
    pins = {}
    if ran.code == 0:
        read = tomllib.loads((folder / "pylock.toml").read_text())
        pins = {it["name"]: it.get("version") for it in read["packages"]}
    return ran, pins.get(name)


def check_binding(lock, name, said):
    """What is said to decide does: without it the version said, or a newer one, is locked."""
    demands = [it for it in said["decided"]["obstacles"] if it["kind"] == "demand"]
    alone = [it for it in demands if it["without"]]
    for obstacle in alone:
        by = "declaration" if obstacle.get("declaration") else "package"
        ran, now = relocked(lock, name, [obstacle])
        judge(lock, name, said, [obstacle], f"sole {by}", obstacle["without"], ran, now)
    if demands and not alone:
        ran, now = relocked(lock, name, demands)
        is_declared = any(it.get("declaration") for it in demands)
        kind = "all together, some declared" if is_declared else "all together, of packages"
        judge(lock, name, said, demands, kind, None, ran, now)


def judge(lock, name, said, gone, kind, wanted, ran, now):
    told = ", ".join(
        f"{it['declaration']['file']}:{it['declaration']['line']} {it['declaration']['text']}"
        if it.get("declaration") else f"{it['package']} {it['version']} ({it['specifiers']})" for it in gone
    )
    told = f"{name} {said['version']} without {told}"
    if ran.code == 0 and now is None:
        lock.counts[f"binding, {kind}: nothing else needs it"] += 1
        return
    old = said["version"]
    is_newer = now not in (None, old) and (key(now) is None or key(old) is None or key(now) > key(old))
    if wanted is None:
        outcome = "newer" if is_newer else "no newer one, and none was promised"
    else:
        outcome = "as said" if now == wanted else "newer, another than said" if is_newer else "not newer"
    lock.counts[f"binding, {kind}: {outcome}"] += 1
    if wanted is None and not is_newer:
        # Versions that other reasons keep out as well stay out: no claim was made that they would not.
        print(f"other reasons stay: {told}, locked {now}", file=sys.stderr)
    elif outcome != "as said" and wanted is not None:
        more = ran.told(500) if ran.code else ""
        lock.fail(f"binding ({kind}): {outcome}", f"{told}: said {wanted}, locked {now}. {more}")


def check_witness(lock, name, said):
    """A version with nothing against it: asked for, it goes or it does not, as said."""
    witness = said["decided"].get("witness")
    if said["decided"].get("open"):
        lock.counts["open"] += 1
        if not witness:
            lock.fail("open without a witness", f"{name} {said['version']}: {said['decided']['open'][:5]}")
    if not witness:
        return
    outcome, version = witness["outcome"], witness["version"]
    lock.counts[f"witness: {outcome}"] += 1
    folder, words = lock.copy(), ["-P", name]
    if outcome != "taken-anew":
        with (folder / lock.options.input.name).open("a") as file:
            file.write(f"\n{name}=={version}\n")
    ran = lock.lock(folder, *words)
    now = None
    if ran.code == 0:
        read = tomllib.loads((folder / "pylock.toml").read_text())
        now = {it["name"]: it.get("version") for it in read["packages"]}.get(name)
    expected = None if outcome == "impossible" else version
    if now != expected or ran.code not in (0, 1):
        more = ran.told(500) if ran.code else ""
        lock.fail(f"witness {outcome}", f"{name} {said['version']}: {version}, locked {now}. {more}")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pyaudit", required=True, type=Path, metavar="BIN")
    words.add_argument("--input", required=True, type=Path, metavar="FILE")
    words.add_argument("--python", required=True, metavar="VERSION")
    words.add_argument("--platform", default=PLATFORM)
    words.add_argument("--exclude-newer", metavar="WHEN")
    words.add_argument("--only-binary", action="store_true", help="only wheels, of all packages")
    words.add_argument("--cache", type=Path, metavar="FOLDER", help="pyaudit's cache")
    words.add_argument("--sample", type=int, default=10, help="packages whose metadata and page are read")
    options = words.parse_args()
    options.pyaudit = options.pyaudit.resolve()
    options.cache = options.cache and options.cache.resolve()
    with tempfile.TemporaryDirectory() as work:
        lock = Lock(options, Path(work).resolve())
        near, times = distances(lock), []
        sample = set(random.Random(0).sample(sorted(lock.packages), min(options.sample, len(lock.packages))))
        for name in sorted(lock.packages):
            ran = lock.why(name)
            if ran.code != 0:
                lock.fail("why fails", f"{name}: {ran.told()}")
                continue
            times.append(ran.seconds)
            said = json.loads(ran.out)
            if said["version"] != lock.packages[name].get("version"):
                lock.fail("another version", f"{name}: {said['version']}")
            check_paths(lock, name, said, near)
            decided = said["decided"]
            lock.counts[f"decided: {decided['outcome']}"] += 1
            if name in sample:
                check_metadata(lock, name)
                check_covered(lock, name, said)
            if decided["outcome"] != "known" or decided["best"] == said["version"]:
                continue
            lock.counts["older than the newest"] += 1
            check_binding(lock, name, said)
            check_witness(lock, name, said)
            told = f"{name} {said['version']}: {len(lock.failures)} failures so far"
            print(told, file=sys.stderr, flush=True)
        print(f"{options.input.name} on Python {options.python}: {len(lock.packages)} packages\n")
        print("\n".join(f"- {what}: {count}" for what, count in sorted(lock.counts.items())))
        if lock.respelled:
            told = "; ".join(sorted(lock.respelled)[:3])
            count = len(lock.respelled)
            print(f"- declarations that the lock spells otherwise than the file: {count}, such as {told}")
        print(f"- slowest answer in {max(times):.3f} s, median {sorted(times)[len(times) // 2]:.3f} s")
        if lock.failures:
            print("\nFailed:\n")
            for kind, text in sorted(lock.failures):
                print(f"- **{kind}** {text}".replace(str(lock.work), "WORK"))
        return 1 if lock.failures else 0


if __name__ == "__main__":
    sys.exit(main())
