"""The paho client, as ingest needs it: persistent session, acknowledgements by hand, TLS with no way around it."""

import ssl
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.stream.socket_client import StreamClient
from tomma.broker_settings import BrokerSettings
from tomma.errors import ConfigurationError
from tomma.secret_files import refuse_open

SESSION_KEPT_S = 7 * 24 * 3600
PACKET_MAX_BYTES = 4 * 1024 * 1024
"""Above the largest `payload_max_bytes`, so that what is too large is still told as a dead letter. MQTT 5 only."""
CONNECT_WITHIN_S = 3.0
"""Connecting blocks, for this long twice with TLS; a stop must be noticed within ten seconds."""


def make_client(settings: BrokerSettings, *, is_v5: bool, context: ssl.SSLContext | None) -> StreamClient:
    """Return a client that is not connected yet."""
    client = StreamClient(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_v5 else False,
        protocol=mqtt.MQTTv5 if is_v5 else mqtt.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    client.connect_timeout = CONNECT_WITHIN_S
    if settings.username:
        client.username_pw_set(settings.username, settings.reveal("password", "broker"))
    if context is not None:
        client.tls_set_context(context)
    return client


def connect_options(settings: BrokerSettings, *, is_v5: bool) -> dict[str, Any]:
    """Return what the CONNECT packet says: keep our session, and send no more than we can hold."""
    if not is_v5:
        return {"keepalive": settings.keepalive_s}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_KEPT_S
    properties.ReceiveMaximum = settings.receive_max
    properties.MaximumPacketSize = PACKET_MAX_BYTES
    return {"keepalive": settings.keepalive_s, "clean_start": False, "properties": properties}


def tls_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """Return how to check the broker: by authority, date and host name, always; None without TLS.

    Raises:
        ConfigurationError: If a file cannot be read as what it must be.
    """
    if not settings.tls:
        return None
    named = settings.ca_file, settings.certificate_file, settings.key_file
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        if settings.certificate_file:
            refuse_open("broker.key_file", settings.key_file or settings.certificate_file)
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
        files = ", ".join(str(path) for path in named if path)
        raise ConfigurationError(
            f"the certificates for the broker must be readable PEM files, got {files}: {exc}"
        ) from exc
    return context
