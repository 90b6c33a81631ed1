#!/usr/bin/env python3
"""Serves a recording of an index on loopback, over HTTP/1.1 without TLS.

    python3 benches/compare/replay.py RECORDING [--port 8850] [--upstream https://INDEX/simple]

An index stands at http://127.0.0.1:PORT/MODE/DELAY/simple, where DELAY is how many milliseconds
each answer is held back, and MODE is how the index answers:
  json    JSON with core-metadata, ETag, max-age of ten minutes, gzip, `.metadata` of every wheel
  stale   the same, but a page may be used only after asking whether it is still the same (304)
  plain   HTML as it is, no word about caching or metadata, `.metadata` where the index had it

/count tells as JSON the requests and bytes since the last time it was asked, and what the recording
lacks. With --upstream, what is lacking is asked for there and kept. Needs Python 3.11.
"""

import argparse
import asyncio
import concurrent.futures
import gc
import gzip
import hashlib
import html
import json
import re
import socket
import urllib.parse

from recording import JSON, Recording, Upstream, Wheel
from universe import Universe

MODES = ("json", "stale", "plain")
FOREVER = "max-age=365000000, immutable, public"
PLACE = re.compile(r"/(\w+)/(\d+)/(simple|files)/(.+?)/?$")


class Index:
    """Answers requests from a recording, or from anything that has its methods."""

    def __init__(self, recording):
        self.recording = recording
        self.made = {}
        self.answered = {}
        self.reset()

    def reset(self):
        self.counts = {"requests": 0, "bytes": 0, "pages": 0, "unchanged": 0, "metadata": 0,
                       "files": 0, "lacking": []}

    def counted(self):
        told = json.dumps(self.counts).encode()
        self.reset()
        return told

    def answer(self, head):
        """Returns the answer to the head of a request, and how many seconds to hold it back.

        The same head gets the same answer, of which nothing is made or joined a second time.
        """
        if (known := self.answered.get(head)) is None:
            before, lacked = self.counts.copy(), len(self.counts["lacking"])
            whole, delay = self.first_answer(head)
            counted = {key: self.counts[key] - before[key] for key in before if key != "lacking"}
            if counted["requests"] == 1 and len(self.counts["lacking"]) == lacked:
                self.answered[head] = whole, delay, counted
            return whole, delay
        whole, delay, counted = known
        for key, count in counted.items():
            self.counts[key] += count
        return whole, delay

    def first_answer(self, head):
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        asked = {key.lower(): value.strip() for key, _, value in
                 (field.partition(":") for field in fields)}
        if target == "/count":
            return response(200, [], self.counted(), method), 0
        place = PLACE.match(urllib.parse.unquote(target))
        if place is None or place[1] not in MODES:
            return response(404, [], b"", method), 0
        mode, delay, kind, rest = place.groups()
        base = f"http://{asked['host']}/{mode}/{delay}"
        told = (self.simple(mode, base, rest, asked) if kind == "simple"
                else self.file(mode, rest.rsplit("/", 1)[1], method, asked))
        whole = response(*told, method)
        self.counts["requests"] += 1
        self.counts["bytes"] += len(whole)
        return whole, int(delay) / 1000

    def simple(self, mode, base, name, asked):
        self.counts["pages"] += 1
        key = (base, name)
        if key not in self.made:
            files = self.recording.page(name)
            self.made[key] = files and Body(*make_page(mode, base, name, files, self.recording))
        if (page := self.made[key]) is None:
            return 404, [], b""
        age = {"json": "max-age=600, public", "stale": "max-age=0, public"}.get(mode)
        return self.body(page, age, asked)

    def file(self, mode, name, method, asked):
        if name.endswith(".metadata"):
            self.counts["metadata"] += 1
            return self.metadata(mode, name.removesuffix(".metadata"), asked)
        self.counts["files"] += 1
        wanted_whole = not name.endswith(".whl") or (method == "GET" and "range" not in asked)
        key = ("whole" if wanted_whole else "wheel", name)
        if key not in self.made:
            self.made[key] = self.distribution(name, wanted_whole)
        if (file := self.made[key]) is None:
            return self.lacks(name)
        return ranged(file, asked)

    def distribution(self, name, wanted_whole):
        whole = self.recording.whole(name) if wanted_whole else None
        if whole is not None:
            return Wheel(len(whole), [(0, whole)])
        return self.recording.wheel(name) if name.endswith(".whl") else None

    def metadata(self, mode, name, asked):
        key = (mode == "plain", name)
        if key not in self.made:
            read = self.recording.sibling if mode == "plain" else self.recording.metadata
            content = read(name)
            self.made[key] = content and Body(content, "application/octet-stream")
        if (body := self.made[key]) is None:
            # A plain index may well lack it; the others have told of it.
            return (404, [], b"") if mode == "plain" else self.lacks(f"{name}.metadata")
        return self.body(body, None if mode == "plain" else FOREVER, asked)

    def lacks(self, name):
        self.counts["lacking"].append(name)
        return 404, [], b""

    def body(self, body, age, asked):
        """Answers a body with validators and compression, or bare where nothing tells its age."""
        fields = [("Content-Type", body.kind)]
        if age is None:
            return 200, fields, body.plain
        fields += [("ETag", body.etag), ("Cache-Control", age), ("Vary", "Accept, Accept-Encoding")]
        if asked.get("if-none-match") == body.etag:
            self.counts["unchanged"] += 1
            return 304, fields, b""
        if "gzip" in asked.get("accept-encoding", ""):
            return 200, [*fields, ("Content-Encoding", "gzip")], body.packed()
        return 200, fields, body.plain


