"""Asks `packaging` which wheel tags Pythons accept on platforms, best first.

    python tests/tools/tags_oracle.py fixtures/target

Writes tags.txt: a line for each platform with its tags, and a line for each Python with its rows,
where `cp310-cp310-*` stands for one tag with each of a platform's tags in turn. That every pair is
indeed the product of its two lines is asserted here. Writes environment.txt too: the marker values
of the interpreter that runs this, without the release and version of its platform.
"""

import platform
import sys
from pathlib import Path
from unittest import mock

import packaging
from packaging import _manylinux, _musllinux, markers, tags

PYTHONS = ["3.2", "3.7", "3.8", "3.10", "3.13", "3.13t", "3.15", "3.15t", "pypy3.10"]


def linux(arch, glibc=None, musl=None):
    with (
        mock.patch.object(tags.sysconfig, "get_platform", lambda: f"linux-{arch}"),
        mock.patch.object(_manylinux, "_have_compatible_abi", lambda *_: glibc is not None),
        mock.patch.object(_manylinux, "_get_glibc_version", lambda: _manylinux._GLibCVersion(2, glibc)),
        mock.patch.object(_musllinux, "_get_musl_version", lambda _: musl and _musllinux._MuslVersion(1, musl)),
    ):
        return list(tags._linux_platforms(is_32bit=False))


PLATFORMS = {
    "manylinux_2_28_x86_64": linux("x86_64", glibc=28),
    "manylinux_2_12_i686": linux("i686", glibc=12),
    "manylinux_2_17_aarch64": linux("aarch64", glibc=17),
    "manylinux_2_39_riscv64": linux("riscv64", glibc=39),
    "manylinux_2_35_armv7l": linux("armv7l", glibc=35),
    "musllinux_1_2_x86_64": linux("x86_64", musl=2),
    "macosx_10_15_x86_64": list(tags.mac_platforms((10, 15), "x86_64")),
    "macosx_14_5_x86_64": list(tags.mac_platforms((14, 5), "x86_64")),
    "macosx_13_0_arm64": list(tags.mac_platforms((13, 0), "arm64")),
    "win_amd64": ["win_amd64"],
    "android_24_arm64_v8a": list(tags.android_platforms(24, "arm64_v8a")),
    "ios_13_4_arm64_iphoneos": list(tags.ios_platforms((13, 4), "arm64_iphoneos")),
}


def accepted(python, platforms):
    if python.startswith("pypy"):
        version = tuple(int(part) for part in python.removeprefix("pypy").split("."))
        name = "".join(map(str, version))
        yield from tags.generic_tags(f"pp{name}", [f"pypy{name}_pp73"], platforms)
        yield from tags.compatible_tags(version, "pp3", platforms)
        return
    version = tuple(int(part) for part in python.rstrip("t").split("."))
    name = "".join(map(str, version))
    memory = "m" if version < (3, 8) else ""
    build = "t" if python.endswith("t") else memory
    yield from tags.cpython_tags(version, [f"cp{name}{build}"], platforms)
    yield from tags.compatible_tags(version, f"cp{name}", platforms)


def main(folder):
    lines = [f"# What packaging {packaging.__version__} accepts; made by tests/tools/tags_oracle.py."]
    lines += [f"platform {name}: {' '.join(listed)}" for name, listed in PLATFORMS.items()]
    for python in PYTHONS:
        rows = [str(tag) for tag in accepted(python, ["*"])]
        lines.append(f"python {python}: {' '.join(rows)}")
        for listed in PLATFORMS.values():
            spread = [row.replace("*", tag) for row in rows for tag in (listed if "*" in row else [""])]
            assert spread == [str(tag) for tag in accepted(python, listed)]
    (folder / "tags.txt").write_text("\n".join(lines) + "\n")

    environment = markers.default_environment()
    environment["platform_release"] = environment["platform_version"] = ""
    name = f"manylinux_{'_'.join(platform.libc_ver()[1].split('.'))}_{platform.machine()}"
    (folder / "environment.txt").write_text(
        "# A Python and its platform, and its marker values; made by tests/tools/tags_oracle.py.\n"
        f"{environment['python_full_version']} {name}\n"
        + "".join(f"{variable}={value}\n" for variable, value in sorted(environment.items()))
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
