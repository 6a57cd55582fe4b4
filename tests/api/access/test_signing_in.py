"""How people come in, and how they are kept out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pyotp
import pytest

from api.accounts import staff, throttle
from tests.api.access.conftest import PASSWORD, City, code_at, kind_of, locked
from tests.api.world import World
from tomma.people import Purpose, Role
from tomma.people_settings import PeopleSettings

SESSION = "/api/v1/session"
ME = "/api/v1/me"


def sign_in(client: httpx.Client, login: str = "anna", password: str = PASSWORD, code: str = "") -> httpx.Response:
    """Show login and password, and a code."""
    return client.post(SESSION, json={"login": login, "password": password, "code": code})


def test_login_and_password_let_a_driver_in_with_a_cookie_no_script_reads(city: City) -> None:
    """And the token is in no table: a stolen database opens nothing."""
    anna = city.add("anna", Role.DRIVER)
    client = city.client()
    answer = sign_in(client, " ANNA ")
    assert answer.json()["me"]["roles"] == ["driver"]
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("tomma-80="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get(ME).json()["login"] == "anna"
    token = client.cookies["tomma-80"]
    assert token not in repr(city.world.stores.sessions.of_person(anna.id))


@pytest.mark.parametrize(
    ("login", "password", "disabled"),
    [
        pytest.param("anna", "not the password", False, id="a wrong password"),
        pytest.param("nobody", PASSWORD, False, id="a login nobody has"),
        pytest.param("anna", PASSWORD, True, id="a disabled account with its right password"),
    ],
)
def test_whoever_is_refused_learns_nothing(city: City, login: str, password: str, disabled: bool) -> None:
    """The same words after the same work: neither tells which logins there are."""
    anna = city.add("anna", Role.ADMIN, totp=True)
    city.add("berit", Role.ADMIN, totp=True)
    if disabled:
        city.world.stores.people.save(replace(anna, disabled_utc=city.wall.now))
    worked: list[bool] = []
    inner = city.passwords.is_right

    def is_right(password: str, password_hash: str) -> bool:
        worked.append(True)
        return inner(password, password_hash)

    city.passwords.is_right = is_right  # type: ignore[method-assign]
    answer = sign_in(city.client(), login, password)
    assert kind_of(answer) == (401, "sign-in-refused")
    assert answer.json()["detail"] == "login and password do not belong together"
    assert worked == [True]


def test_a_manager_shows_a_code_too_and_each_code_counts_once(city: City) -> None:
    """A password alone is no key to the city's plans; a code seen over the shoulder neither."""
    city.add("anna", Role.MANAGER, totp=True)
    client, now = city.client(), city.wall.now
    assert kind_of(sign_in(client)) == (401, "second-factor-required")
    assert kind_of(sign_in(client, code="000000")) == (401, "second-factor-refused")
    assert sign_in(client, code=code_at(now - timedelta(seconds=30))).status_code == 200
    assert sign_in(client, code=code_at(now)).status_code == 200
    assert kind_of(sign_in(client, code=code_at(now))) == (401, "second-factor-refused")
    assert client.get("/api/v1/plans").status_code == 200


def test_a_manager_without_a_second_factor_can_do_nothing_but_set_one_up(city: City) -> None:
    """Compulsory means that there is no later."""
    anna = city.add("anna", Role.MANAGER)
    client = city.client()
    assert sign_in(client).json()["me"]["must_set_up_second_factor"] is True
    assert kind_of(client.get("/api/v1/plans")) == (403, "second-factor-missing")
    begun = client.post(f"{ME}/second-factor").json()
    assert begun["qr_svg"].startswith("<svg")
    wrong = client.put(f"{ME}/second-factor", json={"ticket": begun["ticket"], "code": "000000"})
    assert wrong.json()["errors"][0]["field"] == "code"
    code = pyotp.TOTP(begun["secret"]).at(city.wall.now)
    before = client.cookies["tomma-80"]
    codes = client.put(f"{ME}/second-factor", json={"ticket": begun["ticket"], "code": code}).json()["codes"]
    assert len(set(codes)) == 8
    assert client.cookies["tomma-80"] != before, "more rights, another token"
    assert client.get("/api/v1/plans").status_code == 200
    assert city.client(cookie=f"tomma-80={before}").get(ME).status_code == 401
    kept = city.world.stores.people.find(anna.id)
    assert kept is not None
    assert begun["secret"] not in kept.proof.totp_sealed


