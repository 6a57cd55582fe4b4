"""Any of the others, recognised by its shape, so that an installer need not know the name.

What decides is told for each envelope in its `recognises`, and in docs/devices.md:

- a first byte `{` or `[` is JSON, recognised by keys that only one network has;
- a first line of known column names is CSV;
- anything else is an NB-IoT frame, as bytes or hex digits, recognised by its first bytes.

A message that fits none is refused, and one that fits several too: a guess between two networks would be a guess
between two devices. Naming the envelope in the settings is then the way, and always the faster one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ingest.envelope import (
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
from ingest.envelope.nbiot_frame import frame_in
from ingest.message import Message, Record
from ingest.refusal import RefusedError, unknown_format
from ingest.strict_json import PAYLOAD, THE_PAYLOAD, JsonValue, parse
from tomma.bounds import BoundError, Rule

type OfObject = tuple[
    Callable[[Mapping[str, JsonValue]], bool], Callable[[Message, Mapping[str, JsonValue]], Sequence[Record]]
]
type OfAny = tuple[Callable[[JsonValue], bool], Callable[[Message, JsonValue], Sequence[Record]]]

OBJECTS: Mapping[str, OfObject] = {
    "json": (plain_json.recognises, plain_json.read),
    "tts_v3": (tts_v3.recognises, tts_v3.read),
    "chirpstack_v4": (chirpstack_v4.recognises, chirpstack_v4.read),
    "chirpstack_v3": (chirpstack_v3.recognises, chirpstack_v3.read),
    "thingpark": (thingpark.recognises, thingpark.read),
    "loriot": (loriot.recognises, loriot.read),
    "milesight_gateway": (milesight_gateway.recognises, milesight_gateway.read),
    "vega_nb11": (vega_nb11.recognises, vega_nb11.read),
}
PACKS: Mapping[str, OfAny] = {
    "senml": (senml.recognises, senml.read),
    "fiware": (fiware.recognises, fiware.read),
}


def unwrap(message: Message) -> Sequence[Record]:
    """Return the records of a message of any network we know.

    Raises:
        RefusedError: UNKNOWN_FORMAT when it fits no envelope or several, else what the envelope itself refuses.
    """
    if message.payload.lstrip()[:1] in (b"{", b"["):
        return _json(message, parse(message.payload))
    if csv_lines.recognises(message.payload):
        return csv_lines.unwrap(message)
    frame = frame_in(message)
    if milesight_nbiot.recognises(frame):
        return milesight_nbiot.unwrap(message)
    if dragino_nbiot.recognises(frame):
        return dragino_nbiot.unwrap(message)
    raise _unknown("it is neither JSON, nor CSV with a header, nor an NB-IoT frame we know")


def _json(message: Message, body: JsonValue) -> Sequence[Record]:
    readers: dict[str, Callable[[], Sequence[Record]]] = {}
    if isinstance(body, dict):
        for name, (recognises, read) in OBJECTS.items():
            if recognises(body):
                readers[name] = partial(read, message, body)
    for name, (recognises_any, read_any) in PACKS.items():
        if recognises_any(body):
            readers[name] = partial(read_any, message, body)
    if len(readers) > 1:
        names, bound = ", ".join(readers), f"must fit one envelope; name one of {' and '.join(readers)}"
        raise unknown_format(BoundError(PAYLOAD, Rule.FITS_SEVERAL, bound, told_as=THE_PAYLOAD, names=names))
    if not readers:
        raise _unknown(f"the JSON has no keys of {', '.join([*OBJECTS, *PACKS])}")
    return next(iter(readers.values()))()


def _unknown(why: str) -> RefusedError:
    bound = f"must be recognised by envelope auto, and {why}"
    return unknown_format(BoundError(PAYLOAD, Rule.RECOGNISED, bound, told_as=THE_PAYLOAD))
