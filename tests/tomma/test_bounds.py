"""A refusal is its parts, as whoever refuses handed them over; the English text is made from them and never read."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tomma.bounds import BoundError, Rule, alone, outside
from tomma.city import Position, Site
from tomma.fitting import FITTING_NOTE_MAX, Fitting
from tomma.model import BinId, SensorId, SiteId
from tomma.opendata import OpenData
from tomma.people import Person, Role
from tomma.plan import Wishes

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CUNNING = "it must be so, got it, field must hold"
"""What a person may type, and what once was taken for the text's own words."""


def person(login: str) -> Person:
    """Someone with that login."""
    return Person("1", login, "Kim", frozenset({Role.DRIVER}), NOW)


def fitting(note: str) -> Fitting:
    """A sensor that was hung, with that note."""
    return Fitting("k" * 8, SensorId("s"), BinId("B1"), NOW, NOW, note=note)


@pytest.mark.parametrize(
    ("make", "field", "rule", "bound", "got"),
    [
        pytest.param(
            lambda: person(CUNNING),
            "login", Rule.LOGIN, "must be small letters without spaces, colons or slashes", repr(CUNNING),
            id="a login",
        ),
        pytest.param(
            lambda: OpenData(contact_email=CUNNING),
            "contact_email", Rule.EMAIL, "must be an e-mail address", repr(CUNNING),
            id="an address",
        ),
        pytest.param(
            lambda: Site(SiteId("S1"), "Torget", Position(59.3, 18.0), area=f" {CUNNING}"),
            "area", Rule.WORDS, "must have 0 to 60 letters and no blank around", repr(f" {CUNNING}"),
            id="an area",
        ),
        pytest.param(
            lambda: Wishes(excluded=frozenset({BinId(CUNNING)}), included=frozenset({BinId(CUNNING)})),
            "exclude_bin_ids", Rule.NOT_BOTH, "must not be excluded and included at once", CUNNING,
            id="the id of a bin",
        ),
    ],
)  # fmt: skip
def test_the_parts_are_those_handed_over_whatever_the_value_says(
    make: Callable[[], Any], field: str, rule: Rule, bound: str, got: str
) -> None:
    """Whoever types ", got" or " must " into a field reads of that field and its bound all the same."""
    with pytest.raises(BoundError) as refused:
        make()
    told = refused.value
    assert (told.field, told.rule, told.bound, told.got) == (field, rule, bound, got)
    assert str(told).endswith(f" {bound}, got {got}")


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        pytest.param(outside("lat_deg", 91.0, -90, 90), "lat_deg must be within [-90, 90], got 91.0", id="a range"),
        pytest.param(
            alone("accuracy_m", "position", 5.0), "accuracy_m must stand together with position, got 5.0", id="alone"
        ),
        pytest.param(
            BoundError("weekdays", Rule.ITEMS_MIN, "must name a day", None, least=1),
            "weekdays must name a day, got none",
            id="nothing came",
        ),
        pytest.param(BoundError("note", Rule.BELONGS, "must be empty"), "note must be empty", id="no more to say"),
        pytest.param(BoundError("", Rule.DAY, "must be a day"), "must be a day", id="a parser knows no field"),
    ],
)
def test_the_text_is_made_from_the_parts(refusal: BoundError, text: str) -> None:
    """One form for every refusal, at the command line as in an answer."""
    assert str(refusal) == text


def test_a_text_that_is_too_long_is_not_said_again() -> None:
    """How long it was stands in its place, as a number that every language has."""
    with pytest.raises(BoundError) as refused:
        fitting(", got " * FITTING_NOTE_MAX)
    told = refused.value
    assert (told.field, told.rule, told.got) == ("note", Rule.LETTERS_WITHIN, str(6 * FITTING_NOTE_MAX))
    assert told.values == {"low": 0, "high": FITTING_NOTE_MAX}
    assert str(told) == f"length of note must be within [0, {FITTING_NOTE_MAX}], got {6 * FITTING_NOTE_MAX}"


def test_a_refusal_stays_whole_when_it_is_handed_to_another_process() -> None:
    """Engines and codecs run in children; what they refuse is copied through the same door."""
    told = copy.copy(outside("delay_h", 999, 0, 168))
    assert (str(told), told.rule) == ("delay_h must be within [0, 168], got 999", Rule.WITHIN)
    assert told.values == {"low": 0, "high": 168}
