"""Ingest reads what the simulator sends exactly as it reads real devices: both doors, no favours."""

from datetime import timedelta

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from simulator.messages import OutMessage, Report, em400_frame, plain_json, tts_uplink
from simulator.towns import Town, make_town
from simulator.truth import Device
from simulator.world import World
from tests.simulator.support import MIDNIGHT_UTC, NothingSeen
from tomma.model import SensorId


def report(**fields: object) -> Report:
    """A report that is right but for what the test says."""
    whole: dict[str, object] = {"distance_mm": 2116, "counter": 17, "temperature_c": 25.7, "battery_fraction": 0.92}
    return Report(SensorId("eui-24e124f000000001"), MIDNIGHT_UTC, **(whole | fields))  # type: ignore[arg-type]


def ingested(town: Town, messages: list[OutMessage]) -> Batch:
    """What ingest makes of the messages."""
    wrapped = [
        Message(
            each.topic, each.payload, MIDNIGHT_UTC + timedelta(days=30), "tts_v3" if each.topic[:2] == "v3" else "json"
        )
        for each in messages
    ]
    return process(wrapped, IngestContext(town.city, NothingSeen()))


def test_an_em400_frame_is_the_makers_own() -> None:
    """The published example: battery 92 %, 25.7 C, 2,116 mm, position normal."""
    assert em400_frame(report()).hex() == "01755c0367010104824408050000"
    assert em400_frame(report(temperature_c=-2.1)).hex()[6:14] == "0367ebff"


def test_a_laser_without_a_distance_is_refused() -> None:
    """There is no other frame to send."""
    with pytest.raises(ValueError, match="distance_mm must be given"):
        em400_frame(report(distance_mm=None, fill_pct=12.0))


def test_the_stack_leaves_out_a_counter_of_zero() -> None:
    """As the real one does; a decoder must not miss it."""
    assert b"f_cnt" not in tts_uplink(report(counter=0)).payload
    assert b'"f_cnt":17' in tts_uplink(report()).payload


@pytest.mark.parametrize(
    "per_cent", [True, False], ids=["a device that tells per cent", "a device that tells distance"]
)
def test_plain_json_names_one_level_with_its_unit(per_cent: bool) -> None:
    """Exactly one of the two, or ingest refuses the message."""
    fields: dict[str, object] = {"distance_mm": None, "fill_pct": 40.0} if per_cent else {}
    payload = plain_json(report(**fields)).payload
    assert (b"fill_pct" in payload, b"distance_mm" in payload) == (per_cent, not per_cent)


def test_every_message_of_a_day_becomes_a_reading() -> None:
    """No dead letters from a healthy town, by either door."""
    town = make_town("small-town", seed=4)
    messages = World(town, MIDNIGHT_UTC, 4).advance(MIDNIGHT_UTC + timedelta(days=1))
    batch = ingested(town, messages)
    assert not batch.rejected
    assert len(batch.readings) == len(messages)
    assert {each.topic[:2] for each in messages} == {"to", "v3"}
    assert {truth.device for truth in town.truths} == set(Device)


def test_readings_follow_the_truth_within_a_few_per_cent() -> None:
    """Compensated and laser sensors; the rest is what flags and filters are for."""
    town = make_town("small-town", seed=4, silent_share=0.0)
    world = World(town, MIDNIGHT_UTC, 4)
    world.advance(MIDNIGHT_UTC + timedelta(hours=5))
    batch = ingested(town, world.advance(MIDNIGHT_UTC + timedelta(hours=6)))
    error = [abs(each.fill_fraction - world.fill_fraction(each.bin_id)) for each in batch.readings]
    assert np.median(error) < 0.04
