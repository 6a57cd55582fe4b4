"""Envelopes: how a network wraps what a device sent. One file each; a new one is one more line in `ENVELOPES`.

An envelope is a pure function from `Message` to its records, at least one, that raises `RefusedError` and nothing
else. Most networks send one uplink in a message; a SenML pack, a FIWARE list or a CSV block carries several, and a
bad record among them stands in the sequence as its `RefusedError`.
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.envelope import plain_json, tts_v3
from ingest.message import Message, Record

type Envelope = Callable[[Message], Sequence[Record]]

ENVELOPES: Mapping[str, Envelope] = {
    "json": plain_json.unwrap,
    "tts_v3": tts_v3.unwrap,
}
"""By the name that settings use: `[[broker.sources]] envelope = "json"`."""
