"""What can be set: read once at the front door from `tomma.toml` and TOMMA_* variables, then passed down.

An unknown key is refused. Variables win over the file: TOMMA_BROKER__PORT=1884 sets [broker] port.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tomma.clock import Clock, ScaledClock, SystemClock
from tomma.errors import ConfigurationError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Section):
    """A topic filter and the envelope its messages come in."""

    topic: str
    envelope: str


class BrokerSettings(_Section):
    """Where sensors publish."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    client_id: str = "tomma-ingest"
    mqtt_version: Literal["3.1.1", "5"] = "3.1.1"
    """The embedded broker speaks 3.1.1; mosquitto, EMQX and others speak both."""
    sources: tuple[Source, ...] = (
        Source(topic="tomma/v1/+/reading", envelope="json"),
        Source(topic="v3/+/devices/+/up", envelope="tts_v3"),
    )
    batch_max: int = Field(default=500, ge=1, le=10_000)
    """Readings per commit at most."""
    batch_wait_s: float = Field(default=0.05, ge=0.0, le=5.0)
    """How long the first reading of a batch waits for company."""
    payload_max_bytes: int = Field(default=16_384, ge=256, le=1_048_576)


class ServerSettings(_Section):
    """Where people and tablets connect."""

    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=1, le=65535)
    trusted_hosts: tuple[str, ...] = ()
    """Names people type to reach this server; `localhost` and plain addresses are always answered."""


class RoadSettings(_Section):
    """The street network."""

    osm_extract: Path | None = None
    """An .osm.pbf of the area; without one, and without a network made by `tomma roads build`, distances are straight
    lines times `detour_factor`, and marked so."""
    curbside: bool = False
    """Whether trucks may only stop with the bin on their own side of the street."""
    detour_factor: float = Field(default=1.35, ge=1.0, le=5.0)
    straight_line_speed_kmh: float = Field(default=22.0, ge=1.0, le=130.0)


class PlanningSettings(_Section):
    """What a visit is worth and what it costs. Money in minor units of the organisation's currency."""

    accepted_overflow_probability: float = Field(default=0.05, ge=0.0, le=1.0)
    """A bin more likely than this to overflow before its next opportunity must be emptied."""
    next_opportunity_h: float = Field(default=24.0, ge=1.0, le=168.0)
    cost_per_km_minor: int = Field(default=1_600, ge=0)
    cost_per_h_minor: int = Field(default=43_200, ge=0)
    overflow_cost_minor: int = Field(default=60_000, ge=0)
    """What one overflow costs: clean-up, complaints, and the extra trip."""
    budget_s: float = Field(default=20.0, ge=0.2, le=3_600.0)
    memory_limit_mb: int = Field(default=2_048, ge=128)
    seed: int = 0


class ClockSettings(_Section):
    """The demo's fast clock; leave out for real time."""

    start_utc: datetime | None = None
    real_start_s: float = 0.0
    factor: float = Field(default=1.0, gt=0.0, le=100_000.0)

    def clock(self) -> Clock:
        """Return the machine's clock, or the scaled one when a start is set."""
        if self.start_utc is None:
            return SystemClock()
        return ScaledClock(self.start_utc.astimezone(UTC), self.real_start_s, self.factor)


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        env_prefix="TOMMA_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Path(".tomma")
    registry_url: str = ""
    """An SQLAlchemy address; empty means SQLite inside `data_dir`."""
    broker: BrokerSettings = BrokerSettings()
    server: ServerSettings = ServerSettings()
    roads: RoadSettings = RoadSettings()
    planning: PlanningSettings = PlanningSettings()
    clock: ClockSettings = ClockSettings()

    @property
    def registry_address(self) -> str:
        """The registry's SQLAlchemy address."""
        return self.registry_url or f"sqlite:///{self.data_dir / 'registry.sqlite3'}"

    @property
    def readings_path(self) -> Path:
        """The embedded reading store."""
        return self.data_dir / "readings.sqlite3"

    @property
    def basemap_path(self) -> Path:
        """The vector tiles that the maps are drawn from."""
        return self.data_dir / "basemap.pmtiles"

    @property
    def roads_dir(self) -> Path:
        """The prepared street network."""
        return self.data_dir / "roads"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic-settings names the arguments)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over variables, variables over the file."""
        path = Path(os.environ.get("TOMMA_CONFIG", "tomma.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)


def load_settings() -> Settings:
    """Return the settings, or raise ConfigurationError naming each wrong key and value."""
    try:
        return Settings()
    except ValidationError as exc:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in exc.errors(include_input=False)
        )
        raise ConfigurationError(f"settings refused: {faults}") from exc
