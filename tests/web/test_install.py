"""The installer's phone: everything works without a network, and is done once when it is back."""

import io
from datetime import datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.web.conftest import Ask, OpenPage
from tests.web.stack import Stack
from tomma.model import BinId, Reading, SensorId

PHONE = (390, 844)
EUI = "a84041000181d447"
KEEP_AS_BEFORE = """({body}) => new Promise((resolve, reject) => {
  const request = indexedDB.open("tomma-install");
  request.onsuccess = () => {
    const transaction = request.result.transaction(["acts"], "readwrite");
    const refused = {status: "refused", reason: "B1 is gone, look again"};
    transaction.objectStore("acts").add({key: "act-of-before", body, made_ms: 1, ...refused});
    transaction.oncomplete = () => { request.result.close(); resolve(); };
    transaction.onerror = reject;
  };
})"""
"""An act as a page of 22 November kept it."""


def picture() -> bytes:
    """A photo as large as a phone makes them."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((2_400, 1_800)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def begin(page: Page, bin_id: str, sensor: str) -> None:
    """Walk through the first two steps."""
    step = page.get_by_role("button", name="Nästa")
    page.get_by_role("button", name="Ny montering").click()
    page.get_by_label("Givarens id").fill(sensor)
    page.get_by_label("Märke").fill("milesight")
    step.click()
    page.get_by_role("searchbox").fill(bin_id)
    page.locator(".choices button", has_text=bin_id).first.click()
    step.click()


def install(page: Page, bin_id: str, sensor: str) -> None:
    """Walk through the steps with a position, a photo and two distances."""
    step = page.get_by_role("button", name="Nästa")
    begin(page, bin_id, sensor)
    page.get_by_role("button", name="där jag är").click()
    page.get_by_role("button", name="norr").click()
    step.click()
    page.locator("input[type=file]").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.locator(".photos img").wait_for()
    step.click()
    page.get_by_label("Tomt kärl").fill("1180,5")
    page.get_by_label("Fullt kärl").fill("1170")
    expect(page.locator(".install .fault")).to_contain_text("50 mm")
    expect(step).to_be_disabled()
    page.get_by_label("Fullt kärl").fill("150")
    step.click()
    page.get_by_role("button", name="spara").click()


def test_what_is_done_without_a_network_is_done_once_when_it_is_back(fresh: Stack, open_page: OpenPage) -> None:
    """In a cellar: the page opens, six steps, the phone is put away; outside it is all there, with its photo."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    watched = open_page(fresh, "/install", size=PHONE, offline_start=True)
    page, context = watched.page, watched.context
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": row["lat_deg"], "longitude": row["lon_deg"], "accuracy": 6})
    expect(page.get_by_text("Sidan öppnas också utan nät")).to_be_visible()

    watched.expects_failures = True
    fresh.stop()
    page.reload()
    install(page, row["id"], "A8-40-41-00-01-81-D4-47")
    expect(page.locator(".chain .holds")).to_have_count(1)
    page.get_by_role("button", name="Till listan").click()
    expect(page.locator(".act")).to_contain_text("Väntar på nät")
    page.reload()
    expect(page.locator(".act.waiting")).to_have_count(1)

    fresh.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".act.done")).to_have_count(1)
    detail = fresh.ask(f"/assets/bins/{row['id']}")
    now, before = detail["history"][:2]
    assert (now["sensor_id"], now["empty_mm"], now["full_mm"]) == (EUI, 1180.5, 150.0)
    assert (before["sensor_id"], before["to_utc"]) == (row["sensor_id"], now["from_utc"])
    assert len(detail["fittings"]) == len(detail["photos"]) == 1
    assert detail["lat_deg"] == pytest.approx(row["lat_deg"] + 0.000018, abs=2e-6)

    page.get_by_role("button", name="Prova").click()
    expect(page.locator(".chain .holds")).to_have_count(2)
    moment = datetime.fromisoformat(now["from_utc"]) + timedelta(seconds=1)
    fresh.stores.readings.append([Reading(BinId(row["id"]), SensorId(EUI), moment, moment, 0.25, distance_mm=920.0)])
    expect(page.locator(".verdict")).to_have_text("Allt fungerar, hela vägen.")
    expect(page.locator(".facts")).to_contain_text("920 mm")


