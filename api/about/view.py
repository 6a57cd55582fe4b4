"""The bill of materials as the page shows it."""

import json
import platform
from functools import cache
from typing import Any

from api.about.bom import LANGUAGE, WRITTEN
from api.about.schemas import AboutOut, PartKind, PartOut
from api.openapi import product_version

KINDS: dict[str, PartKind] = {"python": "python", "javascript": "browser"}


@cache
def bill_bytes() -> bytes:
    """Return the bill that was shipped."""
    return WRITTEN.read_bytes()


@cache
def about_out() -> AboutOut:
    """Return what runs here."""
    bill = json.loads(bill_bytes())
    return AboutOut(
        version=product_version(),
        licence=_licence(bill["metadata"]["component"]),
        python=platform.python_version(),
        parts=[_part(each) for each in bill["components"]],
    )


def _part(component: dict[str, Any]) -> PartOut:
    language = next(each["value"] for each in component["properties"] if each["name"] == LANGUAGE)
    return PartOut(
        name=component["name"],
        version=component.get("version", ""),
        licence=_licence(component),
        kind=KINDS.get(language, "other"),
        needed_to_run=component["scope"] == "required",
    )


def _licence(component: dict[str, Any]) -> str:
    expression: str = component["licenses"][0]["expression"]
    return expression
