"""Trying a codec on one frame or on published examples, for the person who adds a make."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from ingest.codecs.dropped_in import DroppedIn, Raw
from ingest.decode import decode
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tomma.city import Sensor
from tomma.errors import ImportRefusedError
from tomma.model import Measurement, SensorId

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one frame."""

    raw: Raw | None
    understood: tuple[Measurement, ...]
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, what is absent left out."""
        told: dict[str, Any] = {"understood": [told_of(each) for each in self.understood], "why_not": self.why_not}
        if self.raw is not None:
            told["raw"] = self.raw.data
            for name in ("warnings", "log", "normalized"):
                if value := getattr(self.raw, name):
                    told[name] = list(value) if isinstance(value, tuple) else value
        return told


def try_frame(codecs: DroppedIn, sensor: Sensor, uplink: Uplink) -> Trial:
    """Decode one frame as the stream would, and show what lies between."""
    raw: Raw | None = None
    try:
        if codecs.find(sensor) is not None:
            raw = codecs.raw(uplink, sensor, with_log=True)
        return Trial(raw, tuple(decode(uplink, sensor, codecs)))
    except RefusedError as exc:
        return Trial(raw, (), f"{exc.reason}: {exc}")


def uplink_of(frame: bytes, port: int | None, received_utc: datetime) -> Uplink:
    """Return a frame as it would come from a network server."""
    return Uplink(device_ids=("trial",), measured_utc=received_utc, frame=frame, port=port)


def told_of(measurement: Measurement) -> dict[str, Any]:
    """Return the values that a measurement has."""
    names = ("distance_mm", "fill_fraction", "battery_v", "battery_fraction", "temperature_c")
    told: dict[str, Any] = {name: value for name in names if (value := getattr(measurement, name)) is not None}
    if measurement.alarms:
        told["alarms"] = sorted(measurement.alarms)
    if measurement.no_echo:
        told["no_echo"] = True
    if measurement.measured_utc is not None:
        told["measured_utc"] = measurement.measured_utc.isoformat().replace("+00:00", "Z")
    return told


@dataclass(frozen=True, slots=True)
class Vector:
    """One published example: a frame, and what its maker says is in it."""

    name: str
    make: str
    model: str
    frame: bytes
    port: int | None
    fields: Any = None
    """The decoded fields as published; None when only ours are."""
    values: Mapping[str, Any] | None = None
    """What we should understand, by our names."""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an example came out as published."""

    vector: Vector
    passed: bool
    detail: str = ""


def judge(codecs: DroppedIn, vector: Vector, now_utc: datetime) -> Verdict:
    """Run one example."""
    sensor = Sensor(SensorId("trial"), vector.make, vector.model)
    trial = try_frame(codecs, sensor, uplink_of(vector.frame, vector.port, now_utc))
    if vector.refused:
        return Verdict(vector, not trial.understood, "" if not trial.understood else "must be refused")
    if vector.fields is not None and trial.raw is not None:
        fault = difference(vector.fields, trial.raw.data, "")
        return Verdict(vector, not fault, fault)
    if not trial.understood:
        return Verdict(vector, passed=False, detail=trial.why_not)
    told = told_of(trial.understood[-1])
    fault = difference(_ours(vector.values), told, "") if vector.values is not None else ""
    return Verdict(vector, not fault, fault)


def _ours(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return expected values by our names; per cent become fractions, what we do not keep is left out."""
    kept: dict[str, Any] = {}
    for name, value in (values or {}).items():
        if name in ("battery_pct", "fill_pct"):
            kept[name.replace("_pct", "_fraction")] = value / 100.0
        elif name in ("distance_mm", "fill_fraction", "battery_v", "battery_fraction", "temperature_c"):
            kept[name] = value
    return kept


def difference(expected: Any, got: Any, path: str) -> str:
    """Return where `got` lacks something of `expected`, empty when nowhere; more than expected is fine."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return f"{path or 'output'} must be an object, got {got!r}"
        return next(
            (fault for key, value in expected.items() if (fault := difference(value, got.get(key), _join(path, key)))),
            "",
        )
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return f"{path or 'output'} must have {len(expected)} entries, got {got!r}"
        faults = (difference(value, got[at], f"{path}[{at}]") for at, value in enumerate(expected))
        return next((fault for fault in faults if fault), "")
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (expected, got))
    same = math.isclose(expected, got, rel_tol=TOLERANCE, abs_tol=TOLERANCE) if numbers else expected == got
    return "" if same else f"{path or 'output'} must be {expected!r}, got {got!r}"


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def read_vectors(path: Path, make: str, model: str) -> list[Vector]:
    """Return the examples in a file of any of the published forms.

    JSON lines with bytes_hex and fPort; the LoRaWAN device repository's `*-codec.yaml`; JSON lists of objects with
    input and output or expected. `make` and `model` stand in where an example names none.

    Raises:
        ImportRefusedError: When the file cannot be read as any of these.
    """
    try:
        rows = list(_rows(path))
        return [vector for number, row in enumerate(rows, 1) for vector in _vectors(row, number, make, model)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as exc:
        raise ImportRefusedError(f"{path}: no published examples that can be read: {exc!r}") from exc


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() in (".yaml", ".yml"):
        yield from yaml.safe_load(text)["uplinkDecoder"]["examples"]
    elif path.suffix.lower() == ".jsonl":
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
    else:
        rows = json.loads(re.sub(r"\b0x([0-9a-fA-F]+)\b", lambda match: str(int(match[1], 16)), text))
        yield from rows if isinstance(rows, list) else rows["examples"]


def _vectors(row: Mapping[str, Any], number: int, make: str, model: str) -> Iterator[Vector]:
    if row.get("type", "uplink") not in ("uplink", "uplinks"):
        return
    source = row.get("input", row)
    ports = source.get("fPort", source.get("port"))
    for port in ports if isinstance(ports, list) else [ports]:
        expected = row.get("output", row.get("expected", {}))
        data = expected.get("data", None if "errors" in expected else expected) if isinstance(expected, dict) else None
        yield Vector(
            name=str(row.get("description") or row.get("name") or row.get("device") or f"example {number}"),
            make=make or str(row.get("make", row.get("vendor", ""))),
            model=model or str(row.get("model", row.get("device", ""))),
            frame=_bytes(source.get("bytes_hex", source.get("bytes", ""))),
            port=port,
            fields=data or None,
            values=row.get("canonical_derived", row.get("values")),
            refused=bool(row.get("expect_reject") or (isinstance(expected, dict) and expected.get("errors"))),
        )


def _bytes(value: str | Sequence[int | str]) -> bytes:
    """Return bytes written as hex or as a list of numbers."""
    if isinstance(value, str):
        return bytes.fromhex(re.sub(r"0x|[\s,:-]", "", value))
    return bytes(int(each, 16) if isinstance(each, str) else each for each in value)


def hex_bytes(text: str) -> bytes:
    """Return bytes from hex as people paste it: spaces, colons, commas and 0x are fine."""
    return _bytes(text)


EXAMPLE_UTC = datetime(2026, 1, 1, tzinfo=UTC)
"""Examples are run as if they had arrived then, unless told otherwise."""
