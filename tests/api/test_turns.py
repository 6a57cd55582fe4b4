"""A thread of the server meets faults for hours: it must live on, and must not fill the log with one sentence."""

import logging

import pytest

from api.turns import Turns
from tomma.errors import NotFoundError, StoreUnavailableError

log = logging.getLogger("tests.turns")


def meet(turns: Turns, fault: Exception | None) -> None:
    """Take one turn that ends with this fault, or well."""
    with turns.turn():
        if fault is not None:
            raise fault


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log was told, in order."""
    return [record.getMessage() for record in caplog.records]


def test_a_fault_that_lasts_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """A store that is away for a night is one line, and so is a crash, with its cause."""
    turns = Turns("courier", log)
    for fault in [StoreUnavailableError("away")] * 3 + [ZeroDivisionError("oh")] * 3:
        meet(turns, fault)
    assert said(caplog) == ["courier waits why=away", "courier crashed"]
    assert caplog.records[-1].exc_info is not None


def test_what_comes_back_after_a_good_turn_is_news(caplog: pytest.LogCaptureFixture) -> None:
    """Else the second night would pass in silence."""
    turns = Turns("lookout", log)
    for fault in (StoreUnavailableError("away"), None, StoreUnavailableError("away")):
        meet(turns, fault)
    assert said(caplog) == ["lookout waits why=away"] * 2


def test_a_city_that_is_not_there_yet_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A fresh installation waits for its first import."""
    meet(Turns("lookout", log), NotFoundError("no city"))
    assert said(caplog) == []
