"""Periods and savings as plain values: what the API answers is what `tomma saving recompute --json` prints."""

from typing import Any

from routing.saving.summary import Period, Saving
from tomma.codec import to_plain


def as_plain(value: Period | Saving) -> dict[str, Any]:
    """Return the value as dicts, lists, numbers and text."""
    found: dict[str, Any] = to_plain(value)
    return found