def test_a_recovery_code_stands_in_for_the_app_once(city: City) -> None:
    """Phones drown."""
    city.add("anna", Role.MANAGER)
    client = city.client()
    sign_in(client)
    begun = client.post(f"{ME}/second-factor").json()
    code = pyotp.TOTP(begun["secret"]).at(city.wall.now)
    codes = client.put(f"{ME}/second-factor", json={"ticket": begun["ticket"], "code": code}).json()["codes"]
    other = city.client()
    assert sign_in(other, code=codes[0].upper().replace("-", " ")).json()["me"]["recovery_codes_left"] == 7
    assert kind_of(sign_in(other, code=codes[0])) == (401, "second-factor-refused")


def test_another_password_ends_the_other_sessions_and_renews_this_one(city: City) -> None:
    """Whoever changes a password thinks that somebody else has it."""
    city.add("anna", Role.DRIVER)
    client, thief = city.client(), city.client()
    for each in (client, thief):
        sign_in(each)
    before = client.cookies["tomma-80"]
    asked = {"current": PASSWORD, "new": "åtta hungriga måsar"}
    assert client.put(f"{ME}/password", json={**asked, "current": "wrong"}).status_code == 403
    assert client.put(f"{ME}/password", json=asked).status_code == 200
    assert (client.get(ME).status_code, thief.get(ME).status_code) == (200, 401)
    assert client.cookies["tomma-80"] != before
    assert sign_in(city.client()).status_code == 401
    assert sign_in(city.client(), password="åtta hungriga måsar").status_code == 200


