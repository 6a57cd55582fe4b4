"""How a sensor is, beside what it measures: gathered from what ingest keeps, for the office to look at."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ingest.batch import Batch
from ingest.envelope import ENVELOPES
from ingest.message import Message, Uplink
from ingest.stream.vitals import VitalsKeeper, noting
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Quality, Reading, SensorId
from tomma.vitals import BatteryDay, Vital, battery_days_left

T0 = datetime(2026, 11, 1, tzinfo=UTC)
S = SensorId("S")


@dataclass
class HandBook:
    """Keeps what was noted."""

    noted: list[Vital] = field(default_factory=list)

    def note(self, vitals: Sequence[Vital]) -> None:
        """Keep it."""
        self.noted.extend(vitals)

    def all(self) -> Mapping[SensorId, Vital]:
        """Nothing is known at first."""
        return {}

    def battery_days(self) -> Mapping[SensorId, Sequence[BatteryDay]]:
        """Nobody asks here."""
        return {}


def reading(n: int, level: float, quality: Quality = Quality.GOOD) -> Reading:
    """The n-th hour's level."""
    moment = T0 + timedelta(hours=n)
    return Reading(BinId("B"), S, moment, moment, level, quality, battery_v=3.6)


@pytest.mark.parametrize(
    ("envelope", "payload"),
    [
        pytest.param(
            "tts_v3",
            b'{"end_device_ids": {"device_id": "d"}, "uplink_message": {"f_port": 1, "frm_payload": "AA==",'
            b' "rx_metadata": [{"rssi": -118, "snr": -3}, {"rssi": -97, "snr": 6.5}, {"rssi": "x"}, 7]}}',
            id="The Things Stack",
        ),
        pytest.param(
            "chirpstack_v4",
            b'{"deviceInfo": {"devEui": "a84041000181d447"}, "fPort": 1, "data": "AA==",'
            b' "rxInfo": [{"rssi": -97, "snr": 6.5}, {"rssi": -999, "snr": 1}]}',
            id="ChirpStack 4",
        ),
        pytest.param(
            "chirpstack_v3",
            b'{"devEUI": "a84041000181d447", "applicationID": "1", "fPort": 1, "data": "AA==",'
            b' "rxInfo": [{"rssi": -97, "loRaSNR": 6.5}]}',
            id="ChirpStack 3",
        ),
    ],
)
def test_the_signal_is_that_of_the_gateway_that_heard_best(envelope: str, payload: bytes) -> None:
    """One good gateway is enough; and what is no number costs no reading."""
    (uplink,) = ENVELOPES[envelope](Message("any", payload, T0, envelope))

    assert isinstance(uplink, Uplink)
    assert (uplink.rssi_dbm, uplink.snr_db) == (-97.0, 6.5)


def test_what_comes_in_pieces_is_laid_together() -> None:
    """The network tells the battery once a day, the signal with every message."""
    keeper = VitalsKeeper({})
    keeper.take(Batch(vitals=(Vital(S, T0, battery_fraction=0.9),), readings=(reading(1, 0.4),)))
    keeper.take(Batch(vitals=(Vital(S, T0 + timedelta(hours=2), rssi_dbm=-97.0, snr_db=6.5),)))

    assert keeper.taken() == [Vital(S, T0 + timedelta(hours=2), 0.9, 3.6, -97.0, 6.5)]
    assert keeper.taken() == []


def test_a_restless_level_is_noise_and_a_rise_or_an_emptying_is_not() -> None:
    """A sensor that looks at a moving lid must stand out from one whose bin fills fast."""

    def noise_of(levels: Sequence[float]) -> float:
        keeper = VitalsKeeper({})
        keeper.take(Batch(readings=tuple(reading(n, level) for n, level in enumerate(levels))))
        (vital,) = keeper.taken()
        assert vital.noise_fraction is not None
        return vital.noise_fraction

    rising = [n / 10 for n in range(10)] + [n / 10 for n in range(10)]
    assert noise_of(rising) == pytest.approx(0.0, abs=1e-9)
    assert noise_of([0.5, 0.6] * 10) == pytest.approx(0.1)


@dataclass
class BookAway(HandBook):
    """Takes nothing at the first try."""

    refused: threading.Event = field(default_factory=threading.Event)

    def note(self, vitals: Sequence[Vital]) -> None:
        """Refuse once."""
        if vitals and not self.refused.is_set():
            self.refused.set()
            raise StoreUnavailableError("the registry is away")
        super().note(vitals)


def test_what_a_book_that_is_away_does_not_take_is_noted_later() -> None:
    """A sensor tells its battery once a day; without that day's word it looks as if it had none."""
    book = BookAway()
    with noting(book, every_s=0.01) as keeper:
        keeper.take(Batch(vitals=(Vital(S, T0, battery_fraction=0.9),)))
        assert book.refused.wait(20.0)
        keeper.take(Batch(vitals=(Vital(S, T0 + timedelta(hours=1), rssi_dbm=-97.0),)))
    assert 0.9 in {each.battery_fraction for each in book.noted}


def test_what_was_gathered_is_noted_at_the_end_at_the_latest() -> None:
    """A worker that is stopped must not take the newest with it."""
    book = HandBook()
    with noting(book, every_s=3_600.0) as keeper:
        keeper.take(Batch(readings=(reading(1, 0.4),)))
    assert [each.battery_v for each in book.noted] == [3.6]


@pytest.mark.parametrize(
    ("levels", "days_left"),
    [
        pytest.param([0.9 - n / 100 for n in range(30)], 56.0, id="a hundredth a day"),
        pytest.param([0.2] * 10 + [0.9 - n / 100 for n in range(30)], 56.0, id="after a new battery"),
        pytest.param([0.9 - n / 100 for n in range(10)], None, id="too short to say"),
        pytest.param([0.9] * 40, None, id="it does not fall"),
        pytest.param([0.9 - n / 40_000 for n in range(40)], None, id="more than ten years"),
    ],
)
def test_the_days_left_follow_the_line_since_the_last_battery(levels: list[float], days_left: float | None) -> None:
    """A number that nobody can know must not be shown."""
    days = [BatteryDay(S, (T0 + timedelta(days=n)).date(), level) for n, level in enumerate(levels)]

    assert battery_days_left(days) == days_left
