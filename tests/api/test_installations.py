"""The installer's phone at the door: done once, conflicts told in words, photos without what they tell of the phone."""

import io
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.installations.jpeg import bare_jpeg
from tests.api.test_assets import DRAGINO, EUI, knock
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.model import BinId, Reading, SensorId

SECRET = b"GPSLatitude 59.3293 owner@example"


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """The application on the small town."""
    with serving(world) as client:
        yield client


def fitted(client: httpx.Client, **told: object) -> httpx.Response:
    """Hang NY1 in B6, where nothing hangs."""
    body = {"key": "key-00000001", "sensor_id": "NY1", "bin_id": "B6", "done_utc": "2026-11-22T05:10:00Z", **told}
    return client.post("/api/v1/installations", json=body)


def photo(side: int = 40) -> bytes:
    """A picture with what a phone writes into it."""
    exif = Image.Exif()
    exif[0x9286] = SECRET.decode()  # the user's comment
    out = io.BytesIO()
    picture = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    picture.save(out, "JPEG", exif=exif, comment=SECRET, progressive=True)
    return out.getvalue()


def test_what_is_sent_again_is_done_once(client: httpx.Client) -> None:
    """A phone that lost the answer in a cellar sends again; the sensor hangs there once."""
    assert fitted(client).json() == {"key": "key-00000001", "status": "stored"}
    assert fitted(client).json() == {"key": "key-00000001", "status": "duplicate"}

    detail = client.get("/api/v1/assets/bins/B6").json()
    assert [(each["sensor_id"], each["from_utc"]) for each in detail["history"]] == [("NY1", "2026-11-22T05:10:00Z")]
    assert [each["key"] for each in detail["fittings"]] == ["key-00000001"]


def test_what_was_measured_on_the_spot_is_kept_with_the_installation(client: httpx.Client) -> None:
    """From there on the level is reckoned by what this sensor said in this container."""
    assert fitted(client, empty_mm=1180, full_mm=150, lat_deg=60.1631, lon_deg=24.931, accuracy_m=4).status_code == 200

    (period,) = client.get("/api/v1/assets/bins/B6").json()["history"]
    assert (period["empty_mm"], period["full_mm"]) == (1180.0, 150.0)
    assert client.get("/api/v1/assets/sites/S3").json()["lat_deg"] == 60.1631


@pytest.mark.parametrize(
    ("told", "status", "why"),
    [
        pytest.param({"bin_id": "B1"}, 409, "hangs H1", id="another sensor hangs there"),
        pytest.param({"sensor_id": "H2"}, 409, "hangs in B2", id="the sensor hangs elsewhere"),
        pytest.param({"bin_id": "B77"}, 404, "no bin B77", id="no such bin"),
        pytest.param({"empty_mm": 500, "full_mm": 480}, 422, "full_mm", id="a container of two centimetres"),
        pytest.param({"full_mm": 480}, 422, "full_mm", id="full without empty"),
        pytest.param({"done_utc": "2026-11-22T06:30:00Z"}, 422, "done_utc", id="tomorrow"),
        pytest.param({"lat_deg": 61, "lon_deg": 24, "accuracy_m": 4}, 409, "ask the office", id="another town"),
        pytest.param({"lat_deg": 60.1, "lon_deg": 24.9, "accuracy_m": 900}, 422, "accuracy_m", id="somewhere here"),
        pytest.param({"lat_deg": 60.1}, 422, "lat_deg", id="half a position"),
    ],
)
def test_what_does_not_fit_is_told_in_words(
    refusing_client: httpx.Client, told: dict[str, object], status: int, why: str
) -> None:
    """The installer reads it on the phone, perhaps hours later, and must know what to do."""
    answer = fitted(refusing_client, **told)

    assert answer.status_code == status
    assert why in answer.json()["detail"]


