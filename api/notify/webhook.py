"""Sends one signed webhook, as the Standard Webhooks specification (1.0) describes it."""

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from api.notify.reach import Address, Resolve, checked_addresses, resolve
from tomma.errors import ConfigurationError, NotSentError
from tomma.notify_settings import SECRET_PREFIX, WebhookSettings

SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
GONE = 410
"""The receiver does not want any more of it: the only answer after which we do not try again."""


def key_of(secret: str) -> bytes:
    """Return the bytes that sign.

    Raises:
        ConfigurationError: If it is not base64, or too short to keep anybody out.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(
            "a webhook's secret must be whsec_ and base64; `tomma notify secret` makes one"
        ) from None
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ConfigurationError(
            f"a webhook's secret must have {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, got {len(key)}"
        )
    return key


def signature(key: bytes, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the header that proves who sent the body, and when.

    >>> signature(b"k" * 24, "msg_1", 1700000000, b"{}")
    'v1,E3sCg9uS8x43RKlJqcda1EcaYZxNkN+l2u7RBZBSZQQ='
    """
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp_s, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where one recipient listens, and what proves to it that it is us."""

    url: str
    key: bytes

    def headers(self, message_id: str, now_utc: datetime, body: bytes) -> dict[str, str]:
        """Return what goes before the body."""
        timestamp_s = int(now_utc.timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "tomma-webhooks",
            "Connection": "close",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature(self.key, message_id, timestamp_s, body),
        }


def deliver(
    webhook: Webhook,
    message_id: str,
    body: bytes,
    now_utc: datetime,
    settings: WebhookSettings,
    resolving: Resolve = resolve,
) -> None:
    """Return when the receiver has taken the message.

    Redirects are not followed, proxies of the environment are not used, and everything together takes at most
    `timeout_s`, however slowly the other side speaks.

    Raises:
        NotSentError: When it has not.
    """
    parts = urlsplit(webhook.url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    if not secure and not settings.allow_http:
        raise NotSentError(f"{host}: webhooks go to https only; set notify.webhooks.allow_http if it is meant")
    port = parts.port or (443 if secure else 80)
    addresses = checked_addresses(host, port, settings.allowed_networks, resolving)
    connection = _Pinned(host, port, addresses, settings, secure=secure)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with connection.within_time():
            connection.request("POST", path, body, webhook.headers(message_id, now_utc, body))
            answer = connection.getresponse()
            answer.read(settings.answer_max_bytes)
            status = answer.status
    except (OSError, http.client.HTTPException, ValueError) as exc:
        slow = connection.is_cut or isinstance(exc, TimeoutError)
        why = f"no answer within {settings.timeout_s:g} s" if slow else f"{type(exc).__name__}: {exc}"[:200]
        raise NotSentError(f"{host}: {why}") from exc
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSentError(f"{host}: answered {status}", for_good=status == GONE)


class _Pinned(http.client.HTTPConnection):
    """Connects to the addresses that were judged; host name and certificate are still the name's."""

    def __init__(
        self, host: str, port: int, addresses: Sequence[Address], settings: WebhookSettings, *, secure: bool
    ) -> None:
        super().__init__(host, port, timeout=settings.timeout_s)
        self._addresses, self._timeout_s = addresses, settings.timeout_s
        self._context = ssl.create_default_context(cafile=settings.ca_file) if secure else None
        if secure:
            self.default_port = 443  # as HTTPSConnection does, so that Host names no port
        self._reached: socket.socket | None = None
        self._lock = threading.Lock()
        self.is_cut = False

    def connect(self) -> None:
        """Connect, and shake hands where TLS is spoken."""
        self._hold(self._line())
        self.sock.settimeout(self._timeout_s)
        if self._context is not None:
            plain = self.sock
            secure = self._context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
            self._hold(secure)
            secure.do_handshake()

    def _line(self) -> socket.socket:
        """Return a line to the first address that takes it: a name may have one in a net that we cannot reach."""
        share_s = self._timeout_s / len(self._addresses)
        *others, last = self._addresses
        for each in others:
            with suppress(OSError):
                return socket.create_connection((str(each), self.port), share_s)
        return socket.create_connection((str(last), self.port), share_s)

    @contextmanager
    def within_time(self) -> Iterator[None]:
        """Cut the connection after so long: a socket's own timeout begins anew with every byte that drips in."""
        timer = threading.Timer(self._timeout_s, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if self.is_cut:
            raise TimeoutError  # an answer without a length looks whole when it is cut

    def _hold(self, reached: socket.socket) -> None:
        self.sock = reached
        with self._lock:
            self._reached = reached
            if self.is_cut:
                raise TimeoutError

    def _cut(self) -> None:
        with self._lock:
            self.is_cut = True
            if self._reached is not None:
                with suppress(OSError):  # it has just ended by itself
                    # Not the TLS socket's own method: that forgets its state under the reader's feet.
                    socket.socket.shutdown(self._reached, socket.SHUT_RDWR)
