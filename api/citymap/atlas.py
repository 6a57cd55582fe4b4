"""Keeps the map's answers ready to be sent; each is made anew only when what it tells has changed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import msgspec

from api.bins.board import Board, Seen
from api.bins.encoded import Encoded
from api.citymap.columns import ahead_columns, figure_columns, in_order, level_columns, place_columns
from api.live.watch import Watch
from tomma.errors import NotFoundError

GZIP_LEVEL = 6
"""5 % smaller than 4 on these columns, and 5 ms slower once a change."""


@dataclass(slots=True)
class _Answer:
    """One kind of answer and what it was made from."""

    lock: Lock = field(default_factory=Lock)
    made_from: tuple[object, ...] = ()
    encoded: Encoded | None = None
    more: Any = None

    def of(self, sources: tuple[object, ...], make: Callable[[], tuple[object, Any]]) -> tuple[Encoded, Any]:
        """Return the answer and what came with it, made anew when a source is another object than before."""
        with self.lock:
            same = len(sources) == len(self.made_from) and all(
                one is other for one, other in zip(sources, self.made_from, strict=True)
            )
            if self.encoded is None or not same:
                body, self.more = make()
                self.encoded, self.made_from = encode(body), sources
            return self.encoded, self.more


class Atlas:
    """The map's four answers, from the board as it is."""

    def __init__(self, board: Board, watch: Watch) -> None:
        self._board, self._watch = board, watch
        self._places, self._levels, self._ahead, self._figures = _Answer(), _Answer(), _Answer(), _Answer()

    def places(self) -> Encoded:
        """Return where every bin stands; changes with the registry.

        Raises:
            NotFoundError: Before the first import of a city.
        """
        return self._placed(self.seen())[0]

    def levels(self) -> Encoded:
        """Return how full every bin is; changes with readings and stops."""
        seen = self.seen()
        places, order = self._placed(seen)
        return self._levels.of((seen, places), lambda: (level_columns(seen, order, places.etag), None))[0]

    def ahead(self) -> Encoded:
        """Return every bin's next three days; changes with the forecast."""
        seen = self.seen()
        places, order = self._placed(seen)
        forecast = seen.scene.forecast
        return self._ahead.of((forecast, places), lambda: (ahead_columns(seen, order, places.etag, forecast), None))[0]

    def figures(self) -> Encoded:
        """Return what only the table shows; changes with readings and with the forecast."""
        seen = self.seen()
        places, order = self._placed(seen)
        return self._figures.of((seen, places), lambda: (figure_columns(seen, order, places.etag), None))[0]

    def seen(self) -> Seen:
        """Return the board as it is, drawn now if nobody has yet."""
        seen = self._board.seen()
        if seen is None:
            self._watch.look()
            seen = self._board.seen()
        if seen is None:
            raise NotFoundError("there is no city yet; bring one with `tomma import FILE`")
        return seen

    def _placed(self, seen: Seen) -> tuple[Encoded, Sequence[int]]:
        def make() -> tuple[object, Any]:
            order = in_order(seen)
            return place_columns(seen, order), order

        return self._places.of((seen.scene.city,), make)


def encode(body: object) -> Encoded:
    """Return the body as JSON, plain and packed; its tag is its content's, so it outlives a restart."""
    told = msgspec.json.encode(body)
    etag = hashlib.blake2b(told, digest_size=9).hexdigest()
    return Encoded.of(etag, told, GZIP_LEVEL)
