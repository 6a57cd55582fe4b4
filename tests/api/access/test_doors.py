"""Every way into the application says whom it answers."""

import pytest
from fastapi import APIRouter, FastAPI

from api.access import OFFICE, Role, allow
from api.access.doors import Door, doors_of
from tests.api.world import World
from tomma.errors import ConfigurationError


def thing() -> str:
    """What a door leads to."""
    return "thing"


def application(*routers: APIRouter) -> FastAPI:
    """An application with no routes but these."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router, prefix="/api/v1")
    return app


def test_a_route_without_roles_does_not_start() -> None:
    """Whoever forgets to declare must not open a door by it."""
    router = APIRouter(prefix="/things")
    router.add_api_route("", thing, methods=["GET"])
    with pytest.raises(ConfigurationError, match="GET /api/v1/things answers no role"):
        doors_of(application(router))


def test_a_route_can_only_narrow_its_router() -> None:
    """Both rules are asked, so both must be satisfied."""
    router = APIRouter(prefix="/things", dependencies=[allow(*OFFICE)])
    router.add_api_route("", thing, methods=["POST"], dependencies=[allow(Role.MANAGER, Role.DRIVER)])
    assert doors_of(application(router)) == [Door("/api/v1/things", "POST", frozenset({Role.MANAGER}))]


def test_rules_that_nobody_can_satisfy_do_not_start() -> None:
    """A door that is shut for everybody is a mistake, and would look like a locked one."""
    router = APIRouter(prefix="/things", dependencies=[allow(Role.DRIVER)])
    router.add_api_route("", thing, methods=["GET"], dependencies=[allow(Role.ADMIN)])
    with pytest.raises(ConfigurationError, match="answers no role"):
        doors_of(application(router))


def test_a_rule_names_at_least_one_role() -> None:
    """An empty list is a slip of the pen."""
    with pytest.raises(ValueError, match="at least one role"):
        allow()


def test_what_an_application_knows_of_its_doors_is_what_it_has(world: World) -> None:
    """Most are read once for all applications of a process: one left out would be missing from every page's acts."""
    from api.app import create_app

    for _ in range(2):
        app = create_app(world.context())
        assert app.state.doors == doors_of(app)


def test_every_door_of_the_product_is_declared(world: World) -> None:
    """The application itself keeps to it; what is open to everybody is named here, one by one."""
    from api.app import create_app

    doors = doors_of(create_app(world.context()))
    open_doors = {f"{door.method} {door.path}" for door in doors if Role.PUBLIC in door.roles}
    assert open_doors == {
        "GET /.well-known/security.txt",
        "GET /api",
        "GET /api/openapi.json",
        "HEAD /api/openapi.json",
        "GET /api/reference.css",
        "GET /api/v1/health",
        "GET /api/v1/open-data/bins.csv",
        "GET /api/v1/open-data/bins.geojson",
        "GET /api/v1/open-data/catalogue.jsonld",
        "GET /api/v1/open-data/ngsi-ld/v1/entities",
        "GET /api/v1/sign-in",
        "POST /api/v1/session",
        "POST /api/v1/session/demo",
        "POST /api/v1/links/look",
        "POST /api/v1/links/redeem",
        "POST /api/v1/tablets",
        "GET /driver",
        "GET /login",
        "GET /oidc/begin",
        "GET /oidc/callback",
        "GET /r/{bin_id}",
        "GET /r/{bin_id}/{reason}",
        "POST /r/{bin_id}/{reason}",
        "GET /static",
        "GET /sw.js",
        "GET /sw-install.js",
        "GET /tiles/metadata.json",
        "GET /tiles/{z}/{x}/{y}.mvt",
    }
