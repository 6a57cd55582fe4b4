"""The city that the Edinburgh recording needs: its bins where the public list of litter bins has them."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.fleet import HOUR_S, SHIFT
from simulator.replay.edinburgh import Collection, rated_volumes_l, sensor_of
from simulator.towns import INSTALLED_UTC
from tomma.city import Bin, City, Depot, DisposalSite, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, DepotId, DisposalSiteId, FractionCode, SiteId, VehicleId
from tomma.trucks import Vehicle

CENTRE = Position(55.9521, -3.1965)
LITTER = FractionCode("litter")
LITTER_KG_PER_L = 0.07  # the operator's own assumption: the recording's weight is volume x 0.07
USUAL_VOLUME_L = 240.0
ASSUMED_NOTE = "Position assumed: the list of litter bins has no such name"
FILLER_WORDS = frozenset({"street", "road", "place", "at", "the", "of", "in", "on", "and", "outside", "opposite", "no"})


@dataclass(frozen=True, slots=True)
class ListedBin:
    """A row of the public list of litter bins."""

    words: frozenset[str]
    street: frozenset[str]
    position: Position


def read_positions(path: Path) -> tuple[ListedBin, ...]:
    """Return the list of litter bins (CSV with name, Location, latitude, longitude)."""
    found: list[ListedBin] = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                position = Position(float(row["latitude"]), float(row["longitude"]))
                found.append(ListedBin(_words(f"{row['name']} {row['Location']}"), _words(row["name"]), position))
            except (KeyError, TypeError, ValueError) as exc:
                raise ImportRefusedError(f"{path} line {number}: {exc!r}") from exc
    return tuple(found)


def edinburgh_city(collections: Sequence[Collection], listed: Sequence[ListedBin]) -> City:
    """Return a city with one bin per recorded site, three trucks, and a depot at the old town's edge."""
    places = {each.site: each for each in collections}
    positions = _match(places, listed)
    volumes_l = rated_volumes_l(collections)
    types = {volume_l: _container(volume_l) for volume_l in {*volumes_l.values(), USUAL_VOLUME_L}}
    bins = {
        BinId(site): Bin(BinId(site), SiteId(site), types[volumes_l.get(site, USUAL_VOLUME_L)].id, LITTER, 45)
        for site in places
    }
    return City(
        organisation=Organisation("edinburgh", "Edinburgh 2016 (recorded)", "Europe/London", "GBP"),
        fractions={LITTER: Fraction(LITTER, "Skräp", "Litter", LITTER_KG_PER_L, 14.0)},
        container_types={each.id: each for each in types.values()},
        sites={SiteId(site): _site(each, positions.get(site), number) for number, (site, each) in _numbered(places)},
        bins=bins,
        sensors={sensor_of(site): Sensor(sensor_of(site), "Enevo", "ONe") for site in places},
        installations=tuple(Installation(sensor_of(site), BinId(site), INSTALLED_UTC) for site in places),
        vehicles={each.id: each for each in _vehicles()},
        depots={DepotId("depot"): Depot(DepotId("depot"), "Depot (assumed)", Position(55.9440, -3.2250))},
        disposal_sites={DisposalSiteId("transfer"): _disposal()},
    )


def _numbered(places: Mapping[str, Collection]) -> list[tuple[int, tuple[str, Collection]]]:
    return list(enumerate(places.items()))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+|\d+", text.lower())) - FILLER_WORDS


def _match(places: Mapping[str, Collection], listed: Sequence[ListedBin]) -> dict[str, Position]:
    """Give each site the listed bin on its street that shares most words with it; no bin twice.

    A street's name is in both texts, so it must be there in full; what else is shared ("Tesco", "tram stop") decides.
    """
    wanted = {site: _words(f"{each.site_name} {each.address}") for site, each in places.items()}
    offers = sorted(
        (-len(words & row.words) / len(row.words | words), site, number)
        for site, words in wanted.items()
        for number, row in enumerate(listed)
        if row.street and row.street <= words
    )
    matched: dict[str, Position] = {}
    used: set[int] = set()
    for _, site, number in offers:
        if site not in matched and number not in used:
            matched[site] = listed[number].position
            used.add(number)
    return matched


def _site(each: Collection, position: Position | None, number: int) -> Site:
    return Site(
        id=SiteId(each.site),
        name=each.site_name,
        position=position or _laid_out(number),
        access_note="" if position else ASSUMED_NOTE,
        service_s=45,
    )


def _laid_out(number: int) -> Position:
    """Spread the sites without a known place over a disc around the centre (sunflower pattern)."""
    away_m, turn = 60.0 * math.sqrt(number + 1), number * math.pi * (3 - math.sqrt(5))
    lat_deg = CENTRE.lat_deg + away_m * math.sin(turn) / 111_320
    return Position(lat_deg, CENTRE.lon_deg + away_m * math.cos(turn) / (111_320 * 0.56))


def _container(volume_l: float) -> ContainerType:
    name = f"Litter bin {volume_l:.0f} l"
    # The sensor tells per cent; the geometry is there to be complete and is assumed.
    return ContainerType(ContainerTypeId(f"litter-{volume_l:.0f}"), name, volume_l, 1_000.0, 200.0, 0.4 * volume_l)


def _vehicles() -> list[Vehicle]:
    return [
        Vehicle(
            id=VehicleId(f"truck-{number}"),
            name=f"Truck {number}",
            depot_id=DepotId("depot"),
            capacity_l=24_000.0,
            capacity_kg=4_000.0,
            fractions=frozenset({LITTER}),
            shift=SHIFT,
            fixed_cost_minor=4_000,
        )
        for number in (1, 2, 3)
    ]


def _disposal() -> DisposalSite:
    place = Position(55.9560, -3.1550)
    return DisposalSite(
        DisposalSiteId("transfer"), "Transfer station (assumed)", place, frozenset({LITTER}), 6 * HOUR_S, 18 * HOUR_S
    )
