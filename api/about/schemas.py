"""What `/about` answers."""

from typing import Literal

from api.schema import Shown

PartKind = Literal["python", "browser", "other"]


class PartOut(Shown):
    """Something that others made and that is part of the product."""

    name: str
    version: str
    """Empty for data that carries none."""
    licence: str
    """An SPDX expression."""
    kind: PartKind
    """`other` is a font or a map."""
    needed_to_run: bool
    """False for what only builds the product."""


class AboutOut(Shown):
    """What runs here."""

    version: str
    licence: str
    python: str
    """Version of the interpreter that runs it."""
    parts: list[PartOut]
