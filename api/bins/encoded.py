"""An answer of JSON that many pages ask for: made once, sent often, not at all to whoever has it."""

import gzip
from dataclasses import dataclass
from typing import Self

from fastapi import Response


@dataclass(frozen=True, slots=True)
class Encoded:
    """One answer, ready to be sent."""

    etag: str
    body: bytes
    gzipped: bytes

    @classmethod
    def of(cls, etag: str, body: bytes, gzip_level: int) -> Self:
        """Pack the body; `etag` comes without its quotes."""
        return cls(f'"{etag}"', body, gzip.compress(body, gzip_level, mtime=0))

    def answer(self, accept_encoding: str, if_none_match: str) -> Response:
        """Return what a client gets that takes these encodings and has these copies."""
        headers = {"ETag": self.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if self.etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(self.gzipped, media_type="application/json", headers=headers)
        return Response(self.body, media_type="application/json", headers=headers)
