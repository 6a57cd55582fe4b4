"""A dropped-in codec at work in the pipeline, from the network server's message to the reading."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ingest.codecs.sandbox import Call, Sandbox
from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from tests.ingest.codecs.conftest import SENT_UTC, Bench
from tests.ingest.conftest import NoMemories, make_city
from tomma.city import City
from tomma.model import RejectReason, SensorId

CODEC = """function decodeUplink(i) {
  if (i.bytes[0] === 0xee) while (true) {}
  if (i.bytes[0] === 0xdd) throw new Error("bad frame");
  return { data: { distance_mm: i.bytes[0] * 256 + i.bytes[1], battery: i.bytes[2] } };
}"""


def _acme_city() -> City:
    city = make_city()
    sensors = {each.id: replace(each, make="Acme") for each in city.sensors.values()}
    return replace(city, sensors=sensors)


def _uplink(number: int, frame: bytes) -> Message:
    """A message of The Things Stack."""
    sensor_id = SensorId(f"H{number % 10:04d}")
    sent = SENT_UTC.replace(minute=number // 10).isoformat()
    body = {
        "end_device_ids": {"device_id": sensor_id},
        "received_at": sent,
        "uplink_message": {"f_port": 1, "f_cnt": number, "frm_payload": base64.b64encode(frame).decode()},
    }
    return Message(f"v3/a@t/devices/{sensor_id}/up", json.dumps(body).encode(), SENT_UTC.replace(hour=14), "tts_v3")


def _count_rounds(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the size of each batch that goes to the scripts' process."""
    rounds: list[int] = []
    run = sandbox.run

    def counted(calls: Sequence[Call]) -> list[bytes]:
        rounds.append(len(calls))
        return run(calls)

    monkeypatch.setattr(sandbox, "run", counted)
    return rounds


def test_frames_of_an_added_make_become_readings_and_bad_ones_dead_letters(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One broken device must not cost its neighbours a reading, nor the batch a round trip for each frame."""
    bench.drop("acme.js", CODEC)
    frames = [number.to_bytes(2) + b"\x40" for number in range(200, 300)]
    frames[7], frames[8] = b"\xdd\0", b"\xee\0"
    rounds = _count_rounds(bench.codecs._sandbox, monkeypatch)
    context = IngestContext(_acme_city(), NoMemories(), codecs=bench.codecs)
    batch = process([_uplink(number, frame) for number, frame in enumerate(frames)], context)
    assert len(batch.readings) == 98
    assert {reading.distance_mm for reading in batch.readings} == {n for n in range(200, 300) if n not in (207, 208)}
    assert [rejected.reason for rejected in batch.rejected] == [RejectReason.CODEC_FAILED] * 2
    assert [rejected.detail for rejected in batch.rejected] == [
        "acme.js failed: Error: bad frame",
        "acme.js failed: it ran out of time",
    ]
    assert rounds == [100]
