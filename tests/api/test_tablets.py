"""A tablet is let in by a code, known by its token, and shut out by one touch."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.tablets import codes
from api.tablets.codes import LASTS_S, OPEN_MAX, TRIES_MAX
from tests.api.taps import event_body
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.clock import Clock
from tomma.server_settings import ServerSettings

TABLETS = "/api/v1/tablets"
DRIVER_PATHS = (
    "/api/v1/driver/routes",
    "/api/v1/driver/routes/V1",
    "/api/v1/driver/routes/V1/legs/0/guidance",
    "/api/v1/driver/bins?vehicle_id=V1",
)


def new_code(client: httpx.Client) -> str:
    """What the office reads out."""
    answer = client.post(f"{TABLETS}/pairing-codes")
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


def pair(client: httpx.Client, code: str = "", name: str = "Bil 1") -> dict[str, Any]:
    """Let a tablet in."""
    answer = client.post(TABLETS, json={"code": code or new_code(client), "name": name})
    assert answer.status_code == 201, answer.text
    paired: dict[str, Any] = answer.json()
    return paired


def showing(token: str) -> dict[str, str]:
    """The header a tablet sends."""
    return {"Authorization": f"Bearer {token}"}


def wrong_of(code: str) -> str:
    """Six other digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and name of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("urn:tomma:problem:")


@pytest.fixture
def strict(world: World) -> World:
    """A city that answers paired tablets only, with a plan on the road."""
    server = ServerSettings(require_paired_tablets=True)
    world.settings = world.settings.model_copy(update={"server": server})
    world.publish()
    return world


def test_a_code_is_six_digits_and_a_picture_of_the_address(client: httpx.Client) -> None:
    """Typed with gloves, or read by the camera; the digits stand after the #, so they reach no log."""
    answer = client.post(f"{TABLETS}/pairing-codes").json()
    assert re.fullmatch(r"[0-9]{6}", answer["code"])
    assert answer["address"] == f"http://127.0.0.1/driver#pair={answer['code']}"
    assert answer["qr_svg"].startswith("<svg")
    assert answer["expires_utc"] == "2026-11-22T05:40:00Z"


def test_the_address_is_the_public_one_where_it_is_set(world: World) -> None:
    """The office may sit on the server itself, where its own address leads no tablet anywhere."""
    server = ServerSettings(public_url="https://bins.example/")
    world.settings = world.settings.model_copy(update={"server": server})
    with serving(world) as client:
        told = client.post(f"{TABLETS}/pairing-codes").json()
    assert told["address"] == f"https://bins.example/driver#pair={told['code']}"


def test_a_token_is_told_once_and_kept_as_a_digest(client: httpx.Client, world: World) -> None:
    """Whoever copies the database can drive with nobody's tablet."""
    paired = pair(client)
    assert re.fullmatch(r"tt_[0-9a-f]{12}_[0-9a-f]{64}", paired["token"])
    secret = paired["token"].rpartition("_")[2]
    stored = (world.settings.data_dir / "registry.sqlite3").read_bytes()
    wal = world.settings.data_dir / "registry.sqlite3-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert paired["tablet_id"].encode() in stored
    assert secret.encode() not in stored
    assert secret not in client.get(TABLETS).text


def test_a_code_opens_once(client: httpx.Client) -> None:
    """The slip of paper may lie about."""
    code = new_code(client)
    pair(client, code)
    assert refusal(client.post(TABLETS, json={"code": code, "name": "Bil 2"})) == (403, "pairing-code-refused")
    assert len(client.get(TABLETS).json()["tablets"]) == 1


def test_a_code_opens_for_ten_minutes(client: httpx.Client, world: World) -> None:
    """To the second."""
    early, late = new_code(client), new_code(client)
    world.clock.now = NOW + timedelta(seconds=LASTS_S - 1)
    pair(client, early)
    world.clock.now = NOW + timedelta(seconds=LASTS_S)
    assert refusal(client.post(TABLETS, json={"code": late, "name": "Bil 2"})) == (403, "pairing-code-refused")


