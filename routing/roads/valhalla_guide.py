"""Turn texts by Valhalla, in its own Swedish and English, along the line that the plan drew."""

from collections.abc import Mapping
from typing import Any

from routing.roads.engine import NotThereError
from routing.roads.guidance import Guidance, Language, Manoeuvre, ManoeuvreKind, WordsSource, follows
from routing.roads.port import Leg
from routing.roads.server import reading
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.roads.valhalla_engine import Valhalla, costing_of, line_of
from tomma.errors import RoadsUnavailableError

LANGUAGES = {Language.SV: "sv-SE", Language.EN: "en-GB"}
KINDS: Mapping[int, ManoeuvreKind] = {
    **dict.fromkeys((1, 2, 3), ManoeuvreKind.DEPART),
    **dict.fromkeys((4, 5, 6), ManoeuvreKind.ARRIVE),
    **dict.fromkeys((9, 18, 20, 23), ManoeuvreKind.SLIGHT_RIGHT),
    10: ManoeuvreKind.RIGHT,
    11: ManoeuvreKind.SHARP_RIGHT,
    **dict.fromkeys((12, 13), ManoeuvreKind.U_TURN),
    14: ManoeuvreKind.SHARP_LEFT,
    15: ManoeuvreKind.LEFT,
    **dict.fromkeys((16, 19, 21, 24), ManoeuvreKind.SLIGHT_LEFT),
    **dict.fromkeys((25, 37, 38), ManoeuvreKind.MERGE),
    **dict.fromkeys((26, 27), ManoeuvreKind.ROUNDABOUT),
    **dict.fromkeys((28, 29), ManoeuvreKind.FERRY),
}
"""By Valhalla's numbers for manoeuvres; all others lead straight on."""


class ValhallaGuide:
    """Asks a Valhalla to follow the plan's line; where it cannot, another guide should be asked."""

    def __init__(self, valhalla: Valhalla) -> None:
        self._valhalla = valhalla

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return the words along `line`; a line of two points knows no streets and is routed anew, for this truck."""
        try:
            guidance = self._route(line, language, truck) if len(line) == 2 else self._trace(line, language, truck)
        except NotThereError as exc:
            raise RoadsUnavailableError(f"no words for this drive: {exc}") from exc
        if len(line) > 2 and not guidance.follows_plan:
            raise RoadsUnavailableError("the words would follow another line than the plan's")
        return guidance

    def _trace(self, line: Leg, language: Language, truck: TruckSize) -> Guidance:
        # The line was drawn for this truck by a profile that knows private yards and local streets better than
        # Valhalla does: here it has only to follow, so access is not its question.
        request = _request(language, costing_of(truck) | {"ignore_access": True})
        shape = [{"lon": lon, "lat": lat} for lon, lat in line]
        answer = self._valhalla.ask("trace_route", request | {"shape": shape, "shape_match": "walk_or_snap"})
        return _guidance(answer, line)

    def _route(self, line: Leg, language: Language, truck: TruckSize) -> Guidance:
        locations = [{"lon": lon, "lat": lat} for lon, lat in (line[0], line[-1])]
        answer = self._valhalla.ask("route", _request(language, costing_of(truck)) | {"locations": locations})
        return _guidance(answer, line)


def _request(language: Language, truck: Mapping[str, float | bool]) -> dict[str, Any]:
    return {
        "costing": "truck",
        "costing_options": {"truck": dict(truck)},
        "directions_options": {"language": LANGUAGES[language], "units": "kilometers"},
    }


def _guidance(answer: Any, plan: Leg) -> Guidance:
    with reading("Valhalla's"):
        (leg,) = answer["trip"]["legs"]
        line = tuple(line_of(leg["shape"]))
        manoeuvres = tuple(_manoeuvre(each) for each in leg["maneuvers"])
    if not manoeuvres or len(line) < 2:
        raise RoadsUnavailableError("an answer without words")
    return Guidance(manoeuvres, line, WordsSource.VALHALLA, follows(line, plan))


def _manoeuvre(told: Mapping[str, Any]) -> Manoeuvre:
    names = told.get("begin_street_names") or told.get("street_names") or ("",)
    return Manoeuvre(
        kind=KINDS.get(int(told["type"]), ManoeuvreKind.STRAIGHT),
        text=" ".join(str(told["instruction"]).split()).removesuffix("."),  # its Swedish has double spaces
        street=str(names[0]),
        distance_m=round(float(told["length"]) * 1_000),
        duration_s=round(float(told["time"])),
        at=int(told["begin_shape_index"]),
    )
