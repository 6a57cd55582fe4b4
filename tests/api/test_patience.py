"""Slow, silent, greedy and garbled callers, at a real socket: each is refused in time, and nobody else notices."""

import fcntl
import json
import socket
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace

import pytest

from api.guards.headers import HEADERS
from tests.api.patience import PATIENCE_S, until
from tests.api.town import make_city
from tests.api.world import World, serving_on_a_port, settings_in
from tomma.server_settings import DoorSettings
from tomma.stores.wiring import open_stores

SOON = DoorSettings(head_s=0.3, body_s=0.3, body_bytes_per_s=1_000_000, answer_s=0.3, lines_max=8)
GET = b"GET /api/v1/city HTTP/1.1\r\nhost: localhost\r\n\r\n"
LARGE = b"GET /static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs HTTP/1.1\r\nhost: localhost\r\n\r\n"
POST = b"POST /api/v1/driver/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
SOON_S = 10.0
"""Less than a line may leave an answer untaken, were nobody to need its place."""
type Address = tuple[str, int]


@contextmanager
def answering(world: World, door: DoorSettings = SOON) -> Iterator[Address]:
    """The address of a server with these limits."""
    server = world.settings.server.model_copy(update={"door": door})
    limited = replace(world, settings=world.settings.model_copy(update={"server": server}))
    with serving_on_a_port(limited) as client:
        yield client.base_url.host, client.base_url.port or 0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server that soon loses its patience; nothing in it is changed."""
    settings = settings_in(tmp_path_factory.mktemp("patience"))
    with open_stores(settings) as stores:
        stores.registry.save(make_city())
        with answering(World(settings, stores)) as found:
            yield found


def line_to(address: Address) -> "closing[socket.socket]":
    """A connection that says nothing yet."""
    return closing(socket.create_connection(address, PATIENCE_S))


def all_of(line: socket.socket) -> bytes:
    """Everything until the server ends the line."""
    pieces = []
    while piece := line.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def one_answer(line: socket.socket) -> bytes:
    """An answer with a body, of a line that stays open."""
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2]:
        piece = line.recv(65_536)
        assert piece
        answer += piece
    return answer


def waiting_bytes(line: socket.socket) -> int:
    """How much has come and was not read."""
    return int.from_bytes(fcntl.ioctl(line, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def wait_until_no_more_comes(line: socket.socket) -> None:
    """Wait, without reading, until the machine's own buffers have been full for longer than `SOON` is patient."""
    waiting = until(lambda: waiting_bytes(line), bool)
    threading.Event().wait(1.0)
    while waiting != (waiting := waiting_bytes(line)):
        threading.Event().wait(1.0)


def refusal(answer: bytes) -> tuple[int, dict[str, str]]:
    """The status and headers of an answer, checked to be a problem document about itself."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    status = int(first.split()[1])
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == status
    return status, headers


def answers(address: Address) -> bool:
    """Whether an ordinary request is answered."""
    with line_to(address) as line:
        line.sendall(GET)
        return line.recv(65_536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"GET /api/v1/ci", id="half a line"),
        pytest.param(GET[:-2], id="no end of the head"),
        pytest.param(POST + b"content-length: 100\r\n\r\n{", id="one byte of a hundred"),
        pytest.param(POST + b"transfer-encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
        pytest.param(GET + GET[:20], id="a whole request and half a one"),
    ],
)
def test_a_request_that_does_not_come_is_not_waited_for(address: Address, said: bytes) -> None:
    """Each line kept open costs memory and a file: a few hundred of them would shut the city out (slowloris)."""
    with line_to(address) as line:
        line.sendall(said)
        answer = all_of(line)
    status, headers = refusal(answer[answer.rindex(b"HTTP/1.1 ") :])
    assert status == 408
    assert {name: headers[name.lower()] for name in HEADERS} == HEADERS
    assert (headers["connection"], headers["cache-control"]) == ("close", "no-store")
    assert answers(address)


def test_a_line_that_asks_nothing_is_ended_without_a_word(address: Address) -> None:
    """A browser keeps lines ready; an answer that nobody asked for would be taken for the next one's."""
    with line_to(address) as line:
        assert all_of(line) == b""


def test_a_head_that_drips_is_not_waited_for_either(address: Address) -> None:
    """The deadline counts from the first byte, not from the last."""
    stop = threading.Event()
    with line_to(address) as line:

        def drip() -> None:
            try:
                while not stop.wait(0.05):
                    line.sendall(b"a")
            except OSError:
                pass

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert refusal(all_of(line))[0] == 408
        finally:
            stop.set()
            dripping.join(PATIENCE_S)


def test_a_body_that_comes_fast_enough_may_take_longer_than_the_deadline(world: World) -> None:
    """A photo over a thin line is slow by honest means."""
    door = SOON.model_copy(update={"body_s": 0.6, "body_bytes_per_s": 1})
    with answering(world, door) as address, line_to(address) as line:
        line.sendall(POST + b"content-length: 80\r\n\r\n")
        for _ in range(8):
            line.sendall(b" " * 10)
            threading.Event().wait(0.1)
        assert refusal(one_answer(line))[0] == 400  # it was read to its end: blanks are no JSON


