"""Our own plain words for the steps of a drive, in Swedish and English: for when no better guide is prepared."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.roads.engine import Step
from routing.roads.guidance import Language, ManoeuvreKind

TURNS: Mapping[str, ManoeuvreKind] = {
    "uturn": ManoeuvreKind.U_TURN,
    "sharp right": ManoeuvreKind.SHARP_RIGHT,
    "right": ManoeuvreKind.RIGHT,
    "slight right": ManoeuvreKind.SLIGHT_RIGHT,
    "straight": ManoeuvreKind.STRAIGHT,
    "slight left": ManoeuvreKind.SLIGHT_LEFT,
    "left": ManoeuvreKind.LEFT,
    "sharp left": ManoeuvreKind.SHARP_LEFT,
}
ROUNDABOUTS = frozenset({"roundabout", "rotary", "roundabout turn"})
LEAVING_ROUNDABOUT = frozenset({"exit roundabout", "exit rotary"})


@dataclass(frozen=True, slots=True)
class _Words:
    turn: Mapping[ManoeuvreKind, str]
    onto: str
    along: str
    depart: str
    arrive: str
    roundabout: str
    nth_exit: str
    compass: tuple[str, ...]
    straight_line: str


WORDS: Mapping[Language, _Words] = {
    Language.SV: _Words(
        turn={
            ManoeuvreKind.STRAIGHT: "Fortsätt rakt fram",
            ManoeuvreKind.SLIGHT_LEFT: "Håll vänster",
            ManoeuvreKind.LEFT: "Sväng vänster",
            ManoeuvreKind.SHARP_LEFT: "Sväng skarpt vänster",
            ManoeuvreKind.SLIGHT_RIGHT: "Håll höger",
            ManoeuvreKind.RIGHT: "Sväng höger",
            ManoeuvreKind.SHARP_RIGHT: "Sväng skarpt höger",
            ManoeuvreKind.U_TURN: "Vänd",
            ManoeuvreKind.MERGE: "Kör in i trafiken",
            ManoeuvreKind.FERRY: "Ta färjan",
        },
        onto=" in på {street}",
        along=" på {street}",
        depart="Kör mot {compass}{along}",
        arrive="Du är framme",
        roundabout="Kör in i rondellen",
        nth_exit=" och ta avfart {number}",
        compass=("norr", "nordost", "öster", "sydost", "söder", "sydväst", "väster", "nordväst"),
        straight_line="Gatorna är okända: {distance} mot {compass}",
    ),
    Language.EN: _Words(
        turn={
            ManoeuvreKind.STRAIGHT: "Continue straight on",
            ManoeuvreKind.SLIGHT_LEFT: "Keep left",
            ManoeuvreKind.LEFT: "Turn left",
            ManoeuvreKind.SHARP_LEFT: "Turn sharp left",
            ManoeuvreKind.SLIGHT_RIGHT: "Keep right",
            ManoeuvreKind.RIGHT: "Turn right",
            ManoeuvreKind.SHARP_RIGHT: "Turn sharp right",
            ManoeuvreKind.U_TURN: "Turn round",
            ManoeuvreKind.MERGE: "Merge",
            ManoeuvreKind.FERRY: "Take the ferry",
        },
        onto=" onto {street}",
        along=" on {street}",
        depart="Drive {compass}{along}",
        arrive="You have arrived",
        roundabout="Enter the roundabout",
        nth_exit=" and take exit {number}",
        compass=("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"),
        straight_line="Streets not known: {distance} to the {compass}",
    ),
}


def kind_of(step: Step) -> ManoeuvreKind:
    """Return the arrow of a step."""
    if step.kind in ("depart", "arrive", "merge"):
        return ManoeuvreKind(step.kind)
    if step.kind in ROUNDABOUTS:
        return ManoeuvreKind.ROUNDABOUT
    return TURNS.get(step.modifier, ManoeuvreKind.STRAIGHT)


def text_of(step: Step, language: Language) -> str:
    """Return what a step tells the driver to do."""
    words, kind = WORDS[language], kind_of(step)
    onto = words.onto.format(street=step.street) if step.street else ""
    along = words.along.format(street=step.street) if step.street else ""
    if kind is ManoeuvreKind.DEPART:
        return words.depart.format(compass=compass(step.bearing_after_deg, language), along=along)
    if kind is ManoeuvreKind.ARRIVE:
        return words.arrive
    if kind is ManoeuvreKind.ROUNDABOUT:
        exit_ = words.nth_exit.format(number=step.exit_number) if step.exit_number else ""
        return words.roundabout + exit_ + onto
    return words.turn[kind] + (along if kind in (ManoeuvreKind.STRAIGHT, ManoeuvreKind.U_TURN) else onto)


def straight_text(distance_m: float, bearing_deg: float, language: Language) -> str:
    """Return what can be told where no street is known."""
    distance = f"{distance_m / 1000:.1f} km" if distance_m >= 1000 else f"{round(distance_m, -1):.0f} m"
    if language is Language.SV:
        distance = distance.replace(".", ",")
    return WORDS[language].straight_line.format(distance=distance, compass=compass(bearing_deg, language))


def arrival(language: Language) -> str:
    """Return the last words."""
    return WORDS[language].arrive


def compass(bearing_deg: float, language: Language) -> str:
    """Return the nearest of eight directions."""
    return WORDS[language].compass[round(bearing_deg / 45.0) % 8]
