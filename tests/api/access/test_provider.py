"""Signing in at an identity provider: a small real one on this machine, and all the ways in which it could lie."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from api.accounts import provider as provider_module
from tests.api.access.conftest import City, locked
from tests.api.world import World
from tomma.people import Role
from tomma.people_settings import PeopleSettings, ProviderSettings

CLIENT = "tomma"
SECRET = "the client's secret"
STRONG = "urn:strong"


@dataclass
class FakeProvider:
    """An OpenID provider with one person; `lies` changes what its identity tokens say."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    claims: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    signing: Any = None
    algorithm: str = "RS256"
    issuer: str = ""
    calls_itself: str = ""
    """What its metadata name as the issuer, when that is another."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: list[dict[str, str]] = field(default_factory=list)

    def authorize(self, address: str) -> str:
        """Let the person in, as its page would, and return where the browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def token(self, told: dict[str, str]) -> dict[str, str] | None:
        """Take a code once, from whoever knows the verifier it was begun with."""
        self.exchanges.append(told)
        asked = self.codes.pop(told["code"], None)
        digest = sha256(told.get("code_verifier", "").encode()).digest()
        if asked is None or urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return None
        now = int(time.time())
        told_claims = {"iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 300}
        claims = {**told_claims, "nonce": asked["nonce"], "acr": STRONG, **self.claims, **self.lies}
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "k1"}
        signed = jwt.encode(header, claims, self.signing or self.key, algorithms=[self.algorithm])
        return {"access_token": "at", "token_type": "Bearer", "id_token": signed}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """The provider, answering on this machine."""
    fake = FakeProvider()
    fake.claims = {"preferred_username": "Anna@stad.example", "name": "Anna Ek", "groups": ["waste-office", "other"]}

    class Door(BaseHTTPRequestHandler):
        def answer(self, body: object, status: int = 200) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            if self.path.endswith("/openid-configuration"):
                paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
                named = fake.calls_itself or fake.issuer
                self.answer({"issuer": named, **{name: f"{fake.issuer}/{at}" for name, at in paths.items()}})
            else:
                self.answer({"keys": [fake.key.as_dict(private=False)]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            told = {name: values[0] for name, values in parse_qs(body).items()}
            granted = fake.token({**told, "authorization": self.headers.get("authorization", "")})
            self.answer(granted or {"error": "invalid_grant"}, 200 if granted else 400)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    fake.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def city(world: World, provider: FakeProvider) -> Iterator[City]:
    """A city that the provider's people may use."""
    settings = ProviderSettings.model_validate(
        {
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "name": "Exempelstad",
            "roles_of_group": {"waste-office": ["manager"], "audit": ["auditor"]},
            "acr_values": [STRONG],
        }
    )
    with City(locked(world, PeopleSettings(provider=settings))).open() as city:
        yield city


def come(client: httpx.Client, provider: FakeProvider, next_path: str = "/planning") -> httpx.Response:
    """Go to the provider and back; return the last answer."""
    begun = client.get("/oidc/begin", params={"next": next_path})
    assert begun.status_code == 303, begun.text
    back = provider.authorize(begun.headers["location"])
    return client.get(back.removeprefix("http://127.0.0.1"))


def test_the_providers_people_come_in_with_the_roles_of_their_groups(city: City, provider: FakeProvider) -> None:
    """And with no second question: the provider has made sure of them."""
    client = city.client()
    answer = come(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/planning")
    me = client.get("/api/v1/me").json()
    assert (me["login"], me["name"], me["roles"], me["way"]) == (
        "anna@stad.example",
        "Anna Ek",
        ["manager"],
        "provider",
    )
    assert client.get("/api/v1/plans").status_code == 200
    assert provider.exchanges[0]["authorization"].startswith("Basic ")


def test_metadata_of_another_issuer_lead_nobody_anywhere(city: City, provider: FakeProvider) -> None:
    """Whoever can answer in the provider's place could else send people to a page of their own."""
    provider.calls_itself = "https://evil.example"
    answer = city.client().get("/oidc/begin", params={"next": "/planning"})
    assert "evil.example" not in answer.headers.get("location", "")
    assert not answer.headers.get("location", "").startswith(provider.issuer)
    provider.calls_itself = ""
    assert come(city.client(), provider).headers["location"] == "/planning"


def test_an_answer_that_names_another_issuer_lets_nobody_in(city: City, provider: FakeProvider) -> None:
    """Two providers must not be mixed up, also where only one is known (RFC 9207)."""
    client = city.client()
    begun = client.get("/oidc/begin", params={"next": "/planning"})
    back = provider.authorize(begun.headers["location"]).removeprefix("http://127.0.0.1")
    client.get(f"{back}&iss=https%3A%2F%2Fevil.example")
    assert client.get("/api/v1/me").status_code == 401
    assert provider.exchanges == []


def test_another_group_is_another_role_and_ends_what_was_open(city: City, provider: FakeProvider) -> None:
    """Whoever leaves the office must not keep its keys."""
    former = city.client()
    come(former, provider)
    provider.claims["groups"] = ["audit"]
    client = city.client()
    come(client, provider)
    assert client.get("/api/v1/me").json()["roles"] == ["auditor"]
    assert former.get("/api/v1/me").status_code == 401
    assert len(city.world.stores.people.all()) == 1


@pytest.mark.parametrize(
    ("lies", "kind"),
    [
        pytest.param({"iss": "https://evil.example"}, "provider-refused", id="another issuer"),
        pytest.param({"aud": "another-client"}, "provider-refused", id="for another client"),
        pytest.param({"aud": [CLIENT, "another"], "azp": "another"}, "provider-refused", id="handed on by another"),
        pytest.param({"nonce": "another"}, "provider-refused", id="another's nonce"),
        pytest.param({"nonce": None}, "provider-refused", id="no nonce"),
        pytest.param({"exp": 1_000_000_000}, "provider-refused", id="expired"),
        pytest.param({"exp": None}, "provider-refused", id="never expires"),
        pytest.param({"acr": "urn:weak"}, "acr-too-low", id="only a password"),
        pytest.param({"acr": None}, "acr-too-low", id="no word of how"),
        pytest.param({"groups": ["other"]}, "no-role", id="in no group of ours"),
    ],
)
def test_a_token_that_says_something_else_lets_nobody_in(
    city: City, provider: FakeProvider, lies: dict[str, Any], kind: str
) -> None:
    """A6: every claim is checked, the strength of the sign-in too, which the library leaves to us."""
    provider.lies = lies
    client = city.client()
    assert come(client, provider).headers["location"] == f"/login?refused={kind}"
    assert client.get("/api/v1/me").status_code == 401
    assert city.world.stores.people.all() == []


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(RSAKey.generate_key(2048, {"kid": "k1"}), "RS256", id="signed by a stranger"),
        pytest.param(OctKey.import_key(SECRET.encode() * 4), "HS256", id="signed with what we know, too"),
    ],
)
def test_a_token_that_somebody_else_signed_lets_nobody_in(
    city: City, provider: FakeProvider, key: Any, algorithm: str
) -> None:
    """Whoever can write tokens is everybody."""
    provider.signing, provider.algorithm = key, algorithm
    assert come(city.client(), provider).headers["location"] == "/login?refused=provider-refused"


def test_a_way_in_is_good_once_and_in_the_browser_where_it_began(city: City, provider: FakeProvider) -> None:
    """Else a stranger's link would sign a victim in as the stranger, or a copied address would open twice."""
    own, other = city.client(), city.client()
    back = provider.authorize(own.get("/oidc/begin").headers["location"]).removeprefix("http://127.0.0.1")
    assert other.get(back).headers["location"] == "/login?refused=provider-refused"
    assert own.get(back).headers["location"] == "/login?refused=provider-refused", "the stranger has used it up"
    again = provider.authorize(own.get("/oidc/begin").headers["location"]).removeprefix("http://127.0.0.1")
    cookie = own.cookies["tomma-80-provider"]
    assert own.get(again).headers["location"] == "/"
    own.cookies.set("tomma-80-provider", cookie)
    assert own.get(again).headers["location"] == "/login?refused=provider-refused"


def test_ways_that_are_begun_and_left_fill_no_memory(
    city: City, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger may begin as often as the line allows; the oldest way is forgotten, and can be begun again."""
    monkeypatch.setattr(provider_module, "TRIES_MAX", 3)
    own = city.client()
    back = provider.authorize(own.get("/oidc/begin").headers["location"]).removeprefix("http://127.0.0.1")
    for _ in range(3):
        city.client().get("/oidc/begin")
    assert own.get(back).headers["location"] == "/login?refused=provider-refused"
    assert come(own, provider).headers["location"] == "/planning"


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "\t/x"])
def test_nobody_is_led_elsewhere_after_signing_in(city: City, provider: FakeProvider, path: str) -> None:
    """W5: an address that begins with ours and ends at a stranger's."""
    assert come(city.client(), provider, path).headers["location"] == "/"


def test_an_account_that_is_not_the_providers_is_not_taken_over(city: City, provider: FakeProvider) -> None:
    """Whoever can choose a name there must not become the admin of that name here."""
    city.add("anna@stad.example", Role.ADMIN)
    assert come(city.client(), provider).headers["location"] == "/login?refused=login-taken"


def test_a_disabled_account_stays_outside_whatever_the_provider_says(city: City, provider: FakeProvider) -> None:
    """The city's own admin has the last word."""
    come(city.client(), provider)
    (kept,) = city.world.stores.people.all()
    admin = city.enter(city.add("admin", Role.ADMIN))
    assert admin.patch(f"/api/v1/people/{kept.person.id}", json={"disabled": True}).status_code == 200
    assert come(city.client(), provider).headers["location"] == "/login?refused=disabled"
