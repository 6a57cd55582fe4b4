"""How many may be connected, and who leaves when there is no place."""

from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.guards.lines import Lines


@dataclass(eq=False)
class HandLine:
    """A line of somebody at an address."""

    address: str = "192.0.2.1"
    gone: bool = field(default=False)

    def give_way(self) -> None:
        """Note it."""
        self.gone = True


def full(lines: Lines, *addresses: str, owing: bool = True) -> list[HandLine]:
    """Lines of these addresses, let in and waiting for by us."""
    made = [HandLine(each) for each in addresses]
    for each in made:
        assert lines.admit(each)
        lines.owes(each, owes=owing)
    return made


def test_the_one_that_has_owed_longest_leaves() -> None:
    """It is the likeliest to mean no good, and the cheapest to lose."""
    lines = Lines(lines_max=3, lines_per_address_max=100)
    first, second, third = full(lines, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    lines.owes(first, owes=False)
    lines.owes(first, owes=True)  # it sent its request: it owes the next one since later than the others
    assert lines.admit(HandLine("192.0.2.4"))
    assert [each.gone for each in (first, second, third)] == [False, True, False]


def test_who_waits_for_us_is_never_ended_for_a_newcomer() -> None:
    """An event stream or an answer under way."""
    lines = Lines(lines_max=2, lines_per_address_max=100)
    working = full(lines, "192.0.2.1", "192.0.2.2", owing=False)
    assert not lines.admit(HandLine("192.0.2.3"))
    assert not any(each.gone for each in working)


def test_one_address_pushes_out_its_own_lines_only() -> None:
    """Whoever opens hundreds is in nobody's way."""
    lines = Lines(lines_max=100, lines_per_address_max=2)
    (other,) = full(lines, "192.0.2.9")
    first, _ = full(lines, "192.0.2.1", "192.0.2.1")
    assert lines.admit(HandLine("192.0.2.1"))
    assert (first.gone, other.gone) == (True, False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.7"])
def test_a_proxys_lines_are_many_callers(address: str) -> None:
    """All of a city may come through it."""
    lines = Lines(lines_max=100, lines_per_address_max=2, uncounted=[ip_network("10.0.0.0/29")])
    assert not any(each.gone for each in full(lines, *[address] * 5))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=60))
def test_there_are_never_more_than_there_are_places(steps: list[tuple[str, bool, bool]]) -> None:
    """Whatever the order of coming, owing and leaving."""
    lines, inside = Lines(lines_max=6, lines_per_address_max=3), list[HandLine]()
    for address, owes, leaves in steps:
        line = HandLine(f"192.0.2.{ord(address)}")
        if lines.admit(line):
            inside.append(line)
            lines.owes(line, owes=owes)
        inside = [each for each in inside if not each.gone]
        if leaves and inside:
            lines.leave(inside.pop(0))
        assert len(lines) == len(inside) <= 6
        assert all(sum(each.address == other.address for other in inside) <= 3 for each in inside)
