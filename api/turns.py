"""A turn of a thread that must live on: what keeps it from its work is said once, not at every turn."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tomma.errors import NotFoundError, TommaError

CRASHED = "crashed"


class Turns:
    """One thread's turns; a fault ends the turn and never the thread."""

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._complained = ""

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one turn; before the first import of a city there is nothing to do, which is no fault."""
        try:
            yield
            self._complained = ""
        except NotFoundError:
            return
        except TommaError as exc:
            if self._is_news(str(exc)):
                self._log.warning("%s waits why=%s", self._name, exc)
        except Exception:  # noqa: BLE001  (the thread must live on: nobody else would do its work)
            if self._is_news(CRASHED):
                self._log.exception("%s crashed", self._name)

    def _is_news(self, complaint: str) -> bool:
        before, self._complained = self._complained, complaint
        return complaint != before
