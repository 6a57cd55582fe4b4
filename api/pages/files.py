"""Serves the static files: squeezed and packed once, asked about before each use."""

import gzip
import hashlib
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from threading import Lock

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.pages.squeeze import served

PACKED = frozenset({".js", ".mjs", ".css", ".svg", ".webmanifest"})
REVALIDATE = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
"""A file's name stays when its content changes, so a copy is asked about before use."""
Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Packed:
    mark: Mark
    plain: bytes
    gz: bytes
    digest: str


class StaticPages(StaticFiles):
    """Files whose copies are asked about before use; text is squeezed and packed as small as gzip can."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._packed: dict[Path, _Packed] = {}
        self._lock = Lock()

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer from memory what is text, and from the disk what is not."""
        answer = await super().get_response(path, scope)
        if isinstance(answer, FileResponse) and Path(answer.path).suffix in PACKED:
            return self._text(Path(answer.path), scope, str(answer.media_type))
        answer.headers["Cache-Control"] = REVALIDATE["Cache-Control"]
        return answer

    def is_not_modified(self, response_headers: object, request_headers: object) -> bool:  # noqa: ARG002
        """Leave it to `_text`: the stock answer goes by the file on the disk, which is not what is sent."""
        return False

    def _text(self, path: Path, scope: Scope, media_type: str) -> Response:
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        packed = self._look(path)
        takes_gzip = "gzip" in asked.get(b"accept-encoding", "").lower()
        etag = f'"{packed.digest}{"-gz" if takes_gzip else ""}"'
        headers = {**REVALIDATE, "ETag": etag, "Last-Modified": formatdate(packed.mark[0] / 1e9, usegmt=True)}
        if etag in asked.get(b"if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if takes_gzip:
            return Response(packed.gz, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(packed.plain, media_type=media_type, headers=headers)

    def _look(self, path: Path) -> _Packed:
        seen = path.stat()
        mark = (seen.st_mtime_ns, seen.st_size)
        with self._lock:
            kept = self._packed.get(path)
            if kept is None or kept.mark != mark:
                plain = served(path)
                digest = hashlib.blake2b(plain, digest_size=12).hexdigest()
                kept = self._packed[path] = _Packed(mark, plain, gzip.compress(plain, 9, mtime=0), digest)
            return kept
