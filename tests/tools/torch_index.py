#!/usr/bin/env python3
"""Makes the fixture of the PyTorch index out of gathered facts.

    tests/tools/torch_index.py FOLDER-OF-GATHERED-FACTS fixtures/torch/index.json

The facts are what was read out of public lock files, copies of the index's pages and package
metadata: `torch-index/FLAVOUR.json` (files of one flavour) and `torch-metadata.json`. Nothing else
is read, and the same facts give the same bytes. Standard library only.

Taken over: the wheels of `FAMILY` for the flavours of `FLAVOURS`, CPython 3.8 to 3.13, and the
platforms of `PLATFORMS`. The fixture is one JSON object:

- `flavours`: FLAVOUR → NAME → VERSION → TAGS → sha256 as gathered; empty where nobody told it.
  What stands under `root` is shown on the page of every flavour, as the index does with triton.
- `completed`: FLAVOUR → NAME → VERSION → TAGS in a list: files that nobody saw and that the index
  must have had. For torch X of a flavour these are the torchvision and torchaudio released with
  it, for the same Pythons and platforms, and triton as far as the default index has it. A server
  that wants digests for these has to invent them.
- `metadata`: NAME → public VERSION → `python`, `plain` (requirements of every build), `gpu`:
  FLAVOUR → requirements of that build alone; what is not there is as `default`, the default
  index's build. It is exact for builds that stand in lock files; else it is that of the default
  index where that is the same flavour, else that of another build of the same flavour and minor
  version, else nothing but triton. CUDA builds up to 2.1 carry CUDA inside, and ask for triton.
- `default`: the default index: NAME → VERSION → `wheels` of the family, whose requirements stand
  in `metadata`, and stubs of everything else that these ask for, at the versions they name, with
  `requires` and `extras`.
"""

import json
import pathlib
import re
import sys

FLAVOURS = ["cpu", "cu117", "cu118", "cu121", "cu124", "cu126", "cu128", "cu129", "cu130", "cu132",
            "rocm6.3", "xpu"]
FAMILY = ["torch", "torchvision", "torchaudio", "torchcodec", "xformers"]
ROOT = ["triton", "pytorch-triton-rocm", "pytorch-triton-xpu", "triton-rocm", "triton-xpu"]
PLATFORMS = re.compile(r"(linux|manylinux\w*)_(x86_64|aarch64)$|win_amd64$|macosx_1\d_\d+_(arm64|x86_64)$")
PYTHONS = ["cp38", "cp39", "cp310", "cp311", "cp312", "cp313"]
OLDEST = (2, 0)
GPU = re.compile(r"(nvidia-|cuda-|triton|pytorch-triton)")
ON_LINUX = 'platform_system == "Linux" and platform_machine == "x86_64"'
# What an extra of cuda-toolkit brings, without the suffix of CUDA up to 12.
TOOLKIT = {
    "cublas": "nvidia-cublas", "cudart": "nvidia-cuda-runtime", "cufft": "nvidia-cufft",
    "cufile": "nvidia-cufile", "cupti": "nvidia-cuda-cupti", "curand": "nvidia-curand",
    "cusolver": "nvidia-cusolver", "cusparse": "nvidia-cusparse", "nvjitlink": "nvidia-nvjitlink",
    "nvrtc": "nvidia-cuda-nvrtc", "nvtx": "nvidia-nvtx",
}
# What NVIDIA's packages ask of each other, as far as torch's metadata leaves it to them.
AMONG_THEM = {
    "nvidia-cudnn": ["nvidia-cublas"], "nvidia-cusolver": ["nvidia-cublas", "nvidia-cusparse", "nvidia-nvjitlink"],
    "nvidia-cusparse": ["nvidia-nvjitlink"], "nvidia-cufft": ["nvidia-nvjitlink"],
}


def main(facts, out):
    gathered = json.loads((facts / "torch-metadata.json").read_text())
    flavours = {flavour: listed(facts, flavour, FAMILY) for flavour in FLAVOURS}
    flavours["root"] = listed(facts, "root", ROOT)
    metadata = all_metadata(gathered, flavours)
    completed = {flavour: by_pairing(flavours[flavour], gathered["pairing"]) for flavour in FLAVOURS}
    completed["root"] = {"triton": missing_tritons(flavours["root"]["triton"], gathered)}
    fixture = {
        "flavours": flavours,
        "completed": {flavour: names for flavour, names in completed.items() if names},
        "metadata": metadata,
        "default": default_index(gathered, metadata),
    }
    out.write_text(json.dumps(fixture, indent=0, sort_keys=True, separators=(",", ":")) + "\n")


