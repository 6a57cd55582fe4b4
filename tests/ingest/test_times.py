"""Clocks that are wrong (cases T1, T3): the level is kept under the best time there is, and the clock is marked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from tomma.model import Quality, Reading, RejectReason

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SENT = datetime(2026, 6, 1, 11, 59, 58, 250_000, tzinfo=UTC)

type MakeMessage = Callable[..., Message]


def one(context: IngestContext, message: Message) -> Reading:
    """The only reading in a message."""
    batch = process([message], context)
    assert batch.rejected == ()
    (reading,) = batch.readings
    return reading


WRONG = [
    pytest.param("1970-01-01T00:00:00Z", id="1970: it was never set"),
    pytest.param(0, id="0"),
    pytest.param("2000-01-01T00:12:44Z", id="2000: it lost its battery"),
    pytest.param("2036-06-01T12:00:00Z", id="ten years fast"),
    pytest.param("2106-02-07T06:28:15Z", id="2106: the last second of 32 bits"),
    pytest.param(1_780_311_600_000, id="milliseconds for seconds"),
    pytest.param(-1, id="before 1970"),
    pytest.param(18_446_744_073_709_551_615, id="2^64 - 1"),
    pytest.param("2026-06-31T11:00:00Z", id="the 31st of June"),
    pytest.param("0000-01-01T00:00:00Z", id="the year 0"),
    pytest.param("0001-01-01T00:00:00+14:00", id="before the year 1"),
    pytest.param("2026-06-01T12:02:01Z", id="two minutes fast"),
]


@pytest.mark.parametrize("said", WRONG)
def test_the_time_of_receipt_stands_in_for_a_clock_that_says(
    said: str | float, context: IngestContext, message: MakeMessage
) -> None:
    """The level is as good as any; a dead letter would make the bin look silent for a dead clock battery."""
    reading = one(context, message({"measured_utc": said}))
    assert (reading.measured_utc, reading.received_utc, reading.quality) == (NOW, NOW, Quality.CLOCK_REPAIRED)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("2026-06-01T11:00:00Z", datetime(2026, 6, 1, 11, tzinfo=UTC), id="UTC"),
        pytest.param("2026-06-01T13:00:00+02:00", datetime(2026, 6, 1, 11, tzinfo=UTC), id="summer time"),
        pytest.param("2025-10-26T02:30:00+02:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), id="an hour twice"),
        pytest.param("2025-10-26T02:30:00+01:00", datetime(2025, 10, 26, 1, 30, tzinfo=UTC), id="and again"),
        pytest.param("2024-02-29T23:59:59.999999Z", datetime(2024, 2, 29, 23, 59, 59, 999_000, UTC), id="leap day"),
        pytest.param(1_780_311_600, datetime(2026, 6, 1, 11, tzinfo=UTC), id="seconds since 1970"),
        pytest.param(1_780_311_600.25, datetime(2026, 6, 1, 11, 0, 0, 250_000, tzinfo=UTC), id="with a fraction"),
        pytest.param("2026-06-01T12:01:59Z", datetime(2026, 6, 1, 12, 1, 59, tzinfo=UTC), id="a clock a little fast"),
    ],
)  # fmt: skip
def test_a_time_that_can_be_is_taken_as_said(
    said: str | float, meant: datetime, context: IngestContext, message: MakeMessage
) -> None:
    """It is the reading's identity, so it is kept to the millisecond and no hour is guessed."""
    reading = one(context, message({"measured_utc": said}))
    assert (reading.measured_utc, reading.quality) == (meant, Quality.GOOD)


def test_a_clock_that_stood_on_the_shelf_for_years_is_repaired(
    context: IngestContext, message: MakeMessage, installed_from: Callable[[datetime], IngestContext]
) -> None:
    """2016 is a time that can be, but not for a sensor that was first hung in 2026: no bin would own the reading."""
    hung = installed_from(datetime(2026, 5, 1, tzinfo=UTC))
    reading = one(hung, message({"measured_utc": "2016-01-01T00:00:00Z"}))
    assert (reading.measured_utc, reading.quality) == (NOW, Quality.CLOCK_REPAIRED)
    (shelf,) = process([message({"measured_utc": "2026-04-30T23:59:59Z"})], hung).rejected
    assert shelf.reason is RejectReason.NOT_INSTALLED, "measured the day before it was hung: true, and of no bin"


@pytest.fixture
def installed_from(context: IngestContext) -> Callable[[datetime], IngestContext]:
    """The small city, every sensor hung at another time."""
    from dataclasses import replace

    def hang(from_utc: datetime) -> IngestContext:
        installations = tuple(replace(each, from_utc=from_utc) for each in context.city.installations)
        return replace(context, city=replace(context.city, installations=installations))

    return hang


def uplink(history_utc: datetime | None, **changes: Any) -> Message:
    """An uplink of The Things Stack; the frame may bring a measurement of another time."""
    frame = bytes.fromhex("03820f02")
    if history_utc is not None:
        frame = bytes.fromhex("20ce") + int(history_utc.timestamp()).to_bytes(4, "little") + bytes.fromhex("0f02")
    body = {
        "end_device_ids": {"device_id": "eui-1000000000000001"},
        "uplink_message": {"f_port": 85, "frm_payload": _base64(frame), "received_at": SENT.isoformat(), "f_cnt": 7},
    }
    topic = "v3/a@t/devices/eui-1000000000000001/up"
    return Message(topic, json.dumps(body).encode(), NOW, "tts_v3", **changes)


def _base64(frame: bytes) -> str:
    import base64

    return base64.b64encode(frame).decode()


def test_the_networks_time_wins_over_ours(context: IngestContext) -> None:
    """A day-old backlog of the network server is a day old, whatever the clock on our wall says."""
    reading = one(context, uplink(None))
    assert (reading.measured_utc, reading.received_utc, reading.quality) == (SENT, NOW, Quality.GOOD)


def test_a_retained_message_without_a_usable_time_is_refused(context: IngestContext, message: MakeMessage) -> None:
    """The broker may have kept it for a year: our time of receipt says nothing about it."""
    batch = process([message({"measured_utc": 0}, retained=True)], context)
    assert [each.reason for each in batch.rejected] == [RejectReason.IMPLAUSIBLE_TIME]
    assert process([message(retained=True)], context).readings, "with a time it is a reading like any other"


def test_a_server_clock_that_steps_loses_no_reading(context: IngestContext, message: MakeMessage) -> None:
    """Case T2: after a step back of two hours, right clocks seem fast; what they say is kept all the same."""
    stepped = [
        message({"measured_utc": f"2026-06-01T11:0{minute}:00Z"}, received_utc=NOW - timedelta(hours=2))
        for minute in range(5)
    ]
    readings = process(stepped, context).readings
    assert len({each.measured_utc for each in readings}) == 5
    assert {each.quality & Quality.CLOCK_REPAIRED for each in readings} == {Quality.CLOCK_REPAIRED}
