"""Tells each sensor's state from the scene, the forecast's judgement and the active alerts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import get_args

from api.bins.board import Scene
from api.bins.view import quality_names
from api.schema import payload_text
from api.sensors.schemas import QuarantinedOut, QuarantineOut, SensorRowOut, SensorSort, SensorsOut, SensorStateName
from api.services import Services
from tomma.city import City, Sensor
from tomma.model import Alert, BinId, Quarantined, Reading, RejectReason, SensorId
from tomma.natural import natural_key
from tomma.vitals import Vital

STATES: Sequence[SensorStateName] = get_args(SensorStateName)


_ORDERS: Mapping[SensorSort, Callable[[SensorRowOut], float | None]] = {
    "state": lambda row: STATES.index(row.state),
    "id": lambda row: 0.0,  # noqa: ARG005
    "seen": lambda row: None if row.measured_utc is None else row.measured_utc.timestamp(),
    "battery": lambda row: row.battery_fraction,
    "days_left": lambda row: row.battery_days_left,
    "signal": lambda row: row.rssi_dbm,
    "noise": lambda row: None if row.noise_fraction is None else -row.noise_fraction,
}
"""Worst first; what nobody knows comes last."""


def sensors_out(
    hands: Services, *, state: SensorStateName | None, query: str, sort: SensorSort, limit: int, offset: int
) -> SensorsOut:
    """Return the sensors that match, whoever needs attention first."""
    health = hands.vitals.newest(), hands.vitals.days_left()
    rows = _rows(hands.watch.scene(), hands.context.readings.active_alerts(), hands.context.clock.now_utc(), health)
    wanted = query.strip().casefold()
    found = [row for row in rows if (state is None or row.state == state) and _matches(row, wanted)]
    number = _ORDERS[sort]
    found.sort(key=lambda row: ((value := number(row)) is None, value or 0.0, natural_key(row.id)))
    counts = Counter(row.state for row in rows)
    return SensorsOut(
        total=len(found),
        counts={each: counts[each] for each in STATES},
        sensors=found[offset : offset + limit],
    )


def _matches(row: SensorRowOut, wanted: str) -> bool:
    texts = (row.id, row.make, row.model, row.bin_id or "", row.place or "")
    return not wanted or any(wanted in text.casefold() for text in texts)


type _Health = tuple[Mapping[SensorId, Vital], Mapping[SensorId, float]]
"""Every sensor's newest vital, and the days its battery has left."""


def _rows(scene: Scene, alerts: Sequence[Alert], now_utc: datetime, health: _Health) -> list[SensorRowOut]:
    bin_of = _bins_now(scene.city, now_utc)
    kinds: defaultdict[SensorId, list[str]] = defaultdict(list)
    for alert in alerts:
        if alert.sensor_id is not None:
            kinds[alert.sensor_id].append(alert.kind.value)
    return [
        _row(scene, sensor, bin_of.get(sensor.id), kinds[sensor.id], health) for sensor in scene.city.sensors.values()
    ]


def _bins_now(city: City, now_utc: datetime) -> Mapping[SensorId, BinId]:
    return {each.sensor_id: each.bin_id for each in city.installations if each.covers(now_utc)}


def _row(scene: Scene, sensor: Sensor, bin_id: BinId | None, alerts: Sequence[str], health: _Health) -> SensorRowOut:
    newest = scene.latest.get(bin_id) if bin_id else None
    reading = newest if newest and newest.sensor_id == sensor.id else None
    vital = health[0].get(sensor.id)
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
        battery_fraction=vital.battery_fraction if vital else None,
        battery_days_left=health[1].get(sensor.id),
        rssi_dbm=vital.rssi_dbm if vital else None,
        snr_db=vital.snr_db if vital else None,
        noise_fraction=round(vital.noise_fraction, 4) if vital and vital.noise_fraction is not None else None,
        temperature_c=reading.temperature_c if reading else None,
        quality=quality_names(reading.quality) if reading else [],
        alerts=sorted(alerts),
    )


def _state(scene: Scene, bin_id: BinId | None, reading: Reading | None, alerts: Sequence[str]) -> SensorStateName:
    if bin_id is None:
        return "not_installed"
    heard = scene.sensor_state(bin_id)
    if reading and ("sensor_silent" in alerts or heard == "silent"):
        return "silent"
    if reading is None and list(alerts) == ["sensor_silent"]:
        return "never"
    if alerts:
        return "alert"
    if reading is None:
        return "never"
    return "odd" if heard == "odd" else "ok"


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
