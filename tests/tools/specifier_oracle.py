#!/usr/bin/env python3
"""Records what Python's `packaging` says of versions and specifiers.

    pip install packaging
    python tests/tools/specifier_oracle.py

Writes `fixtures/versions/{specifiers,order,spellings}.txt`, which the tests of `src/package`
read, so that they run without Python. The output depends on nothing but this file and the version
of `packaging`, which the first line of each fixture names.

- `specifiers.txt`: the versions asked about, then a line for each specifier set: its text, a tab,
  and the positions of the versions it contains (`*` all, `-` none, `!` not a specifier).
- `order.txt`: versions, ascending, a line for each place in the order; equal ones share a line.
- `spellings.txt`: a text, a tab, and the normal form of the version it spells (`!` for none).
"""

import itertools
import pathlib
import random

import packaging
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

FIXTURES = pathlib.Path(__file__).parents[2] / "fixtures" / "versions"
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "~=", "==="]

SUFFIXES = [
    "", ".dev0", ".dev1", "a1.dev1", "a1", "a1.post1.dev2", "a1.post1", "a2.dev0", "a2", "b1",
    "rc1.dev3", "rc1", "rc1.post1", "rc2", "+5", "+a", "+a.1", "+cu121", "a1+cu121", ".dev1+x",
    ".post0.dev0", ".post0", ".post1.dev1", ".post1", ".post1+a", ".post2.dev0", ".post2",
]
RELEASES = ["1.0", "1.2", "2.3.1"]
EDGES = [
    "0.dev0", "0", "0.0.0.1", "0a0", "0.post1", "0.9", "0.9.9.post3", "1", "1.0.0", "1.0.0.1",
    "1.0.1.dev0", "1.0.1", "1.1.dev0", "1.1a1", "1.1", "1.2.0", "1.2.3", "1.3.dev0", "1.3",
    "1.2.10", "2.dev0", "2a1", "2", "2.0.post1", "2.3", "2.3.0.1", "2.3.2", "2.4", "3rc1", "3",
    "10", "2024.1.1", "1!0.dev0", "1!0", "1!1.0a1", "1!1.0", "1!1.0.post1", "1!1.2+a", "2!0.1",
]
OPERANDS = [
    "0", "0.0", "0.dev0", "0a0", "1", "1.0", "1.0.0", "1.0.dev0", "1.0.dev1", "1.0a1.dev1",
    "1.0a1", "1.0a1.post1", "1.0a1.post1.dev2", "1.0a2.dev0", "1.0b1", "1.0rc1", "1.0rc1.post1",
    "1.0.post0", "1.0.post0.dev0", "1.0.post1.dev1", "1.0.post1", "1.0.post2", "1.0.1", "1.1",
    "1.2", "1.2.0", "1.2.dev0", "1.2rc1", "1.2.3", "2", "2.3", "2.3.1", "2.3.1.post1", "2.3.1.0",
    "2.3.1.dev1", "3rc1", "3", "2024.1", "0!1.0", "1!0", "1!1.0", "1!1.0a1", "1!1.0.post1", "2!0",
    "v1.0", "1.0-1", "1.0.ALPHA1", "01.00", "1.0-r2", "1.0.pre3", "1.0c1",
    "1.0+5", "1.0+a", "1.0+A.1", "1.0+a-1", "2.3.1+cu121", "1.0.post1+a", "1.0a1+cu121",
]
WILDCARDS = [
    "0.*", "0.0.*", "1.*", "1.0.*", "1.0.0.*", "1.2.*", "2.3.*", "2.3.1.*", "2.3.1.0.*", "3.*",
    "1!0.*", "1!1.*", "1!1.0.*", "0!1.*", "v1.*", "01.*", "1.0a1.*", "1.0.post1.*", "1.0.dev1.*",
    "1.0+a.*", "1.0*", "*",
]
SETS = [
    "", ">=1.0,<2", ">=1.0,<2,!=1.2", ">=1.0,!=1.0.*", ">=1,<1", ">1.0,<1.0.post1", ">1.0.post1,<2",
    ">=1.0a1,<1.0", ">=1.0a1,<=1.0", "~=1.0,!=1.2.*", "~=1.2.3,!=1.2.3", ">=1.0.dev0,==1.*",
    "<1.0.post2,>=1.0", ">3rc1,<4", "<3rc2", ">=0.dev0", "<0", "<0.dev0", ">=0", "==1.0,==1.0.0",
    "==1.0,!=1.0+a", "==1.0+a,==1.0", "===1.0,==1.0", "===1.0,>=1.0", "===1.0,>1.0", "===1.0,===1.0.0",
    "===1.0+A,==1.0", "===1.0rc1,===1.0RC1", "===foo", "===foo,>=1", "!=1.0,!=1.2,!=2.3.1",
    "!=1.0.*,!=1.2.*", ">=1!0", "<1!0", ">=1.0,", ",>=1.0", ">=1.0,,<2", " >= 1.0 , < 2 ",
    "~=1.0.0,<1.0.post1", ">1.0.dev1,<1.0.dev2", ">1.0a1,<1.0a2.dev0", "> 1.0", ">=1.0.0.0,<1.0.0.0.1",
]
INVALID = [
    "1.0", "=1.0", "=>1.0", "=<1.0", "> =1.0", ">=", "==", "~=1", "~=1!1", "~=1.*", "~=1.0.*",
    ">=1.*", "<=1.*", ">1.*", "<1.*", ">=1.0+a", "<1.0+a", "<=1.0+a", ">1.0+a", "~=1.0+a", ">=abc",
    "==abc", "==1.0.*.*", "==.*", "!=*", ">=1.0 <2", ">=1.0<2", ">=1.0;<2", "(>=1.0", ">=1.0)",
    ">=1.0 foo", "'>=1.0'", '">=1.0"', "!1.0", "~1.0", "^1.0", "<>1.0", ">>1.0", "===", "====", "== =1",
    "===1 2", "===1;2", "===1)", "===a(b", "==1.0 .*", "==1. 0", "==1..0", "==1.0.", "==-1", "==1.0+",
    "==1.0+a+b", "==1.0+a_b", "==1.0+a..b", "==1.0a1b1", "==1.0.post1.post2", "==1.0.dev1.post1",
    "==1!2!3", "==1!", "==!1", "==1.0\u00e9", "==\u0661.0", ">=\u2212" "1", "@ 1.0", "1.0.*", "latest",
]
SPELLINGS = [
    "1", " 1.0 ", "v1.0", "V1.0", "vv1", "1.0.0", "01.02.003", "1.0-1", "1.0--1", "1.0_1", "1.0.1-2",
    "1.0a", "1.0.a", "1.0-a", "1.0_a", "1.0a.1", "1.0a-1", "1.0a_1", "1.0.a.1", "1.0alpha1",
    "1.0Beta2", "1.0c3", "1.0pre4", "1.0preview5", "1.0.RC6", "1.0-rc-7", "1.0rc", "1.0post",
    "1.0.post", "1.0-post1", "1.0_post_1", "1.0rev1", "1.0r1", "1.0-r-1", "1.0dev", "1.0.dev",
    "1.0-dev-3", "1.0_dev_3", "1.0dev3", "1.0a1post2dev3", "1.0.a1.post2.dev3", "1.0a1-2",
    "1!1.0", "0!1.0", "00!1", "1!", "!1", "1.0!2", "1.0+abc", "1.0+ABC.5-x_07", "1.0+007", "1.0+",
    "1.0+a b", "1.0+a+b", "1.0+-a", "1.0+a.", "1.0+1e5", "1.0+ubuntu-1", "1.0+\u00e9", "", " ",
    "foo", "1.0foo", "1.0.x", "1.x", "x1", "1.", ".1", "1..2", "1.0.*", "1.0 a1", "1,0", "1.0a1b2",
    "1.0post1post2", "1.0dev1post1", "1.0.dev1a1", "-1", "1-", "1-a-", "1.0-final", "1.0.final0",
    "2004d", "2011k", "0.3-beta", "1.0.0-SNAPSHOT", "1.2.3-4-g5a6b7c", "1.0.post1-2", "1.0+dev",
    "\u0661.0", "1\u00a0", "\t1\n", "1\u200b", "1.0.po\u017ft1",
    "18446744073709551615", "1.18446744073709551615.dev0", "1.0a18446744073709551615",
    "18446744073709551616", "1.0.dev99999999999999999999", "1.0+99999999999999999999",
    "1.0+00000000000000000000001", "1.0.00000000000000000000001", "99999999999999999999!1",
]


