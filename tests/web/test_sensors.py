"""The page of sensors and stream, as an operator uses it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from ingest.decode import elsys, own_fields
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tests.web.conftest import OpenPage, Read
from tests.web.stack import NOW, Stack
from tomma.bounds import outside
from tomma.model import Alert, AlertKind, Rejected, RejectReason, SensorId
from tomma.workers import Fact, WorkerKind, WorkerReport


@pytest.fixture
def troubled(stack: Stack) -> Stack:
    """One worker speaks, one fell silent; a device knocks, a message was not understood, a lid stands open."""
    now_utc = datetime.now(UTC)
    for worker, ago_s in (("ingest-1", 0), ("ingest-2", 90)):
        at_utc = now_utc - timedelta(seconds=ago_s)
        facts = {"stored": 41_233, "lag_s": 0.06, "max_lag_s": 1.2, "broker_dropped": 3}
        stack.stores.workers.report(WorkerReport(worker, WorkerKind.INGEST, at_utc, at_utc, facts))
    source: dict[str, Fact] = {
        "taken": 812,
        "last_taken_utc": now_utc.isoformat(),
        "silent": True,
        "refused": 9,
        "last_refused": 401,
    }
    door = WorkerReport("uplinks", WorkerKind.DOOR, now_utc, now_utc, {"sources": {"tts_v3": source}})
    stack.stores.workers.report(door)
    unknown = Rejected(
        "v3/x/devices/em400-33/up", b"{}", NOW, RejectReason.UNKNOWN_DEVICE, "the device must be known",
        envelope="tts_v3", device_ids=("em400-33",),
    )  # fmt: skip
    evil = Rejected("t", b"<img src=x onerror=alert(1)>", NOW, RejectReason.MALFORMED_JSON, "a number must be finite")
    tilted = sorted(stack.stores.registry.load().sensors)[3]
    alert = Alert(AlertKind.TILT, NOW, True, SensorId(tilted))
    stack.stores.readings.append([], rejected=[unknown, evil], alerts=[alert])
    return stack


def test_the_operator_sees_what_is_wrong_before_anything_else(troubled: Stack, open_page: OpenPage) -> None:
    """A silent worker, a silent HTTP source, the sensor with an alert on top, the unknown device, the drops."""
    page = open_page(troubled, "/sensors", language="sv").page
    expect(page.locator("tbody tr").first).to_contain_text("Tippad eller öppen")
    side = page.locator(".side")
    expect(side).to_contain_text("ingest-2 has not reported for")
    expect(side.get_by_text("Tar emot")).to_have_count(1)
    expect(side.get_by_role("listitem").filter(has_text="tts_v3")).to_contain_text(
        "9 avvisade sedan dess, senast med 401"
    )
    expect(side).to_contain_text("em400-33")
    expect(page.locator(".figures")).to_contain_text("6tappade hos mäklaren")


def test_a_message_that_was_not_understood_is_read_where_it_is_counted(troubled: Stack, open_page: OpenPage) -> None:
    """With its reason in words and its payload as text, whatever it holds."""
    page = open_page(troubled, "/sensors", language="en").page
    letters = page.locator(".letters")
    letters.get_by_text("Malformed JSON").click()
    expect(letters).to_contain_text("a number must be finite")
    expect(letters.locator("code").first).to_have_text("<img src=x onerror=alert(1)>")


def test_why_a_message_was_refused_is_told_in_the_page_s_language(stack: Stack, open_page: OpenPage) -> None:
    """Whoever mends it reads what it means and which field; the technician's English stands beside it, marked so."""
    refusal = outside("fill_pct", 131.5, 0, 100)
    letter = Rejected("t", b"{}", NOW, RejectReason.OUT_OF_BOUNDS, f"{refusal}", breach=refusal.breach)
    with pytest.raises(RefusedError) as raised:
        elsys.decode(Uplink(("e1",), None, frame=b"\xff\x01"))
    of_a_frame = Rejected("t", b"{}", NOW, raised.value.reason, f"{raised.value}", breach=raised.value.breach)
    strange = Rejected("t", b"{}", NOW, RejectReason.UNKNOWN_DEVICE, "got 'em400'", device_ids=("em400",))
    with pytest.raises(RefusedError) as millivolts:
        own_fields.read({"distance_mm": 812, "battery_v": 3580})
    told = millivolts.value
    wrong_unit = Rejected("t", b"{}", NOW, told.reason, f"{told}", breach=told.breach)
    stack.stores.readings.append([], rejected=[wrong_unit, letter, of_a_frame, strange])
    page = open_page(stack, "/sensors", language="sv").page
    letters = page.locator(".letters")
    letters.get_by_text("Utanför gränserna").click()
    expect(letters).to_contain_text("Ett värde ligger utanför vad en givare kan mäta")
    expect(letters).to_contain_text("battery_v: måste ligga mellan 0 och 60, inte 3580. Skickades värdet i millivolt?")
    expect(letters).to_contain_text("fill_pct: måste ligga mellan 0 och 100, inte 131,5.")
    expect(letters.locator("[lang=en]").first).to_have_text("fill_pct must be within [0, 100], got 131.5")
    letters.get_by_text("Okänt format").click()
    expect(letters).to_contain_text("Ramen: måste ha något som avkodaren känner till från byte 0, inte 0xff.")
    letters.get_by_text("Okänd enhet").click()
    expect(letters).to_contain_text("Registrera den, så läses det sparade in.")


def test_a_receiver_in_trouble_is_told_in_words_with_the_failure_beside_them(stack: Stack, open_page: OpenPage) -> None:
    """A bare 503 tells nobody in the office that readings are safe and where they wait."""
    now_utc = datetime.now(UTC)
    for worker, facts in (("full", {"store_failure": "disk full"}), ("fed", {"feed_trouble": "HTTP 503"})):
        stack.stores.workers.report(WorkerReport(worker, WorkerKind.INGEST, now_utc, now_utc, {"stored": 7, **facts}))
    side = open_page(stack, "/sensors", language="sv").page.locator(".side")
    told = (("full", "Kan inte lagra", "disk full"), ("fed", "Kan inte lämna vidare", "HTTP 503"))
    for worker, words, failure in told:
        row = side.locator(".worker").filter(has_text=worker)
        expect(row.locator(".tag")).to_have_text(words)
        expect(row.locator("[lang=en]")).to_have_text(failure)


def test_sensors_are_found_by_state_and_by_name(read: Read) -> None:
    """One chip is chosen at a time; what is typed narrows the list on the server, page by page."""
    page = read("/sensors")
    rows = page.locator("tbody tr")
    expect(page.get_by_role("button", name=re.compile("^Alla"))).to_have_attribute("aria-pressed", "true")
    rows.first.wait_for()
    all_rows = rows.count()
    page.get_by_role("button", name=re.compile("^Aldrig hörd")).click()
    expect(rows).not_to_have_count(all_rows)
    expect(page.get_by_role("button", name=re.compile("^Alla"))).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name=re.compile("^Alla")).click()
    page.get_by_placeholder("Givare, kärl, plats eller fabrikat").fill("P0005")
    expect(rows).to_have_count(1)
    page.get_by_placeholder("Givare, kärl, plats eller fabrikat").fill("no such place")
    expect(page.locator(".empty")).to_be_visible()


def test_the_pages_lead_to_each_other(read: Read) -> None:
    """And say which of them one is on."""
    page = read("/")
    page.get_by_role("link", name="Givare").click()
    expect(page.get_by_role("link", name="Givare")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Staden").click()
    expect(page.locator(".panel")).to_contain_text("Dagens plan")