def test_on_a_demos_clock_a_code_lasts_ten_minutes_of_the_wall(world: World) -> None:
    """Else it would be over before it is typed."""

    class Fast:
        def now_utc(self) -> Any:
            return NOW

        def real_seconds(self, clock_s: float) -> float:
            return clock_s / 60

    clock: Clock = Fast()
    with serving(replace(world, clock=clock)) as client:  # type: ignore[arg-type]
        assert client.post(f"{TABLETS}/pairing-codes").json()["expires_utc"] == "2026-11-22T15:30:00Z"


def test_guessing_ends_after_twenty_tries_and_begins_again_ten_minutes_later(
    client: httpx.Client, world: World
) -> None:
    """Refused tries do not count: a flood shuts the real one out for no longer than the window."""
    code = new_code(client)
    body = {"code": wrong_of(code), "name": "Bil 1"}
    for _ in range(TRIES_MAX):
        assert refusal(client.post(TABLETS, json=body)) == (403, "pairing-code-refused")
    world.clock.now = NOW + timedelta(seconds=500)
    later = new_code(client)
    for tried in (body["code"], later):
        answer = client.post(TABLETS, json={**body, "code": tried})
        assert refusal(answer) == (429, "too-many-pairing-tries")
        assert answer.headers["Retry-After"] == "100"
    world.clock.now = NOW + timedelta(seconds=600)
    pair(client, later)


