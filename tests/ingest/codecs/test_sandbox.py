"""What a script may be, and what it cannot do to the stream."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.codecs import sandbox as sandbox_module
from ingest.codecs.sandbox import Call, Limits, Sandbox
from tests.ingest.codecs.conftest import Runner

GOOD = "function decodeUplink(input) { return { data: { distance_mm: input.bytes[0] * 256 + input.bytes[1] } }; }"


def _decode(sandbox: Sandbox, name: str, frames: int = 1) -> list[dict[str, Any]]:
    answers = sandbox.run([Call(name, b"\x03\x2c", 2, 0)] * frames)
    return [json.loads(answer) for answer in answers]


@pytest.fixture
def own() -> Iterator[Sandbox]:
    """A sandbox that may be harmed."""
    limits = Limits(time_s=0.02, memory_bytes=8 * 1024 * 1024, batch_s=0.2, answer_s=10.0)
    with contextlib.closing(Sandbox(limits)) as opened:
        assert opened.load("good", GOOD) is None
        yield opened


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param("while (true) {}", "time", id="an endless loop"),
        pytest.param(
            "for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } }", "time", id="a loop that catches"
        ),
        pytest.param(
            "/^(a+)+$/.test('a'.repeat(40) + 'b')", "time", id="a regular expression that backtracks for ever"
        ),
        pytest.param(
            "[...Array(1e5).keys()].sort(() => Math.random() - 0.5); while (1) {}", "time", id="a loop in a sort"
        ),
        pytest.param(
            "throw { get message() { while (1) {} }, toString() { while (1) {} } }", "time", id="an endless error"
        ),
        pytest.param("return { data: { toJSON() { while (1) {} } } }", "time", id="an endless toJSON"),
        pytest.param("return { get data() { while (1) {} } }", "time", id="an endless getter"),
        pytest.param(
            "return new Proxy({}, { get() { while (1) {} }, has() { while (1) {} } })", "time", id="an endless proxy"
        ),
        pytest.param("const a = []; while (true) a.push(new Array(1000).fill(1))", "memory", id="a memory bomb"),
        pytest.param("return { data: 'x'.repeat(1e9) }", "memory", id="a huge text"),
        pytest.param("return { data: [...new Uint8Array(2e9)] }", "memory", id="a huge array"),
        pytest.param("return decodeUplink(input) + 1", "other", id="endless recursion"),
        pytest.param(
            "let a = {}; for (let i = 0; i < 1e4; i++) a = { a }; return { data: a }", "other", id="a deep output"
        ),
        pytest.param("return { data: { text: 'y'.repeat(1e5) } }", "other", id="an output beyond 64 kB"),
        pytest.param("return 2n ** (1n << 40n)", "other", id="a number beyond memory"),
        pytest.param("throw null", "other", id="null thrown"),
        pytest.param("throw undefined", "other", id="nothing thrown"),
        pytest.param("throw Symbol('s')", "other", id="a symbol thrown"),
        pytest.param("throw { code: 7 }", "other", id="an object thrown"),
        pytest.param("throw Object.create(null)", "other", id="a bare object thrown"),
        pytest.param("return input.nothing.there", "type", id="a mistake"),
        pytest.param("return 5", "type", id="a number returned"),
        pytest.param("return Promise.resolve({ data: {} })", "type", id="a promise returned"),
    ],
)
def test_a_script_that_misbehaves_costs_its_own_frame_only(own: Sandbox, body: str, kind: str) -> None:
    """The frame becomes a dead letter with a reason; the next script's frame in the same batch is decoded."""
    assert own.load("bad", f"function decodeUplink(input) {{ {body} }}") is None
    bad, good = (json.loads(each) for each in own.run([Call("bad", b"\1", 1, 0), Call("good", b"\x03\x2c", 2, 0)]))
    assert bad["kind"] == kind
    assert bad["fault"]
    assert good["data"] == {"distance_mm": 812}