def test_an_answer_that_nobody_takes_is_not_kept(world: World) -> None:
    """Asking for much and reading none of it must not fill the server's memory."""
    with answering(world) as address, line_to(address) as line:
        line.sendall(LARGE * 20)
        wait_until_no_more_comes(line)
        taken = bytearray()
        with suppress(ConnectionResetError):
            while piece := line.recv(65_536):
                taken += piece
        assert taken.count(b"HTTP/1.1 200 ") < 20
        assert answers(address)


def test_the_line_that_waits_longest_leaves_for_a_newcomer(world: World) -> None:
    """Whoever fills all places shuts nobody out: the silent leave, and who works stays."""
    door = DoorSettings(lines_max=8)
    with answering(world, door) as address, line_to(address) as stream:
        stream.sendall(b"GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert stream.recv(65_536).startswith(b"HTTP/1.1 200 ")
        silent = [socket.create_connection(address, PATIENCE_S) for _ in range(30)]
        try:
            assert answers(address)
            assert silent[0].recv(1) == b""
            stream.settimeout(0.2)
            with suppress(TimeoutError):  # nothing new, and the line is there
                assert stream.recv(65_536)
        finally:
            for each in silent:
                each.close()


def test_who_takes_no_answer_leaves_for_a_newcomer_too(world: World) -> None:
    """Else as many callers as there are places, each asking for a large file, would shut everybody out for a while."""
    with answering(world, DoorSettings(lines_max=8)) as address, ExitStack() as lines:
        for _ in range(8):
            line = lines.enter_context(line_to(address))
            line.sendall(LARGE * 20)
        threading.Event().wait(1.0)  # until the machine's own buffers are full
        until(lambda: answers(address), bool, SOON_S)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, id="TLS at a plain port"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n", 400, id="two hosts"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: localhost\r\na : b\r\n\r\n", 400, id="a space before the colon"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: localhost\r\na: b\0c\r\n\r\n", 400, id="a NUL in a header"),
        pytest.param(b"GET /\xc3\xa5 HTTP/1.1\r\nhost: localhost\r\n\r\n", 400, id="a letter outside ASCII"),
        pytest.param(b"GET / HTTP/9.9\r\nhost: localhost\r\n\r\n", 400, id="a version nobody knows"),
        pytest.param(b"CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n", 400, id="asked as a proxy"),
        pytest.param(b"GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n", 400, id="another's address"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n", 400, id="asked as a whole"),
        pytest.param(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n", 431, id="a line without end"),
        pytest.param(b"GET / HTTP/1.1\r\na: " + b"b" * 20_000, 431, id="a header without end"),
        pytest.param(POST + b"content-length: -1\r\n\r\n", 400, id="a negative length"),
        pytest.param(POST + b"content-length: 1, 2\r\n\r\n{}", 400, id="two lengths"),
        pytest.param(POST + b"content-length: " + b"9" * 30 + b"\r\n\r\n", 400, id="a length of thirty digits"),
        pytest.param(POST + b"transfer-encoding: gzip\r\n\r\n", 400, id="an encoding nobody asked for"),
        pytest.param(POST + b"transfer-encoding: chunked\r\n\r\nZ\r\n", 400, id="a chunk of no length"),
        pytest.param(
            POST + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            400,
            id="a length and chunks",
        ),
    ],
)
def test_what_is_no_http_is_refused_in_our_form(address: Address, said: bytes, status: int) -> None:
    """What two readers frame differently lets one caller's bytes be read as another's request (smuggling)."""
    with line_to(address) as line:
        line.sendall(said)
        found, headers = refusal(all_of(line))
    assert found == status
    assert headers["x-content-type-options"] == "nosniff"


def test_what_a_refused_body_still_sends_is_neither_kept_nor_waited_for(address: Address) -> None:
    """After its 413 the caller has two seconds to stop."""
    with line_to(address) as line:
        line.sendall(POST + b"content-length: 200000000\r\n\r\n")
        assert refusal(one_answer(line))[0] == 413
        ends_at_s = time.monotonic() + PATIENCE_S
        with suppress(ConnectionResetError, BrokenPipeError):
            while time.monotonic() < ends_at_s:
                line.sendall(b" ")
                threading.Event().wait(0.01)
        assert time.monotonic() < ends_at_s
    assert answers(address)


def test_a_caller_that_leaves_in_the_middle_is_no_crash(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A phone in a tunnel leaves thousands of half bodies: none of them is a fault to wake somebody for."""
    with answering(world, DoorSettings()) as address:
        with line_to(address) as line:
            line.sendall(POST + b"content-length: 100\r\n\r\n{")
        assert answers(address)
    assert "crashed" not in caplog.text
    assert "Exception" not in caplog.text
