"""Envelopes: how a network wraps what a device sent. One file each; a new one is one more line in `ENVELOPES`.

An envelope is a pure function from `Message` to its records, at least one, that raises `RefusedError` and nothing
else. Most networks send one uplink in a message; a SenML pack, a FIWARE list or a CSV block carries several, and a
bad record among them stands in the sequence as its `RefusedError`.
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.envelope import (
    auto,
    chirpstack_v3,
    chirpstack_v4,
    csv_lines,
    dragino_nbiot,
    fiware,
    loriot,
    milesight_gateway,
    milesight_nbiot,
    plain_json,
    senml,
    thingpark,
    tts_v3,
    vega_nb11,
)
from ingest.message import Message, Record

type Envelope = Callable[[Message], Sequence[Record]]

ENVELOPES: Mapping[str, Envelope] = {
    "json": plain_json.unwrap,
    "csv": csv_lines.unwrap,
    "tts_v3": tts_v3.unwrap,
    "chirpstack_v4": chirpstack_v4.unwrap,
    "chirpstack_v3": chirpstack_v3.unwrap,
    "thingpark": thingpark.unwrap,
    "loriot": loriot.unwrap,
    "milesight_gateway": milesight_gateway.unwrap,
    "milesight_nbiot": milesight_nbiot.unwrap,
    "dragino_nbiot": dragino_nbiot.unwrap,
    "vega_nb11": vega_nb11.unwrap,
    "senml": senml.unwrap,
    "fiware": fiware.unwrap,
    "auto": auto.unwrap,
}
"""By the name that settings use: `[[broker.sources]] envelope = "json"`."""
