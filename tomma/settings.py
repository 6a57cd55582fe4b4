"""What can be set: read once at the front door from `tomma.toml` and TOMMA_* variables, then passed down.

An unknown key is refused. Variables win over the file: TOMMA_BROKER__PORT=1884 sets [broker] port.
"""

import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self, get_args
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tomma.basemap_settings import BasemapSettings
from tomma.clock import Clock, ScaledClock, SystemClock
from tomma.errors import ConfigurationError
from tomma.model import SkipReason
from tomma.notify_settings import AlertSettings, NotifySettings
from tomma.people_settings import AuditSettings, PeopleSettings
from tomma.resident_settings import ResidentSettings
from tomma.secret_files import secret_of
from tomma.section import Section, refuse_both
from tomma.server_settings import SERVER_PATTERN, ServerSettings
from tomma.settings_faults import PREFIX, refuse_missing_file, refuse_open_secrets, refuse_strange_variables, told

TOPIC_BYTES_MAX = 65_535
"""MQTT 5, section 1.5.4."""


type EnvelopeName = Literal[
    "auto",
    "json",
    "csv",
    "tts_v3",
    "chirpstack_v4",
    "chirpstack_v3",
    "thingpark",
    "loriot",
    "milesight_gateway",
    "milesight_nbiot",
    "dragino_nbiot",
    "vega_nb11",
    "senml",
    "fiware",
]
"""What `ingest.envelope.ENVELOPES` can open; a test holds the two together."""
_LEVELS = re.compile(r"(?:(?:[^+#\0/]*|\+)/)*(?:[^+#\0/]*|[+#])")


class Source(Section):
    """A topic filter and the envelope its messages come in."""

    topic: str
    envelope: EnvelopeName

    @field_validator("topic")
    @classmethod
    def _is_a_filter(cls, topic: str) -> str:
        if not topic or len(topic.encode()) > TOPIC_BYTES_MAX or not _LEVELS.fullmatch(topic):
            raise ValueError(
                f"an MQTT topic filter must have 1 to {TOPIC_BYTES_MAX} bytes, + and # alone between its slashes and # "
                f"only at the end, got {topic!r:.80}"
            )
        return topic


class BrokerSettings(Section):
    """Where sensors publish."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    """A file with the password on its first line, in place of `password`."""
    client_id: str = "tomma-ingest"
    mqtt_version: Literal["auto", "3.1.1", "5"] = "auto"
    """`auto` speaks 5 and takes 3.1.1 where the broker knows no 5."""
    tls: bool = False
    """Encrypt, and check the broker's certificate and host name; there is no way to leave the check out."""
    ca_file: Path | None = None
    """Who may vouch for the broker; without one, whom this machine trusts."""
    certificate_file: Path | None = None
    """Our own certificate, where the broker asks for one; `key_file` when its key is not in the same file."""
    key_file: Path | None = None
    mosquitto_dir: Path | None = None  # where `tomma broker-config` keeps its files; the office then gives logins, too
    embedded_sync: Literal["always", "10ms", "100ms", "1s"] = "10ms"
    """How often the embedded broker forces to the disk what it told devices is safe; a power cut may cost that long."""
    share_group: str = Field(default="", pattern=r"^[^/+#\s]*$")
    """Workers with the same group split the stream; each needs a `client_id` of its own."""
    keepalive_s: int = Field(default=10, ge=2, le=600)
    """A silent broker is noticed within twice this."""
    receive_max: int = Field(default=1_000, ge=1, le=65_535)
    """Messages the broker sends ahead of our acknowledgements; MQTT 3.1.1 leaves that to the broker."""
    sources: tuple[Source, ...] = (
        Source(topic="tomma/v1/+/reading", envelope="json"),
        Source(topic="v3/+/devices/+/up", envelope="tts_v3"),
        Source(topic="application/+/device/+/event/up", envelope="auto"),
        Source(topic="mqtt/things/+/uplink", envelope="thingpark"),
    )
    batch_max: int = Field(default=500, ge=1, le=10_000)
    """Readings per commit at most."""
    batch_wait_s: float = Field(default=0.05, ge=0.0, le=5.0)
    """How long the first reading of a batch waits for company."""
    payload_max_bytes: int = Field(default=16_384, ge=256, le=1_048_576)
    sensor_burst: int = Field(default=5_000, ge=1)
    """Readings one sensor may send at once: two weeks of a five-minute sensor's backlog pass untouched."""
    sensor_rate_per_s: float = Field(default=1.0, gt=0.0)
    """What one sensor may go on sending after its burst; the rest is counted, and sampled as dead letters."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topic filters of all sources."""
        return tuple(source.topic for source in self.sources)

    @model_validator(mode="after")
    def _certificates_need_tls(self) -> Self:
        if not self.tls and (self.ca_file or self.certificate_file or self.key_file):
            raise ValueError("tls must be true where ca_file, certificate_file or key_file is set, got false")
        if self.key_file and not self.certificate_file:
            raise ValueError("certificate_file must be set where key_file is, got none")
        return self


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


