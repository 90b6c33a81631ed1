"""A recording of an index: a folder of pages, of metadata, and of parts of wheels that lead there.

    pages/NAME.json    the files of a project as the index listed them, or `null` where it has none
    metadata/FILE      the `.metadata` file of a wheel; empty where the index has none
    wheels/FILE        the size of a wheel and those of its bytes that lead to its metadata
    whole/FILE         a source distribution, or a small wheel of which a client wanted everything

What is not kept of a wheel reads as zeros. `Recording` reads a folder; with an `Upstream` it asks
there for what the folder lacks, and keeps it.
"""

import concurrent.futures
import hashlib
import html.parser
import http.client
import io
import json
import pathlib
import re
import threading
import urllib.parse
import zipfile
import zlib

TAIL = 64 * 1024
# Wheels of what builds other packages are smaller.
MOST_WHOLE_WHEEL = 8 * 1024 * 1024
JSON = "application/vnd.pypi.simple.v1+json"


class Recording:
    def __init__(self, folder, upstream=None):
        self.folder = pathlib.Path(folder)
        self.upstream = upstream
        self.known = {}
        for part in ("pages", "metadata", "wheels", "whole"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)

    def page(self, name):
        """Returns the files of a project, or `None` where the index has no such project."""
        path = self.folder / "pages" / f"{name}.json"
        if not path.exists() and self.upstream:
            write(path, json.dumps(self.upstream.page(name), indent=0).encode())
        files = json.loads(path.read_bytes()) if path.exists() else None
        self.known |= {file["filename"]: file["url"] for file in files or []}
        return files

    def sibling(self, file):
        """Returns the `.metadata` file that the index has beside a wheel, or `None`."""
        path = self.folder / "metadata" / file
        if not path.exists() and self.upstream and file in self.known:
            write(path, self.upstream.sibling(self.known[file]) or b"")
        return (path.read_bytes() or None) if path.exists() else None

    def metadata(self, file):
        """Returns the metadata of a wheel, from wherever the recording has it."""
        if (sibling := self.sibling(file)) is not None:
            return sibling
        wheel = self.wheel(file)
        try:
            return wheel and wheel.metadata()
        except (zipfile.BadZipFile, StopIteration):
            return None

    def digest(self, file):
        """Returns the digest that a page tells of a wheel's metadata."""
        if self.upstream:
            return None
        kept = any((self.folder / part / file).exists() for part in ("metadata", "wheels"))
        # Of what was never asked for, a page tells a digest of the right length.
        told = (self.metadata(file) if kept else None) or file.encode()
        return hashlib.sha256(told).hexdigest()

    def wheel(self, file):
        """Returns a wheel, of which only the parts that lead to its metadata are there."""
        path = self.folder / "wheels" / file
        if not path.exists() and self.upstream and file in self.known:
            if (wheel := self.upstream.wheel(self.known[file])) is None:
                return None
            write(path, wheel.packed())
        return Wheel.unpacked(path.read_bytes()) if path.exists() else None


    def whole(self, file):
        """Returns all bytes of a source distribution or of a small wheel, or `None`."""
        path = self.folder / "whole" / file
        if not path.exists() and self.upstream and file in self.known:
            wheel = file.endswith(".whl") and self.wheel(file)
            if wheel and wheel.size > MOST_WHOLE_WHEEL:
                return None
            status, _, body = self.upstream.get(self.known[file])
            if status == 200:
                write(path, body)
        return path.read_bytes() if path.exists() else None

    def complete(self):
        """Keeps both the `.metadata` file and the parts of each wheel of which one is kept."""
        for path in (self.folder / "pages").iterdir():
            self.page(path.name.removesuffix(".json"))
        files = {path.name for part in ("metadata", "wheels")
                 for path in (self.folder / part).iterdir()}
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(self.sibling, files))
            list(pool.map(self.wheel, files))
        return len(files)


def write(path, content):
    """Writes a file in one step, so that another thread never reads half of it."""
    partial = path.with_name(f"{path.name}.{threading.get_ident()}.part")
    partial.write_bytes(content)
    partial.replace(path)


