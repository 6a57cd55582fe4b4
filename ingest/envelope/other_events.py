"""What networks publish beside uplinks: joins, acknowledgements, what was sent down. Nobody asked for it.

The embedded broker hands ingest everything that is published (`ingest_filters` says why). At any other broker these
topics are never subscribed to, so nobody misses them; kept as dead letters, a thousand devices that join again each
night would hide the one message that somebody has to look at.
"""

import re

_OTHER = re.compile(
    r"v3/[^/]+/devices/[^/]+/(?:join|service/data|location/solved|down/.+)"
    r"|application/[^/]+/device/[^/]+/(?:event/(?:join|ack|txack|log|status|location|integration)|command/.+)"
)
"""The topics of The Things Stack and of ChirpStack, as their documentation names them; uplinks are not among them."""


def is_other_event(topic: str) -> bool:
    """Return whether a network tells something here that is no uplink.

    >>> is_other_event("application/7/device/0004a30b001c0530/event/join")
    True
    >>> is_other_event("application/7/device/0004a30b001c0530/event/up")
    False
    """
    return _OTHER.fullmatch(topic) is not None
