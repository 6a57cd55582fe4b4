"""Recorded network-server messages: published again as they are, each on the topic it came from.

A file is one JSON document or one per line. Read are The Things Stack's uplinks, bare or inside a wrapper under
`payload` or `envelope`, and records of `topic` and `payload` on our own topics. A message of a network that ingest
has no door for yet is counted as skipped and named, never bent into another one's shape.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ingest.decode import MAKERS
from simulator.messages import OutMessage
from simulator.places import choose_places, kerb_of
from simulator.presets import SHIPPED_EXTRACT
from simulator.streets import read_streets
from simulator.towns import INSTALLED_UTC, make_town
from tomma.city import Bin, City, Installation, Organisation, Sensor, Site
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, FractionCode, SensorId, SiteId

type Json = Any


@dataclass
class Recording:
    """What a file of messages holds."""

    messages: list[OutMessage] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many messages of which network there is no door for."""
    devices: dict[SensorId, Sensor] = field(default_factory=dict)
    """Make and model as far as the recording tells: ingest picks the decoder by the make."""


def read_recording(paths: Sequence[Path]) -> Recording:
    """Return what can be published of the files, in the files' order."""
    found = Recording()
    for path in paths:
        for document in _documents(path):
            _take(found, document)
    return found


def _documents(path: Path) -> Iterator[dict[str, Json]]:
    text = path.read_text(encoding="utf-8")
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = [_line(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for document in documents:
        if not isinstance(document, dict):
            raise ImportRefusedError(f"{path}: each message must be a JSON object, got {type(document).__name__}")
        yield document


def _line(path: Path, number: int, line: str) -> Json:
    try:
        return json.loads(line)
    except ValueError as exc:
        raise ImportRefusedError(f"{path} line {number}: not JSON ({exc})") from exc


def _take(found: Recording, document: dict[str, Json]) -> None:
    body = document.get("payload", document.get("envelope", document))
    topic = document.get("topic")
    if isinstance(body, dict) and "end_device_ids" in body:
        if "uplink_message" in body:
            _take_tts(found, body, _make(document), str(document.get("device", "")))
        else:
            found.skipped["The Things Stack, not an uplink"] += 1
    elif isinstance(topic, str) and topic.startswith("tomma/v1/") and isinstance(body, dict):
        sensor_id = SensorId(topic.split("/")[2])
        found.messages.append(OutMessage(topic, _bytes(body), sensor_id))
        found.devices.setdefault(sensor_id, Sensor(sensor_id))
    else:
        found.skipped[str(document.get("network", document.get("topic", "unknown network")))] += 1


def _make(document: dict[str, Json]) -> str:
    """Return the maker: as stated, or as named in where the message is from; empty if neither tells."""
    stated = str(document.get("vendor", ""))
    source = str(document.get("source", "")).lower()
    return stated or next((make for make in MAKERS if make in source), "")


def _take_tts(found: Recording, body: dict[str, Json], make: str, model: str) -> None:
    ids = body["end_device_ids"]
    device = str(ids.get("device_id") or f"eui-{ids.get('dev_eui', 'unknown')}".lower())
    application = str(ids.get("application_ids", {}).get("application_id", "recorded"))
    topic = f"v3/{application}@recorded/devices/{device}/up"
    found.messages.append(OutMessage(topic, _bytes(body), SensorId(device)))
    found.devices.setdefault(SensorId(device), Sensor(SensorId(device), make, model))


def _bytes(body: dict[str, Json]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def recorded_city(recording: Recording) -> City:
    """Return a city with one bin for each recorded device, on the shipped streets: recordings know no places."""
    frame = make_town(1, seed=0).city  # trucks, depot, streams and containers
    streets = read_streets(SHIPPED_EXTRACT)
    places = choose_places(streets, kerb_of(streets), max(len(recording.devices), 1), np.random.default_rng(0))
    sites: dict[SiteId, Site] = {}
    bins: dict[BinId, Bin] = {}
    for number, (place, _) in enumerate(zip(places, recording.devices, strict=False), start=1):
        site_id = SiteId(f"R{number:03d}")
        sites[site_id] = Site(site_id, place.name, streets.frame.to_position(place.point))
        bin_id = BinId(f"{site_id}A")
        bins[bin_id] = Bin(bin_id, site_id, ContainerTypeId("igloo-3000"), FractionCode("paper"))
    return City(
        organisation=Organisation("recorded", "Recorded devices", "Europe/Helsinki", "EUR"),
        fractions=frame.fractions,
        container_types=frame.container_types,
        sites=sites,
        bins=bins,
        sensors=recording.devices,
        installations=tuple(
            Installation(sensor_id, bin_id, INSTALLED_UTC)
            for sensor_id, bin_id in zip(recording.devices, bins, strict=True)
        ),
        vehicles=frame.vehicles,
        depots=frame.depots,
        disposal_sites=frame.disposal_sites,
    )
