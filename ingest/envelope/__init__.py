"""Envelopes: how a network wraps what a device sent. One file each; a new one is one more line in `ENVELOPES`.

An envelope is a pure function from `Message` to `Uplink` that raises `RefusedError` and nothing else.
"""

from collections.abc import Callable, Mapping

from ingest.envelope import plain_json, tts_v3
from ingest.message import Message, Uplink

type Envelope = Callable[[Message], Uplink]

ENVELOPES: Mapping[str, Envelope] = {
    "json": plain_json.unwrap,
    "tts_v3": tts_v3.unwrap,
}
"""By the name that settings use: `[[broker.sources]] envelope = "json"`."""
