"""Tells each sensor's state from the scene, the forecast's judgement and the active alerts."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

from api.bins.board import Scene
from api.bins.view import quality_names
from api.schema import payload_text
from api.sensors.schemas import QuarantinedOut, QuarantineOut, SensorRowOut, SensorsOut, SensorStateName
from api.services import Services
from tomma.city import City, Sensor
from tomma.model import Alert, BinId, Quarantined, Reading, RejectReason, SensorId

STATES: Sequence[SensorStateName] = get_args(SensorStateName)


def sensors_out(hands: Services, *, state: SensorStateName | None, query: str, limit: int, offset: int) -> SensorsOut:
    """Return the sensors that match, whoever needs attention first."""
    rows = _rows(hands.watch.scene(), hands.context.readings.active_alerts(), hands.context.clock.now_utc())
    wanted = query.strip().casefold()
    found = [row for row in rows if (state is None or row.state == state) and _matches(row, wanted)]
    found.sort(key=lambda row: (STATES.index(row.state), row.id))
    counts = Counter(row.state for row in rows)
    return SensorsOut(
        total=len(found),
        counts={each: counts[each] for each in STATES},
        sensors=found[offset : offset + limit],
    )


def _matches(row: SensorRowOut, wanted: str) -> bool:
    texts = (row.id, row.make, row.model, row.bin_id or "", row.place or "")
    return not wanted or any(wanted in text.casefold() for text in texts)


def _rows(scene: Scene, alerts: Sequence[Alert], now_utc: datetime) -> list[SensorRowOut]:
    bin_of = _bins_now(scene.city, now_utc)
    kinds: defaultdict[SensorId, list[str]] = defaultdict(list)
    for alert in alerts:
        if alert.sensor_id is not None:
            kinds[alert.sensor_id].append(alert.kind.value)
    return [_row(scene, sensor, bin_of.get(sensor.id), kinds[sensor.id]) for sensor in scene.city.sensors.values()]


def _bins_now(city: City, now_utc: datetime) -> Mapping[SensorId, BinId]:
    return {each.sensor_id: each.bin_id for each in city.installations if each.covers(now_utc)}


def _row(scene: Scene, sensor: Sensor, bin_id: BinId | None, alerts: Sequence[str]) -> SensorRowOut:
    newest = scene.latest.get(bin_id) if bin_id else None
    reading = newest if newest and newest.sensor_id == sensor.id else None
    return SensorRowOut(
        id=sensor.id,
        make=sensor.make,
        model=sensor.model,
        state=_state(scene, bin_id, reading, alerts),
        bin_id=bin_id,
        place=scene.city.sites[scene.city.bins[bin_id].site_id].name if bin_id else None,
        measured_utc=reading.measured_utc if reading else None,
        received_utc=reading.received_utc if reading else None,
        fill_fraction=round(reading.fill_fraction, 4) if reading else None,
        distance_mm=reading.distance_mm if reading else None,
        battery_v=reading.battery_v if reading else None,
        temperature_c=reading.temperature_c if reading else None,
        quality=quality_names(reading.quality) if reading else [],
        alerts=sorted(alerts),
    )


def _state(scene: Scene, bin_id: BinId | None, reading: Reading | None, alerts: Sequence[str]) -> SensorStateName:
    if bin_id is None:
        return "not_installed"
    outlook = scene.forecast.outlook(bin_id) if scene.forecast else None
    if "sensor_silent" in alerts or (reading and outlook and outlook.sensor_state == "silent"):
        return "silent"
    if alerts:
        return "alert"
    if reading is None:
        return "never"
    return "odd" if outlook and outlook.sensor_state == "odd" else "ok"


def quarantine_out(devices: Sequence[Quarantined]) -> QuarantineOut:
    """Return the devices in the words of the public API."""
    return QuarantineOut(
        devices=[
            QuarantinedOut(
                device_ids=list(each.device_ids),
                envelope=each.envelope,
                reason="not_installed" if each.reason is RejectReason.NOT_INSTALLED else "unknown_device",
                first_utc=each.first_utc,
                last_utc=each.last_utc,
                seen=each.seen,
                kept=each.kept,
                last_payload=payload_text(each.last_payload),
            )
            for each in devices
        ]
    )
