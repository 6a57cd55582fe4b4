"""Dead letters and quarantine: what failed is tried again once its cause is mended, and nothing is stored twice."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.alerts.recall import StoreTrails
from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.letters_cli import dead_letters_app, quarantine_app
from ingest.message import Message
from ingest.pipeline import process
from ingest.stream.recall import StoreMemories
from ingest.stream.replay import QuarantineReplay, Replayed, chosen, replay
from tomma.city import Bin, City, Installation, Sensor
from tomma.clock import SystemClock
from tomma.errors import NotFoundError, StoreUnavailableError
from tomma.model import BinId, ContainerTypeId, FractionCode, RejectReason, SensorId, SiteId
from tomma.settings import load_settings
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.wiring import open_stores

T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NEW = SensorId("NEW")
R = RejectReason


def with_sensor(city: City, sensor_id: SensorId = NEW) -> City:
    """The city after the installer was there."""
    own = Bin(BinId("B-new"), SiteId("P"), ContainerTypeId("C"), FractionCode("R"))
    return replace(
        city,
        bins={**city.bins, own.id: own},
        sensors={**city.sensors, sensor_id: Sensor(sensor_id)},
        installations=(*city.installations, Installation(sensor_id, own.id, datetime(2026, 1, 1, tzinfo=UTC))),
    )


def sent(hour: int, *, sensor: str = "NEW", **body: Any) -> Message:
    """A message of an hour, without a time of its own unless one is given."""
    payload = json.dumps({"distance_mm": 600, **body}).encode()
    return Message(f"tomma/v1/{sensor}/reading", payload, T0 + timedelta(hours=hour), "json")


class Ingest:
    """The real pipeline and the real store."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteReadings(path)
        self.memories, self.trails = StoreMemories(self.store, SystemClock()), StoreTrails(self.store)

    def context(self, city: City) -> IngestContext:
        """The context of a city."""
        return IngestContext(city, self.memories, trails=self.trails, receipts=self.memories)

    def keep(self, batch: Batch) -> None:
        """Remember a durable batch."""
        self.memories.keep(batch.memory)
        self.trails.keep(batch.trails)

    def take(self, city: City, messages: Sequence[Message]) -> None:
        """Take messages as the subscriber does."""
        batch = process(messages, self.context(city))
        self.store.append(batch.readings, batch.emptyings, batch.rejected, batch.alerts, batch.withdrawn)
        self.keep(batch)

    def replay(self, city: City, **choice: Any) -> Replayed:
        """Replay what is chosen, as the command does."""
        done = Replayed()
        for page in chosen(self.store, **choice):
            done += replay(page, self.context(city), self.store, self.keep, lambda _: "json")
        return done

    def history(self) -> list[tuple[datetime, datetime]]:
        """When the new bin was measured, and when that was received."""
        return [(each.measured_utc, each.received_utc) for each in self.store.range(BinId("B-new"), *EVER)]


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[Ingest]:
    """An empty store."""
    opened = Ingest(tmp_path / "readings.sqlite3")
    with closing(opened.store):
        yield opened


def test_a_device_that_is_registered_later_gets_its_history(ingest: Ingest, city: City) -> None:
    """Case M18: sensors are switched on in the workshop, days before somebody types them in."""
    ingest.take(city, [sent(hour) for hour in range(5)])
    assert ingest.store.latest() == {}

    home = QuarantineReplay(ingest.store, lambda _: "json")
    assert home.step(ingest.context(city), ingest.keep) == Replayed(), "still nobody's"
    known = ingest.context(with_sensor(city))
    assert home.step(known, ingest.keep).mended == 5
    assert ingest.history() == [(T0 + timedelta(hours=hour),) * 2 for hour in range(5)]
    assert (ingest.store.quarantine(), ingest.store.dead_letters(9)) == ([], [])
    assert home.step(known, ingest.keep) == Replayed()


def test_its_topics_are_its_own_while_it_is_brought_home(ingest: Ingest, city: City) -> None:
    """Two workers may bring the same device home at once, and a third has its newest message in hand."""
    ingest.take(city, [sent(hour) for hour in range(2)])
    held: list[list[str]] = []

    @contextmanager
    def turn(topics: Iterable[str]) -> Iterator[None]:
        held.append(list(topics))
        assert ingest.history() == [], "not judged before the turn"
        yield
        assert len(ingest.history()) == 2, "durable before it ends"

    home = QuarantineReplay(ingest.store, lambda _: "json")
    home.step(ingest.context(with_sensor(city)), ingest.keep, turn)
    assert held == [["tomma/v1/NEW/reading"] * 2]


