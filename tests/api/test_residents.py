"""Whoever finds a full bin tells it with one tap and no name; a prank moves little, a closed city says nothing."""

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from ipaddress import ip_network
from urllib.parse import quote

import httpx
import pytest

from api.guards.throttle import Throttle
from api.residents.router import language_of
from tests.api.patience import until
from tests.api.taps import event_body
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.model import BinId, Emptying, EmptyingSource
from tomma.opendata import OpenData
from tomma.requests import BinRequest, RequestReason, RequestSource
from tomma.resident_settings import ResidentSettings

BUTTON = re.compile(r'formaction="([^"]+)"')


@pytest.fixture
def opened(world: World) -> World:
    """The small town, open to its residents."""
    return opened_as(world, ResidentSettings(open=True))


def opened_as(world: World, residents: ResidentSettings) -> World:
    """The same town with these bounds."""
    return replace(world, settings=world.settings.model_copy(update={"residents": residents}))


@pytest.fixture
def resident(opened: World) -> Iterator[httpx.Client]:
    """A phone at a bin."""
    with serving(opened) as client:
        yield client


def of_residents(world: World, bin_id: str = "B5") -> list[BinRequest]:
    """What residents asked of the bin."""
    return [each for each in world.stores.requests.of_bin(BinId(bin_id)) if each.source is RequestSource.RESIDENT]


def test_one_tap_makes_one_request_that_the_office_sees_as_a_residents(resident: httpx.Client, opened: World) -> None:
    """The page leads the way: its own button is pressed, and its own address is shown again."""
    page = resident.get("/r/B5?lang=en")
    assert (page.status_code, page.headers["content-language"]) == (200, "en")
    assert "Residual waste" in page.text
    assert "Restavfall" in resident.get("/r/B5?lang=sv").text
    assert "today&#39;s round" not in page.text, "no truck has it on its list"
    assert BUTTON.findall(page.text) == [f"/r/B5/{each}?lang=en" for each in ("full", "litter_beside", "smell")]
    answer = resident.post(BUTTON.findall(page.text)[0])
    assert (answer.status_code, answer.headers["location"]) == (303, "/r/B5?lang=en")
    after = resident.get(answer.headers["location"])
    assert "It is known since 06:30." in after.text
    assert BUTTON.findall(after.text) == []
    told = resident.get("/api/v1/bins/B5/requests").json()["requests"]
    assert [(each["source"], each["reason"], each["note"], each["state"]) for each in told] == [
        ("resident", "full", "", "standing")
    ]


def test_another_tap_returns_the_request_that_stands(resident: httpx.Client, opened: World) -> None:
    """Two buttons, two people, a page loaded again: a bin is asked for once."""
    for reason in ("full", "smell", "full"):
        assert resident.post(f"/r/B5/{reason}").status_code == 303
    assert [each.reason for each in of_residents(opened)] == [RequestReason.FULL]


def test_what_the_office_asked_for_is_known_too(resident: httpx.Client, opened: World) -> None:
    """The bin is a must already, so a resident's tap would add nothing to it."""
    opened.stores.requests.ask(BinRequest("r1", BinId("B5"), RequestReason.EVENT, NOW - timedelta(days=2), "a match"))
    page = resident.get("/r/B5?lang=sv").text
    assert "Det är känt sedan 20 november 06:30." in page
    assert "match" not in page
    opened.stores.requests.ask(BinRequest("r2", BinId("B5"), RequestReason.FULL, NOW - timedelta(hours=1)))
    assert "sedan 20 november" in resident.get("/r/B5?lang=sv").text, "since it was told first"
    resident.post("/r/B5/full")
    assert of_residents(opened) == []


def test_an_emptied_bin_can_be_told_of_again(resident: httpx.Client, opened: World) -> None:
    """The driver came; what is thrown beside it afterwards is news."""
    opened.publish()
    due = until(lambda: resident.get("/r/B1?lang=en").text, lambda text: "today&#39;s round" in text)
    assert BUTTON.findall(due), "who stands before it may see more than the plan does"
    resident.post("/r/B1/full")
    opened.clock.now += timedelta(hours=1)
    tap = {"events": [event_body("emptied-1", tapped_utc="2026-11-22T06:20:00Z")], "sent_utc": "2026-11-22T06:30:00Z"}
    assert resident.post("/api/v1/driver/events", json=tap).json()["results"][0]["status"] == "stored"
    page = resident.get("/r/B1?lang=en").text
    assert "It was emptied today." in page
    assert "known since" not in page
    resident.post("/r/B1/litter_beside")
    assert "It was emptied today." not in resident.get("/r/B1?lang=en").text, "what is known now is newer"
    assert [each.reason for each in of_residents(opened, "B1")] == [RequestReason.LITTER_BESIDE, RequestReason.FULL]


