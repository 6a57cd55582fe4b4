"""The InfluxDB at the other end of the wire: one call, one deadline, one of three outcomes.

Writes go through influxdb-client, synchronously and as line protocol (its batching writer never raises). Reads are
InfluxQL on /query, which 1.x, 2.x and 3.x all speak and influxdb-client does not: Flux is missing in 3.x, SQL in
1.x and 2.x. Servers before 1.8 have no /api/v2/write; for them `write_api = "v1"`.
"""

import gzip
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from tomma.store_settings import ReadingSettings
from tomma.stores.influx.lines import identifier
from tomma.stores.readings.rows import from_ms

QUERY_DEADLINE_S = 60.0
"""For all of an answer; the wait for its next piece is bounded by `timeout_s`."""
_MS: Any = "ms"  # the client's own WritePrecision.MS, which it declares as what it is not
_ROWS_PER_PIECE = 10_000
_ABOUT_ROWS = frozenset({400, 422})
"""The server read the lines and refuses some: sending all of them again changes nothing."""
_NO_SUCH_CALL = frozenset({404, 405, 501})
_WHY_KEPT = 500
_RETRY_AFTER_MAX_S = 300.0
_GZIP_LEVEL = 1  # line protocol shrinks to a tenth already; level 9 costs five times the time for a third less


