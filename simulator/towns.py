"""Makes a town: real streets, plausible bins, trucks, and the truth behind them. The same seed, the same bytes."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from simulator.catalogue import CONTAINER_TYPES, SERVICE_S, SETS, SITE_SERVICE_S, STREAMS, Place
from simulator.fleet import base_points, depot_and_disposal, vehicles_of
from simulator.places import ChosenPlace, Kerb, choose_places, kerb_of
from simulator.presets import SHIPPED_EXTRACT, Preset, find_preset, preset_of_size
from simulator.streets import Streets, read_streets
from simulator.truth import DEVICE_SHARE, BinTruth, Device, draw_truths
from tomma.city import Bin, City, Installation, Organisation, Sensor, Site
from tomma.errors import ConfigurationError
from tomma.model import BinId, ContainerTypeId, FractionCode, SensorId, SiteId

INSTALLED_UTC = datetime(2016, 1, 1, tzinfo=UTC)  # before any history that is simulated or replayed
MEAN_BINS_PER_SITE = 2.06
MOST_BINS_PER_SITE = 12
EUI_PREFIX = 0x24E124_F0_0000_0000  # Milesight's own block with a device part that no sold device has
ACCESS_NOTES = (
    "Kärlen står på gården, in genom porten till höger",
    "Bom: ring vaktmästaren",
    "Smal gränd, backa in",
    "Lastzon finns på andra sidan gatan",
)
NOTED_SHARE = 0.15


@dataclass(frozen=True)
class Town:
    """A city as its owner knows it, and the truth behind it."""

    city: City
    truths: tuple[BinTruth, ...]


@cache
def _read(extract: Path) -> tuple[Streets, Kerb]:
    streets = read_streets(extract)
    return streets, kerb_of(streets)


def make_town(
    size: str | int, seed: int, *, extract: Path = SHIPPED_EXTRACT, silent_share: float = 0.03, timezone: str = ""
) -> Town:
    """Make the town of a preset's name or a number of bins.

    Args:
        size: A name of `simulator.presets.PRESETS`, or how many bins.
        seed: The same seed gives the same town, byte for byte.
        extract: An OpenStreetMap extract (.osm.pbf or .osm).
        silent_share: Which share of the sensors dies within the first month.
        timezone: IANA name; empty means Europe/Helsinki, where the shipped streets are.

    Raises:
        ConfigurationError: If the streets have no room for that many bins.
    """
    preset = find_preset(size) if isinstance(size, str) else preset_of_size(size)
    streets, kerb = _read(extract)
    places_rng, bins_rng, truth_rng = np.random.default_rng([seed, preset.bins]).spawn(3)
    wanted = math.ceil(preset.bins / MEAN_BINS_PER_SITE * 1.15)  # a reserve: sets are drawn, not counted
    places = choose_places(streets, kerb, wanted, places_rng)
    city = _city(preset, streets, places, bins_rng, timezone or "Europe/Helsinki")
    return Town(city, draw_truths(city, truth_rng, silent_share))


def _city(
    preset: Preset, streets: Streets, places: tuple[ChosenPlace, ...], rng: np.random.Generator, timezone: str
) -> City:
    sites, bins = _sites_and_bins(preset.bins, streets, places, rng)
    sensors, installations = _sensors(bins, rng)
    depot, disposal = depot_and_disposal(streets.frame, base_points(streets.streets))
    return City(
        organisation=Organisation("demo", "Demo town", timezone, "EUR"),
        fractions={stream.fraction.code: stream.fraction for stream in STREAMS.values()},
        container_types=dict(CONTAINER_TYPES),
        sites=sites,
        bins=bins,
        sensors=sensors,
        installations=installations,
        vehicles={vehicle.id: vehicle for vehicle in vehicles_of(preset, depot.id)},
        depots={depot.id: depot},
        disposal_sites={disposal.id: disposal},
    )


def _sites_and_bins(
    count: int, streets: Streets, places: tuple[ChosenPlace, ...], rng: np.random.Generator
) -> tuple[dict[SiteId, Site], dict[BinId, Bin]]:
    kinds = _bins_per_place(count, places, rng)
    sites: dict[SiteId, Site] = {}
    bins: dict[BinId, Bin] = {}
    for number, (place, stands) in enumerate(zip(places, kinds, strict=True), start=1):
        if not stands:
            continue
        noted = place.kind is not Place.LITTER and rng.random() < NOTED_SHARE
        site_id = SiteId(f"P{number:04d}")
        sites[site_id] = Site(
            id=site_id,
            name=place.name,
            position=streets.frame.to_position(place.point),
            access_note=ACCESS_NOTES[int(rng.integers(len(ACCESS_NOTES)))] if noted else "",
            service_s=SITE_SERVICE_S[place.kind],
            area=streets.area_at(place.point),
        )
        for letter, (stream, container) in zip("ABCDEFGHIJKL", stands, strict=False):
            bin_id = BinId(f"{site_id}{letter}")
            kind, code = ContainerTypeId(container), FractionCode(stream)
            bins[bin_id] = Bin(bin_id, site_id, kind, code, SERVICE_S[container])
    return sites, bins


def _bins_per_place(
    count: int, places: tuple[ChosenPlace, ...], rng: np.random.Generator
) -> list[list[tuple[str, str]]]:
    """Deal `count` bins over the places; where the streets are too short, yards get more of the same."""
    dealt: list[list[tuple[str, str]]] = [[] for _ in places]
    left = count
    for number, place in enumerate(places):
        chosen = SETS[place.kind][int(rng.integers(len(SETS[place.kind])))]
        dealt[number] += chosen[:left]
        left -= len(dealt[number])
    while left:
        grown = left
        for number, place in enumerate(places):
            if left and place.kind is not Place.LITTER and len(dealt[number]) < MOST_BINS_PER_SITE:
                dealt[number].append(dealt[number][int(rng.integers(len(dealt[number])))])
                left -= 1
        if left == grown:
            raise ConfigurationError(f"bins must be within [1, {count - left}] on these streets, got {count}")
    return dealt


def _sensors(
    bins: dict[BinId, Bin], rng: np.random.Generator
) -> tuple[dict[SensorId, Sensor], tuple[Installation, ...]]:
    devices = list(DEVICE_SHARE)
    drawn = rng.choice(len(devices), size=len(bins), p=list(DEVICE_SHARE.values()))
    sensors: dict[SensorId, Sensor] = {}
    installations: list[Installation] = []
    for number, (bin_id, kind) in enumerate(zip(bins, drawn, strict=True), start=1):
        sensor = _sensor(devices[int(kind)], number)
        sensors[sensor.id] = sensor
        installations.append(Installation(sensor.id, bin_id, INSTALLED_UTC))
    return sensors, tuple(installations)


def _sensor(device: Device, number: int) -> Sensor:
    if device is Device.LASER_TTS:
        return Sensor(SensorId(f"eui-{EUI_PREFIX + number:016x}"), "Milesight", "EM400-TLD")
    if device is Device.FILL_JSON:
        return Sensor(SensorId(f"f{number:05d}"), "simulated", "fill over NB-IoT")
    return Sensor(SensorId(f"u{number:05d}"), "simulated", "ultrasonic over NB-IoT")
