"""An address without a page, told to a person as a page; programs get the problem document as everywhere."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from api.pages.router import WEB

NOT_FOUND = 404
OF_PROGRAMS = ("/api/", "/static/", "/.well-known/")


def tell_people_of_missing_pages(app: FastAPI) -> None:
    """Answer a browser that opens an unknown address with a page that leads on; the rest as before."""
    templates = Jinja2Templates(directory=WEB / "templates")
    otherwise: Any = app.exception_handlers[HTTPException]

    async def answer(request: Request, exc: Exception) -> Response:
        if getattr(exc, "status_code", None) == NOT_FOUND and _is_a_person(request):
            headers = {"Cache-Control": "no-store"}
            return templates.TemplateResponse(request, "missing.html", status_code=NOT_FOUND, headers=headers)
        told: Response = await otherwise(request, exc)
        return told

    app.add_exception_handler(HTTPException, answer)


def _is_a_person(request: Request) -> bool:
    opens = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
    return opens and not request.url.path.startswith(OF_PROGRAMS)
