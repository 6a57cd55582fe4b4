"""The city as the stream knows it: polled, so that a sensor that was hung a moment ago works without a restart."""

import logging
import time

from tomma.city import City
from tomma.errors import NotFoundError, TommaError
from tomma.ports import Registry

log = logging.getLogger(__name__)

POLL_S = 2.0


class CityWatch:
    """Holds the newest city that could be loaded; an unreachable registry leaves the old one."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._revision: int | None = None
        self._due_s = 0.0
        self._told_none = False
        self.city: City | None = None
        """None before the first import."""

    def poll(self, *, at_once: bool = False) -> bool:
        """Load the city when it has changed; return whether it has. Asks every POLL_S, or `at_once`."""
        now_s = time.monotonic()
        if now_s < self._due_s and not at_once:
            return False
        self._due_s = now_s + POLL_S
        try:
            revision = self._registry.revision()
            if revision == self._revision and self.city is not None:
                return False
            self.city, self._revision = self._registry.load(), revision
        except NotFoundError:
            if not self._told_none:
                self._told_none = True
                log.warning("no city yet: import one; until then readings wait with the broker")
            return False
        except TommaError as exc:
            log.warning("registry unavailable why=%s", exc)
            return False
        log.info("city loaded revision=%s sensors=%d", revision, len(self.city.sensors))
        return True
