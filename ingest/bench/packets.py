"""The few MQTT 3.1.1 packets a publisher needs (OASIS MQTT 3.1.1, sections 2.2.3, 3.1 and 3.3), as pure functions.

A client library would spend more on publishing than the pipeline spends on taking in, and two cores are all there is.
"""

CONNACK_BYTES = 4
PUBACK_BYTES = 4
PUBACK = 0x40
PACKET_IDS = 65_535
_PUBLISH_QOS_1 = 0x32
_CLEAN_SESSION, _PASSWORD, _USERNAME = 0x02, 0x40, 0x80


def connect(client_id: str, username: str, password: str) -> bytes:
    """Return CONNECT for a clean session without keep-alive."""
    flags, fields = _CLEAN_SESSION, [client_id]
    if username:
        flags |= _USERNAME | _PASSWORD
        fields += [username, password]
    body = _text("MQTT") + bytes([4, flags, 0, 0]) + b"".join(map(_text, fields))
    return bytes([0x10]) + length(len(body)) + body


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """Return PUBLISH with QoS 1."""
    head = _text(topic)
    return b"".join(
        (bytes([_PUBLISH_QOS_1]), length(len(head) + 2 + len(payload)), head, packet_id.to_bytes(2, "big"), payload)
    )


def length(count: int) -> bytes:
    """Return a remaining length: seven bits a byte, the highest bit says that more follow.

    >>> length(127).hex(), length(321).hex()
    ('7f', 'c102')
    """
    digits = bytearray()
    while True:
        count, low = divmod(count, 128)
        digits.append(low | (0x80 if count else 0))
        if not count:
            return bytes(digits)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded
