"""What is said when a level's unit or time is in doubt: the field, and the line of a mapping file that settles it."""

from ingest.decode.facts import Fact
from ingest.refusal import shown
from tomma.bounds import BoundError, Rule


def unit_doubt(fact: Fact, quantity: str, units: str, likely: str, file: str) -> BoundError:
    """Return what to say of a number whose unit is one of `units` ("mm, cm"), most likely `likely`."""
    name = _spelled(fact.path)
    line = f'{quantity} = {{ from = "{name}", unit = "{likely}" }}'
    said = " or ".join(units.rsplit(", ", 1))
    bound = f"must be certain ({said}); say it by the line {line} under [fields] in {file}"
    told_as = f"the unit of {name} = {shown(fact.value)}"
    return BoundError(name, Rule.LEVEL_UNIT, bound, told_as=told_as, units=units, line=line, file=file)


def height_doubt(fact: Fact, unit: str, file: str) -> BoundError:
    """Return what to say of a level that is counted from the bottom, we do not know how far below the sensor."""
    name = _spelled(fact.path)
    line = f'distance = {{ from = "{name}", unit = "{unit}", scale = -1, offset = 2000 }}'
    bound = f"is a height of waste, not a distance; say from which height it counts: {line} under [fields] in {file}"
    told_as = f"{name} = {shown(fact.value)}"
    return BoundError(name, Rule.LEVEL_HEIGHT, bound, told_as=told_as, line=line, file=file)


def age_doubt(age: Fact, file: str) -> BoundError:
    """Return what to say of a history whose entries tell their time by an age in we do not know what unit."""
    each, path = _spelled(age.path.rpartition(".")[0]), _spelled(age.path)
    line = f'each = "{each}" and time = {{ from = "{_spelled(age.name)}", unit = "minutes_ago" }}'
    bound = (
        f"is an age whose unit must be certain; say it by the lines {line}, and which field is the level, "
        f"under [fields] in {file}"
    )
    told_as = f"{path} = {shown(age.value)}"
    return BoundError(path, Rule.LEVEL_AGE, bound, told_as=told_as, line=line, file=file)


def _spelled(path: str) -> str:
    """Return a name as a mapping file writes it, if it can; names come from devices and may hold anything."""
    plain = path.isascii() and path.isprintable() and len(path) <= 80
    return path.replace("\\", "\\\\").replace('"', '\\"') if plain else shown(path)
