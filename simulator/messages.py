"""Puts a report into the bytes a real device or network server sends. Pure."""

import base64
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from tomma.model import SensorId

APPLICATION, TENANT = "tomma-demo", "ttn"
EM400_PORT = 85


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One MQTT publication."""

    topic: str
    payload: bytes
    sensor_id: SensorId
    measured_utc: datetime | None = None
    """As the message says; None for a recorded one, which is not read before it is published."""


@dataclass(frozen=True, slots=True)
class Report:
    """One thing a sensor has to say."""

    sensor_id: SensorId
    measured_utc: datetime
    counter: int
    temperature_c: float
    battery_fraction: float
    distance_mm: int | None = None
    fill_pct: float | None = None


def plain_json(report: Report) -> OutMessage:
    """Return the message of a device that speaks plain JSON, as `docs` of ingest describe it."""
    body: dict[str, object] = {"sensor_id": report.sensor_id, "measured_utc": _iso(report.measured_utc)}
    if report.distance_mm is not None:
        body["distance_mm"] = report.distance_mm
    else:
        body["fill_pct"] = report.fill_pct
    body["counter"] = report.counter
    body["battery_v"] = round(3.0 + 0.65 * report.battery_fraction, 2)
    body["temperature_c"] = round(report.temperature_c, 1)
    topic = f"tomma/v1/{report.sensor_id}/reading"
    return OutMessage(topic, msgspec.json.encode(body), report.sensor_id, report.measured_utc)


def em400_frame(report: Report) -> bytes:
    """Return the binary frame of a Milesight EM400-TLD: battery, temperature, distance, position."""
    if report.distance_mm is None:
        raise ValueError(f"distance_mm must be given for a laser, sensor {report.sensor_id} has none")
    return b"".join(
        (
            struct.pack("<BBB", 0x01, 0x75, round(100 * report.battery_fraction)),
            struct.pack("<BBh", 0x03, 0x67, round(10 * report.temperature_c)),
            struct.pack("<BBH", 0x04, 0x82, report.distance_mm),
            struct.pack("<BBB", 0x05, 0x00, 0x00),
        )
    )


def tts_uplink(report: Report) -> OutMessage:
    """Return the same frame as The Things Stack v3 passes it on; it leaves out fields that are zero."""
    eui = report.sensor_id.removeprefix("eui-").upper()
    moment = _iso(report.measured_utc)
    uplink: dict[str, object] = {"f_port": EM400_PORT}
    if report.counter:
        uplink["f_cnt"] = report.counter
    uplink["frm_payload"] = base64.b64encode(em400_frame(report)).decode("ascii")
    uplink["rx_metadata"] = [{"gateway_ids": {"gateway_id": "demo-roof"}, "time": moment, "rssi": -104, "snr": 4.5}]
    uplink["settings"] = {"data_rate": {"lora": {"bandwidth": 125_000, "spreading_factor": 9}}, "time": moment}
    uplink["received_at"] = moment
    body = {
        "end_device_ids": {
            "device_id": report.sensor_id,
            "application_ids": {"application_id": APPLICATION},
            "dev_eui": eui,
        },
        "received_at": moment,
        "uplink_message": uplink,
    }
    topic = f"v3/{APPLICATION}@{TENANT}/devices/{report.sensor_id}/up"
    return OutMessage(topic, msgspec.json.encode(body), report.sensor_id, report.measured_utc)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
