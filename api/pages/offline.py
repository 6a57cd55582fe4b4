"""The service workers, and which files they keep on a device: each with its digest, so that no mixture is ever kept."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.pages.squeeze import served

PAGE = "/driver"
SHEET = re.compile(r'href="/static/(css/[\w.-]+\.css)"')
KEPT = (
    "css/tokens.css",
    "css/base.css",
    "css/driver*.css",
    "driver/*",
    "driver/more/*.js",
    "driver/pairing/*.js",
    "lib/*.js",
    "map/*.js",
    "i18n/index.js",
    "i18n/*/common.js",
    "i18n/*/reasons.js",
    "i18n/*/driver.js",
    "i18n/*/shift.js",
    "i18n/*/pairing.js",
    "icons/*",
    "vendor/preact-*/*.mjs",
    "vendor/htm-*/*.mjs",
    "vendor/maplibre-gl-*/*.mjs",
    "vendor/maplibre-gl-*/*.css",
)
"""What the driver's page may load, below the static folder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that opens without a network. Each has a worker of its own, and a name before its caches."""

    page: str
    cache: str
    files: tuple[str, ...]


DRIVER = Kept(PAGE, "shell", KEPT)
INSTALLER = Kept(
    "/install",
    "install",
    (
        "css/tokens.css",
        "css/base.css",
        "css/install.css",
        "install/*",
        "lib/*.js",
        "i18n/index.js",
        "i18n/*/common.js",
        "i18n/*/install.js",
        "i18n/*/refused.js",
        "office/refused.js",
        "icons/*",
        "vendor/preact-*/*.mjs",
        "vendor/htm-*/*.mjs",
    ),
)


def worker_script(static: Path, page: str, kept: Kept = DRIVER) -> bytes:
    """Return the service worker with its list of files in front.

    The list changes whenever a file does, and with it the script: that is how a browser notices an update. It is
    made anew for every asking (a tablet asks twice an hour), so it always tells of the files as they are.

    Args:
        static: The folder served at `/static`, with `sw.js` in it.
        page: The page as it is served.
        kept: Which of the pages.
    """
    # A demo's page links a sheet more than a city's.
    linked = {f"/static/{name}": _integrity(served(static / name)) for name in SHEET.findall(page)}
    files = {kept.page: _integrity(page.encode()), **linked, **shell_files(static, kept)}
    version = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]
    shell = {"cache": kept.cache, "version": version, "page": kept.page, "files": files}
    told = json.dumps(shell, separators=(",", ":"))
    return f"const SHELL = {told};\n".encode() + served(static / "sw.js")


def shell_files(static: Path, kept: Kept = DRIVER) -> Mapping[str, str]:
    """Return the address of every kept file with its digest, as browsers check it (Subresource Integrity)."""
    found = {path for pattern in kept.files for path in static.glob(pattern) if path.is_file()}
    return {f"/static/{path.relative_to(static).as_posix()}": _integrity(served(path)) for path in sorted(found)}


def _integrity(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
