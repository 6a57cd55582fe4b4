"""Whose request it is, when somebody stands between: a header that anybody can write must not decide."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from api.access.home import Home, home_of
from tomma.server_settings import ServerSettings

BEHIND = ServerSettings(trusted_proxies=(ip_network("10.0.0.7"), ip_network("10.0.0.8/30")))


def come(peer: str, *, server: ServerSettings = BEHIND, **headers: str) -> Home:
    """A request from this peer with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return home_of(Request({"type": "http", "client": (peer, 1), "headers": raw}), server, https=False)


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        pytest.param("192.0.2.1", "203.0.113.5", "192.0.2.1", id="a stranger says so"),
        pytest.param("10.0.0.7", "203.0.113.5", "203.0.113.5", id="the proxy says so"),
        pytest.param("10.0.0.7", "127.0.0.1, 203.0.113.5", "203.0.113.5", id="the asker wrote a part before"),
        pytest.param("10.0.0.7", "203.0.113.5, 10.0.0.8", "203.0.113.5", id="one proxy behind the other"),
        pytest.param("::ffff:10.0.0.7", "203.0.113.5", "203.0.113.5", id="the proxy, at an IPv6 socket"),
        pytest.param("10.0.0.11", "203.0.113.5", "203.0.113.5", id="another of the proxies' network"),
        pytest.param("10.0.0.7", "203.0.113.5, evil", "10.0.0.7", id="no address"),
        pytest.param("10.0.0.7", "", "10.0.0.7", id="the proxy says nothing"),
    ],
)
def test_who_asks_is_told_by_trusted_proxies_only(peer: str, told: str, address: str) -> None:
    """Guessing is slowed by address: whoever could choose it would never be slowed, or would have others shut out."""
    assert come(peer, x_forwarded_for=told).address == address


def test_a_proxy_that_adds_a_line_of_its_own_is_believed_and_not_the_askers_line() -> None:
    """HAProxy leaves what came and writes a second X-Forwarded-For behind it: the first one anybody can write."""
    raw = [(b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.5")]
    asked = Request({"type": "http", "client": ("10.0.0.7", 1), "headers": raw})
    assert home_of(asked, BEHIND, https=False).address == "203.0.113.5"


def test_nobody_makes_a_line_safe_by_saying_so() -> None:
    """Over a line that can be listened to a password is not taken, whatever a header claims."""
    claimed = come("10.0.0.7", x_forwarded_proto="https", forwarded="proto=https", host="bins.example")
    assert not claimed.may_sign_in
    public = ServerSettings(public_url="https://bins.example", trusted_proxies=(ip_network("10.0.0.7"),))
    assert come("10.0.0.7", server=public, host="bins.example").may_sign_in
