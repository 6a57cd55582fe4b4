"""Topic filters: which we subscribe to, and which envelope a message came in."""

from collections.abc import Callable, Sequence

from paho.mqtt.client import topic_matches_sub

from tomma.broker_settings import Source
from tomma.errors import ConfigurationError

SHARE = "$share/"
TOPICS_REMEMBERED = 65_536
TOPIC_CHARS_REMEMBERED = 256
"""A topic may have 65,535 bytes: what strangers make up as a name must not fill memory."""


def shared(topic: str, group: str) -> str:
    """Return the filter to subscribe to: one that already names its group keeps it.

    >>> shared("tomma/v1/+/reading", "ingest")
    '$share/ingest/tomma/v1/+/reading'
    >>> shared("$share/other/city/#", "ingest")
    '$share/other/city/#'
    """
    return f"{SHARE}{group}/{topic}" if group and not topic.startswith(SHARE) else topic


def bare(topic: str) -> str:
    """Return the filter that the messages of a shared subscription match.

    >>> bare("$share/ingest/tomma/v1/+/reading")
    'tomma/v1/+/reading'

    Raises:
        ConfigurationError: If nothing follows the group.
    """
    if not topic.startswith(SHARE):
        return topic
    group, _, rest = topic.removeprefix(SHARE).partition("/")
    if not group or not rest:
        raise ConfigurationError(f"a shared topic must read $share/GROUP/FILTER, got {topic!r}")
    return rest


def envelope_finder(sources: Sequence[Source]) -> Callable[[str], str]:
    """Return a function from topic to the envelope of the first source that matches, or to the empty string.

    It remembers its answers for topics of a usual length: a city's topics are few and its messages many.
    """
    filters = [(bare(source.topic), source.envelope) for source in sources]

    def look_up(topic: str) -> str:
        return next((envelope for pattern, envelope in filters if topic_matches_sub(pattern, topic)), "")

    remembered: dict[str, str] = {}

    def find(topic: str) -> str:
        envelope = remembered.get(topic)
        if envelope is None:
            envelope = look_up(topic)
            if len(topic) <= TOPIC_CHARS_REMEMBERED:
                if len(remembered) >= TOPICS_REMEMBERED:
                    remembered.clear()
                remembered[topic] = envelope
        return envelope

    return find