def test_who_stole_what_is_kept_of_a_code_pays_for_each_guess(
    client: httpx.Client, world: World, full_price: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million digests that cost nothing would be tried within the ten minutes that a code is good."""
    monkeypatch.setattr(codes, "SCRYPT", full_price)
    digits = new_code(client)
    (kept,) = world.stores.tablets.open_codes(NOW)
    assert kept.digest == hashlib.scrypt(digits.encode(), salt=bytes.fromhex(kept.salt), n=2**14, r=8, p=1).hex()


def test_a_depot_may_pair_many_tablets_in_a_row(client: httpx.Client) -> None:
    """Only codes that did not open are counted."""
    for number in range(TRIES_MAX + 2):
        pair(client, name=f"Bil {number}")


def test_few_codes_are_open_at_one_time(client: httpx.Client, world: World) -> None:
    """The oldest gives way."""
    codes = []
    for second in range(OPEN_MAX + 1):
        world.clock.now = NOW + timedelta(seconds=second)
        codes.append(new_code(client))
    assert client.post(TABLETS, json={"code": codes[0], "name": "Bil 1"}).status_code == 403
    pair(client, codes[1])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"code": "12345", "name": "Bil 1"}, id="five digits"),
        pytest.param({"code": "12345a", "name": "Bil 1"}, id="a letter"),
        pytest.param({"code": 123456, "name": "Bil 1"}, id="a number"),
        pytest.param({"code": "123456", "name": ""}, id="no name"),
        pytest.param({"code": "123456", "name": "x" * 61}, id="an endless name"),
        pytest.param({"code": "١٢٣٤٥٦", "name": "Bil 1"}, id="digits of another script"),
    ],
)
def test_what_cannot_be_a_code_is_no_try(refusing_client: httpx.Client, body: dict[str, Any]) -> None:
    """A slip of the finger is told as such."""
    assert refusing_client.post(TABLETS, json=body).status_code == 422


def test_a_city_that_wants_paired_tablets_answers_no_other(strict: World) -> None:
    """Every address of the driver, reading and writing; the office's pages and its feed go on."""
    with serving(strict) as client:
        for path in DRIVER_PATHS:
            answer = client.get(path)
            assert refusal(answer) == (401, "pairing-required"), path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        batch = {"events": [event_body("key-0001")], "sent_utc": "2026-11-22T05:30:00Z"}
        assert refusal(client.post("/api/v1/driver/events", json=batch)) == (401, "pairing-required")
        assert client.get("/api/v1/driver/events").json()["events"] == []
        assert client.get("/api/v1/bins").status_code == 200
        token = showing(pair(client)["token"])
        for path in DRIVER_PATHS:
            assert client.get(path, headers=token).status_code == 200, path
        taken = client.post("/api/v1/driver/events", json=batch, headers=token).json()["results"]
        assert [each["status"] for each in taken] == ["stored"], taken


def test_a_city_that_does_not_want_them_answers_everybody(client: httpx.Client) -> None:
    """Until there are accounts; a proxy's own login is none of our business."""
    assert client.get("/api/v1/driver/routes").status_code == 200
    assert client.get("/api/v1/driver/routes", headers={"Authorization": "Basic eDp5"}).status_code == 200
    assert client.get("/api/v1/driver/routes", headers={"Authorization": "Bearer other"}).status_code == 200


def test_a_revoked_tablet_is_told_so_and_nothing_is_taken_from_it(client: httpx.Client, world: World) -> None:
    """Wherever tablets are wanted or not: the page then forgets everything."""
    world.publish()
    paired = pair(client)
    token = showing(paired["token"])
    assert client.get("/api/v1/driver/routes", headers=token).status_code == 200
    revoked = client.delete(f"{TABLETS}/{paired['tablet_id']}").json()
    assert revoked["revoked_utc"] == "2026-11-22T05:30:00Z"
    batch = {"events": [event_body("key-0001")], "sent_utc": "2026-11-22T05:30:00Z"}
    answer = client.post("/api/v1/driver/events", json=batch, headers=token)
    assert refusal(answer) == (401, "tablet-revoked")
    assert client.get("/api/v1/driver/events").json()["events"] == []
    assert client.delete(f"{TABLETS}/{paired['tablet_id']}").json() == revoked


def test_a_token_that_is_not_the_tablets_is_unknown(client: httpx.Client) -> None:
    """After a restored backup, too: such a tablet keeps its taps and is paired again, it is not wiped."""
    paired = pair(client)
    client.delete(f"{TABLETS}/{paired['tablet_id']}")
    guessed = f"tt_{paired['tablet_id']}_{'0' * 64}"
    for token in (guessed, f"tt_{'0' * 12}_{'0' * 64}", "tt_nonsense"):
        answer = client.get("/api/v1/driver/routes", headers=showing(token))
        assert refusal(answer) == (401, "tablet-unknown"), token


def test_the_office_sees_when_a_tablet_was_seen_to_the_minute(client: httpx.Client, world: World) -> None:
    """More often would only wear the disk."""
    token = showing(pair(client)["token"])
    seen = []
    for second in (59, 60, 90):
        world.clock.now = NOW + timedelta(seconds=second)
        client.get("/api/v1/driver/routes", headers=token)
        seen.append(client.get(TABLETS).json()["tablets"][0]["seen_utc"])
    assert seen == ["2026-11-22T05:30:00Z", "2026-11-22T05:31:00Z", "2026-11-22T05:31:00Z"]


def test_a_tablet_signs_itself_out(client: httpx.Client) -> None:
    """And only itself: without a token there is no `me`."""
    assert refusal(client.post(f"{TABLETS}/me/sign-out")) == (403, "role-missing")
    paired, other = pair(client), pair(client, name="Bil 2")
    token = showing(paired["token"])
    assert client.post(f"{TABLETS}/me/sign-out", headers=token).json()["tablet_id"] == paired["tablet_id"]
    assert refusal(client.get("/api/v1/driver/routes", headers=token)) == (401, "tablet-revoked")
    assert client.get("/api/v1/driver/routes", headers=showing(other["token"])).status_code == 200
    names = [(each["name"], each["revoked_utc"]) for each in client.get(TABLETS).json()["tablets"]]
    assert names == [("Bil 2", None), ("Bil 1", "2026-11-22T05:30:00Z")]


def test_a_tablet_nobody_let_in_cannot_be_shut_out(refusing_client: httpx.Client) -> None:
    """A slip in the id must not pass for success."""
    assert refusing_client.delete(f"{TABLETS}/9f2c41d07ab3").status_code == 404
