"""What the simulator asks of the server, over the same HTTP API as pages, tablets and open integrations."""

from datetime import date, datetime

import httpx
import msgspec

from tomma.errors import TommaError

TIMEOUT_S = 20.0
EVENTS_MAX = 500  # the API takes no more in one go


class OfficeUnavailableError(TommaError):
    """The server does not answer, or not as its API promises."""


class PlanView(msgspec.Struct, frozen=True):
    """A plan in short."""

    id: str
    day: date
    status: str
    stops: int | None = None
    detail: str = ""
    """Why it failed."""


class RouteInShort(msgspec.Struct, frozen=True):
    """One truck's route of today."""

    vehicle_id: str


class TodayView(msgspec.Struct, frozen=True):
    """Today's published plan."""

    plan_id: str | None = None
    routes: tuple[RouteInShort, ...] = ()


class StopView(msgspec.Struct, frozen=True):
    """A stop as the tablet sees it."""

    kind: str
    arrive_utc: datetime
    depart_utc: datetime
    leg_driving_s: int = 0
    bin_id: str | None = None
    disposal_site_id: str | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    state: str = "todo"


class RouteView(msgspec.Struct, frozen=True):
    """A route as the tablet sees it."""

    vehicle_id: str
    plan_id: str
    start_utc: datetime
    stops: tuple[StopView, ...]


class EventView(msgspec.Struct, frozen=True):
    """Something a driver did."""

    key: str
    kind: str
    tapped_utc: datetime
    plan_id: str
    bin_id: str | None = None
    undoes_key: str | None = None


class TapResult(msgspec.Struct, frozen=True):
    """What became of a tap."""

    status: str
    key: str | None = None
    reason: str | None = None


class _Taken(msgspec.Struct, frozen=True):
    results: tuple[TapResult, ...]


class _Plans(msgspec.Struct, frozen=True):
    plans: tuple[PlanView, ...]


class _Events(msgspec.Struct, frozen=True):
    position: int
    events: tuple[EventView, ...]


class _BinFill(msgspec.Struct, frozen=True):
    measured_utc: datetime | None = None


class _Bins(msgspec.Struct, frozen=True):
    bins: tuple[_BinFill, ...]


class Office:
    """A client of the HTTP API; every failure is an OfficeUnavailableError."""

    def __init__(self, base_url: str, api_key: str = "") -> None:
        """Ask at an address; `api_key` is one of `tomma keys add`, a demo needs none."""
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(base_url=f"{base_url}/api/v1", headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def known_fills(self) -> int:
        """Return how many bins have a reading."""
        return sum(each.measured_utc is not None for each in self._ask("GET", "/bins", _Bins).bins)

    def plans(self, limit: int = 20) -> tuple[PlanView, ...]:
        """Return the newest plans."""
        return self._ask("GET", f"/plans?limit={limit}", _Plans).plans

    def plan(self, plan_id: str) -> PlanView:
        """Return one plan in short."""
        return self._ask("GET", f"/plans/{plan_id}", PlanView)

    def ask_for_plan(self, day: date, budget_s: float | None) -> PlanView:
        """Ask for the day's plan."""
        body: dict[str, object] = {"day": day.isoformat()}
        if budget_s is not None:
            body["budget_s"] = budget_s
        return self._ask("POST", "/plans", PlanView, body)

    def publish(self, plan_id: str) -> PlanView:
        """Send the plan to the trucks."""
        return self._ask("POST", f"/plans/{plan_id}/publish", PlanView)

    def today(self) -> TodayView:
        """Return today's published routes in short."""
        return self._ask("GET", "/driver/routes", TodayView)

    def route(self, vehicle_id: str) -> RouteView:
        """Return one truck's route of today."""
        return self._ask("GET", f"/driver/routes/{vehicle_id}", RouteView)

    def tap(self, events: list[dict[str, object]], sent_utc: datetime) -> tuple[TapResult, ...]:
        """Send what drivers tapped, and return what became of each; the server keeps each key once."""
        found: list[TapResult] = []
        for start in range(0, len(events), EVENTS_MAX):
            body = {"events": events[start : start + EVENTS_MAX], "sent_utc": iso(sent_utc)}
            found += self._ask("POST", "/driver/events", _Taken, body).results
        return tuple(found)

    def events_after(self, position: int) -> tuple[int, tuple[EventView, ...]]:
        """Return (new position, every event stored after `position`)."""
        answer = self._ask("GET", f"/driver/events?after={position}", _Events)
        return answer.position, answer.events

    def _ask[T](self, method: str, path: str, kind: type[T], body: object = None) -> T:
        try:
            answer = self._client.request(method, path, json=body)
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=kind)
        except httpx.HTTPStatusError as exc:
            raise OfficeUnavailableError(
                f"{method} {path} answered {exc.response.status_code}: {exc.response.text[:300]}"
            ) from exc
        except (httpx.HTTPError, msgspec.MsgspecError) as exc:
            raise OfficeUnavailableError(f"{method} {path} failed: {exc}") from exc


def iso(moment: datetime) -> str:
    """Return a UTC time as the API writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
