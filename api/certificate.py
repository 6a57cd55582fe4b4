"""The server's own certificate: taken anew when its files change, and told of before it ends.

Certificates are renewed every few weeks, by a program that knows nothing of us: who had to restart the server for each
would one day have one that is over.
"""

import logging
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
SOON = timedelta(days=14)
"""Who renews at all has done so by then: a third of the shortest common lifetime, and time enough to do it by hand."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of a certificate chain and its key, as PEM."""

    certificate: Path
    key: Path

    def seen(self) -> tuple[tuple[int, int, int], ...]:
        """Return what tells one state of the files from another; OSError when one is not there."""
        found = [each.stat() for each in (self.certificate, self.key)]
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let new connections use the pair; ssl.SSLError or OSError, with nothing changed, if it does not fit."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        context.load_cert_chain(self.certificate, self.key)


class Renewal:
    """Hands what is on the disk to the context that connections are made with."""

    def __init__(self, pair: Pair, context: ssl.SSLContext) -> None:
        self._pair = pair
        self._context = context
        self._seen = pair.seen()

    def look(self) -> None:
        """Take the pair if its files changed since the last look; one that cannot be used leaves the former there."""
        try:
            seen = self._pair.seen()
            if seen == self._seen:
                return
            self._seen = seen
            self._pair.load_into(self._context)
        except OSError as exc:  # ssl.SSLError is one, too
            log.warning("certificate not taken, the former is used path=%s why=%s", self._pair.certificate, exc)
        else:
            log.info("certificate renewed path=%s", self._pair.certificate)


def ending(certificate: Path, now_utc: datetime) -> str:
    """Return that it ends soon, or has ended, in one sentence that anybody may read; empty when all is well."""
    try:
        ends_utc = x509.load_pem_x509_certificates(certificate.read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError) as exc:
        log.warning("certificate cannot be read path=%s why=%s", certificate, exc)
        return "the certificate cannot be read; the operator's log says why"
    if ends_utc - now_utc > SOON:
        return ""
    word = "ended" if ends_utc <= now_utc else "ends"
    return f"the certificate {word} at {ends_utc.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}: renew it"
