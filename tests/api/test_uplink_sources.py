"""An HTTP source that has gone silent, or is refused, is told where people look: nobody else would miss it."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from api.uplinks.ledger import UplinkLedger
from api.uplinks.watch import NAME, UplinkWatch
from ingest.alerts.silence import STREAM_SILENT_MAX
from tests.api.access.conftest import City, locked
from tests.api.test_uplinks import UPLINKS, tts
from tests.api.town import NOW
from tests.api.world import World
from tomma.model import AlertKind
from tomma.people import Role
from tomma.workers import FORGOTTEN_AFTER, WorkerKind

HOUR = timedelta(hours=1)


@pytest.fixture
def city(world: World) -> Iterator[City]:
    """The application with its locks."""
    with City(locked(world)).open() as opened:
        yield opened


@pytest.fixture
def network(city: City) -> httpx.Client:
    """A network server with a key for a day."""
    return city.key(Role.SENSOR)


def look(city: City) -> None:
    """Let the server look, as it does every few seconds."""
    city.app.state.services.uplink_watch.look()  # type: ignore[union-attr]


def told(city: City) -> tuple[str, list[AlertKind]]:
    """What is said of the sources: by the health of the server, and on the page of alerts."""
    look(city)
    kinds = [each.kind for each in city.world.stores.readings.active_alerts()]
    return city.key(Role.MONITOR).get("/api/v1/health").json()["checks"]["uplinks"]["detail"], kinds


def hand_in(network: httpx.Client, counter: int = 1) -> int:
    """One message of one device."""
    return network.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550, counter)).status_code


def test_a_source_that_fell_silent_is_told_until_it_is_back(city: City, network: httpx.Client) -> None:
    """On the server's health, as an alert, and among the workers; before anything was handed in there is nothing."""
    assert told(city) == ("", [])
    assert city.world.stores.workers.reports() == ()
    assert hand_in(network) == 204
    assert told(city) == ("", [])
    city.world.clock.now = NOW + STREAM_SILENT_MAX + HOUR
    detail, kinds = told(city)
    assert detail == f"tts_v3 has handed in nothing since {NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert kinds == [AlertKind.SOURCE_SILENT]
    (report,) = city.world.stores.workers.reports()
    assert (report.worker, report.kind) == (NAME, WorkerKind.DOOR)
    assert report.facts["sources"]["tts_v3"]["silent"]  # type: ignore[index]
    assert hand_in(network, 2) == 204
    assert told(city) == ("", [])


def test_a_source_whose_key_has_ended_is_told_with_the_answer_it_gets(city: City, network: httpx.Client) -> None:
    """Nothing else would say why: the network server keeps its messages and its silence."""
    assert hand_in(network) == 204
    city.wall.now += timedelta(days=2)  # the key was for one
    assert [hand_in(network, each) for each in (2, 3, 4)] == [401, 401, 401]
    city.world.clock.now = NOW + STREAM_SILENT_MAX + HOUR
    assert told(city)[0].endswith("; 3 of its requests were refused since, the newest with 401")


def test_a_source_that_is_refused_for_the_name_it_asks_is_told_so(city: City, network: httpx.Client) -> None:
    """The city's address was changed, and not at the network server: the outermost guard's answer is told, too."""
    assert hand_in(network) == 204
    asked = network.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550, 2), headers={"host": "former.example"})
    assert asked.status_code == 421
    city.world.clock.now = NOW + STREAM_SILENT_MAX + HOUR
    assert told(city)[0].endswith("; 1 of its requests were refused since, the newest with 421")


def test_what_strangers_try_troubles_nobody(city: City, network: httpx.Client) -> None:
    """Or whoever reaches the door could turn on an alert in every city."""
    for name in ("loriot", "tts_v3", "no-such-network"):
        assert city.client().post(f"{UPLINKS}/{name}", content=b"{}").status_code == 401
    assert told(city) == ("", [])
    assert hand_in(network) == 204
    assert city.client().post(f"{UPLINKS}/tts_v3", content=b"{}").status_code == 401
    assert told(city) == ("", [])
    assert list(city.world.stores.workers.reports()[0].facts["sources"]) == ["tts_v3"]  # type: ignore[arg-type]