def test_it_is_found_under_any_of_its_names(ingest: Ingest, city: City) -> None:
    """The label says the EUI, the network another name; the installer types the label."""
    body = {
        "end_device_ids": {"device_id": "yard-7", "dev_eui": "24E124713C140025"},
        "uplink_message": {"f_port": 85, "decoded_payload": {"distance_mm": 700}, "received_at": T0.isoformat()},
    }
    ingest.take(city, [Message("v3/a@t/devices/yard-7/up", json.dumps(body).encode(), T0, "tts_v3")])

    home = QuarantineReplay(ingest.store, lambda _: "")
    registered = with_sensor(city, SensorId("24e124713c140025"))
    assert home.step(ingest.context(registered), ingest.keep).mended == 1


def test_a_sensor_on_the_shelf_waits_until_it_hangs(ingest: Ingest, city: City) -> None:
    """Registered and not installed is not nothing: its messages are the installer's first sign of life."""
    ingest.take(city, [sent(1, sensor="LOOSE")])
    (device,) = ingest.store.quarantine()
    assert (device.device_ids, device.reason) == (("LOOSE",), R.NOT_INSTALLED)

    home = QuarantineReplay(ingest.store, lambda _: "json")
    assert home.step(ingest.context(with_sensor(city, SensorId("LOOSE"))), ingest.keep).mended == 1


def test_a_message_from_before_the_installation_stays(ingest: Ingest, city: City) -> None:
    """It was measured in the workshop; the bin's history must not begin with a bench."""
    ingest.take(city, [sent(hour) for hour in (0, 48)])
    hung = with_sensor(city)
    late = replace(hung.installations[-1], from_utc=T0 + timedelta(hours=24))
    hung = replace(hung, installations=(*city.installations, late))

    home = QuarantineReplay(ingest.store, lambda _: "json")
    done = home.step(ingest.context(hung), ingest.keep)
    assert (done.mended, done.failed) == (1, 1)
    assert [each.reason for each in ingest.store.quarantine()] == [R.UNKNOWN_DEVICE]


class Dying(SqliteReadings):
    """Killed after the readings are durable and before the letters are dropped."""

    def drop_dead_letters(self, ids: Sequence[int]) -> int:
        """Never come here."""
        raise StoreUnavailableError("killed")


def test_a_replay_that_is_killed_before_it_forgets_stores_nothing_twice(
    tmp_path: Path, ingest: Ingest, city: City
) -> None:
    """A letter goes only after its readings are durable, so it may come twice, also in one burst without any time."""
    burst = [sent(0, distance_mm=500 + number) for number in range(40)]
    ingest.take(city, [*burst, *(sent(hour) for hour in range(1, 5))])
    with closing(Dying(tmp_path / "readings.sqlite3")) as dying:
        memories = StoreMemories(dying, SystemClock())
        context = IngestContext(with_sensor(city), memories, receipts=memories)
        with pytest.raises(StoreUnavailableError):
            replay(next(iter(chosen(dying))), context, dying, ingest.keep, lambda _: "json")
    assert len(ingest.history()) == 44

    done = ingest.replay(with_sensor(city))
    assert (done.mended, done.stored, done.duplicates) == (44, 0, 44)
    assert len(ingest.history()) == 44
    assert ingest.store.dead_letters(9) == []