class Body:
    """What an address answers, with its digest, packed once and only when it is asked for so."""

    def __init__(self, plain, kind):
        self.plain, self.kind = plain, kind
        self.etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
        self.gzip = None

    def packed(self):
        self.gzip = self.gzip or gzip.compress(self.plain, 6, mtime=0)
        return self.gzip


def make_page(mode, base, name, files, recording):
    """Returns the body of a project's page and its type."""
    def address(file):
        where = urllib.parse.urlsplit(file["url"])
        return f"{base}/files/{where.netloc}{where.path}"

    if mode != "plain":
        listed = [file | {"url": address(file)} | core_metadata(file["filename"], recording)
                  for file in files]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
        return json.dumps(page, separators=(",", ":")).encode(), JSON
    lines = [f"<!DOCTYPE html>\n<html>\n<head><title>Links for {name}</title></head>\n<body>\n"
             f"<h1>Links for {name}</h1>\n"]
    for file in files:
        digest = "".join(f"#{kind}={value}" for kind, value in file["hashes"].items())
        told = "".join(f' data-{key}="{html.escape(str(file[key]).replace("True", ""))}"'
                       for key in ("requires-python", "yanked") if key in file)
        lines.append(f'<a href="{address(file)}{digest}"{told}>{file["filename"]}</a><br/>\n')
    return "".join([*lines, "</body>\n</html>\n"]).encode(), "text/html"


def core_metadata(name, recording):
    if not name.endswith(".whl"):
        return {}
    digest = recording.digest(name)
    told = {"sha256": digest} if digest else True
    return {"core-metadata": told, "data-dist-info-metadata": told}


def ranged(wheel, asked):
    """Answers a part of a distribution, or the whole."""
    fields = [("Accept-Ranges", "bytes"), ("Content-Type", "application/zip")]
    span = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.get("range", ""))
    if span is None:
        return 200, fields, Zeros(wheel)
    first, last = span.groups()
    start = int(first) if first else max(0, wheel.size - int(last))
    end = min(int(last) + 1, wheel.size) if first and last else wheel.size
    if start >= end:
        return 416, [("Content-Range", f"bytes */{wheel.size}")], b""
    fields.append(("Content-Range", f"bytes {start}-{end - 1}/{wheel.size}"))
    return 206, fields, wheel.bytes(start, end)


class Zeros:
    """A whole wheel, which is made only where a body is sent."""

    def __init__(self, wheel):
        self.wheel = wheel

    def __len__(self):
        return self.wheel.size

    def __bytes__(self):
        return self.wheel.bytes(0, self.wheel.size)


def response(status, fields, body, method):
    reasons = {200: "OK", 206: "Partial Content", 304: "Not Modified", 404: "Not Found",
               416: "Range Not Satisfiable"}
    lines = [f"HTTP/1.1 {status} {reasons[status]}"]
    lines += [f"{key}: {value}" for key, value in fields]
    lines += [] if status == 304 else [f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if method == "HEAD" else head + bytes(body)


class Connection(asyncio.Protocol):
    """One kept connection; a client sends its next request after the answer to the former."""

    def __init__(self, index, pool):
        self.index, self.pool = index, pool
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport
        # A large page goes out at once, and not a piece at each turn.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head, self.received = self.received[:end], self.received[end + 4 :]
            if self.pool:
                asyncio.ensure_future(self.answer_later(head))
            else:
                self.send(*self.index.answer(head))

    async def answer_later(self, head):
        loop = asyncio.get_running_loop()
        try:
            self.send(*await loop.run_in_executor(self.pool, self.index.answer, head))
        except OSError as error:
            print(f"{head.split(b' ', 2)[1].decode()}: {error}", flush=True)
            self.transport.close()

    def send(self, whole, delay):
        if delay:
            asyncio.get_running_loop().call_later(delay, self.transport.write, whole)
        else:
            self.transport.write(whole)


async def serve(index, port, pool=None):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(index, pool), "127.0.0.1", port,
                                      backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    # Answers are kept for good: looking through them for rubbish would only hold others up.
    gc.disable()
    await server.serve_forever()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recording", nargs="?", help="the folder of the recording")
    parser.add_argument("--universe", metavar="SHAPE:RELEASES", help="a generated index instead")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--upstream", help="an index to ask for what the recording lacks")
    parser.add_argument("--exclude-newer", help="leave out what that index got later")
    arguments = parser.parse_args()
    if (arguments.recording is None) == (arguments.universe is None):
        parser.error("a recording or a universe is needed")
    upstream = arguments.upstream and Upstream(arguments.upstream, arguments.exclude_newer)
    pool = concurrent.futures.ThreadPoolExecutor(32) if upstream else None
    try:
        source = (Universe.read(arguments.universe) if arguments.universe
                  else Recording(arguments.recording, upstream))
        asyncio.run(serve(Index(source), arguments.port, pool))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
