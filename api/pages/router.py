"""The pages of the office, `/driver` for the tablet, `/static` their files, `/api` the API told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from markupsafe import Markup, escape
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import BaseRoute, Mount
from starlette.templating import Jinja2Templates

from api.access import EVERYBODY, OFFICE, SIGNED_IN, Role, allow, allow_page
from api.access.rules import who_asks
from api.pages.acts import acts_of
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
    half: bool = False
    """Whether somebody may open it, too, who must still set up a second factor."""


PHONE = "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()"
SHELLS = {
    "/": Shell("manager.html"),
    "/planning": Shell("planning.html"),
    "/sensors": Shell("sensors.html", (*OFFICE, Role.INSTALLER)),
    "/followup": Shell("followup.html", (Role.MANAGER,)),
    "/alerts": Shell("alerts.html"),
    "/assets": Shell("assets.html"),
    "/figures": Shell("figures.html"),
    "/install": Shell("install.html", (Role.MANAGER, Role.INSTALLER), PHONE),
    "/tablets": Shell("tablets.html", (*OFFICE, Role.ADMIN)),
    "/people": Shell("people.html", (Role.ADMIN, Role.AUDITOR)),
    "/about": Shell("about.html", (*OFFICE, Role.ADMIN)),
    "/audit": Shell("audit.html", (Role.ADMIN, Role.AUDITOR)),
    "/connections": Shell("connections.html", (*OFFICE, Role.ADMIN)),
    "/account": Shell("account.html", SIGNED_IN, half=True),
    "/login": Shell("login.html", EVERYBODY),
    "/driver": Shell("driver.html", EVERYBODY),  # no word of the city: it asks with its tablet's token
}
OPEN = [allow(*EVERYBODY)]
CODE = re.compile(r"`([^`]+)`")
METHODS = ("get", "post", "put", "patch", "delete")


def mount_pages(app: FastAPI, web: Path = WEB, *, demo: bool = False) -> None:
    """Add the pages; a page whose files are missing answers 404 and leaves the API alone."""
    app.router.routes.extend(_pages(web, demo=demo))
    if (web / "static").is_dir():
        # First of all: a page asks for ninety files, and each would be held against every route of the API.
        app.router.routes.insert(0, Mount("/static", StaticPages(directory=web / "static"), name="static"))


@cache
def _pages(web: Path, *, demo: bool) -> Sequence[BaseRoute]:
    """Return the pages' routes, which hold nothing of an application; worked out once for all of this process."""
    templates = Jinja2Templates(directory=[web / "templates", OWN])
    templates.env.filters["marked"] = _marked
    templates.env.globals["demo"] = demo
    shared = FastAPI(openapi_url=None)
    # Not by a router of their own: what is included is worked out twice.
    add = partial(shared.add_api_route, methods=["GET"], include_in_schema=False, response_class=HTMLResponse)
    there = {path: shell for path, shell in SHELLS.items() if (web / "templates" / shell.template).exists()}
    for path, shell in there.items():
        roles = [allow_page(*shell.roles, half=shell.half)]
        add(path, _shell(templates, shell, there), dependencies=roles)
    add("/api", _reference(templates), dependencies=OPEN)
    reference_css = _file(OWN / "reference.css", "text/css")
    add("/api/reference.css", reference_css, dependencies=OPEN)
    # A service worker rules only the paths below its own, so it is served from the root.
    for worker, kept in (("/sw.js", DRIVER), ("/sw-install.js", INSTALLER)):
        add(worker, _worker(web, templates, kept), dependencies=OPEN)
    return tuple(shared.routes)


def _shell(templates: Jinja2Templates, shell: Shell, there: Mapping[str, Shell]) -> Any:
    allowed = {"Permissions-Policy": shell.permissions} if shell.permissions else {}

    def page(request: Request) -> Response:
        if Role.PUBLIC in shell.roles:  # the same for everybody: the driver's is kept on the tablet
            headers = {"Cache-Control": "no-cache", **allowed}
            return templates.TemplateResponse(request, shell.template, headers=headers)
        who = who_asks(request)
        own = [path for path, each in there.items() if who.may_be(*each.roles)]
        person = who.person.name if who.person else ""
        context = {"pages": own, "person": person, "may": acts_of(who, request.app.state.doors)}
        headers = {"Cache-Control": "no-store", **allowed}
        return templates.TemplateResponse(request, shell.template, context, headers=headers)

    return page


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


def _reference(templates: Jinja2Templates) -> Any:
    def reference(request: Request) -> Response:
        described = request.app.openapi()  # FastAPI remembers this function: held by it, an application would stay, too
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
