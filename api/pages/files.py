"""Serves the static files: squeezed and packed once, asked about before each use."""

import gzip
import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path, PurePath

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.pages.squeeze import served

PACKED = frozenset({".js", ".mjs", ".css", ".svg", ".webmanifest"})
READS = frozenset({"GET", "HEAD"})
REVALIDATE = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
"""A file's name stays when its content changes, so a copy is asked about before use."""
KEPT_FILES = 1_024
"""Three times what there is: while files change, as in an upgrade, both versions may be kept."""


@dataclass(frozen=True, slots=True)
class _Packed:
    plain: bytes
    gz: bytes
    digest: str
    media_type: str


class StaticPages(StaticFiles):
    """Files whose copies are asked about before use; text is squeezed and packed as small as gzip can."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer from memory what is text, and from the disk what is not."""
        if scope["method"] in READS and PurePath(path).suffix in PACKED and (found := self._found(path)):
            return _text(*found, scope)
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = REVALIDATE["Cache-Control"]
        return answer

    def _found(self, path: str) -> tuple[Path, os.stat_result] | None:
        """Look for a file in this thread: to hand it to another and back costs more than looking does."""
        with suppress(OSError, ValueError):  # no name for a file: the stock answer says so
            place, seen = self.lookup_path(path)
            if seen is not None and stat.S_ISREG(seen.st_mode):
                return Path(place), seen
        return None

    def is_not_modified(self, response_headers: object, request_headers: object) -> bool:  # noqa: ARG002
        """Leave it to `_text`: the stock answer goes by the file on the disk, which is not what is sent."""
        return False


def _text(path: Path, seen: os.stat_result, scope: Scope) -> Response:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    packed = _packed(path, seen.st_mtime_ns, seen.st_size)
    takes_gzip = "gzip" in asked.get(b"accept-encoding", "").lower()
    etag = f'"{packed.digest}{"-gz" if takes_gzip else ""}"'
    headers = {**REVALIDATE, "ETag": etag, "Last-Modified": formatdate(seen.st_mtime, usegmt=True)}
    if etag in asked.get(b"if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if takes_gzip:
        return Response(packed.gz, media_type=packed.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(packed.plain, media_type=packed.media_type, headers=headers)


@lru_cache(maxsize=KEPT_FILES)
def _packed(path: Path, changed_ns: int, size_bytes: int) -> _Packed:  # noqa: ARG001  (what says that it is another one)
    """Return a file as it is sent, packed once for all applications of this process."""
    plain = served(path)
    digest = hashlib.blake2b(plain, digest_size=12).hexdigest()
    return _Packed(plain, gzip.compress(plain, 9, mtime=0), digest, guess_type(path)[0] or "application/octet-stream")
