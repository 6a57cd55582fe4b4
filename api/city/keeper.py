"""Holds the city in memory and notices when somebody changed it."""

from threading import Lock

from api.city.view import Bounds, bounds_of
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.ports import Registry


class CityKeeper:
    """The newest snapshot of the master data; reading it again costs one small question while nothing changed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._revision: int | None = None
        self._city: City | None = None
        self._bounds: Bounds = (0.0, 0.0, 0.0, 0.0)

    def current(self) -> City:
        """Return the city as it is now.

        Raises:
            NotFoundError: Before the first import.
            StoreUnavailableError: If the registry cannot be read.
        """
        with self._lock:
            revision = self._registry.revision()
            if self._city is None or revision != self._revision:
                self._city = self._load()
                self._bounds = bounds_of(self._city)
                self._revision = revision
            return self._city

    def name(self) -> str:
        """Return what the city is called; empty before the first import."""
        try:
            return self.current().organisation.name
        except NotFoundError:
            return ""

    def timezone(self) -> str | None:
        """Return where its clocks stand; None before the first import."""
        try:
            return self.current().organisation.timezone
        except NotFoundError:
            return None

    def bounds(self) -> Bounds:
        """Return (west, south, east, north) around the city last returned by `current`."""
        return self._bounds

    def _load(self) -> City:
        try:
            return self._registry.load()
        except NotFoundError as exc:
            raise NotFoundError("there is no city yet; bring one with `tomma import FILE`") from exc
