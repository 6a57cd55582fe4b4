"""The window to the street: holds the picture of the hour and its files, made once however many look."""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from threading import Lock

from fastapi import Response

from api.city.keeper import CityKeeper
from api.opendata.picture import Picture, picture_of
from tomma.city import City
from tomma.clock import Clock
from tomma.errors import NotFoundError
from tomma.opendata import Licence, OpenData, OpenDataBook
from tomma.ports import ReadingStore

FILES_KEPT = 64
GZIP_LEVEL = 5
MAX_AGE_S = 300
"""How long others may go on showing a copy: what a manager shuts is gone from their caches then, too."""
LICENCES = {
    Licence.CC0: "http://creativecommons.org/publicdomain/zero/1.0/",
    Licence.CC_BY: "http://creativecommons.org/licenses/by/4.0/",
}
EVERYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Any page may read what is open, with no cookie and no key; these doors alone say so."""


@dataclass(frozen=True, slots=True)
class File:
    """One answer, ready to be sent to whoever asks for it."""

    media_type: str
    body: bytes
    links: tuple[str, ...] = ()
    """Values of the `Link` header."""
    name: str = ""
    """What a download is called."""


@dataclass(frozen=True, slots=True)
class _Kept:
    picture: Picture
    file: File
    gzipped: bytes
    etag: str
    since_utc: datetime
    """Since when it reads like this, on the wall."""


type Make = Callable[[Picture], File]


class Window:
    """Safe to look through from many threads."""

    def __init__(self, *, book: OpenDataBook, city: CityKeeper, readings: ReadingStore, clock: Clock) -> None:
        self._book = book
        self._city = city
        self._readings = readings
        self._clock = clock
        self._lock = Lock()
        self._seen: tuple[City, OpenData, datetime] | None = None
        self._picture: Picture | None = None
        self._files: OrderedDict[Hashable, _Kept] = OrderedDict()

    def picture(self) -> Picture:
        """Return what strangers may know now; NotFoundError when that is nothing."""
        opened = self._book.opened()
        if not opened.is_open:
            raise NotFoundError("this city has opened no data")
        city, at_utc = self._city.current(), opened.as_of(self._clock.now_utc())
        with self._lock:  # who comes while it is drawn waits for it rather than drawing another
            if self._picture is None or not self._is_of(city, opened, at_utc):
                self._picture = picture_of(city, opened, self._readings.latest(), self._readings, at_utc)
                self._seen = (city, opened, at_utc)
            return self._picture

    def answer(
        self, key: Hashable, make: Make, *, accept_encoding: str, if_none_match: str, if_modified_since: str
    ) -> Response:
        """Return the file, made anew only for a new picture; 304 to who has it."""
        picture = self.picture()
        kept = self._file(key, make, picture)
        headers = {
            **EVERYWHERE,
            "ETag": kept.etag,
            "Last-Modified": format_datetime(kept.since_utc, usegmt=True),
            "Cache-Control": f"public, max-age={MAX_AGE_S}",
            "Vary": "Accept, Accept-Encoding",
            "Link": ", ".join((f'<{LICENCES[picture.opened.licence]}>; rel="license"', *kept.file.links)),
        }
        if _is_known(kept, if_none_match, if_modified_since):
            return Response(status_code=304, headers=headers)
        if kept.file.name:
            headers["Content-Disposition"] = f'inline; filename="{kept.file.name}"'
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(kept.gzipped, media_type=kept.file.media_type, headers=headers)
        return Response(kept.file.body, media_type=kept.file.media_type, headers=headers)

    def _is_of(self, city: City, opened: OpenData, at_utc: datetime) -> bool:
        if self._seen is None:
            return False
        seen_city, seen_opened, seen_utc = self._seen
        is_current = seen_utc == at_utc or self._picture is None or self._picture.as_of_utc is None
        return seen_city is city and seen_opened == opened and is_current

    def _file(self, key: Hashable, make: Make, picture: Picture) -> _Kept:
        with self._lock:
            before = self._files.get(key)
        if before is not None and before.picture is picture:
            return before
        file = make(picture)
        etag = f'W/"{sha256(file.body).hexdigest()[:32]}"'
        is_same = before is not None and before.etag == etag
        since_utc = before.since_utc if before is not None and is_same else datetime.now(UTC).replace(microsecond=0)
        kept = _Kept(picture, file, gzip.compress(file.body, GZIP_LEVEL, mtime=0), etag, since_utc)
        with self._lock:
            self._files[key] = kept
            self._files.move_to_end(key)
            while len(self._files) > FILES_KEPT:
                self._files.popitem(last=False)
        return kept


def _is_known(kept: _Kept, if_none_match: str, if_modified_since: str) -> bool:
    if if_none_match:
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in known or kept.etag.removeprefix("W/") in known
    try:
        return bool(if_modified_since) and kept.since_utc <= parsedate_to_datetime(if_modified_since)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False