def test_whoever_finds_a_browser_open_needs_the_password_to_change_its_keys(city: City) -> None:
    """Ten minutes after signing in it may be somebody else who sits there."""
    city.add("anna", Role.MANAGER, totp=True)
    client = city.client()
    sign_in(client, code=code_at(city.wall.now))
    asked = f"{ME}/recovery-codes"
    assert client.post(asked, json={}).status_code == 200, "who has just shown both is not asked again"
    city.wall.now += timedelta(minutes=11)
    begun = client.post(f"{ME}/second-factor").json()
    shown = {"ticket": begun["ticket"], "code": pyotp.TOTP(begun["secret"]).at(city.wall.now)}
    for password in ("", "wrong"):
        assert client.post(asked, json={"password": password}).status_code == 403
        assert client.put(f"{ME}/second-factor", json={**shown, "password": password}).status_code == 403
    assert client.post(asked, json={"password": PASSWORD}).status_code == 200
    assert client.put(f"{ME}/second-factor", json={**shown, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("new", "bound"),
    [
        pytest.param("kort men fin", "15 to 128 characters", id="too short to be all there is"),
        pytest.param("a" * 129, "15 to 128 characters", id="longer than anybody types"),
        pytest.param("qwertyuiopasdfghjkl", "harder to guess", id="a row of keys"),
        pytest.param("lösenordlösenord", "harder to guess", id="a Swedish word twice"),
        pytest.param("sommar2026sommar2026", "harder to guess", id="a season and a year"),
        pytest.param("annaannaannaanna", "harder to guess", id="the login"),
        pytest.param("Exempelstad2026", "harder to guess", id="the city"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_with_its_reason(city: City, new: str, bound: str) -> None:
    """Length and what guessers try first; no rule asks for a sign or a capital."""
    client = city.enter(city.add("anna", Role.DRIVER))
    answer = client.put(f"{ME}/password", json={"current": PASSWORD, "new": new})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "new")
    assert bound in answer.json()["errors"][0]["bound"]


def test_a_session_ends_idle_old_signed_out_everywhere_or_with_its_account(city: City) -> None:
    """A10: each way out is for good."""
    anna = city.add("anna", Role.DRIVER)
    idle, old = city.enter(anna), city.enter(anna)
    for _ in range(2):
        city.wall.now += timedelta(hours=5)
        assert old.get(ME).status_code == 200
    assert idle.get(ME).status_code == 401
    city.wall.now += timedelta(hours=3)
    assert old.get(ME).status_code == 401
    one, two, three = (city.enter(anna) for _ in range(3))
    assert one.delete(SESSION).status_code == 204
    assert one.get(ME).status_code == 401
    assert two.delete(f"{ME}/sessions").json()["sessions"] >= 2
    assert (two.get(ME).status_code, three.get(ME).status_code) == (401, 401)
    admin = city.enter(city.add("admin", Role.ADMIN))
    four = city.enter(anna)
    assert admin.patch(f"/api/v1/people/{anna.id}", json={"disabled": True}).status_code == 200
    assert four.get(ME).status_code == 401


def test_signing_in_gives_a_new_token_and_ends_the_one_that_was_there(city: City) -> None:
    """A token somebody planted in the browser must lead nowhere (session fixation)."""
    city.add("anna", Role.DRIVER)
    client = city.client()
    sign_in(client)
    planted = client.cookies["tomma-80"]
    sign_in(client)
    assert client.cookies["tomma-80"] != planted
    assert city.client(cookie=f"tomma-80={planted}").get(ME).status_code == 401


def test_a_guesser_is_stopped_and_the_person_still_comes_in_with_her_browser(city: City) -> None:
    """A7: whoever knows a login must not be able to lock its owner out."""
    city.add("anna", Role.DRIVER)
    own = city.client()
    assert sign_in(own).status_code == 200
    guesser = city.client()
    answers = [sign_in(guesser, password=f"guess number {n}") for n in range(throttle.ACCOUNT_MAX + 1)]
    assert [each.status_code for each in answers] == [401] * throttle.ACCOUNT_MAX + [429]
    assert int(answers[-1].headers["retry-after"]) == throttle.WINDOW_S
    assert kind_of(sign_in(guesser)) == (429, "too-many-sign-ins"), "not even with the right one"
    assert sign_in(own).status_code == 200
    city.wall.now += timedelta(seconds=throttle.WINDOW_S + 1)
    assert sign_in(city.client()).status_code == 200


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try is counted before it is made; a right one is taken back, or the morning's last would stay outside."""
    monkeypatch.setitem(throttle._MAX, "address", 3)
    city.add("anna", Role.DRIVER)
    assert [sign_in(city.client()).status_code for _ in range(5)] == [200] * 5
    wrong = [sign_in(city.client(), password="another one").status_code for _ in range(4)]
    assert wrong == [401, 401, 401, 429], "and what others tried from there is not forgotten"


def test_one_address_cannot_try_one_password_on_everybody(city: City) -> None:
    """Spraying stays below each account's bound; logins nobody has count alike."""
    answers = [sign_in(city.client(), f"person-{n}") for n in range(throttle.ADDRESS_MAX + 1)]
    assert [each.status_code for each in answers] == [401] * throttle.ADDRESS_MAX + [429]


def test_a_hundred_guesses_at_once_are_no_more_than_one_after_the_other(city: City) -> None:
    """A9: each is counted before it is looked at, and two are hashed at a time."""
    city.add("anna", Role.DRIVER)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda n: sign_in(city.client(), password=f"guess {n}").status_code, range(50)))
    assert (answers.count(401), answers.count(429)) == (throttle.ACCOUNT_MAX, 50 - throttle.ACCOUNT_MAX)


def test_the_first_person_comes_by_the_link_the_server_printed_once(city: City) -> None:
    """O1: no default account, and a stranger who comes first has no link."""
    assert city.client().get("/api/v1/sign-in").json()["needs_setup"] is True
    secret, _ = city.accounts.make_link(Purpose.SETUP, None, "operator")
    client = city.client()
    told = {"link": secret, "password": "sju vita svanar", "login": "Chef@Stad.example", "name": "Chefen"}
    weak = client.post("/api/v1/links/redeem", json={**told, "password": "lösenord1234"})
    assert weak.status_code == 422, "and the link is still good"
    me = client.post("/api/v1/links/redeem", json=told).json()["me"]
    assert (me["login"], me["roles"], me["must_set_up_second_factor"]) == (
        "chef@stad.example",
        ["admin", "manager"],
        True,
    )
    assert kind_of(city.client().post("/api/v1/links/redeem", json=told)) == (403, "link-refused")
    assert city.client().get("/api/v1/sign-in").json()["needs_setup"] is False


def test_the_setup_link_dies_after_an_hour(city: City) -> None:
    """It lies in a terminal's scroll-back."""
    secret, _ = city.accounts.make_link(Purpose.SETUP, None, "operator")
    city.wall.now += timedelta(minutes=60)
    answer = city.client().post("/api/v1/links/look", json={"link": secret})
    assert kind_of(answer) == (403, "link-refused")


def test_the_link_of_somebody_who_was_disabled_since_opens_nothing(city: City) -> None:
    """An account is shut in haste; the letter with the link lies on a desk still."""
    anna = city.add("anna", Role.DRIVER)
    secret, _ = city.accounts.make_link(Purpose.RESET, anna, "operator")
    staff.change(city.accounts, anna.id, staff.Wanted(disabled=True), "operator")
    told = {"link": secret, "password": "sju vita svanar på sjön"}
    assert kind_of(city.client().post("/api/v1/links/look", json={"link": secret})) == (403, "link-refused")
    assert kind_of(city.client().post("/api/v1/links/redeem", json=told)) == (403, "link-refused")


def test_over_a_line_that_can_be_listened_to_no_password_is_taken(city: City) -> None:
    """Plain HTTP in a LAN: whoever sits there reads along."""
    city.add("anna", Role.DRIVER)
    lan = {"host": "192.168.1.20", "origin": "http://192.168.1.20"}
    assert kind_of(sign_in(city.client(**lan))) == (403, "https-required")


def test_behind_a_proxy_with_tls_the_cookie_is_bound_to_its_host(world: World) -> None:
    """`__Host-`: no neighbour's page can set it, no plain line carries it."""
    server = world.settings.server.model_copy(update={"public_url": "https://bins.example"})
    world.settings = world.settings.model_copy(update={"server": server})
    with City(locked(world)).open() as city:
        city.add("anna", Role.DRIVER)
        answer = sign_in(city.client(host="bins.example", origin="https://bins.example"))
        cookies = [each.partition("=")[0] for each in answer.headers.get_list("set-cookie") if "Secure" in each]
        assert cookies == ["__Host-tomma", "__Host-tomma-device"]


def test_a_cookie_without_a_word_of_where_it_comes_from_changes_nothing(city: City) -> None:
    """Browsers that say neither Sec-Fetch-Site nor Origin with a POST do not exist; tricks with forms did."""
    client = city.enter(city.add("anna", Role.DRIVER))
    del client.headers["origin"]
    assert client.get(ME).status_code == 200
    assert client.delete(SESSION).status_code == 403


def test_on_a_demo_a_visitor_is_its_manager_and_can_be_somebody_else(world: World) -> None:
    """And nowhere else: without the demo there is nothing at that address."""
    demo = world.settings.model_copy(update={"people": PeopleSettings(demo=True)})
    world.settings = demo
    with City(world).open() as city:
        client = city.client()
        assert client.get(ME).json()["name"] == "Demo manager"
        assert client.post(f"{SESSION}/demo", json={"login": "demo-auditor"}).status_code == 200
        assert client.get(ME).json()["roles"] == ["auditor"]
        assert client.post("/api/v1/plans").status_code == 403
        assert city.client(host="192.168.1.20").get(ME).status_code == 401, "only on a loopback address"


def test_without_a_demo_nobody_is_let_in_for_a_name(city: City) -> None:
    """The demo's door must not be left ajar."""
    city.add("demo-auditor", Role.AUDITOR)
    assert city.client().post(f"{SESSION}/demo", json={"login": "demo-auditor"}).status_code == 404