def test_a_script_stuck_inside_the_engine_is_stopped_by_force_and_its_process_replaced(own: Sandbox) -> None:
    """Some native functions never look at the engine's clock; only ending the process stops them."""
    stuck = "function decodeUplink(i) { const s = 'a'.repeat(2e6); return { data: s.indexOf('a'.repeat(1e6) + 'b') }; }"
    assert own.load("stuck", stuck) is None
    calls = [Call("good", b"\x03\x2c", 2, 0), Call("stuck", b"", 1, 0), Call("good", b"\x00\x50", 2, 0)]
    first, second, third = (json.loads(each) for each in own.run(calls))
    assert (first["data"], third["data"]) == ({"distance_mm": 812}, {"distance_mm": 80})
    assert second["kind"] == "killed"
    assert "used too much time" in second["fault"]  # by its own timer, long before our patience ends


def test_a_script_that_wastes_time_gets_no_more_than_its_share_of_a_batch(own: Sandbox) -> None:
    """Else a hundred frames of one broken make would hold up the city for seconds."""
    assert own.load("slow", "function decodeUplink(i) { while (1) {} }") is None
    kinds = [each["kind"] for each in _decode(own, "slow", 100)]
    assert kinds[0] == "time"
    assert kinds[-1] == "skipped"
    assert kinds.count("time") < 40
    assert own.spent_s["slow"] > 0.2


def test_a_process_that_dies_is_replaced_with_every_script_it_knew(own: Sandbox) -> None:
    """Somebody's out-of-memory killer may take it at any moment."""
    _decode(own, "good")
    assert own._process is not None
    os.kill(own._process.pid, signal.SIGKILL)
    assert _decode(own, "good")[0]["data"] == {"distance_mm": 812}
    assert own.starts == 2


def test_a_process_that_no_longer_answers_is_replaced() -> None:
    """A frozen process uses no processor time, so only the wall clock tells."""
    with contextlib.closing(Sandbox(Limits(answer_s=2.5))) as frozen:
        assert frozen.load("good", GOOD) is None
        assert frozen._process is not None
        os.kill(frozen._process.pid, signal.SIGSTOP)
        assert _decode(frozen, "good")[0]["data"] == {"distance_mm": 812}


