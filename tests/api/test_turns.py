"""A thread of the server meets faults for hours: it must live on, and must not fill the log with one sentence."""

import logging
import threading
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest

from api.turns import Turns, TurnTaker
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


PATIENCE_S = 20.0
NIGHT_S = 3_600.0
"""Longer than any test: only a nudge or a stop ends such a pause."""


class Clerk(TurnTaker):
    """Meets one of these ends at each turn: a pause, or a fault; then all is well."""

    def __init__(
        self,
        *ends: float | Exception | None,
        every_s: float | None = 0.001,
        begin_after_s: float = 0.0,
        rest_s: float = 0.0,
    ) -> None:
        super().__init__("clerk", log, every_s=every_s, begin_after_s=begin_after_s, rest_s=rest_s)
        self.ends: Iterator[float | Exception | None] = chain(ends, repeat(None))
        self.turns = threading.Semaphore(0)

    def _turn(self) -> float | None:
        self.turns.release()
        end = next(self.ends)
        if isinstance(end, Exception):
            raise end
        return end

    @property
    def is_at_work(self) -> bool:
        """Whether its thread lives."""
        return any(each.name == "clerk" for each in threading.enumerate())

    def took(self, turns: int) -> bool:
        """Whether so many more turns were begun."""
        return all(self.turns.acquire(timeout=PATIENCE_S) for _ in range(turns))


@pytest.fixture
def hire() -> Iterator[Callable[[Clerk], Clerk]]:
    """Starts clerks, and sends them home at the end."""
    hired: list[Clerk] = []

    def begin(clerk: Clerk) -> Clerk:
        hired.append(clerk)
        clerk.start()
        return clerk

    yield begin
    for each in hired:
        each.stop()
        each.join(PATIENCE_S)
    assert not any(each.is_at_work for each in hired)


Hire = Callable[[Clerk], Clerk]


def test_a_turn_that_fails_is_followed_by_the_next_one(hire: Hire, caplog: pytest.LogCaptureFixture) -> None:
    """A thread that ends of one fault would leave its work undone until somebody starts the server anew."""
    clerk = hire(Clerk(StoreUnavailableError("away"), ZeroDivisionError("oh"), NotFoundError("no city"), None))
    assert clerk.took(5)
    assert said(caplog) == ["clerk waits why=away", "clerk crashed"]


@pytest.mark.parametrize(
    ("end", "failure"),
    [
        pytest.param(StoreUnavailableError("away"), "away", id="told"),
        pytest.param(ZeroDivisionError("secret"), "ZeroDivisionError: see the log", id="crashed"),
        pytest.param(NotFoundError("no city"), "", id="no city yet"),
    ],
)
def test_what_failed_last_can_be_asked_until_a_turn_goes_well(end: Exception, failure: str) -> None:
    """The page of health tells it as long as it lasts, and of a crash nothing that may be somebody's."""
    turns = Turns("watch", log)
    meet(turns, StoreUnavailableError("before"))
    meet(turns, end)
    assert turns.failure == failure
    meet(turns, None)
    assert turns.failure == ""


@pytest.mark.parametrize("every_s", [NIGHT_S, None])
def test_who_is_stopped_in_a_pause_goes_at_once(hire: Hire, every_s: float | None) -> None:
    """A server that is told to stop has ten seconds in all."""
    clerk = hire(Clerk(every_s=every_s))
    assert clerk.took(1)
    clerk.stop()
    clerk.join(PATIENCE_S)
    assert not clerk.is_at_work
    assert not clerk.turns.acquire(blocking=False), "no turn is begun after the stop"


def test_who_is_stopped_before_the_first_turn_takes_none(hire: Hire) -> None:
    """A server may be told to stop while it starts."""
    clerk = hire(Clerk(begin_after_s=NIGHT_S))
    clerk.stop()
    clerk.join(PATIENCE_S)
    assert not clerk.is_at_work
    assert not clerk.turns.acquire(blocking=False)


def test_who_was_never_started_can_be_stopped_and_waited_for() -> None:
    """A start that failed half way is cleaned up like any other."""
    clerk = Clerk()
    clerk.stop()
    clerk.join(PATIENCE_S)
    assert not clerk.turns.acquire(blocking=False)


def test_who_works_already_is_not_started_again(hire: Hire) -> None:
    """Two threads would do everything twice."""
    clerk = hire(Clerk())
    with pytest.raises(RuntimeError):
        clerk.start()


@pytest.mark.parametrize("every_s", [NIGHT_S, None])
def test_a_nudge_ends_a_pause_and_only_that_one(hire: Hire, every_s: float | None) -> None:
    """Whoever pressed a button is not kept waiting for the next look."""
    clerk = hire(Clerk(every_s=every_s))
    assert clerk.took(1)
    clerk.nudge()
    assert clerk.took(1)
    assert not clerk.turns.acquire(timeout=0.1)


def test_a_nudge_ends_the_pause_before_the_first_turn(hire: Hire) -> None:
    """Who does something right after the start is answered, too."""
    clerk = hire(Clerk(every_s=NIGHT_S, begin_after_s=NIGHT_S))
    clerk.nudge()
    assert clerk.took(1)


def test_nudges_take_no_rest_away_and_a_stop_does(hire: Hire) -> None:
    """A hundred taps a second would otherwise make a hundred looks at the stores."""
    clerk = hire(Clerk(every_s=NIGHT_S, rest_s=NIGHT_S))
    assert clerk.took(1)
    clerk.nudge()
    assert not clerk.turns.acquire(timeout=0.1)
    clerk.stop()
    clerk.join(PATIENCE_S)
    assert not clerk.is_at_work


def test_a_turn_may_ask_for_another_pause(hire: Hire) -> None:
    """There is a next day to compute at once, or nothing to do for long."""
    clerk = hire(Clerk(0.0, 0.0, NIGHT_S, every_s=NIGHT_S))
    assert clerk.took(3)
    assert not clerk.turns.acquire(timeout=0.1)