class Wheel(io.RawIOBase):
    """Some parts of a file of a known size; `fetch` is asked for those that are not there."""

    def __init__(self, size, parts, fetch=None):
        super().__init__()
        self.size, self.parts, self.fetch = size, parts, fetch
        self.read_parts = []
        self.position = 0

    def bytes(self, start, end):
        """Returns the bytes between two places, zeros where nothing is known."""
        found = bytearray(end - start)
        for at, part in self.parts:
            low, high = max(at, start), min(at + len(part), end)
            if low < high:
                found[low - start : high - start] = part[low - at : high - at]
        return bytes(found)

    def metadata(self):
        """Returns the wheel's metadata; reads only what leads there."""
        with zipfile.ZipFile(self) as archive:
            pattern = re.compile(r"[^/]+\.dist-info/METADATA")
            return archive.read(next(filter(pattern.fullmatch, archive.namelist())))

    def packed(self):
        head = {"size": self.size, "parts": [(at, len(part)) for at, part in self.parts]}
        body = b"".join(part for _, part in self.parts)
        return zlib.compress(json.dumps(head).encode() + b"\n" + body)

    @classmethod
    def unpacked(cls, packed):
        head, body = zlib.decompress(packed).split(b"\n", 1)
        head, parts, at = json.loads(head), [], 0
        for start, length in head["parts"]:
            parts.append((start, body[at : at + length]))
            at += length
        return cls(head["size"], parts)

    def trimmed(self):
        """Returns the wheel with no more than the parts that were read so far."""
        parts = sorted(set(self.read_parts))
        return Wheel(self.size, [(start, self.bytes(start, end)) for start, end in parts])

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.position

    def seek(self, offset, whence=io.SEEK_SET):
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def readinto(self, buffer):
        start, end = self.position, min(self.position + len(buffer), self.size)
        if start >= end:
            return 0
        inside = any(at <= start and end <= at + len(part) for at, part in self.parts)
        if not inside and self.fetch:
            self.parts.append((start, self.fetch(start, end)))
        self.read_parts.append((start, end))
        buffer[: end - start] = self.bytes(start, end)
        self.position = end
        return end - start


class Upstream:
    """A real index. Leaves out files that were uploaded later than a moment, where that is told."""

    def __init__(self, index, exclude_newer=None):
        self.index = index.rstrip("/")
        self.exclude_newer = exclude_newer
        self.local = threading.local()

    def page(self, name):
        url = f"{self.index}/{name}/"
        status, headers, body = self.get(url, {"Accept": f"{JSON}, text/html;q=0.5"})
        if status == 404:
            return None
        if status != 200:
            raise OSError(f"{url} answered {status}")
        if "json" in headers.get("content-type", ""):
            files = [from_json(file, url) for file in json.loads(body)["files"]]
        else:
            parser = Anchors(url)
            parser.feed(body.decode())
            files = parser.files
        cutoff = self.exclude_newer
        return [file for file in files
                if not (cutoff and file.get("upload-time", "") >= cutoff)]

    def sibling(self, url):
        status, _, body = self.get(f"{url}.metadata")
        return body if status == 200 else None

    def wheel(self, url):
        status, headers, tail = self.get(url, {"Range": f"bytes=-{TAIL}"})
        if status not in (200, 206):
            return None
        size = int(headers["content-range"].split("/")[1]) if status == 206 else len(tail)

        def fetch(start, end):
            return self.get(url, {"Range": f"bytes={start}-{end - 1}"})[2]

        wheel = Wheel(size, [(size - len(tail), tail)], fetch)
        try:
            wheel.metadata()
        except (zipfile.BadZipFile, StopIteration):
            return None
        return wheel.trimmed()

    def get(self, url, headers=None, tries=4):
        """Asks over a connection that this thread keeps to the host."""
        where = urllib.parse.urlsplit(url)
        kept = self.local.__dict__.setdefault("connections", {})
        kind = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
        path = where.path + (f"?{where.query}" if where.query else "")
        for left in reversed(range(tries)):
            connection = kept.pop(where.netloc, None)
            connection = connection or kind[where.scheme](where.netloc, timeout=60)
            try:
                connection.request("GET", path, headers=headers or {})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                if not left:
                    raise
                continue
            kept[where.netloc] = connection
            if answer.status in (301, 302, 307, 308):
                return self.get(urllib.parse.urljoin(url, answer.headers["location"]), headers)
            if answer.status < 500 and answer.status != 429 or not left:
                return answer.status, answer.headers, body


def from_json(file, page):
    kept = {key: file[key] for key in ("filename", "hashes", "requires-python", "size", "yanked",
                                       "upload-time") if file.get(key) not in (None, False)}
    return kept | {"url": urllib.parse.urljoin(page, file["url"])}


class Anchors(html.parser.HTMLParser):
    """Reads the files of an HTML page."""

    def __init__(self, page):
        super().__init__()
        self.page = page
        self.files = []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag != "a" or "href" not in told:
            return
        url, _, digest = urllib.parse.urljoin(self.page, told["href"]).partition("#")
        kind, _, digest = digest.partition("=")
        name = urllib.parse.unquote(url.rsplit("/", 1)[1])
        file = {"filename": name, "url": url, "hashes": {kind: digest} if digest else {}}
        for key in ("requires-python", "upload-time"):
            if told.get(f"data-{key}"):
                file[key] = told[f"data-{key}"]
        if "data-yanked" in told:
            file["yanked"] = told["data-yanked"] or True
        self.files.append(file)
