"""Reads a JSON body and a query strictly: what two readers could understand differently is refused.

The standard reader takes NaN, infinities, numbers beyond a float, and the last of two equal keys; each of them
means something else to the next program. So does a parameter that is given twice: one takes the first, one the last.
One that nobody knows is a typing mistake, and would be passed over: `from` for `from_utc` gives other days than were
meant, and `dryrun` for `dry_run` stores in earnest.
"""

import json
import math
from collections.abc import Callable, Collection, Coroutine
from typing import Any, NoReturn, get_args, get_origin

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.audit.trail import tell_body
from api.problems.model import field_refused
from tomma.bounds import Rule

DEPTH_MAX = 32
VALUES_MAX = 100_000
"""A mebibyte of zeros is half a million values, and may be as many refusals: work for what means nothing."""
NAME_SHOWN = 80
_TOO_DEEP = f"the body must be nested at most {DEPTH_MAX} deep"


def parse_strict(body: bytes) -> Any:
    """Return the value the body tells.

    Raises:
        ValueError: One plain sentence, when it is not one JSON value in UTF-8 that everybody reads alike.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise ValueError(f"the body must be UTF-8, byte {exc.start} is not") from exc
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant, parse_int=_integer
        )
    except json.JSONDecodeError as exc:
        raise ValueError(f"the body must be JSON: {exc.msg} at character {exc.pos}") from exc
    except RecursionError as exc:
        raise ValueError(_TOO_DEEP) from exc
    if _check(value, DEPTH_MAX) > VALUES_MAX:
        raise ValueError(f"the body must hold at most {VALUES_MAX} values")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the body must not hold the same key twice in one object")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("the body holds a number too large for a double")
    return number


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("the body holds an integer beyond 64 bits")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the body must be JSON, which has no {name}")


def _check(value: Any, depth_left: int) -> int:
    """Refuse what texts must not hold and what is nested too deep; return how many values there are."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("the body holds half a surrogate pair")
        if "\x00" in value:
            raise ValueError("the body holds a NUL character")
    if not isinstance(value, dict | list):
        return 1
    if not depth_left:
        raise ValueError(_TOO_DEEP)
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    return 1 + sum(_check(each, depth_left - 1) for each in inner)


class _StrictRequest(Request):
    async def json(self) -> Any:
        try:
            value = parse_strict(await self.body())
        except ValueError as exc:
            raise HTTPException(400, str(exc)) from exc
        tell_body(value)
        return value


class StrictRoute(APIRoute):
    """A route whose body is strict JSON, named so by its content type (a form of a stranger's page cannot be)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the request before FastAPI reads it."""
        handle = super().get_route_handler()
        named = _query_of(self.dependant)
        lists = frozenset(name for name, is_list in named.items() if is_list)

        async def strictly(request: Request) -> Response:
            _refuse_twice(request, lists)
            _refuse_strange(request, named)
            strict = _StrictRequest(request.scope, request.receive)
            if self.body_field is not None and not _says_json(request) and await strict.body():
                raise HTTPException(415, "the content type must be application/json")
            return await handle(strict)

        return strictly


def _says_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _refuse_twice(request: Request, lists: frozenset[str]) -> None:
    seen = set[str]()
    for name, _ in request.query_params.multi_items():
        if name in seen and name not in lists:
            raise field_refused(name[:NAME_SHOWN], Rule.TWICE, "must be given once")
        seen.add(name)


def _refuse_strange(request: Request, named: Collection[str]) -> None:
    for name in request.query_params:
        if name not in named:
            known = f"one of {', '.join(sorted(named))}" if named else "left out: this address takes no parameters"
            raise field_refused(name[:NAME_SHOWN], Rule.UNKNOWN, f"must be {known}")


def _query_of(dependant: Dependant) -> dict[str, bool]:
    """Return the parameters of a query, and whether each may be given more than once."""
    found = {each.alias: _is_list(each.field_info.annotation) for each in dependant.query_params}
    for each in dependant.dependencies:
        found |= _query_of(each)
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(each) for each in get_args(annotation))
