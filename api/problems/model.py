"""The form of a refusal (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.schema import Shown
from tomma.errors import TommaError

MEDIA_TYPE = "application/problem+json"


class BusyError(TommaError):
    """The server has as many guests as it serves; later there is room again."""


class NamedProblem(HTTPException):
    """A refusal with a name of its own, where a client must tell it from others with its status."""

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **values: str
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


class FieldsRefusedError(TommaError):
    """Fields that are well formed and will not do all the same."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{errors[0].field}: {errors[0].bound}")
        self.errors = errors


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
    kind: str = "",
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