def random_version(rng, local=True):
    """A version that collides often: few numbers, all kinds of suffixes."""
    number = lambda: rng.choice([0, 0, 1, 1, 2, 3, 10, 223, 224, 255, 256, 65536, 2**32, 2**53])
    small = lambda: rng.choice([0, 1, 2, 300])
    text = f"{rng.choice([1, 2])}!" if rng.random() < 0.1 else ""
    text += ".".join(str(number()) for _ in range(rng.randint(1, 4)))
    if rng.random() < 0.3:
        text += f"{rng.choice(['a', 'b', 'rc'])}{small()}"
    if rng.random() < 0.25:
        text += f".post{small()}"
    if rng.random() < 0.25:
        text += f".dev{small()}"
    if local and rng.random() < 0.2:
        parts = ["a", "b", "ab", "1", "2", "10", "1a", "cu121", "0"]
        text += "+" + ".".join(rng.choice(parts) for _ in range(rng.randint(1, 3)))
    return text


def random_clause(rng, pool):
    operator = rng.choice(OPERATORS[:-1] * 4 + ["==="])
    operand = rng.choice(pool)
    if operator in ("==", "!=") and rng.random() < 0.4:
        version = Version(operand)
        release = ".".join(map(str, version.release[: rng.randint(1, 4)]))
        epoch = f"{version.epoch}!" if version.epoch else ""
        return f"{operator}{epoch}{release}.*"
    if operator in ("<", "<=", ">", ">=", "~="):
        operand = operand.split("+")[0]
    return operator + operand


