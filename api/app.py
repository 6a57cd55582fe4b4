"""The application: every feature's routes behind the guards, on the parts that a context names."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

import api.about.router
import api.accounts.keys_router
import api.accounts.oidc_router
import api.accounts.people_router
import api.accounts.router
import api.alerts.router
import api.assets.router
import api.assets.sheet_router
import api.assets.strangers_router
import api.audit.router
import api.bins.router
import api.city.router
import api.citymap.router
import api.driver.router
import api.exports.router
import api.figures.router
import api.followup.router
import api.health.router
import api.installations.router
import api.live.router
import api.logins.router
import api.notify.router
import api.opendata.desk
import api.opendata.router
import api.plans.changes
import api.plans.router
import api.residents.router
import api.residents.stickers_router
import api.schedule.router
import api.sensors.router
import api.tablets.router
import api.uplinks.router
import api.work.router
from api.access.doors import Door, doors_among, sorted_doors
from api.audit.middleware import Audited
from api.basemap.plugged import plugged_of
from api.basemap.router import build_router as build_tiles_router
from api.context import ApiContext
from api.guards.body import BodyLimit
from api.guards.head import HeadAsGet, HeadLimit
from api.guards.headers import SecurityHeaders
from api.guards.hosts import TrustedHosts
from api.guards.origin import SameOrigin
from api.metrics.requests import CountRequests, RequestMetrics
from api.metrics.router import build_router as build_metrics_router
from api.openapi import describe
from api.pages.missing import tell_people_of_missing_pages
from api.pages.router import mount_pages
from api.pages.security_txt import build_router as build_security_txt
from api.problems.handlers import register as register_problems
from api.problems.model import problems
from api.services import Services
from api.uplinks.counted import CountUplinks
from tomma.stores.files.asset_csv import BYTES_MAX

PREFIX = "/api/v1"
BODY_MAX_BYTES = 1_048_576
GZIP_FROM_BYTES = 1_024
FEATURES = (
    api.city.router,
    api.bins.router,
    api.citymap.router,
    api.sensors.router,
    api.assets.sheet_router,
    api.residents.stickers_router,
    api.assets.strangers_router,
    api.assets.router,
    api.installations.router,
    api.alerts.router,
    api.work.router,
    api.notify.router,
    api.plans.router,
    api.plans.changes,
    api.schedule.router,
    api.exports.router,
    api.driver.router,
    api.followup.router,
    api.figures.router,
    api.tablets.router,
    api.live.router,
    api.health.router,
    api.about.router,
    api.accounts.router,
    api.accounts.people_router,
    api.accounts.keys_router,
    api.audit.router,
    api.opendata.desk,
    api.opendata.router,
    api.uplinks.router,
    api.logins.router,
)


def create_app(context: ApiContext) -> FastAPI:
    """Return the application; its threads run from the lifespan's start to its end.

    The stores in `context` stay open: whoever opened them closes them.
    """
    services = Services.of(context)
    app = FastAPI(
        openapi_url="/api/openapi.json",
        docs_url=None,  # the stock pages load from other hosts
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        routes=list(_features()),
    )
    app.state.services = services
    app.state.gate = services.gate
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    plugged = plugged_of(context.settings.basemap)
    app.include_router(build_tiles_router(lambda: context.settings.basemap_path, plugged), responses=problems(404))
    requests = RequestMetrics()
    app.include_router(build_metrics_router(requests))
    mount_pages(app, demo=context.settings.people.demo)
    app.include_router(build_security_txt(context))
    app.router.routes.extend(_beside_the_api())
    app.state.doors = sorted_doors((*_shared_doors(), *doors_among(_own(app))))
    register_problems(app)
    tell_people_of_missing_pages(app)
    _guard(app, services)
    app.add_middleware(CountRequests, metrics=requests)
    return app


@cache
def _features() -> Sequence[BaseRoute]:
    """Return every feature's routes, which ask the application they are called through for its parts.

    They are worked out once for all applications of this process: each time takes a third of a second.
    """
    shared = FastAPI(openapi_url=None, generate_unique_id_function=_operation_id)
    for feature in FEATURES:
        shared.include_router(feature.router, prefix=PREFIX)
    return tuple(shared.routes)


@cache
def _beside_the_api() -> Sequence[BaseRoute]:
    """Return the routes that have addresses of their own; worked out once, too."""
    shared = FastAPI(openapi_url=None, generate_unique_id_function=_operation_id)
    for router in (api.accounts.oidc_router.router, api.residents.router.router):
        shared.include_router(router)
    return tuple(shared.routes)


@cache
def _shared_doors() -> Sequence[Door]:
    """Return the doors of the routes that all applications of this process share."""
    return tuple(doors_among((*_features(), *_beside_the_api())))


def _own(app: FastAPI) -> Sequence[BaseRoute]:
    """Return the routes that this application shares with no other."""
    shared = {id(route) for route in (*_features(), *_beside_the_api())}
    return [route for route in app.routes if id(route) not in shared]


def _guard(app: FastAPI, services: Services) -> None:
    """Add the guards; the last one added is the outermost."""
    context = services.context
    server = context.settings.server
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=5)
    app.add_middleware(BodyLimit, max_bytes=BODY_MAX_BYTES, larger={f"{PREFIX}/assets/import": BYTES_MAX})
    app.add_middleware(SameOrigin)
    app.add_middleware(Audited, recorder=services.recorder, wall=context.wall)
    app.add_middleware(TrustedHosts, names=server.own_names)
    app.add_middleware(HeadLimit)
    app.add_middleware(HeadAsGet)
    app.add_middleware(CountUplinks, prefix=PREFIX, ledger=services.uplink_ledger, clock=context.clock)
    map_origin = context.settings.basemap.remote_origin
    app.add_middleware(SecurityHeaders, https=context.https, map_origin=map_origin)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.start()
    try:
        yield
    finally:
        services.close()


def _operation_id(route: APIRoute) -> str:
    return route.name
