"""Generated universes: an index whose packages, versions and conflicts can be counted.

    packages   the more packages, of ten versions each; every one needs three others, no conflict
    versions   the more versions of each of ten packages, no conflict
    conflicts  of two packages the more versions have to be passed until one suits the other
    chains     the same with a package between them, as botocore stands between boto3 and urllib3
"""

import hashlib

SHAPES = ("packages", "versions", "conflicts", "chains")


class Universe:
    """Has the methods of a recording, and makes up what they answer."""

    upstream = None

    def __init__(self, shape, releases):
        self.shape, self.releases = shape, releases
        self.packages, self.versions = {
            "packages": (releases // 10, 10),
            "versions": (10, releases // 10),
            "conflicts": (2, releases // 2),
            "chains": (3, releases // 3),
        }[shape]

    @classmethod
    def read(cls, text):
        """Reads `SHAPE:RELEASES`."""
        shape, releases = text.split(":")
        return cls(shape, int(releases))

    def requirements(self):
        """Returns what a project asks for, as lines of a requirements file."""
        if self.shape in ("conflicts", "chains"):
            return [name(0), f"{name(self.packages - 1)}<1.{self.versions // 2}"]
        return [name(0)]

    def needs(self, package, version):
        """Returns what a release requires: only packages of higher numbers, so never itself."""
        if self.shape == "conflicts":
            return [f"{name(1)}==1.{version}"] if package == 0 else []
        if self.shape == "chains":
            series = f"<1.{version // 100 * 100 + 100}"
            return [[f"{name(1)}>=1.{version},{series}"], [f"{name(2)}>=1.{version}"], []][package]
        others = {2 * package + 1, 2 * package + 2, package + 7}
        return [f"{name(other)}>=1.{version // 2}" for other in sorted(others)
                if other < self.packages]

    def page(self, wanted):
        package = number(wanted)
        if package is None or package >= self.packages:
            return None
        return [self.file(package, version) for version in range(self.versions)]

    def file(self, package, version):
        filename = f"{name(package).replace('-', '_')}-1.{version}-py3-none-any.whl"
        digest = hashlib.sha256(filename.encode()).hexdigest()
        return {"filename": filename, "hashes": {"sha256": digest}, "requires-python": ">=3.8",
                "url": f"https://files.example/{digest[:2]}/{digest[2:]}/{filename}",
                "size": 10_000, "upload-time": "2020-01-01T00:00:00.000000Z"}

    def metadata(self, file):
        distribution, version, _ = file.split("-", 2)
        package = number(distribution.replace("_", "-"))
        lines = ["Metadata-Version: 2.1", f"Name: {name(package)}", f"Version: {version}",
                 "Requires-Python: >=3.8"]
        lines += [f"Requires-Dist: {need}"
                  for need in self.needs(package, int(version.split(".")[1]))]
        return "".join(f"{line}\n" for line in lines).encode()

    sibling = metadata

    def digest(self, file):
        return hashlib.sha256(self.metadata(file)).hexdigest()

    def wheel(self, file):
        return None

    def whole(self, file):
        return None


def name(package):
    return f"package-{package}"


def number(wanted):
    kind, _, digits = wanted.rpartition("-")
    return int(digits) if kind == "package" and digits.isdigit() else None
