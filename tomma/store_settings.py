"""Where readings are kept, and how long everything is."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from tomma.section import Section
from tomma.server_settings import ServerAddress

DAYS_MAX = 36_500
"""A century: the calendar of dates ends, and 0 keeps for ever."""


class ReadingSettings(Section):
    """Where readings are kept. `influx` keeps the newest here and all of them on an InfluxDB: docs/stores.md."""

    kind: Literal["sqlite", "influx"] = "sqlite"
    url: ServerAddress = ""
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
    local_days: int = Field(default=35, ge=0, le=DAYS_MAX)
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

    readings_days: int = Field(default=400, ge=0, le=DAYS_MAX)
    """A year and a month, so that a season can be laid beside the last one."""
    days_days: int = Field(default=0, ge=0, le=DAYS_MAX)
    """The four numbers of a bin's day, which stay when its readings go."""
    emptyings_days: int = Field(default=0, ge=0, le=DAYS_MAX)
    alerts_days: int = Field(default=400, ge=0, le=DAYS_MAX)
    dead_letters_days: int = Field(default=90, ge=0, le=DAYS_MAX)
    photos_days: int = Field(default=730, ge=0, le=DAYS_MAX)
    """Photos that installers made: two years, as long as a battery lasts and no longer than needed."""
    audit_days: int = Field(default=730, ge=0, le=DAYS_MAX)
    """Who did what: two years, for what is found late; a checkpoint goes on vouching for what was deleted."""

    taps_days: int = Field(default=730, ge=0, le=DAYS_MAX)
    """What drivers did, with the places: long after plans, forecasts and the audited saving have used it."""
    care_days: int = Field(default=730, ge=0, le=DAYS_MAX)
    """What people did about alerts, work that is over, what they asked for."""
    doors_days: int = Field(default=90, ge=4, le=DAYS_MAX)
    """Sessions, links, codes and tries that are long dead, and browsers that came no more."""
