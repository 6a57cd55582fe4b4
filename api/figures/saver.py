"""Days of the audited saving, computed in a helper process at the lowest priority."""

import os
from datetime import date, datetime
from threading import Event
from typing import Any

from api.helper import Helper, Note, Worker
from routing.saving.gather import World
from routing.saving.wiring import make_next, open_world
from tomma.city import City
from tomma.saving import SavingBook
from tomma.settings import Settings
from tomma.stores.wiring import Stores

NICENESS = 10
"""Beside the helper's own: plans and forecasts come first."""


def saving_worker(settings: Settings, stores: Stores) -> Worker:
    """Return what computes days inside a helper; the streets are opened once there is a day to compute."""
    os.nice(NICENESS)
    opened: list[World] = []

    def work(request: Any, _: Note, __: Event) -> Any:
        if not opened:
            opened.append(open_world(settings, stores))
        made = make_next(opened[0], **request)
        return None if made is None else made.inputs.day

    return work


class HelpedSaver:
    """Keeps the promise of `api.context.Saver`."""

    def __init__(self, helper: Helper, book: SavingBook) -> None:
        self._helper, self._book = helper, book

    def __call__(self, *, city: City, now_utc: datetime) -> date | None:
        """Return the day that was computed and kept; None when none was due."""
        if self._book.first_published() is None:
            return None  # no helper is started for nothing
        day: date | None = self._helper.ask({"city": city, "now_utc": now_utc})
        return day
