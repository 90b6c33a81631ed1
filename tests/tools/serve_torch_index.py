#!/usr/bin/env python3
"""Serves the PyTorch index of `fixtures/torch` on loopback, to try things by hand.

    tests/tools/serve_torch_index.py [PORT]

Then, with the default index for everything else:

    printf 'torch==2.3.1\\ntorchvision\\n' |
        pyaudit lock - --torch cu121 --torch-index-url http://127.0.0.1:PORT/whl

It answers as the real one does: a page of relative links for each name of a flavour, metadata files
beside the wheels that have a digest, 403 for whatever it has not. There are no wheels behind the
links. `torch_index.py` beside this tells what the fixture holds; the tests in Rust serve the same.
Standard library only.
"""

import hashlib
import html
import http.server
import json
import pathlib
import sys
import urllib.parse

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "torch" / "index.json"
ROOT = "root"


class Index:
    def __init__(self, fixture):
        self.fixture = fixture

    def answer(self, path):
        """Returns content type and body, or nothing."""
        match urllib.parse.unquote(path).strip("/").split("/"):
            case ["whl", file] if file.endswith(".whl.metadata"):
                return self.metadata_file(ROOT, file)
            case ["whl", flavour, file] if file.endswith(".whl.metadata"):
                return self.metadata_file(flavour, file)
            case ["whl", flavour, name] if flavour != ROOT:
                return self.page(flavour, name)
        return None

    def page(self, flavour, name):
        files = self.files(flavour, name) + self.files(ROOT, name)
        links = "".join(f"    {anchor(*file)}<br/>\n" for file in files)
        page = f"<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {name}</h1>\n{links}  </body>\n</html>\n"
        return ("text/html", page) if files else None

    def metadata_file(self, flavour, file):
        name = file.split("-")[0].replace("_", "-")
        for _, wheel, digest, metadata in self.files(flavour, name):
            if digest and file == f"{wheel}.metadata":
                return "binary/octet-stream", metadata
        return None

    def files(self, flavour, name):
        """Returns folder, file name, digest and metadata of each wheel."""
        files = []
        for version, wheels in self.fixture["flavours"].get(flavour, {}).get(name, {}).items():
            files += [(version, tags, digest) for tags, digest in wheels.items()]
        for version, wheels in self.fixture["completed"].get(flavour, {}).get(name, {}).items():
            files += [(version, tags, sha256(f"{name} {version} {tags}")) for tags in wheels]
        folder = "" if flavour == ROOT else f"{flavour}/"
        stem = name.replace("-", "_")
        return [(folder, f"{stem}-{version}-{tags}.whl", digest, self.metadata(name, version, flavour))
                for version, tags, digest in files]

    def metadata(self, name, version, flavour):
        told = self.fixture["metadata"].get(name, {}).get(version.partition("+")[0], {})
        gpu = told.get("gpu", {})
        requires = told.get("plain", []) + gpu.get(flavour, gpu.get("default", []))
        extras = {text.partition("extra ==")[2].strip(" \"'") for text in requires if "extra ==" in text}
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Python: {told['python']}"] if told.get("python") else []
        lines += [f"Requires-Dist: {text}" for text in requires]
        lines += [f"Provides-Extra: {extra}" for extra in sorted(extras)]
        return "\n".join(lines) + "\n"


def anchor(folder, wheel, digest, metadata):
    link = f"/whl/{folder}{wheel.replace('+', '%2B')}"
    if not digest:
        return f'<a href="{link}">{html.escape(wheel)}</a>'
    beside = sha256(metadata)
    return (f'<a href="{link}#sha256={digest}" data-dist-info-metadata="sha256={beside}"'
            f' data-core-metadata="sha256={beside}">{html.escape(wheel)}</a>')


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, body = self.server.index.answer(self.path.partition("?")[0]) or (None, "")
        body = body.encode()
        self.send_response(200 if kind else 403)
        self.send_header("content-type", kind or "application/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.index = Index(json.loads(FIXTURE.read_text()))
    print(f"http://127.0.0.1:{server.server_address[1]}/whl", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
