"""The registry: a spreadsheet looked at before it is done, an unknown device hung in a bin, a form that says why."""

import httpx
from playwright.sync_api import Page, expect

from tests.api.test_assets import DRAGINO
from tests.web.conftest import OpenPage
from tests.web.stack import NOW, Stack
from tomma.bounds import Breach, Rule
from tomma.model import Rejected, RejectReason


def choose(page: Page, content: bytes) -> None:
    """Hand the page a file, as from the disk."""
    page.locator("input[type=file]").set_input_files(
        {"name": "register.csv", "mimeType": "text/csv", "buffer": content}
    )


def test_a_spreadsheet_is_looked_at_mended_and_then_carried_out(fresh: Stack, open_page: OpenPage) -> None:
    """Saved by Excel in Sweden, with a fault in it: the manager mends the cell that was named, and says yes."""
    watched = open_page(fresh, "/assets#sheet")
    page = watched.page
    exported = httpx.get(f"{fresh.address}/api/v1/assets/export.csv?form=excel", trust_env=False).content
    head, first, *rest = exported.decode("utf-8-sig").split("\r\n")
    cells = first.split(";")
    place = head.split(";").index("site_name"), head.split(";").index("lat_deg")
    was, cells[place[0]], right, cells[place[1]] = cells[place[0]], "Åvägen 1", cells[place[1]], "95"

    choose(page, "\r\n".join([head, ";".join(cells), *rest]).encode("cp1252", "replace"))
    fault = page.locator(".outcome [role=alert] tbody tr")
    expect(fault).to_have_text(["2lat_degmåste ligga mellan −90 och 9095"])
    expect(page.get_by_role("button", name="Genomför")).to_have_count(0)

    cells[place[1]] = right
    choose(page, "\r\n".join([head, ";".join(cells), *rest]).encode("cp1252", "replace"))
    expect(page.locator(".differs")).to_contain_text(was)
    expect(page.locator(".differs")).to_contain_text("Åvägen 1")
    page.get_by_role("button", name="Genomför ändringen").click()
    expect(page.locator(".sum")).to_contain_text("Klart")
    page.get_by_role("link", name="Platser").click()
    page.get_by_role("searchbox").fill("åvägen")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_an_unknown_device_is_hung_in_a_bin(fresh: Stack, open_page: OpenPage) -> None:
    """The list tells what it seems to say; one choice later it measures a bin, from when it was first heard."""
    fresh.stores.readings.append(
        (),
        (),
        [
            Rejected(
                "v3/app@ttn/devices/nyrum-7/up",
                DRAGINO,
                NOW,
                RejectReason.UNKNOWN_DEVICE,
                "the device must be a sensor of the city, got 'nyrum-7'",
                envelope="tts_v3",
                device_ids=("nyrum-7", "a84041000181d447"),
                breach=Breach("device", Rule.KNOWN, "must be a sensor of the city", "'nyrum-7'"),
            )
        ],
    )
    bin_id = fresh.ask("/assets/bins?limit=1")["bins"][0]["id"]
    page = open_page(fresh, "/assets#quarantine").page
    stranger = page.locator(".stranger", has_text="nyrum-7")
    expect(stranger.locator(".meaning")).to_contain_text("600 mm")
    stranger.get_by_text("Vad den sände").click()
    expect(stranger).to_contain_text("device: måste finnas i registret, inte 'nyrum-7'.")
    expect(stranger.locator("[lang=en]")).to_contain_text("must be a sensor of the city")
    stranger.get_by_role("button", name="Montera i ett kärl").click()
    stranger.get_by_label("Kärl").fill(bin_id)
    expect(stranger.locator(".hint")).to_contain_text("tas ner")
    stranger.get_by_role("button", name="Montera", exact=True).click()

    expect(page.locator(".said")).to_contain_text(f"nyrum-7 sitter i {bin_id}")
    newest = fresh.ask(f"/assets/bins/{bin_id}")["history"][0]
    assert (newest["sensor_id"], newest["to_utc"]) == ("nyrum-7", None)
    assert fresh.ask("/assets/sensors/nyrum-7")["make"] == "milesight"


def test_a_form_says_beside_the_field_why_it_was_refused_and_never_overwrites(
    fresh: Stack, open_page: OpenPage
) -> None:
    """First a bound, then somebody else's change: both in words, and what the other one wrote stays."""
    watched = open_page(fresh, "/assets#sites")
    watched.expects_failures = True
    page = watched.page
    page.locator("tbody a.link").first.click()
    page.get_by_role("button", name="Ändra").click()
    page.get_by_label("Latitud").fill("95,5")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator(".field.refused .why")).to_have_text("måste ligga mellan −90 och 90")
    expect(page.get_by_label("Latitud")).to_be_focused()

    site_id = str(page.locator(".asset-panel h2").inner_text())
    seen = httpx.get(f"{fresh.address}/api/v1/assets/sites/{site_id}", trust_env=False)
    headers = {"If-Match": seen.headers["etag"]}
    address = f"{fresh.address}/api/v1/assets/sites/{site_id}"
    httpx.patch(address, json={"access_note": "kod 17"}, headers=headers, trust_env=False).raise_for_status()
    page.get_by_label("Latitud").fill(str(seen.json()["lat_deg"]))
    page.get_by_label("Namn", exact=False).fill("Annat namn")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator(".asset-form .fault")).to_contain_text("Någon annan ändrade")
    assert fresh.ask(f"/assets/sites/{site_id}")["access_note"] == "kod 17"

    page.get_by_role("button", name="Avbryt").click()
    expect(page.locator(".facts")).to_contain_text("kod 17")

    page.get_by_role("button", name="Ny plats").click()
    page.locator("#field-sites-id").fill(site_id)
    page.get_by_label("Namn", exact=False).fill("Dubbel")
    page.get_by_label("Latitud").fill("60,1")
    page.get_by_label("Longitud").fill("24,9")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator(".asset-form .fault")).to_have_text(f"Det finns redan något med beteckningen {site_id}.")