def listed(facts, flavour, names):
    """Returns NAME → VERSION → TAGS → sha256 of the wheels that are taken over."""
    found = {}
    for entry in json.loads((facts / "torch-index" / f"{flavour}.json").read_text())["files"]:
        if entry["name"] in names and is_taken(entry["filename"], entry["version"], entry["name"]):
            tags = tags_of(entry["filename"])
            version = found.setdefault(entry["name"], {}).setdefault(entry["version"], {})
            version[tags] = version.get(tags) or entry["sha256"] or ""
    return found


def is_taken(filename, version, name):
    tags = tags_of(filename)
    python, abi, platform = tags.rsplit("-", 3)[-3:]
    is_release = re.fullmatch(r"\d+(\.\d+)*(\.post\d+)?(\+(cpu|xpu|(cu|rocm)[\d.]+))?", version)
    is_old = name == "torch" and number(version) < OLDEST
    fits = re.search(PLATFORMS, platform) and python in PYTHONS and not abi.endswith("t")
    return bool(filename.endswith(".whl") and is_release and not is_old and fits)


def tags_of(filename):
    """Returns what stands after the version, build number included."""
    return filename.removesuffix(".whl").split("-", 2)[-1]


def number(version):
    return tuple(int(part) for part in re.match(r"[\d.]*\d", version).group().split("."))


def public(version):
    return version.partition("+")[0]


def by_pairing(names, pairing):
    """Returns the wheels of torchvision and torchaudio that have to be beside those of torch."""
    pairs = {row["torch"]: row for row in pairing["rows"]}
    # The last torchaudio names no torch, and has the number of the one that it was released with.
    for version in pairing["torchaudio_without_torch_pin"]:
        pairs[version] = {**pairs[version], "torchaudio": [version]}
    found = {}
    for version, tags in sorted(names.get("torch", {}).items()):
        base, _, local = version.partition("+")
        if not local or base not in pairs:
            continue
        for name in ("torchvision", "torchaudio"):
            for partner in pairs[base].get(name) or []:
                partner = f"{partner}+{local}"
                there = names.get(name, {}).get(partner, {})
                missing = [tag for tag in sorted(tags) if not is_served(tag, there)]
                if missing:
                    found.setdefault(name, {})[partner] = missing
    return found


def is_served(tag, there):
    """Whether some wheel is for this Python and machine, however old its glibc may be."""
    python, _, platform = tag.split("-")[-3:]
    machine = lambda tags: ("linux" in tags, tags.endswith("aarch64"))
    return any(other.split("-")[-3] == python and machine(other) == machine(platform) for other in there)


def missing_tritons(there, gathered):
    """Returns what the default index has of triton and the gathered pages have not."""
    found = {}
    for version, release in gathered["packages"]["triton"].items():
        for file in release["pypi_files"]:
            tags = tags_of(file["filename"])
            if file["filename"].endswith(".whl") and is_taken(file["filename"], version, "triton"):
                if tags not in there.get(version, {}):
                    found.setdefault(version, []).append(tags)
    return found


def all_metadata(gathered, flavours):
    packages = {name: {} for name in FAMILY + ROOT}
    for name in ("torchvision", "torchaudio", "triton", "xformers"):
        for version, release in gathered["packages"][name].items():
            told = release["platforms"].get("linux_x86_64")
            if told and re.fullmatch(r"[\d.]+(\.post\d+)?", version):
                packages[name][version] = {"python": told["requires_python"] or "", "plain": told["requires_dist"]}
    known = known_builds(gathered)
    defaults = {row["torch"]: "cu" + row["default_cuda"].replace(".", "") for row in gathered["pairing"]["rows"]}
    for version, release in gathered["packages"]["torch"].items():
        if number(version) < OLDEST:
            continue
        told = release["platforms"]["linux_x86_64"]
        gpu = [on_linux(text) for text in told["requires_dist"] if GPU.match(text)]
        builds = {"default": gpu, "cpu": []}
        for flavour in FLAVOURS[1:]:
            build = f"{version}+{flavour}"
            if build in flavours[flavour]["torch"]:
                asked = gpu_requirements(build, known, gpu, defaults.get(version))
                builds.update({flavour: asked} if asked != gpu else {})
        packages["torch"][version] = {
            "python": told["requires_python"] or "",
            "plain": [text for text in told["requires_dist"] if not GPU.match(text)],
            "gpu": builds,
        }
    return packages


def on_linux(text):
    """Up to 2.1 only the Linux wheels had these requirements, and no marker said so."""
    return text if ";" in text else f"{text} ; {ON_LINUX}"


