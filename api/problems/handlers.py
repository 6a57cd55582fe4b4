"""Turns whatever was raised into a problem document. Registered once, in `api.app`."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from api.access.doors import Door
from api.problems.fields import field_errors
from api.problems.model import BusyError, FieldsRefusedError, NamedProblem, problem_response
from tomma.errors import ConflictError, ImportRefusedError, NotFoundError, StoreUnavailableError, TommaError

log = logging.getLogger(__name__)

RETRY_AFTER_S = "2"
METHOD_NOT_ALLOWED = 405


def register(app: FastAPI) -> None:
    """Give every kind of failure its answer."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(ConflictError, _conflict)
    app.add_exception_handler(ImportRefusedError, _file_refused)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(FieldsRefusedError, _fields)
    app.add_exception_handler(TommaError, _ours)


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101  (registered for this type only)
    if exc.status_code == METHOD_NOT_ALLOWED:
        exc.headers = {**(exc.headers or {}), **_allowed(request)}
    phrase = HTTPStatus(exc.status_code).phrase
    detail = exc.detail if exc.detail and exc.detail != phrase else _DETAILS.get(exc.status_code, phrase)
    kind = exc.kind if isinstance(exc, NamedProblem) else None
    values = exc.values if isinstance(exc, NamedProblem) else None
    return problem_response(exc.status_code, detail, kind=kind, values=values, headers=dict(exc.headers or {}))


def _allowed(request: Request) -> dict[str, str]:
    """Return the Allow header with the methods of all routes at this address; the framework tells the first one's."""
    doors: Sequence[Door] = getattr(request.app.state, "doors", ())
    path = request.url.path
    found = {door.method for door in doors if compile_path(door.path)[0].match(path)}
    found |= {"HEAD"} if "GET" in found else set()
    return {"Allow": ", ".join(sorted(found))} if found else {}


async def _validation(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101
    errors = field_errors(exc.errors(), skip=1)
    detail = errors[0].told if errors else "the request does not say what it must"
    return problem_response(422, detail, errors=errors)


async def _fields(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, FieldsRefusedError)  # noqa: S101
    return problem_response(422, str(exc), errors=exc.errors)


async def _not_found(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, NotFoundError)  # noqa: S101  (registered for this type only)
    return problem_response(404, str(exc), kind=exc.kind, values=exc.values)


async def _conflict(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, ConflictError)  # noqa: S101  (registered for this type only)
    return problem_response(409, str(exc), kind=exc.kind, values=exc.values)


async def _file_refused(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, ImportRefusedError)  # noqa: S101  (registered for this type only)
    return problem_response(422, str(exc), kind=exc.kind, values=exc.values)


async def _busy(_: Request, exc: Exception) -> Response:
    return problem_response(503, str(exc), headers={"Retry-After": RETRY_AFTER_S})


async def _ours(request: Request, exc: Exception) -> Response:
    log.error("request failed path=%s error=%s", request.url.path, exc)
    if isinstance(exc, StoreUnavailableError):
        detail = "the store cannot promise durability now; nothing was taken, try again"
        return problem_response(503, detail, headers={"Retry-After": RETRY_AFTER_S})
    return problem_response(500, "the server could not do this; the operator's log says why")


_DETAILS = {
    404: "there is nothing at this address",
    405: "this address does not take that method",
}
