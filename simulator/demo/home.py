"""The demo's own folder: its settings, its map, its streets. Only a folder with our mark in it is ever cleared."""

import hashlib
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from simulator.presets import SHIPPED_EXTRACT
from tomma.errors import ConfigurationError

MARK = "this-is-a-tomma-demo"
EVERY_RUN = (
    "readings.sqlite3*", "registry.sqlite3*", "broker", "*.log", "forecast.msgpack", "audit.*", "retention.jsonl*",
)  # fmt: skip
ZONE = ZoneInfo("Europe/Helsinki")
FIRST_MORNING = time_of_day(4, 30)
"""So that a busy machine, too, has sent the plan out before the trucks leave at six."""


@dataclass(frozen=True, slots=True)
class Home:
    """The demo's folder and what its processes are told."""

    data_dir: Path
    http_port: int
    mqtt_port: int
    clock_start_utc: datetime
    real_start_s: float
    speed: float

    @property
    def settings_path(self) -> Path:
        """The settings of every process of this demo; another terminal may use them too, by TOMMA_CONFIG."""
        return self.data_dir / "tomma.toml"

    def log_path(self, name: str) -> Path:
        """Where a child's words go."""
        return self.data_dir / f"{name}.log"


def open_folder(data_dir: Path, *, fresh: bool) -> Path:
    """Make or clear the demo's folder and return it absolute; ConfigurationError if it is somebody else's."""
    folder = data_dir.resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigurationError(f"--data-dir must be empty or a former demo's, got {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    kept = () if fresh else (folder / "basemap.pmtiles", folder / "roads", folder / "prepared-from")
    for path in folder.iterdir() if fresh else [path for name in EVERY_RUN for path in folder.glob(name)]:
        if path.name != MARK and path not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder


def move_in(folder: Path, http_port: int, mqtt_port: int, speed: float, head_start_s: float) -> Home:
    """Set the clock to show this morning's 04:30 after the head start, and write the settings."""
    morning = datetime.now(ZONE).replace(hour=FIRST_MORNING.hour, minute=FIRST_MORNING.minute, second=0, microsecond=0)
    home = Home(folder, http_port, mqtt_port, morning.astimezone(UTC), time.time() + head_start_s, speed)
    home.settings_path.write_text(_settings(home), encoding="utf-8")
    return home


def _settings(home: Home) -> str:
    # Costs are in euro cents, since the streets are: 1.20 a km, 42 an hour; of overflow 1.50 an hour and 0.30 a litre
    # (assumed).
    return f"""# Written by `tomma demo` at each start. To ask the same installation from another terminal:
#   TOMMA_CONFIG={home.settings_path.name} tomma ...
data_dir = "{home.data_dir}"

[broker]
port = {home.mqtt_port}

[server]
host = "127.0.0.1"
port = {home.http_port}

[people]
demo = true

[residents]
open = true

[roads]
osm_extract = "{SHIPPED_EXTRACT}"

[planning]
cost_per_km_minor = 120
cost_per_h_minor = 4200
cost_per_lift_minor = 5
overflow_cost_per_h_minor = 150
overflow_cost_per_l_minor = 30
co2_price_per_tonne_minor = 14000

[clock]
start_utc = "{home.clock_start_utc.isoformat()}"
real_start_s = {home.real_start_s}
factor = {home.speed}
"""


def is_prepared(folder: Path) -> bool:
    """Return whether map and streets in the folder were made from the extract that ships now."""
    stamp = folder / "prepared-from"
    made = (folder / "basemap.pmtiles").exists() and (folder / "roads").exists() and stamp.exists()
    return made and stamp.read_text(encoding="utf-8") == _fingerprint()


def note_prepared(folder: Path) -> None:
    """Remember what map and streets were made from."""
    (folder / "prepared-from").write_text(_fingerprint(), encoding="utf-8")


def _fingerprint() -> str:
    return hashlib.sha256(SHIPPED_EXTRACT.read_bytes()).hexdigest()
