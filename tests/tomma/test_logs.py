"""A log that storms fills the disk, and hides the one line that matters (S11)."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomma.logs import LogThrottle, Pace


class Told:
    """A logger of its own, its lines, and a clock that is set by hand."""

    def __init__(self, per_kind: Pace = Pace(3, 10.0), whole: Pace = Pace(100, 0.1)) -> None:  # noqa: B008  (frozen)
        self.now_s = 0.0
        self.throttle = LogThrottle(per_kind, whole, lambda: self.now_s)
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.addFilter(self.throttle)
        self.log = logging.Logger("a.test")  # noqa: LOG001  (of its own: nothing else hears it)
        self.log.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        """What was shown."""
        return self._stream.getvalue().splitlines()


@pytest.fixture
def told() -> Told:
    """Three lines of a kind at once, then one in ten seconds."""
    return Told()


def test_a_repeated_line_is_shown_a_few_times_and_then_counted(told: Told) -> None:
    """The next one that passes says how many were like it."""
    for number in range(1000):
        told.log.warning("store unavailable try=%d", number)
    assert told.lines == [f"store unavailable try={number}" for number in range(3)]
    told.now_s = 10.0
    told.log.warning("store unavailable try=%d", 1000)
    assert told.lines[3:] == ["store unavailable try=1000 not_shown=997"]
    assert told.throttle.held_back == 997


def test_another_line_is_not_held_back_by_it(told: Told) -> None:
    """The one that matters comes in the middle of the storm."""
    for number in range(1000):
        told.log.warning("store unavailable try=%d", number)
    told.log.error("broker forgot our session")
    assert told.lines[-1] == "broker forgot our session"


def test_texts_made_anew_for_each_line_end_at_the_bound_of_the_whole(told: Told) -> None:
    """A library that writes its values into the text must not get round it."""
    for number in range(5000):
        told.log.warning(f"slow request from {number}")  # noqa: G004  (that is the point)
    assert len(told.lines) == 100


def test_the_record_itself_stays_as_it_was(told: Told) -> None:
    """Other handlers, and tests that listen, see what was said."""
    records: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = records.append  # type: ignore[assignment, method-assign]
    told.log.addHandler(listener)
    for number in range(5):
        told.log.warning("again try=%d", number)
    told.now_s = 10.0
    told.log.warning("again try=%d", 5)
    assert [record.getMessage() for record in records] == [f"again try={number}" for number in range(6)]


@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(0, 20), st.integers(0, 3)), max_size=40))
def test_every_line_is_shown_or_counted(bouts: list[tuple[float, int, int]]) -> None:
    """What is held back is never just gone, whatever the rhythm."""
    told, said = Told(), 0
    for pause_s, count, kind in bouts:
        told.now_s += pause_s
        for _ in range(count):
            told.log.warning("kind of line %s" if kind else "another kind %s", kind)
        said += count
    assert len(told.lines) + told.throttle.held_back == said
