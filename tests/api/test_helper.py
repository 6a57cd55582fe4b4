"""Long arithmetic lives in a process of its own: it answers, tells notes, dies alone, and leaves nothing behind."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.helper import Helper
from tests.api.helper_work import obedient
from tests.api.patience import PATIENCE_S, until
from tests.api.world import settings_in
from tests.processes import is_gone
from tomma.errors import ConflictError, EngineFailedError


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Helper]:
    """A helper that is not started yet."""
    helper = Helper(obedient, settings_in(tmp_path))
    yield helper
    helper.close()


def test_it_answers_notes_and_fails_in_its_own_process_and_comes_back_after_a_death(helper: Helper) -> None:
    """One process for many requests; a failure of ours travels, a crash is told, a death costs one request."""
    notes: list[int] = []
    pid = helper.ask(("count", 3), notes.append)
    assert (notes, pid != os.getpid()) == ([0, 1, 2], True)
    assert helper.ask("stores") == 0, "it has stores of its own"
    with pytest.raises(ConflictError, match="the day is over"):
        helper.ask("conflict")
    with pytest.raises(EngineFailedError, match="ZeroDivisionError: in the middle"):
        helper.ask("crash")
    assert helper.ask(("count", 0)) == pid, "neither failure cost the process"
    with pytest.raises(EngineFailedError, match="ended in the middle"):
        helper.ask("die")
    assert helper.ask(("count", 0)) != pid


def test_the_answer_of_one_who_stumbled_over_a_note_is_not_the_next_ones(helper: Helper) -> None:
    """Its helper works on and answers; a forecast in place of a plan would be believed."""

    def stumble(note: int) -> None:
        raise LookupError(note)

    with pytest.raises(LookupError):
        helper.ask(("count", 3), stumble)
    notes: list[int] = []
    assert (helper.ask("stores", notes.append), notes) == (0, [])


def test_a_bell_ends_the_request_it_was_rung_for_and_no_other(helper: Helper) -> None:
    """A manager who stops one plan must not get the next one half made."""
    stop = threading.Event()
    assert helper.ask(("until stopped", PATIENCE_S), lambda _: stop.set(), stop) is True
    assert helper.ask(("until stopped", 0.3), stop=threading.Event()) is False
    assert helper.ask(("until stopped", PATIENCE_S), stop=stop) is True, "stopped before it began"


def test_leaving_ends_the_helper_and_what_it_started(helper: Helper) -> None:
    """A solver that goes on after its server would eat the machine of the next."""
    children: list[int] = []
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            helper.ask("sleep with a child", children.append)
        except EngineFailedError as exc:
            failures.append(exc)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: len(children), lambda count: count == 1)
    helper.close()
    asking.join(PATIENCE_S)
    assert len(failures) == 1
    until(lambda: is_gone(children[0]), bool)
    with pytest.raises(EngineFailedError, match="leaving"):
        helper.ask(("count", 0))
