"""Asks uv what each of its platform names means, and writes fixtures/target/platforms.txt.

    python tests/tools/platforms_oracle.py path/to/uv > fixtures/target/platforms.txt

Every wheel tag becomes a package of its own: version 1 has a wheel of that tag only, version 0 fits
everywhere, so one offline resolution shows which tags are accepted. Every possible value of a marker
variable becomes a requirement that counts only under that value. For each name one paragraph: the
name, the marker values, and the accepted tags (runs of one number are shortened to `first..last`).
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LINUX = ["x86_64", "i686", "aarch64", "riscv64", "ppc64le", "s390x", "armv7l"]
TAGS = (
    [f"linux_{arch}" for arch in LINUX]
    + [f"{old}_{arch}" for old in ("manylinux1", "manylinux2010", "manylinux2014") for arch in LINUX]
    + [f"manylinux_2_{minor}_{arch}" for arch in LINUX for minor in range(4, 44)]
    + [f"musllinux_1_{minor}_{arch}" for arch in LINUX for minor in range(5)]
    + [f"macosx_10_{minor}_{kind}" for kind in ("x86_64", "arm64", "universal2", "intel") for minor in range(3, 18)]
    + [f"macosx_{major}_0_{kind}" for kind in ("x86_64", "arm64", "universal2", "intel") for major in range(11, 28)]
    + ["win32", "win_amd64", "win_arm64"]
    + [f"android_{api}_{abi}" for abi in ("arm64_v8a", "x86_64") for api in range(15, 37)]
    + [
        f"ios_{major}_{minor}_{abi}"
        for abi in ("arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator")
        for major in range(11, 19)
        for minor in range(10)
    ]
    + [f"pyodide_{year}_0_wasm32" for year in range(2023, 2027)]
    + [f"pyemscripten_{year}_0_wasm32" for year in range(2024, 2027)]
    + ["emscripten_3_1_58_wasm32", "emscripten_4_0_9_wasm32"]
)
MARKERS = {
    "os_name": ["posix", "nt"],
    "platform_machine": ["x86_64", "AMD64", "i686", "x86", "aarch64", "arm64", "ARM64", "riscv64", "wasm32",
                         "iPhone13,2", "arm64_v8a"],
    "platform_release": ["", "3.1.58", "4.0.9"],
    "platform_system": ["Linux", "Windows", "Darwin", "Android", "iOS", "Emscripten"],
    "platform_version": ["", "#1"],
    "sys_platform": ["linux", "win32", "darwin", "android", "ios", "emscripten"],
}


def write_wheel(folder, name, version, tag):
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-{tag}.whl", "w") as wheel:
        info = f"{name}-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-{tag}\n")
        wheel.writestr(f"{info}/RECORD", "")


def shortened(tags):
    """Folds `a_1_x`, `a_2_x`, `a_3_x` into `a_1..3_x`."""
    folded = []
    for tag in tags:
        found = re.fullmatch(r"((?:manylinux_2|musllinux_1|macosx_10|android|ios_\d+|macosx)_)(\d+)((?:_.*)?)", tag)
        head, number, rest = found.groups() if found else (tag, "0", "")
        last = folded[-1] if folded else None
        if found and last and last[0] == head and last[3] == rest and last[2] + 1 == int(number):
            last[2] += 1
        else:
            folded.append([head, int(number), int(number), rest, bool(found)])
    return [
        head if not numbered else f"{head}{first}{rest}" if first == last else f"{head}{first}..{last}{rest}"
        for head, first, last, rest, numbered in folded
    ]


def main(uv):
    text = subprocess.run([uv, "pip", "compile", "--help"], capture_output=True, text=True, check=True).stdout
    names = re.search(r"--python-platform.*?possible values:(.*?)\]", text, re.S).group(1).replace("\n", " ")
    version = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    print(f"# What uv {version} means by its platform names; made by tests/tools/platforms_oracle.py.")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        wheels = folder / "wheels"
        wheels.mkdir()
        lines = []
        for number, tag in enumerate(TAGS):
            write_wheel(wheels, f"t{number}", "1", tag)
            write_wheel(wheels, f"t{number}", "0", "any")
            lines.append(f"t{number}")
        values = [(variable, value) for variable, known in MARKERS.items() for value in known]
        for number, (variable, value) in enumerate(values):
            write_wheel(wheels, f"m{number}", "1", "any")
            lines.append(f"m{number} ; {variable} == '{value}'")
        (folder / "all.in").write_text("\n".join(lines) + "\n")
        for name in (name.strip() for name in names.split(",")):
            command = [uv, "pip", "compile", "-q", "--no-config", "--no-index", "--find-links", wheels, "--offline",
                       "--no-header", "--no-annotate", "--python-version", "3.12", "--python-platform", name,
                       "--cache-dir", folder / "cache", folder / "all.in"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            chosen = set(done.stdout.split())
            print()
            print(name)
            held = [values[number] for number in range(len(values)) if f"m{number}==1" in chosen]
            print("  " + "; ".join(f"{variable}={value}" for variable, value in held))
            accepted = [tag for number, tag in enumerate(TAGS) if f"t{number}==1" in chosen]
            print("  " + " ".join(shortened(accepted)))


if __name__ == "__main__":
    main(sys.argv[1])
