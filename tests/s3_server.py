"""A small S3 service for tests: `python -m tests.s3_server PORT FOLDER`. What boto3 asks of it is all that it knows.

Objects are files of the folder, so that it may be killed and started again. While FOLDER/refuses exists every request
is answered 503, as a service does that is overrun.
"""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "spinula"
PROJECT = Path(__file__).parents[1]
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Service(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""

    @property
    def query(self) -> dict[str, str]:
        given = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return {name: values[0] for name, values in given.items()}

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/").partition("/")[2]

    @property
    def file(self) -> Path:
        return self.folder / "objects" / self.key

    def body(self) -> bytes:
        """What was sent, out of the chunks that a signature may come in."""
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return sent
        whole = b""
        while sent:
            size, _, sent = sent.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            if not length:
                break
            whole, sent = whole + sent[:length], sent[length + 2 :]
        return whole

    def answer(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}) and status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def fault(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def parse_request(self) -> bool:
        """Refuse all where that was asked for."""
        if not super().parse_request():
            return False
        if (self.folder / "refuses").exists():
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.fault(503, "SlowDown")
            return False
        return True

    def do_HEAD(self) -> None:
        if self.key and not self.file.is_file():
            self.fault(404, "NoSuchKey")
        elif self.key:
            self.answer(200, b"", {"Content-Length": str(self.file.stat().st_size), **self._about(self.file)})
        else:
            self.answer(200)

    def do_GET(self) -> None:
        if not self.key:
            self._list()
        elif not self.file.is_file():
            self.fault(404, "NoSuchKey")
        elif asked := self.headers.get("Range", "").removeprefix("bytes="):
            content = self.file.read_bytes()
            first, _, last = asked.partition("-")
            end = int(last) + 1 if last else len(content)
            said = f"bytes {first}-{min(end, len(content)) - 1}/{len(content)}"
            self.answer(206, content[int(first) : end], {"Content-Range": said, **self._about(self.file)})
        else:
            self.answer(200, self.file.read_bytes(), self._about(self.file))

    def do_PUT(self) -> None:
        content, at = self.body(), self.file
        if "uploadId" in self.query:
            at = self.folder / "parts" / self.query["uploadId"] / f"{int(self.query['partNumber']):05}"
        at.parent.mkdir(parents=True, exist_ok=True)
        draft = at.with_name(f".{uuid.uuid4().hex}")
        draft.write_bytes(content)
        draft.replace(at)
        self.answer(200, b"", {"ETag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'})

    def do_POST(self) -> None:
        self.body()
        if "uploads" in self.query:
            made = f"<UploadId>{uuid.uuid4().hex}</UploadId>"
        else:
            parts = self.folder / "parts" / self.query["uploadId"]
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("wb") as whole:
                for part in sorted(parts.iterdir()):
                    whole.write(part.read_bytes())
            shutil.rmtree(parts)
            made = '<ETag>"whole"</ETag>'
        self.answer(200, f"<Result {_NAMESPACE}><Bucket>{BUCKET}</Bucket>{made}</Result>".encode())

    def do_DELETE(self) -> None:
        if "uploadId" not in self.query:
            self.file.unlink(missing_ok=True)
        self.answer(204)

    def _about(self, file: Path) -> dict[str, str]:
        return {"ETag": '"object"', "Last-Modified": formatdate(file.stat().st_mtime, usegmt=True)}

    def _list(self) -> None:
        """All at once, whatever number of keys was asked for."""
        root, prefix, parts = self.folder / "objects", self.query.get("prefix", ""), set()
        found = sorted(path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
        rows = ""
        for path in found:
            key = path.relative_to(root).as_posix()
            if not key.startswith(prefix):
                continue
            below, delimiter, _ = key[len(prefix) :].partition(self.query.get("delimiter") or "\0")
            if delimiter:
                parts.add(prefix + below + delimiter)
            else:
                when = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(path.stat().st_mtime))
                rows += f"<Contents><Key>{escape(key)}</Key><LastModified>{when}</LastModified>"
                rows += f'<ETag>"object"</ETag><Size>{path.stat().st_size}</Size></Contents>'
        rows += "".join(f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(parts))
        self.answer(200, f"<Result {_NAMESPACE}><IsTruncated>false</IsTruncated>{rows}</Result>".encode())


class LocalS3:
    """The service as a process of its own, which can be killed, stopped and started."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to keep its files there."""
        return {
            "SPINULA_STORAGE": f"s3://{BUCKET}/media",
            "AWS_S3_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }

    def start(self) -> None:
        """Start it, also after `kill`."""
        command = [sys.executable, "-m", "tests.s3_server", str(self.port), str(self.folder)]
        self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it listens

    def kill(self) -> None:
        """End it at once; what it holds stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def refuse(self, refuses: bool) -> None:
        """Answer everything with 503, or no longer."""
        (self.folder / "refuses").touch() if refuses else (self.folder / "refuses").unlink()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Serve until killed, or until who started it is gone."""
    Service.folder = Path(sys.argv[2])
    (Service.folder / "objects").mkdir(parents=True, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    print("listening", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