def test_a_photo_is_kept_without_what_it_tells_of_the_phone(client: httpx.Client) -> None:
    """Where the installer lives may stand in the first bytes of every picture."""
    whole = photo()
    assert SECRET in whole
    path, asked = "/api/v1/installations/photos/photo-0001", {"bin_id": "B6", "taken_utc": "2026-11-22T05:00:00Z"}
    assert client.put(path, content=whole, params=asked).json()["status"] == "stored"
    assert client.put(path, content=whole, params=asked).json()["status"] == "duplicate"

    kept = client.get(path)
    assert kept.headers["content-type"] == "image/jpeg"
    assert SECRET not in kept.content
    shown, original = Image.open(io.BytesIO(kept.content)), Image.open(io.BytesIO(whole))
    assert not shown.getexif()
    assert shown.tobytes() == original.tobytes()
    assert client.get("/api/v1/assets/bins/B6").json()["photos"] == ["photo-0001"]


def test_a_photo_keeps_how_its_colours_are_coded() -> None:
    """Of four inks only Adobe's mark tells which: without it some browsers show a negative in green."""
    written = io.BytesIO()
    Image.new("CMYK", (16, 16), (200, 10, 120, 30)).save(written, "JPEG", comment=SECRET)
    bare = bare_jpeg(written.getvalue())
    assert (b"Adobe" in written.getvalue(), b"Adobe" in bare, SECRET in bare) == (True, True, False)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"<svg onload=alert(1)>", "another file", id="no picture"),
        pytest.param(photo()[:-30], "cut off", id="cut off"),
        pytest.param(photo(4_200), "4000 pixels", id="a wall of pixels"),
        pytest.param(photo() + b"x" * 600_000, "600000 bytes", id="too heavy"),
    ],
)
def test_what_is_no_such_photo_is_refused(refusing_client: httpx.Client, body: bytes, why: str) -> None:
    """What we keep is shown to others."""
    path, asked = "/api/v1/installations/photos/photo-0001", {"bin_id": "B6", "taken_utc": "2026-11-22T05:00:00Z"}
    answer = refusing_client.put(path, content=body, params=asked)

    assert answer.status_code == 422
    assert why in answer.json()["detail"]


@given(cut=st.integers(0, 400), flips=st.lists(st.tuples(st.integers(0, 399), st.integers(1, 255)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_no_bytes_make_the_cutting_fail_or_hang(cut: int, flips: list[tuple[int, int]]) -> None:
    """Anybody with a phone may send anything."""
    data = bytearray(photo(8)[: 400 + cut])
    for place, bits in flips:
        data[place % len(data)] ^= bits
    try:
        bare = bare_jpeg(bytes(data))
    except ValueError:
        return
    assert bare.startswith(b"\xff\xd8")
    assert len(bare) <= len(data) + 2
    assert bare_jpeg(bare) == bare


def test_a_device_is_followed_from_the_first_sound_to_the_first_reading(world: World, client: httpx.Client) -> None:
    """The installer stands before the bin and must know that the whole chain works before leaving."""
    ask = f"/api/v1/installations/devices/{EUI.upper()}"
    assert client.get(ask).json()["state"] == "unheard"

    knock(world, DRAGINO)
    heard = client.get(ask).json()
    assert (heard["state"], heard["distance_mm"], heard["make"]) == ("waiting", 600.0, "milesight")

    assert fitted(client, sensor_id=EUI).status_code == 200
    assert client.get(ask).json()["state"] == "hung"

    later = NOW + timedelta(minutes=1)
    world.stores.readings.append([Reading(BinId("B6"), SensorId(EUI), later, later, 0.4, distance_mm=610.0)])
    told = client.get(ask).json()
    assert (told["state"], told["fill_fraction"], told["distance_mm"]) == ("reading", 0.4, 610.0)


def test_the_phone_carries_every_bin_with_what_hangs_in_it(client: httpx.Client) -> None:
    """Without a network it still shows what is to be replaced."""
    catalogue = client.get("/api/v1/installations/catalogue").json()

    assert [(each["id"], each["sensor"]) for each in catalogue["bins"]][-2:] == [("B5", "H5"), ("B6", None)]
    assert catalogue["container_types"] == [{"id": "C240", "name": "240 l", "empty_mm": 1000.0, "full_mm": 100.0}]
    assert "milesight" in catalogue["makes"]