class ReadingSettings(Section):
    """Where readings are kept. `influx` keeps the newest here and all of them on an InfluxDB: docs/stores.md."""

    kind: Literal["sqlite", "influx"] = "sqlite"
    url: str = Field(default="", pattern=SERVER_PATTERN)
    """The server, such as http://influx.internal:8086."""
    org: str = "-"
    """The organisation of a version 2; other versions do not ask."""
    bucket: str = Field(default="tomma", min_length=1)
    """Of a version 2; of a version 1 or 3 the database, or `database/retention_policy`."""
    token: SecretStr = SecretStr("")
    """Of a version 1 with logins: `name:password`."""
    token_file: Path | None = None
    """A file with the token on its first line, in place of `token`."""
    write_api: Literal["v2", "v1"] = "v2"
    """`v1` for servers before 1.8, which have no /api/v2/write."""
    queries: Literal["influxql", "none"] = "influxql"
    """`none` where the server only collects and cannot give readings back (VictoriaMetrics): then all stay here too."""
    measurement: str = Field(default="reading", pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")
    timeout_s: float = Field(default=10.0, gt=0.0, le=300.0)
    """For connecting, and for each silence of the server."""
    batch_rows: int = Field(default=5_000, ge=1, le=50_000)
    """Readings per request."""
    local_days: int = Field(default=35, ge=0)
    """So long a reading also stays here: pages and forecasts (28 days) then never wait for the server."""
    queue_max_bytes: int = Field(default=4 * 1024**3, ge=1024**2)
    """What may wait for a server that is away; beyond it nothing is acknowledged, and readings stay with the broker."""

    @property
    def is_v1(self) -> bool:
        """Whether the server is older than 1.8."""
        return self.write_api == "v1"

    @property
    def database(self) -> str:
        """The bucket as versions 1 and 3, and InfluxQL, name it."""
        return self.bucket.partition("/")[0]

    @property
    def retention_policy(self) -> str:
        """The second half of the bucket's name; empty means the default."""
        return self.bucket.partition("/")[2]

    @model_validator(mode="after")
    def _influx_needs_an_address(self) -> Self:
        if self.kind == "influx" and not self.url:
            raise ValueError('url must be set where kind is "influx", got none')
        return self


class RetentionSettings(Section):
    """How many days records are kept; 0 keeps them for ever."""

    readings_days: int = Field(default=400, ge=0)
    """A year and a month, so that a season can be laid beside the last one."""
    days_days: int = Field(default=0, ge=0)
    """The four numbers of a bin's day, which stay when its readings go."""
    emptyings_days: int = Field(default=0, ge=0)
    alerts_days: int = Field(default=400, ge=0)
    dead_letters_days: int = Field(default=90, ge=0)
    photos_days: int = Field(default=730, ge=0)
    """Photos that installers made: two years, as long as a battery lasts and no longer than needed."""
    audit_days: int = Field(default=730, ge=0)
    """Who did what: two years, for what is found late; a checkpoint goes on vouching for what was deleted."""

    taps_days: int = Field(default=730, ge=0)
    """What drivers did, with the places: long after plans, forecasts and the audited saving have used it."""
    care_days: int = Field(default=730, ge=0)
    """What people did about alerts, work that is over, what they asked for."""
    doors_days: int = Field(default=90, ge=4)
    """Sessions, links, codes and tries that are long dead, and browsers that came no more."""


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class TrafficHours(Section):
    """How much slower the streets are than their prepared speeds at some hours of some days."""

    weekdays: tuple[Weekday, ...] = _WEEKDAYS[:5]
    from_h: float = Field(ge=0.0, lt=24.0)
    """Local time of day, 7.5 for half past seven."""
    to_h: float = Field(gt=0.0, le=24.0)
    factor: float = Field(ge=0.5, le=4.0)
    """Driving times are multiplied by it."""

    @property
    def days(self) -> frozenset[int]:
        """The weekdays as numbers, Monday 0."""
        return frozenset(_WEEKDAYS.index(each) for each in self.weekdays)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to_h <= self.from_h:
            raise ValueError(
                f"to_h must be above from_h ({self.from_h:g}), got {self.to_h:g}: use two rows over midnight"
            )
        return self


class RoadSettings(Section):
    """The street network."""

    osm_extract: Path | None = None
    """An .osm.pbf of the area; without one, and without a network made by `tomma roads build`, distances are straight
    lines times `detour_factor`, and marked so."""
    curbside: bool = False
    """Whether trucks may only stop with the bin on their own side of the street."""
    detour_factor: float = Field(default=1.35, ge=1.0, le=5.0)
    """Of straight lines, until the city's own streets have taught a better one."""
    straight_line_speed_kmh: float = Field(default=22.0, ge=1.0, le=130.0)
    """The same."""
    matrix_points_kept: int = Field(default=12_000, ge=0, le=30_000)
    """Places whose drives are kept on disk (8 bytes per pair: 800 MB for 10,000); 0 keeps them in memory only."""
    traffic: tuple[TrafficHours, ...] = ()
    """Hours at which driving takes longer; a plan uses the average over its trucks' hours."""
    osrm_url: str = Field(default="", pattern=SERVER_PATTERN)
    """An OSRM server to ask instead of the network on this machine, such as http://osrm.internal:5000."""
    osrm_profile: str = Field(default="driving", pattern=r"^[A-Za-z0-9_.-]+$")
    """What that server calls its profile; it must be one for trucks, for it decides which streets are driven."""
    valhalla_url: str = Field(default="", pattern=SERVER_PATTERN)
    """A Valhalla server to ask for turn texts and, without `osrm_url`, for driving times."""
    server_timeout_s: float = Field(default=10.0, gt=0.0, le=300.0)
    """For connecting to a server, and for each of its silences."""
    server_max_locations: int = Field(default=100, ge=2, le=10_000)
    """Points per request to a server; 100 is what an OSRM server allows unless it was told otherwise."""

    def extract(self, named: Path | None) -> Path:
        """Return the extract that a command names, or else this one; ConfigurationError if there is none."""
        found = named or self.osm_extract
        if found is None:
            raise ConfigurationError("there is no extract: name an .osm.pbf of the area, or set [roads] osm_extract")
        if not found.is_file():
            raise ConfigurationError(
                f"{found.absolute()}: no such file; [roads] osm_extract, or the argument, names it"
            )
        return found


class PlanningSettings(Section):
    """What a visit is worth and what it costs. Money in minor units of the organisation's currency."""

    accepted_overflow_probability: float = Field(default=0.1, ge=0.0, le=1.0)
    """A bin more likely than this to overflow before its next opportunity must be emptied; below it money decides,
    and mostly sooner: docs/decisions/0019-choice-and-horizon.md."""
    next_opportunity_h: float = Field(default=24.0, ge=1.0, le=168.0)
    cost_per_km_minor: int = Field(default=1_600, ge=0)
    cost_per_h_minor: int = Field(default=43_200, ge=0)
    cost_per_lift_minor: int = Field(default=50, ge=0)
    """Wear of lift and container for each bin emptied; the crew's time is in `cost_per_h_minor`."""
    overflow_cost_minor: int = Field(default=0, ge=0)
    """What one overflow costs however short it is. Until the two below came, all of an overflow was in here."""
    overflow_cost_per_h_minor: int = Field(default=1_500, ge=0)
    """What each hour costs that a bin stands full: complaints, vermin, litter by the wind."""
    overflow_cost_per_l_minor: int = Field(default=300, ge=0)
    """What each litre costs that is left beside a full bin: a crew picks it up by hand, some 40 l in a quarter of an
    hour. A bin that is full for a day costs about 480 kr with both, as much as one overflow was assumed to before."""
    co2_kg_per_km: float = Field(default=1.4, ge=0.0, le=10.0)
    """A diesel refuse truck between stops: some 53 l per 100 km at 2.6 kg a litre burnt. [kg/km]"""
    co2_kg_per_lift: float = Field(default=0.1, ge=0.0, le=10.0)
    """Idling, lifting and compacting: some 0.04 l a bin. [kg]"""
    co2_price_per_tonne_minor: int = Field(default=150_000, ge=0)
    """About what Sweden's carbon tax asks for a tonne (2026); 0 where fuel in `cost_per_km_minor` already pays it."""
    horizon_days: int = Field(default=5, ge=1, le=14)
    """How far a plan looks ahead for days that have more work than trucks, to take some of it today."""
    change_cost_minor: int = Field(default=2_000, ge=0)
    """What it costs in trust and phone calls when a plan on the road gives a bin to another truck, or drops it."""
    budget_s: float = Field(default=20.0, ge=0.2, le=3_600.0)
    memory_limit_mb: int = Field(default=2_048, ge=128)
    seed: int = 0
    cluster_address: str = ""
    """Of a Dask scheduler, `tcp://host:port`, whose workers search for large plans; empty means this machine only."""


class SavingSettings(Section):
    """How the audited saving sets the two rules that it compares with: docs/saving.md."""

    threshold_fraction: float = Field(default=0.7, ge=0.1, le=1.0)
    """From which level on the threshold rule empties a bin."""
    fixed_margin: float = Field(default=0.6, gt=0.0, le=2.0)
    """Of the days to full that a fixed round's interval takes, for bins without `fixed_rounds` of their own: what was
    best for fixed rounds on the proving ground."""
    weekdays: tuple[Weekday, ...] = _WEEKDAYS
    """On which the rules drive; name those on which you do."""
    iterations: int = Field(default=3_000, ge=0, le=100_000)
    """Of the engine, for each day of each rule: with too few it would drive too far, and flatter the saving."""

    @property
    def iso_weekdays(self) -> frozenset[int]:
        """The weekdays as numbers, Monday 1."""
        return frozenset(_WEEKDAYS.index(each) + 1 for each in self.weekdays)


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
