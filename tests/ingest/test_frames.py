"""Frames of each make, byte by byte: what they say, and why a broken one is refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import MAKERS, decode, milesight
from ingest.decode.codec import FrameDecoder
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tests.ingest.devices import DEVICE, NOW, frame
from tomma.city import Sensor
from tomma.model import Alarm, SensorId

MILESIGHT = Sensor(SensorId(DEVICE), make="Milesight")
SOME_TIME = datetime(2023, 8, 4, 9, 36, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            lambda: frame("b482f40102", "milesight"), [Values(no_echo=True)], id="a radar without a target is no level"
        ),
        pytest.param(
            lambda: frame("b482f40103", "milesight"),
            [Values(no_echo=True, alarms=frozenset({Alarm.SENSOR_FAULT}))],
            id="a radar that cannot measure says so",
        ),
        pytest.param(
            lambda: frame("03678a0283672a0301", "milesight"),
            [Values(temperature_c=81.0, alarms=frozenset({Alarm.FIRE}))],
            id="a temperature alarm at 81 degrees is fire",
        ),
        pytest.param(
            lambda: frame("8367e80001", "milesight"), [Values(temperature_c=23.2)], id="at 23 degrees it is none"
        ),
        pytest.param(
            lambda: frame("83672a030183672a0300", "milesight"),
            [Values(temperature_c=81.0)],
            id="an alarm that was dismissed is over",
        ),
        pytest.param(lambda: frame("050001050000017564", "milesight"), [Values(battery_fraction=1.0)], id="upright"),
        pytest.param(
            lambda: frame("20ce84c6cc64e8030482d007", "milesight", "EM500-UDL"),
            [
                Values(distance_mm=2000),
                Values(distance_mm=1000, measured_utc=datetime(2023, 8, 4, 9, 36, 4, tzinfo=UTC)),
            ],
            id="history comes with its own times",
        ),
        pytest.param(
            lambda: frame("20cea4c6cc64e803f000000040", "milesight", "EM410-RDL"),
            [
                Values(
                    distance_mm=1000,
                    temperature_c=24.0,
                    alarms=frozenset({Alarm.TILT}),
                    measured_utc=SOME_TIME,
                )
            ],
            id="a radar's history has temperature and events",
        ),
        pytest.param(
            lambda: frame("0d3b001400000001", "dragino", "LDDS75", 2),
            [Values(no_echo=True, battery_v=3.387)],
            id="20 mm of an LDDS75 is its word for invalid, not a full bin",
        ),
        pytest.param(
            lambda: frame("0d3b001800000001", "dragino", "DDS20-LB", 2),
            [Values(distance_mm=24, battery_v=3.387)],
            id="24 mm of a DDS20 is a distance",
        ),
        pytest.param(
            lambda: frame("0d3b0aef00", "dragino", "LDDS75", 2),
            [Values(distance_mm=2799, battery_v=3.387)],
            id="firmware before 1.1.4 sends 5 bytes",
        ),
        pytest.param(
            lambda: frame("0d3b000000000000", "dragino", "LDDS45", 2),
            [Values(battery_v=3.387, alarms=frozenset({Alarm.SENSOR_FAULT}))],
            id="the flag says that no probe is connected",
        ),
        pytest.param(
            lambda: frame("0d3b0aef00ff9c01", "dragino", "LDDS75", 2),
            [Values(distance_mm=2799, battery_v=3.387, temperature_c=-10.0)],
            id="a probe in the frost",
        ),
        pytest.param(
            lambda: frame("0d5c00000b18003c001e01", "dragino", "LLDS12", 2),
            [Values(no_echo=True, battery_v=3.42)],
            id="a laser echo too weak is none",
        ),
        pytest.param(
            lambda: frame("0d4a0000ffff000000001e", "dragino", "LDDS04", 2),
            [Values(no_echo=True, battery_v=3.402)],
            id="four probes that hear nothing",
        ),
        pytest.param(
            lambda: frame("02012f000304d200000bb1", "decentlab"),
            [Values(no_echo=True, battery_v=2.993)],
            id="no valid sample",
        ),
        pytest.param(
            lambda: frame("02012f0003270f00010bb1", "decentlab"),
            [Values(no_echo=True, battery_v=2.993)],
            id="9999 mm is no echo",
        ),
        pytest.param(lambda: frame("0e270f", "elsys"), [Values(no_echo=True)], id="9999 mm of an Elsys"),
        pytest.param(
            lambda: frame("01b101a401012c32000000", "netvox"),
            [Values(distance_mm=300, fill_fraction=0.5, battery_v=3.6, alarms=frozenset({Alarm.BATTERY_LOW}))],
            id="the top bit of the battery says that it is low",
        ),
        pytest.param(
            lambda: frame("01b1012401ffff64000000", "netvox"),
            [Values(no_echo=True, battery_v=3.6)],
            id="a fill beside no echo is none",
        ),
        pytest.param(
            lambda: frame("f86778705021331700840cf41e010000396315537b004063154a00000000000000", "dragino"),
            [
                Values(distance_mm=57, battery_v=3.316, measured_utc=datetime(2022, 9, 5, 1, 40, 11, tzinfo=UTC)),
                Values(distance_mm=64, measured_utc=datetime(2022, 9, 5, 0, 59, 44, tzinfo=UTC)),
            ],
            id="older values follow the newest",
        ),
    ],
)
def test_a_frame_says(values: Callable[[], Sequence[Values]], expected: list[Values]) -> None:
    """What the makers' manuals tell and no published example shows."""
    assert list(values()) == expected


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(lambda: frame("0d3b0aef0000", "dragino", "LDDS75", 2), "4, 5 or 8 bytes", id="six bytes"),
        pytest.param(lambda: frame("0d3b0aef00000001", "dragino", "LDDS75", 9), "port must be", id="another port"),
        pytest.param(lambda: frame("0d4a03160318031a031501", "dragino", "", 2), "model must name", id="no model"),
        pytest.param(lambda: frame("0d4a", "dragino", "LDDS04", 2), "11 bytes", id="a cut frame of four"),
        pytest.param(lambda: frame("0d4a", "dragino", "LLDS12", 2), "11 bytes", id="a cut laser frame"),
        pytest.param(lambda: frame("0d4a", "dragino", "LMDS200", 2), "7 bytes", id="a cut radar frame"),
        pytest.param(lambda: frame("0d4a", "dragino", "LDDS75", 5), "7 bytes", id="a cut status"),
        pytest.param(lambda: frame("0d4a", "dragino", "DDS04-LB", 3), "records of 11", id="cut history"),
        pytest.param(lambda: frame("01012f000304d200010bb1", "decentlab"), "version 2", id="another version"),
        pytest.param(lambda: frame("02012f000704d200010bb1", "decentlab"), "flags", id="an unknown probe"),
        pytest.param(lambda: frame("02012f000304d200010b", "decentlab"), "words", id="half a word"),
        pytest.param(lambda: frame("0e11", "elsys"), "must have 2 bytes", id="half a distance"),
        pytest.param(lambda: frame("ff11", "elsys"), "known type", id="no Elsys at all"),
        pytest.param(lambda: frame("01ff012401012c32000000", "netvox", port=6), "device type", id="another device"),
        pytest.param(lambda: frame("01b1012401012c32", "netvox", port=6), "11 bytes", id="a cut frame"),
        pytest.param(lambda: frame("018200", "cayenne_lpp"), "must begin a channel", id="half a value"),
        pytest.param(lambda: frame("020001", "milesight"), "86 bytes", id="a cut header"),
        pytest.param(
            lambda: frame("020001005e" + "00000001" + "30" * 74 + "09000e" + "00" * 14, "milesight"),
            "the 94 bytes it tells",
            id="a header that counts wrong",
        ),
    ],
)
def test_a_frame_is_refused_because(values: Callable[[], Sequence[Values]], says: str) -> None:
    """A frame that does not fit its layout may be another device's: no part of it is trusted."""
    with pytest.raises(RefusedError, match=says):
        values()


