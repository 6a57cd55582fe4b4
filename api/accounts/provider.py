"""The municipality's identity provider: OpenID Connect, authorization code with PKCE, every claim checked."""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.access.tokens import digest_of
from api.problems.model import NamedProblem
from tomma.errors import Refusal
from tomma.people import Role
from tomma.people_settings import ProviderSettings
from tomma.settings import Settings

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures with a key only the provider has; none, and none with our own secret."""
LEEWAY_S = 60
METADATA_LASTS_S = 3_600.0
TRY_LASTS_S = 600.0
TRIES_MAX = 1_000
"""Ways to the provider under way; the oldest is forgotten."""
ANSWER_MAX_BYTES = 1_048_576


class ProviderError(NamedProblem):
    """The way over the provider did not lead in."""

    def __init__(self, detail: str, *, status: int = 403, kind: Refusal = Refusal.PROVIDER_REFUSED) -> None:
        super().__init__(status, kind, detail)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    """Issuer and subject: the same for as long as the person has an account there."""
    login: str
    name: str
    roles: frozenset[Role]
    areas: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Try:
    """One way to the provider: good once, for this browser, for ten minutes."""

    browser_sha256: str
    nonce: str
    verifier: str
    next_path: str
    until_s: float


class Provider:
    """Sends people to the provider and checks what they bring back. Safe to call from many threads."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Ask nothing yet: a provider that is away must not keep the server from starting."""
        self._settings = settings
        settings.reveal("client_secret", "people.provider")  # better told at the start than at the first sign-in
        self._http = httpx.Client(timeout=settings.timeout_s, follow_redirects=False, trust_env=False)
        self._lock = Lock()
        self._tries: dict[str, _Try] = {}
        self._metadata: tuple[float, Mapping[str, Any]] | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.name or urlsplit(self._settings.issuer).netloc

    def begin(self, back: str, next_path: str) -> tuple[str, str]:
        """Return where to send the browser, and the token it must keep until it is back."""
        state, nonce, verifier, browser = (secrets.token_urlsafe(48) for _ in range(4))
        client = self._client(back)
        extra = {"acr_values": " ".join(self._settings.acr_values)} if self._settings.acr_values else {}
        address, _ = client.create_authorization_url(
            self._told("authorization_endpoint"), state=state, code_verifier=verifier, nonce=nonce, **extra
        )
        with self._lock:
            self._forget_old()
            self._tries[digest_of(state)] = _Try(
                digest_of(browser), nonce, verifier, next_path, time.monotonic() + TRY_LASTS_S
            )
        return address, browser

    def finish(self, address: str, query: Mapping[str, str], browser: str, back: str) -> tuple[Vouched, str]:
        """Return whom the provider vouches for and where that person wanted to go.

        Args:
            address: The whole address that the browser came back with.
            query: Its parameters.
            browser: The token that the browser kept.
            back: Where the provider was told to send it.

        Raises:
            ProviderError: When anything is not as it must be; the log says what.
        """
        own = self._take(query.get("state", ""), browser)
        if "error" in query:
            raise ProviderError("the identity provider did not let you in")
        if query.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _refused("the answer is another issuer's")
        token = self._token(address, own, back)
        claims = self._claims(token, own.nonce)
        return self._vouched(claims), own.next_path

    def _token(self, address: str, own: _Try, back: str) -> Mapping[str, Any]:
        settings = self._settings
        secret = settings.reveal("client_secret", "people.provider")
        basic = httpx.BasicAuth(quote(settings.client_id, safe=""), quote(secret, safe="")) if secret else _NoAuth()
        public = {} if secret else {"client_id": settings.client_id}
        try:
            token = self._client(back).fetch_token(
                self._told("token_endpoint"),
                authorization_response=address,
                state=None,
                code_verifier=own.verifier,
                redirect_uri=back,
                auth=basic,
                **public,
            )
        except (AuthlibBaseError, httpx.HTTPError, ValueError) as exc:
            raise _refused(f"no token: {exc}") from exc
        return dict(token)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        settings = self._settings
        try:
            keys = KeySet.import_key_set(self._ask(self._told("jwks_uri")))  # type: ignore[arg-type]
            read = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": settings.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(time.time()), leeway=LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as exc:
            raise _refused(f"the identity token is not good: {type(exc).__name__} {exc}") from exc
        if settings.acr_values and claims.get("acr") not in settings.acr_values:
            log.warning("provider refused acr=%s", claims.get("acr"))
            raise ProviderError("sign in at the identity provider with your stronger method", kind=Refusal.ACR_TOO_LOW)
        return dict(claims)

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        settings = self._settings
        told = claims.get(settings.groups_claim, [])
        groups = {str(each) for each in told} if isinstance(told, list) else {str(told)}
        roles = frozenset(role for each in groups for role in settings.roles_of_group.get(each, ()))
        if not roles:
            raise ProviderError(
                "the identity provider knows you, but no group of yours may use this", kind=Refusal.NO_ROLE
            )
        return Vouched(
            subject=f"{claims['iss']}|{claims['sub']}",
            login=str(claims.get(settings.login_claim) or claims.get("email") or claims["sub"]),
            name=str(claims.get("name") or claims.get(settings.login_claim) or claims["sub"]),
            roles=roles,
            areas=frozenset(area for each in groups for area in settings.areas_of_group.get(each, ())),
        )

    def _take(self, state: str, browser: str) -> _Try:
        with self._lock:
            own = self._tries.pop(digest_of(state), None)
        if own is None or own.until_s < time.monotonic() or own.browser_sha256 != digest_of(browser):
            raise ProviderError("this way in was used, is too old, or began in another browser; begin again")
        return own

    def _forget_old(self) -> None:
        now_s = time.monotonic()
        self._tries = {key: each for key, each in self._tries.items() if each.until_s > now_s}
        while len(self._tries) >= TRIES_MAX:
            del self._tries[next(iter(self._tries))]

    def _client(self, back: str) -> OAuth2Client:
        settings = self._settings
        return OAuth2Client(
            self._http,
            client_id=settings.client_id,
            scope=settings.scope,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _told(self, name: str) -> str:
        """Return what the provider's metadata says; asked for again every hour."""
        kept = self._metadata
        if kept is None or kept[0] < time.monotonic():
            told = self._ask(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self._settings.issuer:
                raise _refused(f"its metadata names the issuer {told.get('issuer')!r:.200}")
            kept = self._metadata = (time.monotonic() + METADATA_LASTS_S, told)
        return str(kept[1].get(name, ""))

    def _ask(self, address: str) -> Mapping[str, Any]:
        try:
            answer = self._http.get(address)
            answer.raise_for_status()
            if len(answer.content) > ANSWER_MAX_BYTES:
                raise _refused("it answers more than a megabyte")
            told = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            log.warning("provider away address=%s error=%s", address, exc)
            raise ProviderError(
                "the identity provider does not answer", status=503, kind=Refusal.PROVIDER_AWAY
            ) from exc
        return told if isinstance(told, dict) else {}


class _NoAuth(httpx.Auth):
    """Of a public client: PKCE shows that it is the one that began."""


def provider_of(settings: Settings) -> Provider | None:
    """Return the provider that is set, if one is."""
    own = settings.people.provider
    return Provider(own) if own.issuer else None


def _refused(why: str) -> ProviderError:
    log.warning("provider refused reason=%s", why)
    return ProviderError("the identity provider's answer was not good; the operator's log says why")
