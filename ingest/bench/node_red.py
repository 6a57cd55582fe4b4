"""Node-RED as the other taker: MQTT in, one function, SQLite; the flow a city's technician draws in ten minutes.

Two ways to store, both a commit a message. `sqlite` is the node everybody takes (node-red-node-sqlite), whose
library must be compiled where no ready build can be fetched, which takes minutes. `function` calls libsql, which npm
brings ready built, from the function node: it prepares its statement once and is the faster of the two.
Node-RED acknowledges QoS 1 when a message enters the flow, before anything is stored: killed, it loses what is in it.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.bench.brokers import BrokerAt
from ingest.bench.load import Load
from ingest.bench.takers import StartTaker, Taking, child
from ingest.bench.views import INSERT, TableView, make_table
from ingest.brokers.listening import free_port

type Store = Literal["function", "sqlite"]

_SETTINGS = """
const Database = {libsql};
const open = () => {{
  const db = new Database({path});
  db.exec("PRAGMA synchronous=FULL");
  return db.prepare({insert});
}};
module.exports = {{
  uiHost: "127.0.0.1", uiPort: {port}, httpAdminRoot: false, httpNodeRoot: false,
  flowFile: "flows.json", credentialSecret: false, telemetry: {{enabled: false, updateNotification: false}},
  externalModules: {{autoInstall: false, palette: {{allowInstall: false}}, modules: {{allowInstall: false}}}},
  functionGlobalContext: Database === null ? {{}} : {{insert: open()}},
  logging: {{console: {{level: "info", metrics: false, audit: false}}}},
}};
"""
_STORE_BY_FUNCTION = """
global.get("insert").run({...msg.payload, sensor: msg.topic.split("/")[2]});
return null;
"""
_PARAMS_FOR_NODE = """
const values = {...msg.payload, sensor: msg.topic.split("/")[2]};
msg.params = {};
for (const [name, value] of Object.entries(values)) msg.params["$" + name] = value;
return msg;
"""


@dataclass(frozen=True, slots=True)
class NodeRed:
    """An installed Node-RED: the folder that holds its node_modules."""

    folder: Path

    @property
    def script(self) -> Path:
        """What node runs."""
        return self.folder / "node_modules" / "node-red" / "red.js"

    @property
    def stores(self) -> tuple[Store, ...]:
        """The ways to store that are installed."""
        modules: Mapping[Store, str] = {"function": "libsql", "sqlite": "node-red-node-sqlite"}
        return tuple(store for store, name in modules.items() if (self.folder / "node_modules" / name).is_dir())


def node_red(installed: NodeRed, store: Store) -> StartTaker:
    """Return the taker that runs this flow."""

    @contextlib.contextmanager
    def start(broker: BrokerAt, directory: Path, load: Load) -> Iterator[Taking]:
        path, user_dir = directory / "node-red.sqlite3", directory / "node-red"
        make_table(path)
        _write_user_dir(user_dir, installed, store, broker, path)
        command = [shutil.which("node") or "node", str(installed.script), "--userDir", str(user_dir)]
        with (
            child(command, {}, directory / "taker.log", lambda line: "Connected to broker" in line) as process,
            contextlib.closing(TableView(path, load)) as view,
        ):
            yield Taking(process.pid, view, path)

    return start


def _write_user_dir(user_dir: Path, installed: NodeRed, store: Store, broker: BrokerAt, path: Path) -> None:
    user_dir.mkdir(parents=True)
    (user_dir / "node_modules").symlink_to(installed.folder / "node_modules")
    libsql = f"require({json.dumps(str(installed.folder / 'node_modules' / 'libsql'))})"
    told = {"path": json.dumps(str(path)), "insert": json.dumps(INSERT), "port": free_port()}
    settings = _SETTINGS.format(libsql=libsql if store == "function" else "null", **told)
    (user_dir / "settings.js").write_text(settings, encoding="utf-8")
    login = {"user": broker.taker.username, "password": broker.taker.password}
    (user_dir / "flows_cred.json").write_text(json.dumps({"broker": login}), encoding="utf-8")
    (user_dir / "flows.json").write_text(json.dumps(flow(store, broker, path)), encoding="utf-8")


def flow(store: Store, broker: BrokerAt, path: Path) -> list[dict[str, object]]:
    """Return the flow as Node-RED keeps it; what is not named is as the editor sets it."""
    mqtt = {"broker": broker.host, "port": str(broker.port), "clientid": "node-red", "protocolVersion": "4",
            "autoConnect": True, "usetls": False, "keepalive": "60", "cleansession": True}  # fmt: skip
    code = _STORE_BY_FUNCTION if store == "function" else _PARAMS_FOR_NODE
    return [
        {"id": "tab", "type": "tab", "label": "Readings"},
        {"id": "broker", "type": "mqtt-broker", "name": "", **mqtt},
        {"id": "in", "z": "tab", "type": "mqtt in", "topic": broker.filter, "qos": "1", "datatype": "json",
         "broker": "broker", "nl": False, "rap": True, "rh": 0, "inputs": 0, "wires": [["code"]]},
        {"id": "code", "z": "tab", "type": "function", "func": code, "outputs": 1, "libs": [],
         "wires": [["store"] if store == "sqlite" else []]},
        *_sqlite_nodes(path, wanted=store == "sqlite"),
    ]  # fmt: skip


def _sqlite_nodes(path: Path, *, wanted: bool) -> list[dict[str, object]]:
    if not wanted:
        return []
    return [
        {"id": "file", "type": "sqlitedb", "db": str(path), "mode": "RWC"},
        {"id": "store", "z": "tab", "type": "sqlite", "mydb": "file", "sqlquery": "prepared", "sql": INSERT,
         "wires": [[]]},
    ]  # fmt: skip
