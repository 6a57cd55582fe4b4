"""Units that a codec's own source tells: `distance = ...; // mm`, `"distance_unit": "cm"`, "fill level in %"."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.decode.guess import Hint
from ingest.decode.names import Kind

_LENGTHS = (
    ("mm", re.compile(r"(?<![A-Za-z0-9])mm(?![A-Za-z0-9])|[Mm]illi-?met(?:er|re)s?")),
    ("cm", re.compile(r"(?<![A-Za-z0-9])cm(?![A-Za-z0-9])|[Cc]enti-?met(?:er|re)s?")),
    ("m", re.compile(r"""["'(\[]m["')\]]|(?<![A-Za-z])[Mm]et(?:er|re)s?(?![A-Za-z])""")),
)
_PERCENT = re.compile(r"""percent|["'(\[ ]%["')\]]|%\s*$|\bpct\b|in %|\d ?%""", re.IGNORECASE)
NEAR_LINES = 2
"""A comment stands above the line, beside it or below."""


def hint_from(source: str) -> Hint:
    """Return the units by field name; a name whose neighbourhood tells two units, or none, has none.

    When nothing stands near the name, the unit of length that the whole source speaks of counts, if it is only one.
    """
    lines = source.splitlines()
    overall = _only(_lengths_in(source))

    @lru_cache(maxsize=256)
    def unit_of(name: str, kind: Kind) -> str:
        word = re.compile(rf"(?<![A-Za-z0-9_$]){re.escape(name)}(?![A-Za-z0-9_$])")
        at = [number for number, line in enumerate(lines) if word.search(line)]
        for reach in range(NEAR_LINES + 1):
            near = "\n".join(line for number in at for line in lines[max(0, number - reach) : number + reach + 1])
            if kind is not Kind.DISTANCE:
                if _PERCENT.search(near):
                    return "%"
                continue
            told = list(_lengths_in(near))
            if told:
                return told[0] if len(told) == 1 else ""
        return overall if kind is Kind.DISTANCE else ""

    return unit_of


def _lengths_in(text: str) -> Iterator[str]:
    for unit, pattern in _LENGTHS:
        if pattern.search(text):
            yield unit


def _only(units: Iterator[str]) -> str:
    found = list(units)
    return found[0] if len(found) == 1 else ""