def test_two_taps_at_once_are_one_request(
    resident: httpx.Client, opened: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two phones before one bin: both look before either has told."""
    book = opened.stores.requests
    look, both = book.of_bin, threading.Barrier(2)

    def slowly(bin_id: BinId) -> Sequence[BinRequest]:
        found = look(bin_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return found

    monkeypatch.setattr(book, "of_bin", slowly)
    with ThreadPoolExecutor(2) as phones:
        answers = list(phones.map(resident.post, ["/r/B5/full"] * 2))
    assert [each.status_code for each in answers] == [303, 303]
    monkeypatch.undo()
    assert len(of_residents(opened)) == 1


def test_a_bin_that_was_emptied_yesterday_was_not_emptied_today(resident: httpx.Client, opened: World) -> None:
    """What was asked for before is answered by it, and there is nothing to thank for any more."""
    opened.stores.requests.ask(BinRequest("r1", BinId("B5"), RequestReason.FULL, NOW - timedelta(days=2)))
    emptied = Emptying(BinId("B5"), NOW - timedelta(days=1), EmptyingSource.DETECTED, 0.9, 0.05)
    opened.stores.readings.append([], [emptied])
    page = resident.get("/r/B5?lang=en").text
    assert BUTTON.findall(page)
    assert "It was emptied today." not in page


def test_a_request_is_forgotten_after_sixty_days(resident: httpx.Client, opened: World) -> None:
    """A bin that no plan reached for so long is worth telling of again."""
    opened.stores.requests.ask(BinRequest("r1", BinId("B5"), RequestReason.FULL, NOW - timedelta(days=61)))
    assert BUTTON.findall(resident.get("/r/B5").text)
    resident.post("/r/B5/full")
    assert len(of_residents(opened)) == 1


def test_who_tries_addresses_by_the_hundred_is_held_back(resident: httpx.Client, opened: World) -> None:
    """A list of which bins there are, and which were told of, is nobody's to harvest."""
    bounds = resident._transport._app.state.services.residents  # type: ignore[attr-defined]
    bounds.looks = Throttle(per_minute=1 / 60, burst=3)
    answers = [resident.get(f"/r/{bin_id}?lang=en") for bin_id in ("B5", "B6", "nowhere", "B5", "nowhere")]
    assert [each.status_code for each in answers] == [200, 200, 404, 429, 429]
    assert "Try again in 60 minutes." in answers[-1].text


def test_a_request_that_the_office_withdrew_can_be_made_again(resident: httpx.Client, opened: World) -> None:
    """The office was wrong, or the bin filled since."""
    resident.post("/r/B5/full")
    opened.stores.requests.withdraw(of_residents(opened)[0].id, NOW)
    opened.clock.now += timedelta(minutes=5)
    resident.post("/r/B5/smell")
    assert [each.withdrawn_utc for each in of_residents(opened)] == [None, NOW]


def test_a_closed_city_answers_as_if_there_were_no_bin(opened: World, world: World) -> None:
    """Nobody learns by trying which bins there are, or that the page exists."""
    with serving(opened) as client:
        looked, tapped, strange = client.get("/r/nowhere"), client.post("/r/nowhere/full"), client.post("/r/B5/x")
    for answer in (looked, tapped, strange):
        assert answer.status_code == 404
        assert "Exempelstad" not in answer.text
    with serving(world) as client:
        for bin_id in ("B5", "nowhere"):
            assert (client.get(f"/r/{bin_id}").text, client.get(f"/r/{bin_id}").status_code) == (looked.text, 404)
            answer = client.post(f"/r/{bin_id}/full")
            assert (answer.text, answer.status_code) == (tapped.text, 404)
    assert of_residents(world) == []


def test_before_a_city_was_brought_in_every_address_is_without_a_bin(empty_world: World) -> None:
    """Stickers may be printed before; who is held back there reads why, not that the server broke."""
    with serving(opened_as(empty_world, ResidentSettings(open=True))) as client:
        assert (client.get("/r/B5").status_code, client.post("/r/B5/full").status_code) == (404, 404)
        client._transport._app.state.services.residents.looks = Throttle(burst=0)  # type: ignore[attr-defined]
        assert client.get("/r/B5").status_code == 429


def test_only_what_has_a_button_can_be_told(resident: httpx.Client, opened: World) -> None:
    """An event is the office's to know of, and "other" would want words."""
    for reason in ("event", "other", "x"):
        assert resident.post(f"/r/B5/{reason}").status_code == 404
    assert of_residents(opened) == []


def test_a_page_of_another_site_cannot_tell_for_its_visitors(resident: httpx.Client, opened: World) -> None:
    """Else one page with many readers would send the trucks round the city."""
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://prank.example"}):
        assert resident.post("/r/B5/full", headers=headers).status_code == 403
    assert of_residents(opened) == []
    own = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1"}
    assert resident.post("/r/B5/full", headers=own).status_code == 303


def test_browsers_tell_the_pages_own_origin_with_its_form(resident: httpx.Client) -> None:
    """Under the other pages' `no-referrer` they would send `Origin: null`, which the guard takes for a stranger's."""
    page = resident.get("/r/B5")
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-robots-tag"] == "noindex", "the city's bins are no search results"
    assert "accept-language" in page.headers["vary"].lower(), "else a proxy would show the last reader's language"
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_who_taps_too_often_is_asked_to_wait_and_others_are_not(world: World) -> None:
    """By address, as the trusted proxy tells it; what it is told for is gone with the server's memory."""
    server = world.settings.server.model_copy(update={"trusted_proxies": (ip_network("127.0.0.1"),)})
    bounded = opened_as(world, ResidentSettings(open=True, address_hour_max=2))
    bounded = replace(bounded, settings=bounded.settings.model_copy(update={"server": server}))
    with serving(bounded) as client:

        def tap(bin_id: str, address: str) -> httpx.Response:
            return client.post(f"/r/{bin_id}/full?lang=en", headers={"x-forwarded-for": address})

        assert [tap(f"B{n}", "192.0.2.1").status_code for n in (1, 2, 3)] == [303, 303, 429]
        refused = tap("B3", "192.0.2.1")
        assert 0 < int(refused.headers["retry-after"]) <= 1801
        assert "Try again in 30 minutes." in refused.text
        assert '<a class="back" href="/r/B3?lang=en">Back to the bin</a>' in refused.text
        assert tap("B4", "192.0.2.2").status_code == 303
        # One IPv6 line has 2**64 addresses: they are one.
        assert [tap("B5", f"2001:db8::{n}").status_code for n in (1, 2, 3)] == [303, 303, 429]
    assert of_residents(world, "B3") == []


def test_who_loads_the_address_of_a_tap_comes_to_the_bin(resident: httpx.Client) -> None:
    """A phone that was asked to wait still shows it: trying again was answered by a sentence for programs."""
    answer = resident.get("/r/B3/full?lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/r/B3?lang=en")
    assert resident.get("/r/B3/full?lang=a%26b%0d").headers["location"] == "/r/B3?lang=a%26b%0D"


def test_residents_cannot_ask_for_more_than_the_citys_bound_of_a_day(world: World) -> None:
    """A prank over many phones moves so many bins and no more; withdrawn ones count, the office's do not."""
    bounded = opened_as(world, ResidentSettings(open=True, day_max=2))
    book = world.stores.requests
    book.ask(BinRequest("r0", BinId("B6"), RequestReason.FULL, NOW))
    with serving(bounded) as client:
        assert [client.post(f"/r/B{n}/full").status_code for n in (1, 2)] == [303, 303]
        book.withdraw(of_residents(world, "B1")[0].id, NOW)
        answers = [client.post("/r/B3/full?lang=en") for _ in range(2)]
        assert [each.status_code for each in answers] == [429, 429]
        assert "until tomorrow" in answers[0].text
        assert client.post("/r/B2/full").status_code == 303, "what stands already is still thanked for"
        world.clock.now += timedelta(days=1)
        assert client.post("/r/B3/full").status_code == 303


def test_a_city_that_takes_no_more_today_has_an_alert_until_midnight(world: World) -> None:
    """Who scans is sent away, so the office must know; midnight ends it, a higher bound, or closing the page."""
    bounded = opened_as(world, ResidentSettings(open=True, day_max=2))

    def busy() -> list[tuple[str, dict[str, float]]]:
        return [(each.kind, dict(each.values)) for each in world.stores.readings.active_alerts()]

    with serving(bounded) as client:
        look = client._transport._app.state.services.alerts.lookout.look  # type: ignore[attr-defined]
        client.post("/r/B1/full")
        look()
        assert busy() == [], "the bound is not reached yet"
        client.post("/r/B2/full")
        for _ in range(2):
            look()
            assert busy() == [("residents_busy", {"asked": 2.0, "day_max": 2.0})]
        since_utc = NOW - timedelta(days=1)
        assert len(world.stores.readings.alerts(since_utc, NOW + timedelta(hours=1))) == 1, "told once"
        world.clock.now += timedelta(days=1)
        look()
        assert busy() == []
        world.clock.now += timedelta(minutes=1)
        for n in (3, 4):
            client.post(f"/r/B{n}/full")
        look()
        assert len(busy()) == 1
    for bounds in (ResidentSettings(open=True, day_max=3), ResidentSettings(open=False, day_max=2)):
        world.clock.now += timedelta(minutes=1)
        with serving(opened_as(world, bounds)) as client:
            client._transport._app.state.services.alerts.lookout.look()  # type: ignore[attr-defined]
            assert busy() == []


def test_nothing_of_the_teller_is_kept(resident: httpx.Client, opened: World) -> None:
    """No name, no words, no address: neither in the request nor in the audit log."""
    headers = {"user-agent": "canary-phone", "x-forwarded-for": "192.0.2.77"}
    resident.post("/r/B5/full?note=canary-note", headers=headers)
    asked = of_residents(opened)[0]
    assert (asked.note, asked.reason) == ("", RequestReason.FULL)
    for path in opened.settings.data_dir.glob("**/*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"canary" not in content, path.name
            assert b"192.0.2.77" not in content, path.name


def test_the_place_is_named_only_where_open_data_names_it(opened: World) -> None:
    """A place may bear somebody's name; who stands there knows it anyway."""
    with serving(opened) as client:
        assert "Gata 3" not in client.get("/r/B5").text
        whole = OpenData(
            fractions=frozenset(opened.stores.registry.load().fractions), areas=frozenset({""}), volume_min_l=0.0,
            place_names=True, changed_utc=NOW,
        )  # fmt: skip
        for revision, (listed, named) in enumerate((
            (replace(whole, place_names=False), False), (replace(whole, volume_min_l=10_000.0), False), (whole, True),
        )):  # fmt: skip
            opened.stores.open_data.open_up(listed, revision)
            assert ("Gata 3" in client.get("/r/B5").text) is named


@pytest.mark.parametrize(
    ("accepted", "lang", "shown"),
    [
        pytest.param("sv-SE,sv;q=0.9,en;q=0.8", "", "sv", id="a Swedish phone"),
        pytest.param("en-GB,en;q=0.9,sv;q=0.8", "", "en", id="an English phone"),
        pytest.param("ar,de;q=0.9", "", "en", id="a phone in other tongues"),
        pytest.param("", "", "sv", id="a phone that does not say"),
        pytest.param("sv", "en", "en", id="whoever pressed the link"),
        pytest.param("sv", "xx", "sv", id="a language we do not speak"),
    ],
)
def test_the_page_speaks_as_the_phone_does(accepted: str, lang: str, shown: str) -> None:
    """Visitors find full bins, too."""
    assert language_of(lang, accepted) == shown


class _Addresses(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        told = dict(attrs)
        if tag in {"link", "script", "img"}:
            self.found.append(str(told.get("href") or told.get("src")))


def test_the_page_is_a_few_kilobytes_and_needs_no_script(resident: httpx.Client) -> None:
    """One bar of reception in a back yard: page and sheet are 4 kB."""
    page = resident.get("/r/B5", headers={"accept-encoding": "gzip"})
    addresses = _Addresses()
    addresses.feed(page.text)
    assert addresses.found == ["/static/icons/tomma.svg", "/static/css/resident.css"]
    assert "<script" not in page.text
    sheet = resident.get("/static/css/resident.css", headers={"accept-encoding": "gzip"})
    assert int(page.headers["content-length"]) + int(sheet.headers["content-length"]) < 4_000


def test_a_bins_id_is_only_text(world: World) -> None:
    """Ids come from a spreadsheet; the button still leads to the very bin."""
    city = world.stores.registry.load()
    evil = BinId('"><script>?&#')
    world.stores.registry.save(replace(city, bins={**city.bins, evil: replace(city.bins[BinId("B6")], id=evil)}))
    with serving(opened_as(world, ResidentSettings(open=True))) as client:
        page = client.get(f"/r/{quote(evil, safe='')}").text
        assert "<script>" not in page
        answer = client.post(unescape(BUTTON.findall(page)[0]))
        assert client.get(answer.headers["location"]).status_code == 200
    assert len(of_residents(world, evil)) == 1