def test_a_bin_that_somebody_else_took_meanwhile_is_told_in_words(fresh: Stack, open_page: OpenPage) -> None:
    """Two installers, one bin: the second one reads who was first, and nothing of the first one's work is lost."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    watched = open_page(fresh, "/install", size=PHONE)
    watched.expects_failures = True
    page = watched.page
    watched.context.grant_permissions(["geolocation"])
    watched.context.set_geolocation({"latitude": row["lat_deg"], "longitude": row["lon_deg"], "accuracy": 6})
    expect(page.get_by_role("button", name="Ny montering")).to_be_enabled()
    fresh.tell(f"/assets/bins/{row['id']}/hang", {"sensor_id": "ANNAN", "replaces_sensor_id": row["sensor_id"]})

    install(page, row["id"], EUI)
    expect(page.locator(".install .fault")).to_contain_text(f"I {row['id']} sitter ANNAN sedan")
    page.get_by_role("button", name="Till listan").click()
    page.get_by_role("button", name="Läst, ta bort").click()
    expect(page.locator(".act")).to_have_count(0)
    assert fresh.ask(f"/assets/bins/{row['id']}")["sensor_id"] == "ANNAN"


def test_a_refusal_is_told_in_the_language_of_whoever_reads_it(fresh: Stack, open_page: OpenPage) -> None:
    """The phone keeps why, not the words: they are there without a network, in the other language, after a restart."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    watched = open_page(fresh, "/install", size=PHONE, offline_start=True)
    watched.expects_failures = True
    page = watched.page
    watched.context.grant_permissions(["geolocation"])
    watched.context.set_geolocation({"latitude": row["lat_deg"], "longitude": row["lon_deg"], "accuracy": 6})
    expect(page.get_by_text("Sidan öppnas också utan nät")).to_be_visible()
    fresh.tell(f"/assets/bins/{row['id']}/hang", {"sensor_id": "ANNAN", "replaces_sensor_id": row["sensor_id"]})
    install(page, row["id"], EUI)
    page.get_by_role("button", name="Till listan").click()
    reason = page.locator(".act.refused .fault")
    expect(reason).to_contain_text(f"I {row['id']} sitter ANNAN sedan")

    fresh.stop()
    page.reload()
    page.get_by_role("button", name="Switch to English").click()
    expect(reason).to_contain_text(f"In {row['id']} hangs ANNAN since")


def test_what_an_older_page_was_refused_says_why_too(fresh: Stack, open_page: OpenPage) -> None:
    """It kept the server's sentence and no rule: nobody shall read "Gick inte" and nothing more."""
    page = open_page(fresh, "/install", size=PHONE).page
    expect(page.get_by_role("button", name="Ny montering")).to_be_enabled()
    page.evaluate(KEEP_AS_BEFORE, {"body": {"sensor_id": EUI, "bin_id": "B1", "done_utc": "2026-11-20T08:00:00Z"}})
    page.reload()
    expect(page.locator(".act.refused .fault")).to_have_text("Servern sa nej: B1 is gone, look again")
    page.get_by_role("button", name="Läst, ta bort").click()
    expect(page.locator(".act")).to_have_count(0)


