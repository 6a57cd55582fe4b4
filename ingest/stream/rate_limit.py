"""No device may take the others' place: what one topic sends beyond its burst is counted, and a sample of it kept.

A bucket per topic, looked at before anything is decoded, so that a flood costs little. The burst is far above any
honest backlog. A device that publishes on its own topic (and `tomma broker-config` allows no other) cannot escape by
naming others in its payload. Where a topic may carry many devices (a gateway, a network server, `auto`), it is given
the burst and the rate of as many sensors as the city has: honest readings are never cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ingest.brokers.topics import TOPIC_CHARS_REMEMBERED
from ingest.stream.inbox import Delivery
from tomma.broker_settings import BrokerSettings
from tomma.model import Rejected, RejectReason

SAMPLE_EVERY_S = 60.0
REMEMBERED_MAX = 100_000
"""Topics that sent lately; those at rest are forgotten when there are more."""


DEVICE_PER_TOPIC = frozenset({"json", "tts_v3", "chirpstack_v3", "chirpstack_v4"})
"""Envelopes whose topics name the device, where the source's filter has a wildcard for it."""


@dataclass(slots=True)
class _Bucket:
    """What a topic has used of its burst, and when it was last looked at."""

    used: float
    at_s: float
    sampled_at_s: float = -SAMPLE_EVERY_S


@dataclass(frozen=True, slots=True)
class Admitted:
    """Which deliveries go on to be read, and a sample of those that do not."""

    deliveries: Sequence[Delivery]
    samples: Sequence[Rejected]
    held_back: int


class RateLimit:
    """Decides once for each delivery; trying a batch again costs no one anything.

    Args:
        settings: The burst and the rate, and which topics there are.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self._burst = float(settings.sensor_burst)
        self._rate_per_s = settings.sensor_rate_per_s
        self._gateways = frozenset(topic for topic in settings.topics if "+" not in topic and "#" not in topic)
        self._buckets: dict[str | bytes, _Bucket] = {}
        self._held_back = 0

    @property
    def held_back(self) -> int:
        """How many messages were too many, since start."""
        return self._held_back

    def admit(self, deliveries: Sequence[Delivery], sensors: int, now_s: float) -> Admitted:
        """Return the deliveries within their topic's bounds.

        Args:
            deliveries: What arrived.
            sensors: How many may share a topic that is not one device's own.
            now_s: Any steady clock.
        """
        admitted: list[Delivery] = []
        samples: list[Rejected] = []
        burst, rate_per_s, everybody = self._burst, self._rate_per_s, max(1, sensors)
        for delivery in deliveries:
            message = delivery.message
            topic = message.topic
            key = topic if len(topic) <= TOPIC_CHARS_REMEMBERED else _fingerprint(topic)
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = _Bucket(0.0, now_s)
            shared = topic in self._gateways or message.envelope not in DEVICE_PER_TOPIC
            share = everybody if shared else 1
            used = max(0.0, bucket.used - (now_s - bucket.at_s) * rate_per_s * share)
            bucket.at_s = now_s
            if used + 1.0 <= burst * share:
                bucket.used = used + 1.0
                admitted.append(delivery)
                continue
            bucket.used = used
            if now_s - bucket.sampled_at_s >= SAMPLE_EVERY_S:
                bucket.sampled_at_s = now_s
                samples.append(self._sample(delivery))
        self._forget_the_quiet(now_s)
        held_back = len(deliveries) - len(admitted)
        self._held_back += held_back
        return Admitted(admitted, samples, held_back)

    def _sample(self, delivery: Delivery) -> Rejected:
        message = delivery.message
        detail = (
            f"a device must send at most {self._burst:g} readings at once and then {self._rate_per_s:g} a second; "
            "more are counted, and one in a minute is kept here"
        )
        size_bytes = message.size_bytes or 0
        return Rejected(
            message.topic,
            message.payload,
            message.received_utc,
            RejectReason.TOO_MANY,
            detail,
            envelope=message.envelope,
            size_bytes=size_bytes if size_bytes > len(message.payload) else None,
            redelivered=message.redelivered,
        )

    def _forget_the_quiet(self, now_s: float) -> None:
        if len(self._buckets) > REMEMBERED_MAX:
            self._buckets = {
                topic: bucket
                for topic, bucket in self._buckets.items()
                if bucket.used > (now_s - bucket.at_s) * self._rate_per_s
            }


def _fingerprint(topic: str) -> bytes:
    return blake2b(topic.encode("utf-8", "surrogatepass"), digest_size=16).digest()
