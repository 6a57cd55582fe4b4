"""What our own code must not do, and no linter's rule says as we need it (decision 0038).

Each rule names the few places that may, with the reason; a place that is no longer there must leave the list.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("tomma", "ingest", "routing", "api", "simulator")

type Rule = Callable[[ast.AST], Iterator[str]]

_SQL = re.compile(
    r"\s*(select|insert|update|delete|replace|create|alter|drop|attach|pragma|with\s+\w+\s+as)\b", re.IGNORECASE
)
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*$")
_SECRET = re.compile(r"(?:^|_)(?:secret|password|token|signature|mac|digest|hash|csrf|otp)s?$")
_OUTWARD = {"httpx", "requests", "urllib3", "aiohttp", "websockets", "smtplib", "ftplib", "telnetlib", "socket", "ssl"}
_OUTWARD |= {"urllib.request", "http.client", "paho", "influxdb_client", "authlib", "nats"}
_UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "telnetlib", "imp"}
_UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp"}
_UNSAFE_CALLS |= {"sys.settrace", "ssl._create_unverified_context", "subprocess.getoutput"}


def _dotted(node: ast.AST) -> str:
    """`a.b.c` for a name, an attribute, or a call of one; empty for anything else."""
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{each.name}" for each in node.names)


def _within(name: str, modules: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in modules)


def sql_made_of_values(node: ast.AST) -> Iterator[str]:
    """SQL with anything set into its text but a constant: a value belongs into a parameter."""
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        if isinstance(first, ast.Constant) and _SQL.match(str(first.value)):
            set_in = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
            if any(not _CONSTANT.match(_dotted(each).rpartition(".")[2]) for each in set_in):
                yield "SQL"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str) and _is_statement(node.left.value):
            yield "SQL"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and _is_statement(text.value):
            yield "SQL"


def _is_statement(text: str) -> bool:
    return bool(_SQL.match(text)) and bool(re.search(r"\b(?:from|into|set|table|where|values)\b", text, re.IGNORECASE))


def what_runs_data(node: ast.AST) -> Iterator[str]:
    """Formats and calls that run what they read, or read what they should not; a shell; a certificate unchecked."""
    yield from {name.partition(".")[0] for name in _imported(node) if _within(name, _UNSAFE_MODULES)}
    if isinstance(node, ast.Call):
        if (name := _dotted(node.func)) in _UNSAFE_CALLS or name.endswith((".extractall", ".from_string")):
            yield name
        for each in node.keywords:
            if (each.arg, getattr(each.value, "value", None)) in {("shell", True), ("verify", False)}:
                yield f"{each.arg}={ast.unparse(each.value)}"
    if isinstance(node, ast.Attribute) and node.attr in {"CERT_NONE", "check_hostname"}:
        yield node.attr


def ways_out(node: ast.AST) -> Iterator[str]:
    """What could open a connection to somewhere."""
    yield from {
        next(each for each in _OUTWARD if _within(name, {each})) for name in _imported(node) if _within(name, _OUTWARD)
    }


def secrets_compared_openly(node: ast.AST) -> Iterator[str]:
    """`==` on a secret ends at the first character that differs, and the time it takes tells which."""
    if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
        sides = [node.left, *node.comparators]
        if any(isinstance(each, ast.Constant) for each in sides):
            return  # with what everybody can read here
        names = [_dotted(each).rpartition(".")[2].lower() for each in sides]
        yield from (name for name in names if _SECRET.search(name))


def keys_that_stand_twice(node: ast.AST) -> Iterator[str]:
    """The last one counts, and who reads the first one is wrong: an alert was once less urgent than its table said."""
    if isinstance(node, ast.Dict):
        keys = Counter(_written(each) for each in node.keys if each is not None)
        yield from (key for key, count in keys.items() if count > 1)


def _written(key: ast.expr) -> str:
    return repr(key.value) if isinstance(key, ast.Constant) else ast.unparse(key)  # to write any tree takes 0.1 ms


MAY: Mapping[Rule, Mapping[str, str]] = {
    keys_that_stand_twice: {},
    sql_made_of_values: {
        "ingest/bench/big_store.py": "a bench: numbers of its own",
        "ingest/bench/views.py": "a bench: numbers of its own",
        "simulator/backup_bench.py": "the columns of our own table",
        "simulator/faults/writer.py": "a bench: table names of its own",
        "tomma/stores/upkeep/backup.py": "the names of our own tables",
        "tomma/stores/influx/history.py": "InfluxQL knows no parameters: escaped, and tried with hostile names",
        "tomma/stores/influx/server.py": "InfluxQL knows no parameters: escaped, and tried with hostile names",
        "tomma/stores/readings/aging.py": "one of the texts of this file",
        "tomma/stores/readings/schema.py": "numbers of our own",
        "tomma/stores/readings/sql.py": "the names of our own columns",
        "tomma/stores/sqlite_file.py": "PRAGMA knows no parameters: an id and settings of our own",
        "tomma/stores/upkeep/support.py": "the names of our own tables, quoted",
    },
    what_runs_data: {
        "api/exports/gpx.py": "xml: only written",
        "api/exports/paper.py": "xml: only the escaping of text",
        "api/residents/stickers.py": "xml: only the escaping of text",
        "ingest/codecs/trial.py": "yaml: a maker's examples, by safe_load",
        "routing/engines/wire.py": "pickle: from our own parent, through a file without a name",
        "routing/ahead/horizon_child.py": "pickle: from our own parent, on standard input",
    },
    ways_out: {
        "api/accounts/provider.py": "the municipality's identity provider",
        "api/certificate.py": "reads our own certificate for who comes to us",
        "api/cli.py": "listens",
        "api/server.py": "listens",
        "api/notify/mail.py": "the city's mail server",
        "api/notify/reach.py": "looks where a webhook would lead, before it does",
        "api/notify/webhook.py": "the city's webhooks, to addresses that were looked at",
        "ingest/brokers/listening.py": "asks for ports of this machine",
        "ingest/stream/link.py": "the broker",
        "ingest/stream/mqtt_client.py": "the broker",
        "ingest/stream/socket_client.py": "the broker",
        "ingest/brokers/topics.py": "compares topics; opens nothing",
        "routing/roads/server.py": "a road server of the city's own",
        "tomma/stores/influx/server.py": "the city's InfluxDB",
        "ingest/bench/plain_loop.py": "a bench: brokers of this machine",
        "ingest/bench/publisher.py": "a bench: brokers of this machine",
        "simulator/demo/ports.py": "asks for a free port of this machine",
        "simulator/faults/publisher.py": "a bench: brokers of this machine",
        "simulator/map_bench.py": "a bench: asks its own server",
        "simulator/office.py": "the demo: asks its own server",
        "simulator/publisher.py": "plays sensors at a broker that is named to it",
    },
    secrets_compared_openly: {
        "routing/saving/check.py": "the digest of a published figure",
        "simulator/faults/books.py": "a bench: the secret is its own",
        "tomma/audit.py": "a head that was noted elsewhere is no secret",
        "tomma/stores/upkeep/backup.py": "the digest of a file, told in the manifest beside it",
        "tomma/stores/books/people.py": "a column in SQL; what is asked is a hash of what was shown",
        "tomma/stores/books/saving.py": "a column in SQL; the digest of a published figure",
    },
}
"""The files where a rule finds something that is as it must be, and why."""


@cache
def trees() -> Mapping[str, ast.Module]:
    """Every module of the product."""
    paths = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in paths}


def found_in(rule: Rule, tree: ast.AST) -> set[str]:
    """What the rule finds."""
    return {each for node in ast.walk(tree) for each in rule(node)}


@pytest.mark.parametrize("rule", MAY, ids=lambda rule: rule.__name__)
def test_a_rule_is_kept_but_where_a_reason_is_given(rule: Rule) -> None:
    """And a reason whose place is gone goes, too: it would excuse the next one who does it there."""
    found = {name: what for name, tree in trees().items() if (what := found_in(rule, tree))}
    assert {name: what for name, what in found.items() if name not in MAY[rule]} == {}
    assert MAY[rule].keys() - found.keys() == set()


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        pytest.param(sql_made_of_values, 'run(f"SELECT * FROM bin WHERE id = {bin_id}")', id="a value set into SQL"),
        pytest.param(sql_made_of_values, "run(\"DELETE FROM bin WHERE id = '%s'\" % bin_id)", id="by per cent"),
        pytest.param(sql_made_of_values, 'run("DELETE FROM bin WHERE id = " + bin_id)', id="by plus"),
        pytest.param(sql_made_of_values, 'run("UPDATE bin SET id = {}".format(bin_id))', id="by format"),
        pytest.param(what_runs_data, "import pickle", id="pickle"),
        pytest.param(what_runs_data, "from xml.dom import minidom", id="a parser that fetches what a file names"),
        pytest.param(what_runs_data, "eval(text)", id="eval"),
        pytest.param(what_runs_data, "run(command, shell=True)", id="a shell"),
        pytest.param(what_runs_data, "get(url, verify=False)", id="any certificate"),
        pytest.param(what_runs_data, "context.verify_mode = ssl.CERT_NONE", id="any certificate, by context"),
        pytest.param(what_runs_data, "archive.extractall(place)", id="an archive that leads elsewhere"),
        pytest.param(what_runs_data, "environment.from_string(text)", id="a template made of text"),
        pytest.param(ways_out, "from urllib.request import urlopen", id="a way out"),
        pytest.param(ways_out, "import socket as other", id="a way out by another name"),
        pytest.param(keys_that_stand_twice, "URGENCY = {Kind.FIRE: 1, Kind.TILT: 2, Kind.FIRE: 3}", id="a key twice"),
        pytest.param(secrets_compared_openly, "if shown == key.secret: pass", id="a secret"),
        pytest.param(secrets_compared_openly, "ok = header != self._token", id="a token"),
    ],
)
def test_what_a_rule_is_for_is_found(rule: Rule, line: str) -> None:
    """A rule that finds nothing proves nothing."""
    assert found_in(rule, ast.parse(line))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        pytest.param(sql_made_of_values, 'ALL = f"SELECT {_COLUMNS} FROM bin WHERE {sql.OPEN}"', id="constants"),
        pytest.param(sql_made_of_values, 'echo(f"with {count} bins")', id="a sentence"),
        pytest.param(secrets_compared_openly, 'if key.secret == "": pass', id="empty or not"),
        pytest.param(secrets_compared_openly, "ok = compare_digest(shown, key.secret)", id="in constant time"),
    ],
)
def test_what_is_as_it_should_be_is_left_alone(rule: Rule, line: str) -> None:
    """A rule that cries for nothing is soon switched off."""
    assert not found_in(rule, ast.parse(line))
