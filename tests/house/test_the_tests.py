"""The tests judge what was done, never how long it took here."""

from time import sleep

from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=1, database=None)
@given(st.just(0.25))
def test_an_example_may_take_longer_than_hypothesis_waits_by_itself(pause_s: float) -> None:
    """On a machine with other work any example may: the profile of tests/conftest.py gives it no deadline."""
    sleep(pause_s)
