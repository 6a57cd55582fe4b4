"""The form of a refusal (RFC 9457)."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.schema import Shown
from tomma.bounds import BoundError, Breach, Rule
from tomma.errors import Refusal, TommaError

MEDIA_TYPE = "application/problem+json"
VALUE_LIMIT = 80


class BusyError(TommaError):
    """The server has as many guests as it serves; later there is room again."""


class NamedProblem(HTTPException):
    """A refusal with a name of its own, where a client must tell it from others with its status."""

    def __init__(
        self, status: int, kind: Refusal, detail: str, *, headers: Mapping[str, str] | None = None, **values: str
    ) -> None:
        super().__init__(status, detail, headers=headers)
        self.kind = kind
        self.values = values


class FieldError(Shown):
    """One field that was refused."""

    field: str = Field(examples=["events.0.tapped_utc"], description="Where in the request, parts joined by dots.")
    bound: str = Field(examples=["must be a time like 2026-11-22T05:30:00Z"], description="What the field must be.")
    value: str | None = Field(
        default=None, examples=["yesterday"], description="What came, shortened to 80 characters."
    )
    rule: str = Field(examples=["within"], description="The bound by name, so that it can be told in any language.")
    values: dict[str, str | float] | None = Field(
        default=None, examples=[{"low": 0, "high": 168}], description="What the rule's sentence names."
    )
    advice: str | None = Field(
        default=None, examples=["millivolts"], description="What may help, by name; only of readings."
    )

    @property
    def told(self) -> str:
        """Field, bound and value in one plain sentence."""
        return f"{self.field}: {self.bound}" + (f", got {self.value}" if self.value is not None else "")


class FieldsRefusedError(TommaError):
    """Fields that are well formed and will not do all the same."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0].told)
        self.errors = errors


def field_refused(
    field: str, rule: Rule, bound: str, value: object = None, **values: str | float
) -> FieldsRefusedError:
    """Return the refusal of one field: its bound in English, and as a rule with what the rule's words name."""
    error = FieldError(field=field, bound=bound, value=shown(value), rule=rule, values=values or None)
    return FieldsRefusedError([error])


def field_error(breach: Breach) -> FieldError:
    """Return the refused field as it is shown."""
    return FieldError(
        field=breach.field,
        bound=breach.bound,
        value=breach.got,
        rule=breach.rule,
        values=dict(breach.values) or None,
        advice=breach.advice,
    )


def bound_refused(exc: ValueError, given: Mapping[str, object] | None = None) -> FieldsRefusedError:
    """Return the refusal of the field that the core would not take, with what `given` has of it."""
    if not isinstance(exc, BoundError):
        return field_refused("body", Rule.FORM, str(exc))
    told = given or {}
    is_shown = exc.field in told and exc.rule is not Rule.LETTERS_WITHIN
    value = told[exc.field] if is_shown else exc.got or None
    return field_refused(exc.field, exc.rule, exc.bound, value, **exc.values)


def shown(value: object) -> str | None:
    """Return a short text for a refused value: never a number JSON cannot carry, never a whole document."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return "not a finite number"
    text = value if isinstance(value, str) else repr(value)
    return text[:VALUE_LIMIT].encode("utf-8", "replace").decode()


class Problem(Shown):
    """What went wrong and what now (RFC 9457)."""

    type: str = Field(examples=["urn:tomma:problem:not-found"], description="Stable name of this kind of problem.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no bin H9999"], description="One plain sentence about this occurrence.")
    errors: list[FieldError] | None = Field(default=None, description="The refused fields, when fields were refused.")
    values: dict[str, str] | None = Field(
        default=None, description="What the sentence is about, by name, so that it can be told in any language."
    )


class ProblemResponse(JSONResponse):
    """Carries a problem document."""

    media_type = MEDIA_TYPE


def problem_response(
    status: int,
    detail: str,
    *,
    kind: Refusal | None = None,
    errors: list[FieldError] | None = None,
    values: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    """Return the answer that tells this problem; its type is `kind`, or named after the status."""
    title = HTTPStatus(status).phrase
    slug = kind or title.lower().replace(" ", "-")
    problem = Problem(
        type=f"urn:tomma:problem:{slug}",
        title=title,
        status=status,
        detail=detail,
        errors=errors,
        values=values or None,
    )
    return ProblemResponse(problem.model_dump(exclude_none=True), status_code=status, headers=headers)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` entry that documents these refusals."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses}