def ranges(positions):
    """`0-3,7`."""
    runs = []
    for position in positions:
        if runs and runs[-1][1] == position - 1:
            runs[-1][1] = position
        else:
            runs.append([position, position])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def verdict(text, versions):
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        return "!"
    found = [at for at, version in enumerate(versions) if specifiers.contains(version, prereleases=True)]
    if not found:
        return "-"
    return "*" if len(found) == len(versions) else ranges(found)


def write(name, lines):
    head = f"# Written by tests/tools/specifier_oracle.py with packaging {packaging.__version__}."
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8", newline="\n")


def write_specifiers():
    rng = random.Random(440)
    texts = {release + suffix for release in RELEASES for suffix in SUFFIXES} | set(EDGES)
    texts |= {str(Version(random_version(rng))) for _ in range(60)}
    versions = sorted(map(Version, texts), key=lambda version: (version, str(version)))
    pool = [str(version) for version in versions]

    clauses = [operator + operand for operator, operand in itertools.product(OPERATORS, OPERANDS)]
    clauses += [operator + operand for operator, operand in itertools.product(OPERATORS, WILDCARDS)]
    for count in [1] * 500 + [2] * 500 + [3] * 300 + [5] * 100:
        clauses.append(",".join(random_clause(rng, pool) for _ in range(count)))
    wrapped = [" ".join(pool[at : at + 10]) for at in range(0, len(pool), 10)]
    lines = ["[versions]", *wrapped, "[specifiers]"]
    for text in dict.fromkeys(SETS + INVALID + clauses):
        lines.append(f"{text}\t{verdict(text, versions)}")
    write("specifiers.txt", lines)


def write_order():
    rng = random.Random(4400)
    texts = sorted({random_version(rng) for _ in range(900)} | set(EDGES))
    texts.sort(key=Version)
    lines = (" ".join(equal) for _, equal in itertools.groupby(texts, key=Version))
    write("order.txt", lines)


def write_spellings():
    lines = []
    for text in SPELLINGS:
        try:
            normal = str(Version(text))
        except InvalidVersion:
            normal = "!"
        lines.append(f"{text.encode('unicode_escape').decode('ascii')}\t{normal}")
    write("spellings.txt", lines)


if __name__ == "__main__":
    write_specifiers()
    write_order()
    write_spellings()