def test_a_machine_that_starts_no_process_costs_the_frames_and_not_the_stream(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No memory to fork, too many processes, Python replaced by an upgrade: dead letters, until it can again."""
    own.close()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("sys.executable", str(tmp_path / "gone"))
        assert [each["kind"] for each in _decode(own, "good", 3)] == ["killed", "skipped", "skipped"]
    (answer,) = _decode(own, "good")
    assert "data" in answer


@pytest.mark.parametrize("said", ["nothing in JSON", "[1]", '{"good": "much"}', '{"good": [-1.0, 1]}'])
def test_a_process_that_speaks_in_another_form_costs_the_frames_and_not_the_stream(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    """A script that got hold of its process may answer what it likes; its frame would end ingest at every start."""
    own.close()
    taken = tmp_path / "taken.py"
    taken.write_text(
        "import struct, sys\n"
        "while head := sys.stdin.buffer.read(4):\n"
        "    sys.stdin.buffer.read(struct.unpack('>I', head)[0])\n"
        f"    body = {said.encode()!r} + b'\\n{{}}'\n"
        "    sys.stdout.buffer.write(struct.pack('>I', len(body)) + body)\n"
        "    sys.stdout.buffer.flush()\n"
    )
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sandbox_module, "WORKER", taken)
        assert [each["kind"] for each in _decode(own, "good", 3)] == ["killed", "skipped", "skipped"]
        assert "another form" in str(own.load("good", GOOD))
    assert "data" in _decode(own, "good")[0]


def test_closing_ends_the_process(own: Sandbox) -> None:
    """No process stays behind when ingest ends."""
    _decode(own, "good")
    process = own._process
    assert process is not None
    own.close()
    assert process.returncode is not None


def test_the_process_may_open_no_file_and_start_no_process(own: Sandbox) -> None:
    """For the day when a fault in the engine lets a script out of it."""
    _decode(own, "good")
    assert own._process is not None
    limits = Path(f"/proc/{own._process.pid}/limits").read_text()
    most = {line[:26].strip(): line[26:].split()[1] for line in limits.splitlines()[1:]}
    assert (most["Max open files"], most["Max processes"], most["Max file size"]) == ("0", "0", "0")
    assert Path(f"/proc/{own._process.pid}/environ").read_bytes() == b""


@pytest.mark.parametrize(
    "name",
    [
        "process",
        "fetch",
        "XMLHttpRequest",
        "WebSocket",
        "setTimeout",
        "std",
        "os",
        "Deno",
        "Atomics",
        "SharedArrayBuffer",
    ],
)
def test_a_script_finds_nothing_to_reach_the_world_with(run: Runner, name: str) -> None:
    """No files, no network, no timers, nothing to block on."""
    assert run(f"function decodeUplink(i) {{ return {{ data: {{ kind: typeof {name} }} }}; }}")["data"] == {
        "kind": "undefined"
    }


@pytest.mark.parametrize("module", ["fs", "node:fs", "child_process", "http", "./helper"])
def test_a_script_can_require_no_other_file(sandbox: Sandbox, module: str) -> None:
    """A codec is one file; the refusal says so when the codec is added."""
    why = sandbox.load("needs", f"const other = require('{module}'); {GOOD}")
    assert why is not None
    assert "must be one file" in why


@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param("function (", "SyntaxError", id="no JavaScript"),
        pytest.param("<html>404</html>", "SyntaxError", id="a web page saved by mistake"),
        pytest.param("var x = 1;", "no decodeUplink", id="no decoder"),
        pytest.param("while (true) {}", "out of time", id="an endless top level"),
        pytest.param("import x from 'y'; function decodeUplink() {}", "SyntaxError", id="an import"),
        pytest.param("throw new Error('not today')", "not today", id="an error at the top level"),
    ],
)
def test_a_script_that_cannot_be_loaded_says_why(sandbox: Sandbox, source: str, why: str) -> None:
    """The installer sees it when adding the file, not the operator at night."""
    told = sandbox.load("broken", source)
    assert told is not None
    assert why in told


STATE = [
    pytest.param("n = (typeof n === 'undefined' ? 0 : n) + 1; return { data: { n } }", "", id="a global by mistake"),
    pytest.param(
        "seen.n = (seen.n || 0) + 1; return { data: seen }", "var seen = {};", id="an object at the top level"
    ),
    pytest.param("count += 1; return { data: { count } }", "let count = 0;", id="a counter"),
    pytest.param(
        "globalThis.k = (globalThis.k || 0) + 1; return { data: { k } }", "", id="a property of the global object"
    ),
    pytest.param(
        "Object.prototype.p = (({}).p || 0) + 1; return { data: { p: ({}).p ?? 0 } }", "", id="Object.prototype"
    ),
    pytest.param("Array.prototype.push = null; return { data: { a: [1].concat(2) } }", "", id="a built-in replaced"),
    pytest.param("JSON.stringify = () => 'x'; Math.k = 1; return { data: { k: 1 } }", "", id="the JSON object"),
    pytest.param("input.bytes.__proto__.q = 1; return { data: { q: [].q ?? 0 } }", "", id="the prototype of the input"),
    pytest.param(
        "helper.n = (helper.n || 0) + 1; return { data: { n: helper.n } }", "function helper() {}", id="a function"
    ),
    pytest.param(
        "Object.defineProperty(globalThis, 'h', { value: (globalThis.h || 0) + 1, configurable: true });"
        "return { data: { h } }",
        "",
        id="a hidden global",
    ),
    pytest.param(
        "Reflect.defineProperty(globalThis, 'h', { value: (globalThis.h || 0) + 1 }); return { data: { h } }",
        "",
        id="a global that cannot be removed",
    ),
]


@pytest.mark.parametrize(("body", "top"), STATE)
def test_a_frame_finds_the_script_as_the_first_one_did(sandbox: Sandbox, body: str, top: str) -> None:
    """Else one device's battery is told of another: many published codecs keep an object at the top level."""
    assert sandbox.load("state", f"{top} function decodeUplink(input) {{ {body} }}") is None
    first, second, third = _decode(sandbox, "state", 3)
    assert "data" in first
    assert first == second == third


@pytest.mark.parametrize(
    "top",
    [
        pytest.param("Array.prototype.last = function () { return this[this.length - 1]; };", id="assigned"),
        pytest.param(
            "'use strict'; Array.prototype.last = function () { return this[this.length - 1]; };", id="assigned, strict"
        ),
        pytest.param(
            "Object.defineProperty(Array.prototype, 'last', { value() { return this[this.length - 1]; } });",
            id="defined",
        ),
        pytest.param(
            "if (!Array.prototype.last) Array.prototype.last = function () { return this.at(-1); };", id="guarded"
        ),
    ],
)
def test_a_script_may_bring_its_own_built_ins(run: Runner, top: str) -> None:
    """Makers publish for old engines and add what those lack."""
    assert run(f"{top}\nfunction decodeUplink(i) {{ return {{ data: {{ last: i.bytes.last() }} }}; }}")["data"] == {
        "last": 2
    }


def test_a_script_may_extend_built_ins_in_the_middle_of_a_call(run: Runner) -> None:
    """Rare and slow, since it needs a new engine for each frame, but it works."""
    body = "Number.prototype.half = function () { return this / 2; }; return { data: { x: (8).half() } };"
    assert run(f"function decodeUplink(i) {{ {body} }}")["data"] == {"x": 4}


def test_inherited_names_may_be_set_on_own_objects(run: Runner) -> None:
    """Frozen built-ins would otherwise forbid a field called `constructor` and an error class of one's own."""
    source = """'use strict';
    class Short extends Error { constructor(m) { super(m); this.name = 'Short'; } }
    function decodeUplink(i) {
      const d = {}; d.constructor = 'ACME'; d.toString = 1; d.valueOf = 2;
      try { throw new Short('x'); } catch (e) { d.name = e.name; }
      return { data: d };
    }"""
    assert run(source)["data"] == {"constructor": "ACME", "toString": 1, "valueOf": 2, "name": "Short"}


@pytest.mark.parametrize(
    ("source", "data"),
    [
        pytest.param(
            "function decodeUplink(input) { return { data: { p: input.fPort, t: input.recvTime.getTime() } } }",
            {"p": 7, "t": 1_780_000_000_000},
            id="TS013",
        ),
        pytest.param(
            "const decodeUplink = ({ bytes, fPort }) => ({ data: { p: fPort, b: bytes[1] } })",
            {"p": 7, "b": 2},
            id="an arrow",
        ),
        pytest.param(
            "export function decodeUplink(input) { return { data: { p: input.fPort } } }", {"p": 7}, id="an ES module"
        ),
        pytest.param(
            "function decodeUplink(i) { return { data: { p: i.fPort } } }\n"
            "export { decodeUplink };\nexport default { decodeUplink };",
            {"p": 7},
            id="an ES module with a list",
        ),
        pytest.param("exports.decodeUplink = (i) => ({ data: { p: i.fPort } })", {"p": 7}, id="exports"),
        pytest.param(
            "module.exports = { decodeUplink(i) { return { data: { p: i.fPort } } } }", {"p": 7}, id="module.exports"
        ),
        pytest.param(
            "module.exports = function (input) { return { data: { p: input.fPort } } }", {"p": 7}, id="a lone function"
        ),
        pytest.param(
            "function Decode(fPort, bytes, variables) { return { p: fPort, b: bytes[0], v: variables } }",
            {"p": 7, "b": 1, "v": {}},
            id="ChirpStack v3",
        ),
        pytest.param(
            "function Decode(port, bytes) { return { p: port, b: bytes[0] } }",
            {"p": 7, "b": 1},
            id="ChirpStack v3, short",
        ),
        pytest.param(
            "function Decoder(bytes, port) { return { p: port, b: bytes[0] } }",
            {"p": 7, "b": 1},
            id="The Things Network v2",
        ),
        pytest.param(
            "function Decoder(b, p, uplink_info) { return { p: p, b: b[0] } }",
            {"p": 7, "b": 1},
            id="other parameter names",
        ),
        pytest.param(
            "function rxDecode(params) { return { p: params.fPort } }", {"p": 7}, id="another platform's name"
        ),
        pytest.param("function easy_decode(bytes) { return { b: bytes[1] } }", {"b": 2}, id="a bare function of bytes"),
        pytest.param(
            "function readIt(b) { return b[0] }\nfunction acmeDecodePayload(bytes) { return { b: readIt(bytes) } }",
            {"b": 1},
            id="a maker's own name",
        ),
        pytest.param(
            "\ufefffunction decodeUplink(i) { return { data: { p: i.port } } }", {"p": 7}, id="a byte order mark"
        ),
        pytest.param(
            "#!/usr/bin/env node\nfunction decodeUplink(i) { return { data: { p: i.fPort } } }",
            {"p": 7},
            id="a first line for a shell",
        ),
        pytest.param(
            "function decodeUplink(i) { console.log('x', {}); console.table([]); return { data: { p: 1 } } }",
            {"p": 1},
            id="a chatty one",
        ),
        pytest.param("function decodeUplink(i) { return { p: 1 } }", {"p": 1}, id="data not wrapped"),
        pytest.param("function decodeUplink(i) { return null }", None, id="null for nothing"),
        pytest.param(
            "const utf8 = new TextDecoder();"
            "function decodeUplink(i) { return { data: utf8.decode(new Uint8Array([0xe2, 0x82, 0xac])) } }",
            "€",
            id="TextDecoder",
        ),
        pytest.param(
            "function decodeUplink(i) { const b = Buffer.from(i.bytes);"
            " return { data: [b.readUInt16BE(0), b.readInt8(1), b.toString('hex')] } }",
            [258, 2, "0102"],
            id="Buffer",
        ),
        pytest.param("function decodeUplink(i) { return { data: { a: atob(btoa('hi')) } } }", {"a": "hi"}, id="atob"),
    ],
)
def test_scripts_of_every_published_form_run(run: Runner, source: str, data: object) -> None:
    """Makers write for many platforms; the city should not have to rewrite anything."""
    assert run(source)["data"] == data


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param("{ a: NaN, b: Infinity }", {"a": None, "b": None}, id="numbers that are none"),
        pytest.param("{ a: 12n, b: undefined, c: () => 1 }", {"a": 12}, id="big integers and nothing"),
        pytest.param(
            "{ a: new Date(0), b: new Date(NaN), c: 1n }",
            {"a": "1970-01-01T00:00:00.000Z", "b": None, "c": 1},
            id="dates",
        ),
        pytest.param("(() => { const a = { x: 1 }; a.self = a; return a })()", {"x": 1, "self": None}, id="a cycle"),
        pytest.param("{ get x() { return 4 } }", {"x": 4}, id="a getter"),
        pytest.param(
            "{ m: new Map([['k', 1n]]), s: new Set([1n, 2]) }", {"m": {"k": 1}, "s": [1, 2]}, id="maps and sets"
        ),
        pytest.param('JSON.parse(\'{"__proto__": {"p": 1}}\')', {"__proto__": {"p": 1}}, id="a poisoned key"),
        pytest.param("{ t: '\\ud800' }", {"t": "\ud800"}, id="half a character"),
    ],
)
def test_odd_outputs_become_plain_json(run: Runner, value: str, plain: object) -> None:
    """What cannot be told is null; the rest of the frame is good."""
    assert run(f"function decodeUplink(i) {{ return {{ data: {value} }} }}")["data"] == plain


def test_errors_warnings_and_log_come_along(run: Runner) -> None:
    """`tomma codec try` shows them to the person who adds the make."""
    told = run(
        "function decodeUplink(i) { console.log('saw', i.bytes); return { data: {}, warnings: ['w'], errors: 'e' } }"
    )
    assert (told["warnings"], told["errors"], told["log"]) == (["w"], ["e"], ["saw [1,2]"])


def test_a_normaliser_that_fails_spoils_nothing(run: Runner) -> None:
    """It is an extra: the decoded fields stand on their own."""
    told = run(
        "function decodeUplink(i) { return { data: { a: 1 } } } function normalizeUplink(i) { throw new Error('no') }"
    )
    assert told["data"] == {"a": 1}
    assert "no" in told["warnings"][0]


def test_a_batch_larger_than_one_round_trip_keeps_its_order(own: Sandbox) -> None:
    """Answers belong to frames by their place only."""
    calls = [Call("good", number.to_bytes(2), 1, 0) for number in range(350)]
    told = [json.loads(answer)["data"]["distance_mm"] for answer in own.run(calls)]
    assert told == list(range(350))
