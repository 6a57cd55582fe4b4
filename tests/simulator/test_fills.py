"""Waste comes from somewhere and goes somewhere: the books balance whatever happens."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.fills import Fills
from simulator.towns import make_town

TRUTHS = make_town(5, seed=1).truths
BINS = len(TRUTHS)

deposits = st.lists(st.tuples(st.integers(0, BINS - 1), st.floats(0.0, 5_000.0)), max_size=20)
steps = st.lists(
    st.one_of(
        deposits.map(lambda found: ("deposit", found)),
        st.tuples(st.integers(0, BINS - 1), st.floats(0.0, 1.0)).map(lambda found: ("empty", found)),
        st.integers(0, 20).map(lambda number: ("undo", number)),
    ),
    max_size=30,
)


@given(steps)
def test_what_was_thrown_in_is_in_the_bin_or_collected_or_beside_it(history: list[tuple[str, object]]) -> None:
    """Deposits = fill + collected + overflowed, and no bin holds less than nothing or more than its volume."""
    fills = Fills(TRUTHS, np.full(BINS, 0.5))
    emptied: list[tuple[int, float]] = []
    for kind, what in history:
        if kind == "deposit":
            assert isinstance(what, list)
            bins, volumes = [each[0] for each in what], [each[1] for each in what]
            fills.deposit(np.asarray(bins, dtype=np.intp), np.asarray(volumes, dtype=np.float64))
        elif kind == "empty":
            assert isinstance(what, tuple)
            emptied.append((what[0], fills.empty(*what)))
        elif isinstance(what, int) and what < len(emptied):
            fills.put_back(*emptied.pop(what))
        balance = fills.fill_l + fills.collected_l + fills.overflowed_l
        assert np.allclose(fills.deposited_l, balance, rtol=1e-9, atol=1e-6)
        assert (fills.fill_l >= 0.0).all()
        assert (fills.fill_l <= fills.volume_l).all()


def test_a_full_bin_overflows_and_remembers_how_much() -> None:
    """Overflow is what the whole service is judged by."""
    fills = Fills(TRUTHS, np.full(BINS, 1.0))
    fills.deposit(np.asarray([0, 0], dtype=np.intp), np.asarray([30.0, 12.0]))
    assert fills.overflowed_l[0] == 42.0
    assert fills.fill_l[0] == fills.volume_l[0]


def test_an_emptying_that_leaves_something_takes_only_the_rest() -> None:
    """After a true emptying a bin is often not empty."""
    fills = Fills(TRUTHS, np.full(BINS, 0.8))
    taken_l = fills.empty(0, 0.3)
    assert np.isclose(taken_l, 0.5 * fills.volume_l[0])
    assert np.isclose(fills.fraction[0], 0.3)
    assert fills.empty(0, 0.9) == 0.0  # a residue above the fill adds nothing
