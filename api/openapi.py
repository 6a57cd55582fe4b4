"""The API described as a product: what the reader of `/api/openapi.json` sees first."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access.doors import Door, doors_of
from api.problems.model import MEDIA_TYPE, Problem
from tomma.people import NO_KEYS, Role

TITLE = "tomma API"
SUMMARY = "Waste bins that tell when they need emptying."
DESCRIPTION = """\
Reads how full a city's bins are and will be, makes collection plans, and takes what the drivers did.

Conventions: names carry their units (`_m`, `_s`, `_l`, `_kg`, `_deg`, `_fraction` from 0 to 1). Times are ISO 8601 in \
UTC with Z; a `day` is the organisation's local day. Money is in minor units of the organisation's currency. \
Geometry is [lon_deg, lat_deg].

A program sends its key as `Authorization: Bearer tm_...`; each operation says which roles it answers.

Every refusal is a problem document (RFC 9457) that names field, bound and value. Requests are strict: an unknown \
key or parameter, a number as text or the same key twice is refused. Bodies are JSON of at most 1 MiB.
"""
REFUSED = "Refused by a guard that all operations share: who asks, how much, how fast, in which form."
TAGS = [
    {"name": "city", "description": "Who owns the bins, where they are, and by which trucks they are emptied."},
    {"name": "bins", "description": "How full each bin is and will be, and why it is on the plan or not."},
    {"name": "sensors", "description": "How each sensor is: silent, odd, low on battery, or well."},
    {
        "name": "assets",
        "description": "The registry: places, bins, containers, sensors; and devices nobody registered.",
    },
    {"name": "installations", "description": "What an installer does on the spot, once for each key."},
    {"name": "alerts", "description": "What somebody should look at, what people do about it, and who is told."},
    {"name": "plans", "description": "Collection plans: ordered, followed, read and sent to the trucks."},
    {"name": "followup", "description": "The day as it goes: planned beside done, and what a re-plan changes."},
    {"name": "figures", "description": "What finished days came to, and what was saved: auditable."},
    {"name": "driver", "description": "Today's routes, and what the drivers did: an append-only log of events."},
    {"name": "tablets", "description": "The drivers' tablets: let in by a code, known by a token, shut out at once."},
    {"name": "accounts", "description": "Signing in and out, one's own account, and who has one."},
    {"name": "audit", "description": "Who did what: records that nobody changes unnoticed."},
    {"name": "open data", "description": "What everybody may know: nothing, until a manager lists it."},
    {"name": "live", "description": "Changes as they happen, as server-sent events."},
    {"name": "health", "description": "How the server is, and messages that could not become readings."},
    {"name": "about", "description": "Which version runs, and everything by others that is part of it."},
    {"name": "map", "description": "Vector tiles of the streets."},
]

KEY, SESSION = "key", "session"
SECURITY = {
    KEY: {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's key, made on the page `/people` or by `tomma keys add NAME --role ROLE`.",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tomma",
        "description": "A person who signed in on `/login`; over plain HTTP on the machine itself `tomma-<port>`.",
    },
}


def product_version() -> str:
    """Return the version of the installed product."""
    try:
        return version("tomma")
    except PackageNotFoundError:
        return "0"


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=TITLE,
            summary=SUMMARY,
            version=product_version(),
            description=DESCRIPTION,
            routes=app.routes,
            tags=TAGS,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        _tell_problems(schema)
        _tell_doors(schema, doors_of(app))
        app.openapi_schema = schema
    return app.openapi_schema


def _tell_problems(schema: dict[str, Any]) -> None:
    """Say that refusals are problem documents: FastAPI would promise another form, and plain JSON."""
    components = schema["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    components.setdefault("Problem", Problem.model_json_schema(ref_template="#/components/schemas/{model}"))
    body = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in schema["paths"].values():
        for operation in methods.values():
            operation["responses"].setdefault("4XX", {"description": REFUSED})
            for status, answer in operation["responses"].items():
                if status[0] in "45":
                    answer["content"] = body
                    answer.setdefault("description", "Refused")
            if "422" in operation["responses"]:
                operation["responses"]["422"]["description"] = "A field was refused; `errors` names it."


def _tell_doors(schema: dict[str, Any], doors: Sequence[Door]) -> None:
    """Say who is let in and by what: without it a client that is made from this document asks without its key."""
    schema["components"]["securitySchemes"] = SECURITY
    for door in doors:
        operation = schema["paths"].get(door.path, {}).get(door.method.lower())
        if operation is None:
            continue
        if Role.PUBLIC in door.roles:
            operation["security"] = []
            continue
        ways = [KEY, SESSION] if door.roles - NO_KEYS else [SESSION]
        operation["security"] = [{way: []} for way in ways]
        told = f"Roles: {', '.join(sorted(door.roles))}."
        operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
