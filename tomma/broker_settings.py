"""Where readings come from: the broker, its topics, and the envelope that each topic's messages come in."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from tomma.section import Section

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

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1883, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    """A file with the password on its first line, in place of `password`."""
    client_id: str = Field(default="tomma-ingest", min_length=1)
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
    sensor_burst: int = Field(default=5_000, ge=1, le=1_000_000_000)
    """Readings one sensor may send at once: two weeks of a five-minute sensor's backlog pass untouched."""
    sensor_rate_per_s: float = Field(default=1.0, gt=0.0, le=1_000_000.0)
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
