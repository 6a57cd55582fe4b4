"""The loop that anybody would write from the two libraries' own examples: paho in, sqlite3 out. A process of its own.

A commit a message acknowledges after the commit by paho's own order (the callback returns first). The other kind
commits once for many and acknowledges them then, by hand, as a careful person would.
"""

import json
import sqlite3
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.bench.views import INSERT

BATCH_MAX = 500
BATCH_WAIT_S = 0.05


def main() -> None:
    """Read where to connect from standard input, then take readings until terminated."""
    told = json.loads(sys.stdin.readline())
    connection = sqlite3.connect(told["path"], isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous=FULL")
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="plain", clean_session=False, manual_ack=bool(told["batch"])
    )
    if told["username"]:
        client.username_pw_set(told["username"], told["password"])
    client.on_connect = lambda *_: _subscribe(client, told["topic"])
    client.on_subscribe = lambda *_: print("ready", flush=True)  # noqa: T201  (the bench waits for it)
    taker = _Batches(connection, client) if told["batch"] else _Each(connection)
    client.on_message = taker.take
    client.connect(told["host"], told["port"])
    client.loop_forever()


def _subscribe(client: mqtt.Client, topic: str) -> None:
    client.subscribe(topic, qos=1)


def _values(packet: mqtt.MQTTMessage) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(packet.payload)
    return {**fields, "sensor": packet.topic.split("/")[2]}


class _Each:
    """A commit a message."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def take(self, _client: mqtt.Client, _: Any, packet: mqtt.MQTTMessage) -> None:
        self._connection.execute(INSERT, _values(packet))


class _Batches:
    """A commit for what arrived within a moment, by a second thread."""

    def __init__(self, connection: sqlite3.Connection, client: mqtt.Client) -> None:
        self._connection, self._client = connection, client
        self._lock = threading.Lock()
        self._waiting: list[mqtt.MQTTMessage] = []
        threading.Thread(target=self._commit_for_ever, daemon=True).start()

    def take(self, _client: mqtt.Client, _: Any, packet: mqtt.MQTTMessage) -> None:
        with self._lock:
            self._waiting.append(packet)
            full = len(self._waiting) >= BATCH_MAX
        if full:
            self._commit()

    def _commit_for_ever(self) -> None:
        while True:
            time.sleep(BATCH_WAIT_S)
            self._commit()

    def _commit(self) -> None:
        with self._lock:
            packets, self._waiting = self._waiting, []
            if not packets:
                return
            self._connection.execute("BEGIN")
            self._connection.executemany(INSERT, [_values(each) for each in packets])
            self._connection.execute("COMMIT")
        for each in packets:
            self._client.ack(each.mid, each.qos)


if __name__ == "__main__":
    main()
