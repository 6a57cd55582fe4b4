"""Valhalla, inside this process or on a server: the same questions in the same JSON."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

from routing.roads.engine import NotThereError
from routing.roads.port import LonLat
from routing.roads.server import StreetServer, reading
from routing.roads.truck_size import TruckSize
from tomma.errors import RoadsUnavailableError

log = logging.getLogger(__name__)

Action = Literal["route", "trace_route", "sources_to_targets", "locate"]
NOT_THERE = frozenset({154, 170, 171, 442, 443, 444})
"""Its codes for: too far, unconnected regions, no street near, no path, and two ways of not following a line."""
POLYLINE_DIGITS = 6


class Valhalla(Protocol):
    """One Valhalla that can be asked."""

    def ask(self, action: Action, request: Mapping[str, Any]) -> Any:
        """Return its answer.

        Raises:
            NotThereError: If there is no such street or drive.
            RoadsUnavailableError: If it gives no answer.
        """


class ValhallaActor:
    """Valhalla inside this process, on tiles that `valhalla_tiles` prepared. Threads take turns.

    Raises:
        RoadsUnavailableError: If it is not installed or the tiles cannot be opened.
    """

    def __init__(self, tiles: Path) -> None:
        try:
            from valhalla import Actor, get_config
        except ImportError as exc:
            raise RoadsUnavailableError(f"pyvalhalla is not installed: {exc}") from exc
        config = get_config(tile_extract="", tile_dir=tiles)
        config["mjolnir"].pop("landmarks", None)
        config["service_limits"]["truck"].update(max_matrix_location_pairs=10**8, max_locations=10**5)
        try:
            self._actor = Actor(config)
        except RuntimeError as exc:
            raise RoadsUnavailableError(f"{tiles}: the prepared tiles cannot be opened ({exc})") from exc
        self._turn = Lock()

    def ask(self, action: Action, request: Mapping[str, Any]) -> Any:
        """Return its answer as `Valhalla` promises."""
        ask = getattr(self._actor, "matrix" if action == "sources_to_targets" else action)
        try:
            with self._turn:
                return json.loads(ask(json.dumps(request)))
        except RuntimeError as exc:
            raise _refusal(getattr(exc, "code", 0), str(exc)) from exc


class ValhallaServer:
    """A Valhalla server.

    Args:
        url: Where it is.
        timeout_s: For connecting, and for each silence.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._server = StreetServer("Valhalla", url, timeout_s)

    def ask(self, action: Action, request: Mapping[str, Any]) -> Any:
        """Return its answer as `Valhalla` promises."""
        status, answer = self._server.ask("POST", action, json=dict(request))
        if status == 200:
            return answer
        with reading("Valhalla's"):
            told = f"{status} {answer.get('error', answer.get('code', ''))}".strip()
            refusal = _refusal(int(answer.get("error_code", 0)), told)
        raise self._server.fault(str(refusal)) if isinstance(refusal, RoadsUnavailableError) else refusal


def costing_of(truck: TruckSize) -> dict[str, float]:
    """Return a truck's measures as Valhalla's truck costing names them: metres and tonnes."""
    return {
        "height": truck.height_m,
        "width": truck.width_m,
        "length": truck.length_m,
        "weight": truck.weight_kg / 1_000,
        "axle_load": truck.axle_load_kg / 1_000,
    }


def line_of(shape: str) -> list[LonLat]:
    """Return the points of a shape as Valhalla encodes it: differences, zigzag, five bits a character."""
    values, value, shift = [0, 0], 0, 0
    line: list[LonLat] = []
    axis = 0
    for character in shape:
        bits = ord(character) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        values[axis] += ~(value >> 1) if value & 1 else value >> 1
        value = shift = 0
        axis = 1 - axis
        if axis == 0:
            line.append((values[1] / 10**POLYLINE_DIGITS, values[0] / 10**POLYLINE_DIGITS))
    return line


def _refusal(code: int, told: str) -> Exception:
    if code in NOT_THERE:
        return NotThereError(told)
    return RoadsUnavailableError(f"the guide gave no answer: {told}")
