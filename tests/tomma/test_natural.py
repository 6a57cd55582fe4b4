"""Names with numbers, in the order people read them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tomma.natural import natural_key

NAMES = st.text(st.sampled_from("aBÅ 0129²٣-"), max_size=12)


def test_numbers_in_names_go_by_their_size() -> None:
    """As text, truck 10 stands between 1 and 2."""
    names = ["10", "2", "1", "Bil 10", "bil 9", "Bil 2b", "Bil 2", "Bil 02"]
    assert sorted(names, key=natural_key) == ["1", "2", "10", "Bil 02", "Bil 2", "Bil 2b", "bil 9", "Bil 10"]


@given(st.lists(NAMES, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_any_names_have_one_order(names: list[str], shuffled: random.Random) -> None:
    """A list that jumps from look to look is worse than a wrong one."""
    mixed = list(names)
    shuffled.shuffle(mixed)
    assert sorted(mixed, key=natural_key) == sorted(names, key=natural_key)


def test_a_number_may_be_as_long_as_a_name() -> None:
    """Python reads no number of five thousand digits."""
    assert natural_key("9" * 5_000) < natural_key("1" + "0" * 5_000)