def test_an_unwilling_store_keeps_every_letter(ingest: Ingest, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quarantine begins anew at the next round."""
    ingest.take(city, [sent(hour) for hour in range(3)])
    home = QuarantineReplay(ingest.store, lambda _: "json")
    known = ingest.context(with_sensor(city))

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailableError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(ingest.store, "append", full)
        with pytest.raises(StoreUnavailableError):
            home.step(known, ingest.keep)
    assert len(ingest.store.dead_letters(9)) == 3
    assert home.step(known, ingest.keep).mended == 3


def test_what_was_kept_in_part_is_never_replayed(ingest: Ingest, city: City) -> None:
    """The first half of a list of readings is not the list."""
    csv = Message("tomma/v1/H0001/reading", b'{"distance_mm": 600}' + b" " * 20_000, T0, "json")
    ingest.take(city, [csv])

    assert ingest.replay(city) == Replayed(tried=1, incomplete=1)
    assert [each.rejected.reason for each in ingest.store.dead_letters(9)] == [R.TOO_LARGE]


def test_a_letter_that_fails_again_stays_under_its_number(ingest: Ingest, city: City) -> None:
    """It is neither counted again nor given another number: people talk about it by that."""
    ingest.take(city, [sent(0, sensor="H0001", distance_mm=-5)])
    before = ingest.store.dead_letters(9)

    why = "out_of_bounds: distance_mm must be within [1, 20000], got -5"
    assert ingest.replay(city) == Replayed(tried=1, failed=1, failed_because=why)
    assert ingest.store.dead_letters(9) == before
    assert ingest.store.dead_letter_counts() == {R.OUT_OF_BOUNDS: 1}


def test_a_letter_of_an_older_version_finds_its_envelope_by_its_topic(ingest: Ingest, city: City) -> None:
    """It was kept before letters named their envelope."""
    ingest.take(city, [sent(0)])
    (letter,) = ingest.store.dead_letters(1)
    old = replace(letter, rejected=replace(letter.rejected, envelope=""))
    done = replay([old], ingest.context(with_sensor(city)), ingest.store, ingest.keep, lambda _: "json")
    assert done.mended == 1


type Command = Callable[..., Any]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, city: City) -> Command:
    """Runs a command on a data directory with the small city; its JSON, or its error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    with open_stores(load_settings()) as stores:
        stores.registry.save(city)
        rejected = process(
            [sent(0), sent(1), sent(2, sensor="H0001", distance_mm=-5), sent(3, sensor="H0002", fill_pct=9)],
            IngestContext(city, StoreMemories(stores.readings, SystemClock())),
        ).rejected
        stores.readings.append([], [], rejected)

    def run(*words: object) -> Any:
        app = {"dead-letters": dead_letters_app, "quarantine": quarantine_app}[str(words[0])]
        result = CliRunner().invoke(app, [*map(str, words[1:]), "--json"])
        if result.exit_code:
            return result.exception
        assert result.stdout.count("\n") == 1
        return json.loads(result.stdout)

    return run


def test_the_commands_list_show_replay_and_drop(command: Command, city: City) -> None:
    """One way through: look, mend the city, replay, throw the rest away."""
    listed = command("dead-letters", "list")
    assert listed["counts"] == {"out_of_bounds": 1, "unknown_device": 2, "wrong_field": 1}
    assert [each["reason"] for each in listed["dead_letters"]] == [
        "wrong_field", "out_of_bounds", "unknown_device", "unknown_device"
    ]  # fmt: skip
    (one,) = command("dead-letters", "list", "--sensor", "H0001")["dead_letters"]
    assert command("dead-letters", "show", one["id"]) == one
    assert one["payload"] == '{"distance_mm": -5}'
    (device,) = command("quarantine", "list")["devices"]
    assert (device["device_ids"], device["seen"], device["kept"], device["envelope"]) == (["NEW"], 2, 2, "json")

    assert command("quarantine", "replay")["tried"] == 0
    with open_stores(load_settings()) as stores:
        stores.registry.save(with_sensor(city))
    assert command("quarantine", "replay")["mended"] == 2
    assert command("quarantine", "list") == {"devices": []}
    done = command("dead-letters", "replay", "--all")
    assert done.pop("failed_because").startswith("wrong_field: exactly one of distance_mm")
    assert done == {
        "tried": 2, "mended": 0, "failed": 2, "incomplete": 0, "stored": 0, "duplicates": 0
    }  # fmt: skip
    assert command("dead-letters", "drop", one["id"]) == {"dropped": 1}
    assert command("dead-letters", "drop", "--reason", "wrong_field") == {"dropped": 1}
    assert command("dead-letters", "list")["dead_letters"] == []
    assert command("dead-letters", "list")["counts"]["out_of_bounds"] == 1


def test_a_device_can_be_thrown_out_of_the_quarantine(command: Command) -> None:
    """It is the neighbour's, on the same network."""
    assert command("quarantine", "drop", "NEW") == {"dropped": 2}
    assert command("quarantine", "list") == {"devices": []}


@pytest.mark.parametrize("verb", ["replay", "drop"])
@pytest.mark.parametrize("words", [(), ("3", "--all"), ("--all", "--reason", "not_utf8")])
def test_a_choice_left_out_is_not_a_choice_of_everything(command: Command, verb: str, words: tuple[str, ...]) -> None:
    """Nobody drops every letter by forgetting a word."""
    assert isinstance(command("dead-letters", verb, *words), SystemExit)
    assert len(command("dead-letters", "list")["dead_letters"]) == 4


def test_a_number_that_is_none_is_told(command: Command) -> None:
    """In one plain line, with where to look."""
    for words in (("show", 99), ("drop", 99), ("replay", 99)):
        error = command("dead-letters", *words)
        assert isinstance(error, NotFoundError)
        assert "there is no dead letter 99" in str(error)


def test_what_a_device_chose_to_send_cannot_speak_to_the_terminal(command: Command) -> None:
    """Escape sequences in a payload or a name are shown, not obeyed."""
    with open_stores(load_settings()) as stores:
        evil = process(
            [Message("tomma/v1/\x1b[2Jevil/reading", b'{"distance_mm": 600} \x1b[31m\xff', T0, "json")],
            IngestContext(stores.registry.load(), StoreMemories(stores.readings, SystemClock())),
        ).rejected
        unknown = replace(evil[0], device_ids=("\x1b[2Jevil", "\u202e"), reason=R.UNKNOWN_DEVICE)
        stores.readings.append([], [], [*evil, unknown])
    for app, words in ((dead_letters_app, ["list"]), (quarantine_app, ["list"])):
        shown = CliRunner().invoke(app, words)
        assert shown.exit_code == 0
        assert "\x1b[2J" not in shown.stdout
        assert "\x1b[31m" not in shown.stdout
