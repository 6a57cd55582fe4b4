"""The pages of the office, `/driver` for the tablet, `/static` their files, `/api` the API told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from markupsafe import Markup, escape
from starlette.responses import FileResponse, HTMLResponse
from starlette.templating import Jinja2Templates

from api.access import EVERYBODY, OFFICE, Role, allow
from api.pages.files import StaticPages
from api.pages.offline import DRIVER, INSTALLER, Kept, worker_script

WEB = Path(__file__).parents[1] / "web"
OWN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shell:
    """A page: its template, and who may open it."""

    template: str
    roles: tuple[Role, ...] = OFFICE
    permissions: str = ""
    """What the page may use beyond the rule for all, such as the camera."""


PHONE = "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()"
SHELLS = {
    "/": Shell("manager.html"),
    "/planning": Shell("planning.html"),
    "/sensors": Shell("sensors.html", (*OFFICE, Role.INSTALLER)),
    "/followup": Shell("followup.html", (Role.MANAGER,)),
    "/assets": Shell("assets.html"),
    "/figures": Shell("figures.html"),
    "/install": Shell("install.html", (Role.MANAGER, Role.INSTALLER), PHONE),
    "/tablets": Shell("tablets.html", (*OFFICE, Role.ADMIN)),
    "/driver": Shell("driver.html", EVERYBODY),  # no word of the city: it asks with its tablet's token
}
OPEN = [allow(*EVERYBODY)]
CODE = re.compile(r"`([^`]+)`")
METHODS = ("get", "post", "put", "patch", "delete")


def mount_pages(app: FastAPI, web: Path = WEB) -> None:
    """Add the pages; a page whose files are missing answers 404 and leaves the API alone."""
    templates = Jinja2Templates(directory=[web / "templates", OWN])
    templates.env.filters["marked"] = _marked
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    there = {path: shell for path, shell in SHELLS.items() if (web / "templates" / shell.template).exists()}
    templates.env.globals["pages"] = list(there)
    for path, shell in there.items():
        roles = [allow(*shell.roles)]
        router.add_api_route(path, _shell(templates, shell), methods=["GET"], dependencies=roles)
    router.add_api_route("/api", _reference(templates, app), methods=["GET"], dependencies=OPEN)
    reference_css = _file(OWN / "reference.css", "text/css")
    router.add_api_route("/api/reference.css", reference_css, methods=["GET"], dependencies=OPEN)
    # A service worker rules only the paths below its own, so it is served from the root.
    for worker, kept in (("/sw.js", DRIVER), ("/sw-install.js", INSTALLER)):
        router.add_api_route(worker, _worker(web, templates, kept), methods=["GET"], dependencies=OPEN)
    app.include_router(router)
    if (web / "static").is_dir():
        app.mount("/static", StaticPages(web / "static"), name="static")


def _shell(templates: Jinja2Templates, of: Shell) -> Any:
    headers = {"Cache-Control": "no-cache", **({"Permissions-Policy": of.permissions} if of.permissions else {})}

    def shell(request: Request) -> Response:
        return templates.TemplateResponse(request, of.template, headers=headers)

    return shell


def _file(path: Path, media_type: str) -> Any:
    def file() -> Response:
        if not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return file


def _worker(web: Path, templates: Jinja2Templates, kept: Kept) -> Any:
    def worker() -> Response:
        page = web / "templates" / SHELLS[kept.page].template
        if not page.is_file() or not (web / "static" / "sw.js").is_file():
            raise HTTPException(404)
        script = worker_script(web / "static", templates.env.get_template(page.name).render(), kept)
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    return worker


def _reference(templates: Jinja2Templates, app: FastAPI) -> Any:
    def reference(request: Request) -> Response:
        described = app.openapi()
        context = {"info": described["info"], "tags": _by_tag(described)}
        return templates.TemplateResponse(request, "reference.html", context, headers={"Cache-Control": "no-cache"})

    return reference


def _marked(text: str) -> Markup:
    """Return the text with what stands between backticks marked as code; everything else is escaped."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped just before)


def _by_tag(described: dict[str, Any]) -> Sequence[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                found[methods[method]["tags"][0]].append({"method": method.upper(), "path": path, **methods[method]})
    return [{**tag, "operations": found[tag["name"]]} for tag in described["tags"] if found[tag["name"]]]
