"""Readings made column by column are those made one by one: the fast way may differ in nothing but speed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomma.model import Reading
from tomma.stores.readings import rows
from tomma.stores.readings.columns import plain_readings

whole = st.integers(-(2**47), 2**47)
real = st.floats(allow_nan=False, allow_infinity=False)
a_number_or_none = whole | real | st.none()
good_row = st.tuples(
    st.text(max_size=3),
    st.text(max_size=3),
    st.integers(0, 2**41),
    st.integers(-(10**9), 10**9),
    st.integers(0, 1_000_000) | st.floats(0.0, 1.0),
    st.integers(0, 63),
    a_number_or_none,
    a_number_or_none,
    a_number_or_none,
    whole | st.none(),
)
anything = st.none() | whole | real | st.text(max_size=2) | st.binary(max_size=2) | st.integers(2**60, 2**63 - 1)


@st.composite
def spoilt_row(draw: st.DrawFn) -> tuple[Any, ...]:
    """A row in which one field holds what only damage, or a clipped fill, puts there."""
    row = list(draw(good_row))
    row[draw(st.integers(0, len(row) - 1))] = draw(anything)
    return tuple(row)


def _one_by_one(found: list[tuple[Any, ...]]) -> list[Reading]:
    return [rows.reading(each) for each in found]


@given(st.lists(good_row, min_size=1, max_size=8))
def test_rows_of_plain_readings_become_the_same_readings_either_way(found: list[tuple[Any, ...]]) -> None:
    """A forecast and the page of one bin must not disagree."""
    made = plain_readings(found)
    assert made == _one_by_one(found)
    assert made is not None
    assert [repr(each) for each in made] == [repr(each) for each in _one_by_one(found)], "types too: 1 is not 1.0"


@given(st.lists(good_row, max_size=3), spoilt_row())
def test_whatever_a_row_holds_the_fast_way_agrees_or_leaves_it_to_the_careful_one(
    good: list[tuple[Any, ...]], spoilt: tuple[Any, ...]
) -> None:
    """It skips the objects' own checks, so it must never make a reading that these would refuse."""
    found = [*good, spoilt]
    made = plain_readings(found)
    if made is not None:
        assert [repr(each) for each in made] == [repr(each) for each in _one_by_one(found)]


@pytest.mark.parametrize("fill", [-20_000, 1_050_000, -0.5, 1.000001])
def test_a_clipped_fill_is_left_to_the_careful_way(fill: float) -> None:
    """Its row says two things, the fill and what it was clipped from."""
    row = ("B", "S", 0, 0, fill, 0, None, None, None, None)
    assert plain_readings([row]) is None
    assert rows.reading(row).raw_fill_fraction is not None