def test_what_was_begun_is_there_again_after_the_camera_cost_the_page(fresh: Stack, open_page: OpenPage) -> None:
    """A phone short of memory ends the browser's page while its camera is open: nobody walks the six steps twice."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    page = open_page(fresh, "/install", size=PHONE).page
    begin(page, row["id"], EUI)
    page.get_by_role("button", name="Nästa").click()
    page.locator("input[type=file]").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.locator(".photos img").wait_for()
    page.wait_for_function(BEGUN_WITH_PHOTO)
    go_on = page.get_by_role("button", name=f"Fortsätt: {EUI} → {row['id']}")
    page.reload()
    go_on.click()
    expect(page.locator(".photos img")).to_have_count(1)
    for name in ("Nästa", "Nästa", "spara"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Till listan").click()
    expect(page.locator(".act.done")).to_have_count(1)
    expect(go_on).to_have_count(0)
    page.reload()
    expect(page.locator(".act.done")).to_have_count(1)
    expect(go_on).to_have_count(0)
    assert len(fresh.ask(f"/assets/bins/{row['id']}")["photos"]) == 1


BEGUN_WITH_PHOTO = """async () => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("tomma-install");
    request.onsuccess = () => resolve(request.result);
  });
  const asked = database.transaction("facts").objectStore("facts").get("begun");
  const begun = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
  database.close();
  return begun?.draft.photos.length === 1;
}"""


def test_who_cancels_or_begins_anew_finds_nothing_of_the_old_one(fresh: Stack, open_page: OpenPage) -> None:
    """Else the next bin would get the last one's photo."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    page = open_page(fresh, "/install", size=PHONE).page
    begin(page, row["id"], EUI)
    page.reload()
    page.get_by_role("button", name="Ny montering").click()
    expect(page.get_by_label("Givarens id")).to_have_value("")
    page.get_by_label("Givarens id").fill("SN-77")
    page.get_by_role("button", name="Avbryt").click()
    expect(page.get_by_role("button", name="Ny montering")).to_be_visible()
    expect(page.get_by_role("button", name="Fortsätt")).to_have_count(0)


def test_the_copy_of_the_registry_knows_what_still_waits_on_the_phone(fresh: Stack, open_page: OpenPage) -> None:
    """Hung in the wrong bin: the next act must say that it moves the sensor, of which the office has not heard yet."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    watched = open_page(fresh, "/install", size=PHONE)
    watched.expects_failures = True
    page = watched.page
    page.route("**/api/v1/installations", lambda route: route.abort())
    begin(page, row["id"], EUI)
    for name in ("Nästa", "Nästa", "Nästa", "spara", "Till listan"):
        page.get_by_role("button", name=name).click()
    page.reload()
    expect(page.locator(".net.off")).to_be_visible()  # the copy has come, and the sending after it has failed
    page.get_by_role("button", name="Ny montering").click()
    page.get_by_label("Givarens id").fill(EUI)
    expect(page.get_by_role("status").filter(has_text=row["id"])).to_be_visible()


def test_a_sensor_that_hangs_is_known_by_its_own_name_and_by_its_label(fresh: Stack, open_page: OpenPage) -> None:
    """The registry's "eui-…" must not become another sensor, nor the button move away while it is pressed."""
    row = fresh.ask("/assets/bins?limit=1")["bins"][0]
    page = open_page(fresh, "/install", size=PHONE).page
    page.get_by_role("button", name="Ny montering").click()
    field, note = page.get_by_label("Givarens id"), page.locator(".note")
    for typed in (row["sensor_id"], row["sensor_id"].removeprefix("eui-").upper()):
        field.fill(typed)
        expect(note).to_contain_text(row["id"])
        page.get_by_role("button", name="Nästa").click()
        expect(page.get_by_role("searchbox")).to_be_visible()
        page.get_by_role("button", name="Tillbaka").click()
        expect(field).to_have_value(row["sensor_id"])


LABELS = {
    "https://maker.example/d/100%": "100%",
    "LW:D0:1122334455667788:A84041000181D447:00FF:V1": EUI,
    "https://maker.example/d/SN-77?x=1": "SN-77",
    "S/N 12, DevEUI: A84041000181D447": EUI,
    "A8-40-41-00-01-81-D4-47": EUI,
    " 354043000000017 ": "354043000000017",
}


def test_a_label_is_read_as_the_device_it_names(ask: Ask) -> None:
    """Every maker prints its own kind of code."""
    assert {label: ask("install/scan.js", "deviceIn", label) for label in LABELS} == LABELS
