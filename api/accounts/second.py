"""The second factor: one-time codes of an app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hmac
import io
import secrets
from base64 import b32encode

import pyotp
import segno

from api.access.tokens import digest_of

STEP_S = 30
DRIFT_STEPS = 1
"""A phone's clock may be half a minute off, either way."""
RECOVERY_CODES = 8
RECOVERY_BYTES = 15
"""120 bits: too many to try, so a plain digest may be kept."""
GROUP = 4
QR_QUIET_MODULES = 4
"""The white frame that readers need (ISO/IEC 18004)."""


def new_secret() -> str:
    """Return a secret for an app: 160 bits, in the letters apps take."""
    return pyotp.random_base32()


def address_of(secret: str, login: str, issuer: str) -> str:
    """Return what the app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def picture_of(address: str) -> str:
    """Return the QR code as an SVG document."""
    drawn = io.BytesIO()
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", border=QR_QUIET_MODULES, dark="#000", light="#fff", omitsize=True, xmldecl=False
    )
    return drawn.getvalue().decode()


def step_of(code: str, secret: str, now_s: float) -> int | None:
    """Return the step whose code this is, now or half a minute around; None when it is none's."""
    totp = pyotp.TOTP(secret)
    now = int(now_s) // STEP_S
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    hits = [each for each in steps if hmac.compare_digest(totp.generate_otp(each).encode(), code.encode())]
    return hits[-1] if hits else None


def new_recovery_codes() -> list[str]:
    """Return codes to be written down: four letters, six times."""
    made = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(each[at : at + GROUP] for at in range(0, len(each), GROUP)) for each in made]


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code, however it is typed."""
    return digest_of("".join(code.lower().replace("-", "").split()))