def test_a_source_that_is_silent_since_before_the_server_started_is_silent(city: City, network: httpx.Client) -> None:
    """What was heard before is read from the report of the server that was there before."""
    assert hand_in(network) == 204
    look(city)
    city.world.clock.now = NOW + STREAM_SILENT_MAX + HOUR
    later, context = UplinkLedger(), city.world.context()
    UplinkWatch(context, later).look()
    assert [each.network for each in later.silent(context.clock.now_utc())] == ["tts_v3"]


def test_what_another_server_takes_is_no_silence_here(city: City, network: httpx.Client) -> None:
    """Two servers on one data directory, all messages go to one: the other must not turn an alert on and off."""
    assert hand_in(network) == 204
    look(city)
    context = city.world.context()
    other = UplinkWatch(context, UplinkLedger())
    other.look()
    city.world.clock.now = NOW + STREAM_SILENT_MAX + HOUR
    assert hand_in(network, 2) == 204
    for _ in range(2):
        look(city)
        other.look()
    assert city.world.stores.readings.alerts(NOW - HOUR, NOW + 2 * STREAM_SILENT_MAX) == []


def test_a_source_that_was_taken_away_on_purpose_is_not_missed_for_ever(city: City, network: httpx.Client) -> None:
    """After a week the alert ends by itself."""
    assert hand_in(network) == 204
    city.world.clock.now = NOW + FORGOTTEN_AFTER - HOUR
    assert told(city)[1] == [AlertKind.SOURCE_SILENT]
    city.world.clock.now = NOW + FORGOTTEN_AFTER + HOUR
    assert told(city) == ("", [])
    (report,) = city.world.stores.workers.reports()
    assert report.facts["sources"] == {}, "nor on the page of sensors"


def test_a_door_that_works_does_not_stand_for_the_stream(city: City, network: httpx.Client) -> None:
    """Silence is watched by `tomma ingest`, also where all readings come over HTTP."""
    assert hand_in(network) == 204
    look(city)
    assert "tomma ingest" in city.key(Role.MONITOR).get("/api/v1/health").json()["checks"]["ingest"]["detail"]


def test_a_city_that_speaks_at_the_full_hour_is_not_silent_at_half_past() -> None:
    """Ten thousand messages come within seconds: of the pauses between them none says how long the next one is."""
    ledger = UplinkLedger()
    for hour in range(8):
        for number in range(2_000):
            ledger.taken("json", NOW + hour * HOUR + number * timedelta(milliseconds=5))
    assert not list(ledger.silent(NOW + 8 * HOUR))
    assert list(ledger.silent(NOW + 10 * HOUR))


def test_patience_is_learned_from_a_sources_own_pauses() -> None:
    """A city whose sensors all speak at the full hour is not silent in between, and is after twice that."""
    ledger = UplinkLedger()
    for hour in range(8):
        for second in range(200):
            ledger.taken("tts_v3", NOW + hour * HOUR + timedelta(seconds=second))
    last_utc = NOW + 7 * HOUR + timedelta(seconds=199)
    assert not list(ledger.silent(last_utc + 1.8 * HOUR))
    assert list(ledger.silent(last_utc + 2.1 * HOUR))


@pytest.mark.parametrize(
    "words", [None, 7, {"tts_v3": None}, {"tts_v3": {"taken": 1}}, {"tts_v3": {"last_taken_utc": "x"}}]
)
def test_the_words_of_another_version_start_the_ledger_anew(words: object) -> None:
    """A server that does not start for them would be a high price."""
    ledger = UplinkLedger()
    ledger.resume(words)
    assert ledger.facts(NOW) == {}