def known_builds(gathered):
    """Returns VERSION+FLAVOUR → NAME → version of what lock files say."""
    known = {}
    for build in gathered["poetry_lock_dependencies"]:
        if build["name"] == "torch" and "+" in build["version"]:
            pins = {dep["name"]: re.search(r"\d[\d.]*", dep["spec"]).group()
                    for dep in build["dependencies"] if GPU.match(dep["name"])}
            former = known.get(build["version"], pins)
            # Where wheels of one build differ, it is the Linux ones that carry CUDA inside. None at
            # all is the metadata of a wheel for another machine.
            if pins:
                known[build["version"]] = min(pins, former, key=len)
    for build in gathered["torch_local_builds_resolved_gpu_deps"]:
        if build["deps"]:
            known[build["version"]] = {dep["name"]: dep["version"] for dep in build["deps"]}
    return known


def gpu_requirements(build, known, defaults, default_flavour):
    version, _, flavour = build.partition("+")
    tritons = [text for text in defaults if text.startswith("triton")]
    is_cuda = flavour.startswith("cu")
    if build in known:
        return as_requirements(known[build], defaults)
    if flavour == default_flavour:
        return tritons if number(version) < (2, 2) else defaults
    for sibling in sorted(known, reverse=True):
        if sibling.endswith("+" + flavour) and number(sibling)[:2] == number(version)[:2]:
            pins = {name: pin for name, pin in known[sibling].items() if "triton" not in name}
            return as_requirements(pins, defaults) + (tritons if is_cuda else [])
    return tritons if is_cuda else []


def as_requirements(pins, defaults):
    """Turns what was locked into requirements with the extras and markers of the default build."""
    marker = next((text.split(";")[1].strip() for text in defaults if ";" in text), ON_LINUX)
    own = {re.match(r"[a-z0-9-]+", text).group(): text for text in defaults}
    made = []
    for name, pin in sorted(pins.items()):
        extras = re.search(r"\[.*?\]|$", own.get(name, "")).group()
        is_same = re.search(rf"==\s*{re.escape(pin)}(?![\d.])", own.get(name, ""))
        made.append(own[name] if is_same else f"{name}{extras}=={pin} ; {marker}")
    return defaults if sorted(made) == sorted(defaults) else made


def default_index(gathered, metadata):
    index = {}
    for name in ("torch", "torchvision", "torchaudio", "triton", "xformers"):
        for version, release in gathered["packages"][name].items():
            wheels = sorted(tags_of(file["filename"]) for file in release["pypi_files"]
                            if is_taken(file["filename"], version, name))
            if version in metadata[name] and wheels:
                index.setdefault(name, {})[version] = {"wheels": wheels}
    asked = {text for releases in metadata.values() for told in releases.values()
             for build in told.get("gpu", {}).values() for text in build}
    index.update(stubs(asked, known_builds(gathered)))
    return index


def stubs(asked, known):
    """Returns a package without contents for every version that a GPU requirement names."""
    versions = {}
    for text in asked:
        name = re.match(r"[a-z0-9-]+", text).group()
        if "triton" not in name:
            bounds = re.findall(r"[=<>]=\s*(\d[\d.]*\d)", text.split(";")[0])
            versions.setdefault(name, set()).update(bounds)
    for build in known.values():
        for name, version in build.items():
            if "triton" not in name:
                versions.setdefault(name, set()).add(version)
    made = {}
    for name, found in sorted(versions.items()):
        for version in sorted(found):
            made.setdefault(name, {})[version] = stub(name, version, versions, known)
    return made


def stub(name, version, versions, known):
    if name == "cuda-toolkit":
        major, minor = version.split(".")[:2]
        pins = known[f"2.10.0+cu{major}{minor}"] if f"2.10.0+cu{major}{minor}" in known else {}
        suffix = f"-cu{major}" if int(major) < 13 else ""
        lines = []
        for extra, package in sorted(TOOLKIT.items()):
            pin = f"=={pins[package + suffix]}" if package + suffix in pins else ""
            if package + suffix in versions:
                lines.append(f'{package}{suffix}{pin} ; extra == "{extra}"')
        return {"requires": lines, "extras": sorted(TOOLKIT)}
    stem, dash, suffix = name.partition("-cu1")
    wanted = AMONG_THEM.get(stem, [])
    # CUDA 13 has dropped the suffix from most names; the toolkit's own parts find each other there.
    among = [other + dash + suffix for other in wanted if other + dash + suffix in versions]
    return {"requires": among} if among else {}


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
