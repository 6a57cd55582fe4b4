"""Units that a codec's own source tells: `distance = ...; // mm`, `"distance_unit": "cm"`, "fill level in %"."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ingest.decode.levels import Hint
from ingest.decode.names import Kind

_LENGTHS = (
    ("mm", re.compile(r"(?<![A-Za-z0-9])mm(?![A-Za-z0-9])|[Mm]illi-?met(?:er|re)s?")),
    ("cm", re.compile(r"(?<![A-Za-z0-9])cm(?![A-Za-z0-9])|[Cc]enti-?met(?:er|re)s?")),
    ("m", re.compile(r"""["'(\[]m["')\]]|(?<![A-Za-z])[Mm]et(?:er|re)s?(?![A-Za-z])""")),
)
_PERCENT = re.compile(r"""percent|["'(\[ ]%["')\]]|%\s*$|\bpct\b|in %|\d ?%""", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(//|\*|/\*)")


def hint_from(source: str) -> Hint:
    """Return units by field name, from the lines that name the field and the comment lines right above them.

    A name that stands beside two units, or none, has none.
    """
    lines = source.splitlines()

    @lru_cache(maxsize=256)
    def unit_of(name: str, kind: Kind) -> str:
        near = "\n".join(_lines_about(name, lines))
        if kind is not Kind.DISTANCE:
            return "%" if _PERCENT.search(near) else ""
        told = [unit for unit, pattern in _LENGTHS if pattern.search(near)]
        return told[0] if len(told) == 1 else ""

    return unit_of


def _lines_about(name: str, lines: Sequence[str]) -> Iterator[str]:
    word = re.compile(rf"(?<![A-Za-z0-9_$]){re.escape(name)}(?![A-Za-z0-9_$])")
    for number, line in enumerate(lines):
        if word.search(line):
            yield line
            above = number - 1
            while above >= 0 and _COMMENT.match(lines[above]):
                yield lines[above]
                above -= 1
