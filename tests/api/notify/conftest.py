"""Real servers on this machine that take messages: a mail server and a web server."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes or.").decode()


@dataclass
class Taken:
    """One request as the web server got it."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebReceiver:
    """Takes webhooks and answers as told."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    """What to answer next; 204 when nothing is left."""
    location: str = ""
    drip_s: float = 0.0
    """Between two bytes of an answer that never ends."""
    taken: list[Taken] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?x=1"


def _handler(receiver: WebReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.taken.append(Taken(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.drip_s:
                self.send_response(200)
                self.end_headers()
                while not receiver.leaving.wait(receiver.drip_s):
                    try:
                        self.wfile.write(b".")
                    except OSError:
                        return
                return
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler


@contextmanager
def web_receiver(context: ssl.SSLContext | None = None) -> Iterator[WebReceiver]:
    """A web server on a free port, with or without TLS."""
    receiver = WebReceiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.leaving.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """Takes mail as a mail server does, and keeps it."""

    port: int = 0
    context: ssl.SSLContext | None = None
    refuses: int = 0
    """An answer to RCPT, such as 550; 0 takes everybody."""
    login: bytes = b""
    mails: list[str] = field(default_factory=list)
    logins: list[tuple[str, bool]] = field(default_factory=list)
    """What was shown to log in, and whether it was encrypted."""


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321, 3207 and 4954 as smtplib speaks."""

    mailbox: ClassVar[Mailbox]

    def handle(self) -> None:
        """Talk until QUIT."""
        secure = False
        self._say("220 mail.test ready")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    offers = [] if secure or self.mailbox.context is None else ["STARTTLS"]
                    self._say(
                        *(f"250-{each}" for each in ["mail.test", "SMTPUTF8", "8BITMIME", *offers]), "250 AUTH PLAIN"
                    )
                case "STARTTLS":
                    assert self.mailbox.context is not None
                    self._say("220 go on")
                    self.connection = self.mailbox.context.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile, secure = (
                        self.connection.makefile("rb"),
                        self.connection.makefile("wb", 0),
                        True,
                    )
                case "AUTH":
                    self.mailbox.logins.append((base64.b64decode(rest.partition(" ")[2]).decode(), secure))
                    self._say("235 welcome")
                case "RCPT" if self.mailbox.refuses:
                    self._say(f"{self.mailbox.refuses} no such box")
                case "DATA":
                    self._say("354 speak")
                    lines = iter(self.rfile.readline, b".\r\n")
                    self.mailbox.mails.append(b"".join(lines).decode())
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def finish(self) -> None:
        """Close what STARTTLS put in the place of the first connection too."""
        super().finish()
        self.connection.close()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{each}\r\n" for each in lines).encode())


class _SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what the test is about."""


@contextmanager
def mail_server(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server on a free port."""
    mailbox = Mailbox(context=context)
    handler = type("Handler", (_Smtp,), {"mailbox": mailbox})
    with _SmtpServer(("127.0.0.1", 0), handler) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Vouches for the servers of these tests."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """Of a server called hooks.test, mail.test or 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.test", "mail.test", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def servers() -> Iterator[Any]:
    """Enter a server; all end with the test."""
    with ExitStack() as stack:
        yield stack.enter_context