class ServerAwayError(Exception):
    """Nothing was promised: down, silent, busy, or refusing us as a whole. Try later."""

    def __init__(self, why: str, status: int = 0, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after_s = retry_after_s


class RowsRefusedError(Exception):
    """The server took some lines of the batch, or none; which ones, it does not say."""


class Series(msgspec.Struct):
    """A piece of an answer: rows of one series."""

    name: str = ""
    columns: list[str] = []
    tags: dict[str, str] = {}
    values: list[list[Any]] = []


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


_answers = msgspec.json.Decoder(_Answer)


class InfluxServer:
    """Speaks to the server that `settings` names; nothing is sent before the first call."""

    def __init__(self, settings: ReadingSettings) -> None:
        self._settings = settings
        self.measurement = settings.measurement
        token = settings.reveal("token", "readings")
        timeout = httpx.Timeout(settings.timeout_s)
        self._where = f"{settings.url} bucket {settings.bucket}"
        self._http = httpx.Client(
            base_url=settings.url,
            timeout=timeout,
            trust_env=False,
            verify=settings.url.startswith("https:"),  # of no matter elsewhere, and a tenth of a second to prepare
            auth=_basic(token) if settings.is_v1 else None,
        )
        if token and not settings.is_v1:
            self._http.headers["Authorization"] = f"Token {token}"
        self._client = InfluxDBClient(
            settings.url, token, org=settings.org, timeout=round(settings.timeout_s * 1000), enable_gzip=True
        )
        self._writer = self._client.write_api(SYNCHRONOUS)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every request at INFO

    @property
    def table(self) -> str:
        """Where the readings are, as InfluxQL's FROM takes it."""
        parts = [part for part in (self._settings.retention_policy, self._settings.measurement) if part]
        return ".".join(identifier(part) for part in parts)

    def write(self, lines: Sequence[str]) -> None:
        """Return once the server has taken every line; RowsRefusedError or ServerAwayError if not."""
        send = self._write_v1 if self._settings.is_v1 else self._write_v2
        try:
            send("\n".join(lines))
        except ServerAwayError as exc:
            if exc.status in _ABOUT_ROWS:
                raise RowsRefusedError(str(exc)) from exc
            raise

    def _write_v2(self, body: str) -> None:
        with self._telling_client():
            self._writer.write(self._settings.bucket, self._settings.org, body, _MS)

    def _write_v1(self, body: str) -> None:
        where = {"db": self._settings.database, "rp": self._settings.retention_policy, "precision": "ms"}
        packed = gzip.compress(body.encode(), _GZIP_LEVEL)
        with self._telling():
            answer = self._http.post("/write", params=where, content=packed, headers={"Content-Encoding": "gzip"})
        if answer.status_code // 100 != 2:
            raise self._refusal(answer.status_code, answer.text, answer.headers)

    def select(self, statement: str) -> Iterator[Series]:
        """Yield the answer piece by piece; memory stays flat however long it is.

        Raises:
            ServerAwayError: If the answer does not come whole, or is none to this question.
        """
        form = {"q": statement, "db": self._settings.database, "epoch": "ms", "chunked": "true"}
        form["chunk_size"] = str(_ROWS_PER_PIECE)
        deadline_s = time.monotonic() + QUERY_DEADLINE_S
        with self._telling(), self._http.stream("POST", "/query", data=form) as answer:
            if answer.status_code != httpx.codes.OK:
                raise self._refusal(answer.status_code, answer.read().decode(errors="replace"), answer.headers)
            for piece in answer.iter_lines():
                if time.monotonic() > deadline_s:
                    raise ServerAwayError(f"{self._where}: no whole answer within {QUERY_DEADLINE_S:.0f} s")
                if piece:
                    yield from self._series(piece)

    def _series(self, piece: str) -> Iterator[Series]:
        answer = _answers.decode(piece)
        faults = [answer.error, *(result.error for result in answer.results)]
        if any(faults):
            raise ServerAwayError(f"{self._where}: the query was refused: {' '.join(faults):.{_WHY_KEPT}}")
        for result in answer.results:
            for series in result.series:
                if series.name != self._settings.measurement:  # some servers answer any question with a list
                    raise ServerAwayError(f'{self._where}: it answers no InfluxQL; set queries = "none"')
                yield series

    def delete_before(self, moment_ms: int) -> None:
        """Delete every reading measured before `moment_ms`, or raise ServerAwayError: version 3 never does."""
        try:
            if not self._settings.is_v1:
                self._delete_v2(moment_ms)
                return
        except ServerAwayError as exc:
            if exc.status not in _NO_SUCH_CALL:
                raise
        table, moment_ns = identifier(self.measurement), moment_ms * 1_000_000
        for _ in self.select(f"DELETE FROM {table} WHERE time < {moment_ns}"):  # noqa: S608  (escaped)
            pass

    def _delete_v2(self, moment_ms: int) -> None:
        last = from_ms(moment_ms - 1).isoformat(timespec="milliseconds")
        predicate, settings = f'_measurement="{self.measurement}"', self._settings
        with self._telling_client():
            self._client.delete_api().delete("1970-01-01T00:00:00Z", last, predicate, settings.bucket, settings.org)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
        self._writer.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as exc:
            raise ServerAwayError(f"{self._where}: {type(exc).__name__}: {exc}") from exc
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise ServerAwayError(f"{self._where}: the answer is not InfluxDB's: {exc}") from exc

    @contextmanager
    def _telling_client(self) -> Iterator[None]:
        try:
            yield
        except ApiException as exc:
            body = exc.body.decode(errors="replace") if isinstance(exc.body, bytes) else str(exc.body or exc.reason)
            raise self._refusal(exc.status or 0, body, exc.headers or {}) from exc
        except (HTTPError, OSError) as exc:
            raise ServerAwayError(f"{self._where}: {type(exc).__name__}: {exc}") from exc

    def _refusal(self, status: int, body: str, headers: Mapping[str, str]) -> ServerAwayError:
        why = f"{self._where}: HTTP {status}: {' '.join(body.split()):.{_WHY_KEPT}}"
        return ServerAwayError(why, status, _seconds(headers.get("Retry-After", "")))


def _basic(token: str) -> httpx.BasicAuth | None:
    """Version 1 knows users: the token is `name:password`."""
    name, colon, password = token.partition(":")
    return httpx.BasicAuth(name, password) if colon else None


def _seconds(text: str) -> float:
    return min(float(text), _RETRY_AFTER_MAX_S) if text.isdecimal() else 0.0
