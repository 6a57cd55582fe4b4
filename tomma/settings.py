"""What can be set: read once at the front door from `tomma.toml` and TOMMA_* variables, then passed down.

An unknown key is refused. Variables win over the file: TOMMA_BROKER__PORT=1884 sets [broker] port.
"""

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tomma.basemap_settings import BasemapSettings
from tomma.broker_settings import BrokerSettings
from tomma.clock import Clock, ScaledClock, SystemClock
from tomma.errors import ConfigurationError
from tomma.events import SkipReason
from tomma.notify_settings import AlertSettings, NotifySettings
from tomma.people_settings import AuditSettings, PeopleSettings
from tomma.planning_settings import PlanningSettings, RoadSettings, SavingSettings
from tomma.resident_settings import ResidentSettings
from tomma.secret_files import secret_of
from tomma.section import Section, refuse_both
from tomma.server_settings import ServerSettings
from tomma.settings_faults import PREFIX, refuse_missing_file, refuse_open_secrets, refuse_strange_variables, told
from tomma.store_settings import ReadingSettings, RetentionSettings


class CodecSettings(Section):
    """Decoders that the city drops in: makers' scripts and mapping files."""

    folder: Path | None = None
    """Where they are; without one, `codecs` in the data directory."""
    time_limit_s: float = Field(default=0.05, ge=0.001, le=5.0)
    """Processor time for one frame."""
    memory_limit_mb: int = Field(default=32, ge=4, le=512)
    """For one script."""


class DriverSettings(Section):
    """What drivers are asked."""

    skip_reasons: tuple[SkipReason, ...] = Field(default=tuple(SkipReason), min_length=1)
    """Why a bin may be skipped, such as ["blocked", "damaged"]: the tablet shows these, and no other is taken."""


class ClockSettings(Section):
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
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Path(".tomma")
    registry_url: str = ""
    """An SQLAlchemy address; empty means SQLite inside `data_dir`."""
    registry_password: SecretStr = SecretStr("")
    """Of the login that `registry_url` names."""
    registry_password_file: Path | None = None
    """A file with it on its first line, in place of `registry_password`."""
    broker: BrokerSettings = BrokerSettings()
    readings: ReadingSettings = ReadingSettings()
    retention: RetentionSettings = RetentionSettings()
    codecs: CodecSettings = CodecSettings()
    server: ServerSettings = ServerSettings()
    people: PeopleSettings = PeopleSettings()
    residents: ResidentSettings = ResidentSettings()
    basemap: BasemapSettings = BasemapSettings()
    driver: DriverSettings = DriverSettings()
    roads: RoadSettings = RoadSettings()
    planning: PlanningSettings = PlanningSettings()
    alerts: AlertSettings = AlertSettings()
    notify: NotifySettings = NotifySettings()
    saving: SavingSettings = SavingSettings()
    audit: AuditSettings = AuditSettings()
    clock: ClockSettings = ClockSettings()

    @field_validator("data_dir", mode="before")
    @classmethod
    def _is_named(cls, folder: object) -> object:
        if folder == "":
            raise ValueError("must name a folder, got '': the stores would begin where the command was started")
        return folder

    @field_validator("registry_url")
    @classmethod
    def _shows_no_password(cls, address: str) -> str:
        if urlsplit(address).password is not None:
            raise ValueError("the address must not hold a password: set registry_password or registry_password_file")
        return address

    @model_validator(mode="after")
    def _the_password_is_one(self) -> Self:
        refuse_both(self)
        is_set = self.registry_password.get_secret_value() or self.registry_password_file
        if is_set and not urlsplit(self.registry_url).username:
            raise ValueError("registry_url must name a login where registry_password or registry_password_file is set")
        return self

    @property
    def registry_address(self) -> str:
        """The registry's SQLAlchemy address, with its password: not to be shown."""
        password = secret_of("registry_password_file", self.registry_password, self.registry_password_file)
        if password:
            login, at, rest = self.registry_url.partition("@")
            return f"{login}:{quote(password, safe='')}{at}{rest}"
        return self.registry_url or f"sqlite:///{self.data_dir / 'registry.sqlite3'}"

    @property
    def readings_path(self) -> Path:
        """The embedded reading store."""
        return self.data_dir / "readings.sqlite3"

    @property
    def influx_path(self) -> Path:
        """What `readings.kind = "influx"` keeps here: the newest readings, what waits for the server, and all else."""
        return self.data_dir / "readings-influx.sqlite3"

    @property
    def codecs_dir(self) -> Path:
        """The scripts and mapping files of makes that the city added."""
        return self.codecs.folder or self.data_dir / "codecs"

    @property
    def retention_journal(self) -> Path:
        """What was deleted because it was old enough."""
        return self.data_dir / "retention.jsonl"

    @property
    def audit_key_path(self) -> Path:
        """The key of the audit records' chain."""
        return self.audit.key_file or self.data_dir / "audit.key"

    @property
    def audit_head_path(self) -> Path:
        """Number and MAC of the newest audit record, noted beside the database."""
        return self.data_dir / "audit.head"

    @property
    def basemap_path(self) -> Path:
        """The tiles that the maps are drawn from."""
        return self.basemap.pmtiles_file or self.built_basemap_path

    @property
    def built_basemap_path(self) -> Path:
        """The vector tiles that `tomma basemap build` makes."""
        return self.data_dir / "basemap.pmtiles"

    @property
    def sealing_key_path(self) -> Path:
        """The key that seals what must be read again, such as the secrets of one-time codes."""
        return self.data_dir / "sealing.key"

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_path())


def config_path() -> Path:
    """Return where the file of settings is, or would be."""
    return Path(os.environ.get("TOMMA_CONFIG") or "tomma.toml")


def load_settings() -> Settings:
    """Return the settings, or raise ConfigurationError naming each wrong key and value."""
    try:
        refuse_strange_variables(Settings, os.environ)
        refuse_missing_file(os.environ.get("TOMMA_CONFIG", ""))
        refuse_open_secrets(Settings, config_path())
        return Settings()
    except ValidationError as exc:
        raise ConfigurationError(f"settings refused: {'; '.join(told(fault) for fault in exc.errors())}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as exc:
        raise ConfigurationError(f"settings refused: {config_path()} cannot be read: {exc}") from exc
