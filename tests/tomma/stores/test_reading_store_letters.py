"""What every `ReadingStore` does with messages that failed and with devices that nobody has hung in a bin yet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tomma.model import Quarantined, Rejected, RejectReason, SensorId
from tomma.ports import ReadingStore

type OpenReadings = Callable[[], ReadingStore]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
R = RejectReason


def failed(number: int = 0, reason: RejectReason = R.OUT_OF_BOUNDS, **changes: Any) -> Rejected:
    """A message of sensor S1 that failed `number` minutes after T0."""
    received_utc = T0 + timedelta(minutes=number)
    given: dict[str, Any] = {"sensor_id": SensorId("S1"), "envelope": "json"}
    return Rejected("t/S1", b"%d" % number, received_utc, reason, "too full", **{**given, **changes})


def unknown(number: int, *names: str, **changes: Any) -> Rejected:
    """A message of a device that the city does not know."""
    return failed(number, R.UNKNOWN_DEVICE, sensor_id=None, device_ids=names, **changes)


def test_a_dead_letter_is_found_by_reason_by_sensor_and_by_device(readings: ReadingStore) -> None:
    """Whoever mends a sensor wants its letters and no others."""
    of_s1, of_s2 = failed(0), failed(1, R.NOT_UTF8, sensor_id=SensorId("S2"))
    stranger = unknown(2, "70B3", "70b3")
    readings.append([], [], [of_s1, of_s2, stranger])

    assert [each.rejected for each in readings.dead_letters(9, reason=R.NOT_UTF8)] == [of_s2]
    assert [each.rejected for each in readings.dead_letters(9, device_id="S1")] == [of_s1]
    assert [each.rejected for each in readings.dead_letters(9, device_id="70B3")] == [stranger]
    assert readings.dead_letters(9, reason=R.NOT_UTF8, device_id="S1") == []


def test_a_replay_reads_the_letters_in_the_order_they_came(readings: ReadingStore) -> None:
    """Page by page, so that fifty thousand of them do not fill the memory."""
    came = [failed(number) for number in range(5)]
    readings.append([], [], came)

    first = readings.dead_letters_after(0, 3)
    rest = readings.dead_letters_after(first[-1].id, 3)
    assert [each.rejected for each in (*first, *rest)] == came
    assert readings.dead_letters_after(rest[-1].id, 3) == []


def test_what_a_replay_needs_is_kept(open_readings: OpenReadings) -> None:
    """The envelope opens the message again; one that was kept in part must not be taken for a whole."""
    part = failed(0, R.TOO_LARGE, size_bytes=1_000_000, envelope="tts_v3")
    open_readings().append([], [], [part])

    assert open_readings().dead_letters(1)[0].rejected == part


def test_a_dropped_letter_is_gone_and_still_counted(open_readings: OpenReadings) -> None:
    """The counts say how often it goes wrong, whatever was mended since."""
    store = open_readings()
    store.append([], [], [failed(0), failed(1)])
    newer, older = store.dead_letters(9)

    assert store.drop_dead_letters([older.id, 999_999]) == 1
    assert store.drop_dead_letters([older.id]) == 0
    assert open_readings().dead_letters(9) == [newer]
    assert store.dead_letter_counts() == {R.OUT_OF_BOUNDS: 2}


def test_a_letter_that_the_broker_sends_again_is_kept_and_counted_once(open_readings: OpenReadings) -> None:
    """Killed between commit and acknowledgement, we see the message a second time, received at another moment."""
    open_readings().append([], [], [failed(0, payload := R.OUT_OF_BOUNDS), unknown(1, "X")])
    store = open_readings()
    again = [
        Rejected("t/S1", b"0", T0 + timedelta(hours=1), payload, "too full", SensorId("S1"), redelivered=True),
        Rejected(
            "t/S1", b"1", T0 + timedelta(hours=1), R.UNKNOWN_DEVICE, "x", None, device_ids=("X",), redelivered=True
        ),
    ]
    store.append([], [], again)

    assert len(store.dead_letters(9)) == 2
    assert store.dead_letter_counts() == {R.OUT_OF_BOUNDS: 1, R.UNKNOWN_DEVICE: 1}
    assert [each.seen for each in store.quarantine()] == [1]


def test_a_redelivered_letter_that_was_never_kept_is_kept(readings: ReadingStore) -> None:
    """Killed before the commit, its second coming is the first that counts."""
    readings.append([], [], [failed(0, redelivered=True)])

    assert readings.dead_letter_counts() == {R.OUT_OF_BOUNDS: 1}


def test_a_sensor_that_fails_in_the_same_way_twice_is_counted_twice(readings: ReadingStore) -> None:
    """The same words at another hour are another message."""
    readings.append([], [], [failed(0), failed(0)])
    readings.append([], [], [failed(0)])

    assert readings.dead_letter_counts() == {R.OUT_OF_BOUNDS: 3}
    assert len(readings.dead_letters(9)) == 3


def test_the_quarantine_tells_the_installer_who_sends(open_readings: OpenReadings) -> None:
    """Names to register, since when, how often, and the last payload to recognise the make by."""
    store = open_readings()
    store.append([], [], [unknown(5, "bin-7", "70B3"), failed(6)])
    store.append([], [], [unknown(3, "bin-7", "70B3"), unknown(9, "other")])

    assert open_readings().quarantine() == [
        Quarantined(
            ("other",),
            "json",
            R.UNKNOWN_DEVICE,
            T0 + timedelta(minutes=9),
            T0 + timedelta(minutes=9),
            1,
            1,
            b"9",
        ),
        Quarantined(
            ("bin-7", "70B3"),
            "json",
            R.UNKNOWN_DEVICE,
            T0 + timedelta(minutes=3),
            T0 + timedelta(minutes=5),
            2,
            2,
            b"3",
        ),
    ]


def test_a_device_whose_letters_are_all_gone_leaves_the_quarantine(readings: ReadingStore) -> None:
    """It was registered and its messages replayed: the installer's list is done with it."""
    readings.append([], [], [unknown(0, "X"), unknown(1, "X"), unknown(2, "Y")])
    letters = readings.dead_letters(9, device_id="X")

    readings.drop_dead_letters([letters[0].id])
    assert [(each.device_ids, each.kept) for each in readings.quarantine()] == [(("Y",), 1), (("X",), 1)]
    readings.drop_dead_letters([letters[1].id])
    assert [each.device_ids for each in readings.quarantine()] == [("Y",)]