def test_a_frame_of_an_unknown_make_is_not_guessed() -> None:
    """The refusal tells which makes there are."""
    with pytest.raises(RefusedError, match="make must be one of cayenne_lpp, decentlab"):
        decode(Uplink(("X",), NOW, frame=b"\x01"), Sensor(SensorId("X"), make="Nobody"))


pairs = st.sampled_from(sorted(milesight.CHANNELS))


@given(
    channels=st.lists(
        pairs.flatmap(lambda pair: st.tuples(st.just(pair), st.binary(min_size=9, max_size=9))), max_size=6
    )
)
def test_the_last_distance_in_a_frame_wins(channels: list[tuple[tuple[int, int], bytes]]) -> None:
    """An alarm frame repeats the periodic value before the one that raised it."""
    parts = [bytes(pair) + data[: milesight.CHANNELS[pair].length] for pair, data in channels]
    last = b"\x04\x82\xe8\x03"
    (values,) = milesight.decode(Uplink(("X",), NOW, frame=b"".join(parts) + last))
    assert values.distance_mm == 1000


class DroppedIn:
    """A city that dropped in a codec for one make."""

    def find(self, sensor: Sensor) -> FrameDecoder | None:
        """Two measurements for every uplink of it."""
        return (lambda _: (Values(distance_mm=1.0), Values(no_echo=True))) if sensor.make == "Milesight" else None

    def prepare(self, uplinks: Iterable[tuple[Uplink, Sensor]]) -> None:
        """Not needed for one frame."""


def test_a_codec_of_the_city_wins_over_the_built_in_decoder() -> None:
    """The city knows its devices: a newer firmware, another mounting, a make we have never seen."""
    sent = Uplink(("X",), NOW, fields={"distance": 700}, frame=b"\x04\x82\xe8\x03")
    first, second = decode(sent, MILESIGHT, DroppedIn())
    assert (first.distance_mm, second.no_echo) == (1.0, True)
    (other,) = decode(sent, Sensor(SensorId("X"), make="elsys"), DroppedIn())
    assert other.distance_mm == 700


def test_the_registries_are_keyed_by_what_settings_and_sensors_say() -> None:
    """A make is looked up in lower case, so its key must be."""
    registries: tuple[Mapping[str, object], ...] = (MAKERS,)
    assert all(key == key.lower().strip() for registry in registries for key in registry)
