"""Guides that need nothing but what planning has: the network's own steps, and straight lines."""

from collections.abc import Callable
from itertools import pairwise

from routing.roads.engine import NotThereError, Spot, Step, StreetEngine
from routing.roads.guidance import Guidance, Language, Manoeuvre, ManoeuvreKind, WordsSource, bearing_of, follows
from routing.roads.port import Leg, LonLat
from routing.roads.straight_line import StraightLineRoads
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.roads.words import LEAVING_ROUNDABOUT, arrival, kind_of, straight_text, text_of
from tomma.city import Position
from tomma.errors import RoadsUnavailableError

SAYS_NOTHING = frozenset({"new name", "notification", "use lane", "continue"})


class StepGuide:
    """Takes the words from the steps of the network that planning uses.

    Args:
        engine_for: Returns the network of a truck's size; may raise RoadsUnavailableError.
    """

    def __init__(self, engine_for: Callable[[TruckSize], StreetEngine]) -> None:
        self._engine_for = engine_for

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return the words for the drive from the line's one end to the other, which is the line if nothing changed."""
        try:
            (steps,) = self._engine_for(truck).route([Spot(line[0]), Spot(line[-1])])
        except NotThereError as exc:
            raise RoadsUnavailableError(f"no way along the streets: {exc}") from exc
        told, points = _joined(steps), list[LonLat]()
        begins = [_append(points, step.line) for step in told]
        manoeuvres = tuple(
            Manoeuvre(
                kind=kind_of(step),
                text=text_of(step, language),
                street=step.street,
                distance_m=round(step.distance_m),
                duration_s=round(step.duration_s),
                at=at,
            )
            for step, at in zip(told, begins, strict=True)
        )
        return Guidance(manoeuvres, tuple(points), WordsSource.STREETS, follows(tuple(points), line))


class StraightGuide:
    """Tells direction and distance, as the crow flies.

    Args:
        guess: Returns the straight lines as they are known now.
    """

    def __init__(self, guess: Callable[[], StraightLineRoads]) -> None:
        self._guess = guess

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:  # noqa: ARG002  (port)
        """Return two manoeuvres: thither, and arrived."""
        ends = (line[0], line[-1])
        matrix = self._guess().matrix([Position(lat, lon) for lon, lat in ends])
        distance_m, duration_s = max(0, int(matrix.distance_m[0, 1])), max(0, int(matrix.duration_s[0, 1]))
        text = straight_text(distance_m, bearing_of(line), language)
        manoeuvres = (
            Manoeuvre(ManoeuvreKind.DEPART, text, "", distance_m, duration_s, 0),
            Manoeuvre(ManoeuvreKind.ARRIVE, arrival(language), "", 0, 0, 1),
        )
        return Guidance(manoeuvres, ends, WordsSource.STRAIGHT_LINE, follows_plan=len(line) == 2)


def _joined(steps: list[Step]) -> list[Step]:
    """Leave out what asks nothing of the driver: another name straight ahead, the way out of a counted roundabout."""
    told: list[Step] = []
    for step in steps:
        silent = step.kind in LEAVING_ROUNDABOUT or (step.kind in SAYS_NOTHING and step.modifier in ("", "straight"))
        if not (told and silent):
            told.append(step)
            continue
        before = told[-1]
        told[-1] = Step(
            before.kind,
            before.modifier,
            before.street,
            before.exit_number,
            before.bearing_after_deg,
            before.distance_m + step.distance_m,
            before.duration_s + step.duration_s,
            before.line + step.line,
        )
    return told


def _append(points: list[LonLat], line: Leg) -> int:
    """Add a step's line, each place once, and return where it begins."""
    at = len(points) - 1 if points and points[-1] == line[0] else len(points)
    points += line[:1] if at == len(points) else ()
    points += [there for here, there in pairwise(line) if here != there]
    return at
