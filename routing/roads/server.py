"""How any street server is asked over HTTP: one address, time limits, and every failure as one error of ours.

Only the address of the settings is ever called: no redirect is followed and no proxy of the environment is used.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from tomma.errors import RoadsUnavailableError

if TYPE_CHECKING:  # loading it takes a third of a second, and few cities have a server
    import httpx

CONNECT_RETRIES = 1
MAX_ANSWER_BYTES = 256 * 1024**2
"""A table of a thousand by a thousand is 20 MB; more than this is no answer to any question of ours."""


class StreetServer:
    """One server; connections are kept while anybody holds it. Safe to share between threads.

    Args:
        name: What messages call it.
        url: Where it is, without a login.
        timeout_s: For connecting, and for each of its silences.
    """

    def __init__(self, name: str, url: str, timeout_s: float) -> None:
        import httpx

        self._name = f"{name} at {url}"
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            transport=httpx.HTTPTransport(retries=CONNECT_RETRIES),
        )
        weakref.finalize(self, self._client.close)

    def ask(self, method: str, path: str, **arguments: Any) -> tuple[int, Any]:
        """Return the status and the JSON of an answer, also of one that refuses.

        Raises:
            RoadsUnavailableError: If nobody answers in time, or what comes back is no JSON.
        """
        import httpx

        try:
            with self._client.stream(method, path, **arguments) as answer:
                body = self._body(answer)
            if 300 <= answer.status_code < 400:
                raise self.fault(f"it sends us elsewhere ({answer.status_code})")
            return answer.status_code, msgspec.json.decode(body)
        except httpx.TimeoutException as exc:
            raise RoadsUnavailableError(f"{self._name} did not answer in time ({type(exc).__name__})") from exc
        except httpx.HTTPError as exc:
            raise RoadsUnavailableError(f"{self._name} cannot be reached: {exc}") from exc
        except ValueError as exc:
            raise RoadsUnavailableError(f"{self._name} answers {answer.status_code} with what is no JSON") from exc

    def fault(self, told: str) -> RoadsUnavailableError:
        """Return an error that names the server."""
        return RoadsUnavailableError(f"{self._name}: {told}")

    def _body(self, answer: "httpx.Response") -> bytes:
        pieces, size = [], 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise self.fault(f"an answer of more than {MAX_ANSWER_BYTES // 1024**2} MB")
            pieces.append(piece)
        return b"".join(pieces)


@contextmanager
def reading(whose: str) -> Iterator[None]:
    """Turn whatever an answer lacks into RoadsUnavailableError: anybody may stand at an address."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
        raise RoadsUnavailableError(f"an answer that is none of {whose}: {exc!r}") from exc
