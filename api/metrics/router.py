"""`GET /metrics`, where Prometheus looks for it."""

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from api.access import OFFICE, Role, allow
from api.metrics.city import CityCollector
from api.metrics.requests import RequestMetrics
from api.problems.model import problems
from api.services import Hands, Services


def build_router(requests: RequestMetrics) -> APIRouter:
    """Return the route; `requests` counts for the same application."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        summary="Metrics for Prometheus",
        response_class=Response,
        dependencies=[allow(*OFFICE, Role.ADMIN, Role.MONITOR)],
        responses={
            200: {"content": {"text/plain": {}}, "description": "Text format of Prometheus, version 0.0.4."},
            **problems(400),  # asked under a name that is not ours: the one way in which it fails
        },
    )
    def get_metrics(hands: Hands) -> Response:
        """Return counters and gauges: requests, workers, dead letters, alerts, and the age of readings and forecast."""
        body = generate_latest(requests.registry) + generate_latest(_city(hands))
        return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _city(hands: Services) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(CityCollector(hands))
    return registry
