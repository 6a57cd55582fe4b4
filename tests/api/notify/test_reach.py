"""Where a webhook may go (case A15): the public internet, and what the operator lists."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notify.reach import Address, checked_addresses, may_reach, resolve
from tomma.errors import NotSentError

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0",  # noqa: S104
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "168.63.129.16", "100.100.100.200", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "64:ff9b:1::a00:1", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_inner_address_is_reached(address: str) -> None:
    """Loopback, private, link-local, metadata, multicast, reserved; in IPv4, IPv6 and one dressed as the other."""
    assert not may_reach(ip_address(address), ())


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_the_public_internet_is_reached(address: str) -> None:
    """Else no webhook would ever leave."""
    assert may_reach(ip_address(address), ())


def test_a_listed_network_is_reached_and_its_neighbour_is_not() -> None:
    """A city's own operations centre is often on a private network; the operator says which."""
    allowed = [ip_network("10.20.0.0/16"), ip_network("fd12::/16")]
    assert may_reach(ip_address("10.20.3.4"), allowed)
    assert may_reach(ip_address("::ffff:10.20.3.4"), allowed)
    assert may_reach(ip_address("fd12::1"), allowed)
    assert not may_reach(ip_address("10.21.3.4"), allowed)
    assert not may_reach(ip_address("fd13::1"), allowed)


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_ipv6_dress_is_judged_as_the_one_it_leads_to(number: int) -> None:
    """A guard that knows IPv4 only is passed by writing the same address otherwise."""
    plain = IPv4Address(number)
    dressed = [IPv6Address(0xFFFF << 32 | number), IPv6Address((0x2002 << 112) | (number << 80))]
    for each in dressed:
        assert may_reach(each, ()) <= may_reach(plain, ())


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "[::1]", "::1"])
def test_the_machine_itself_is_known_in_every_spelling(host: str) -> None:
    """Judged is what the resolver makes of it, not the text."""
    with pytest.raises(NotSentError):
        checked_addresses(host.strip("[]"), 443, ())


def test_one_inner_address_among_public_ones_is_refused_whole() -> None:
    """A name that gives both is an attempt; which one the system would take is not left to chance."""

    def both(_host: str, _port: int) -> list[Address]:
        return [ip_address("93.184.215.14"), ip_address("10.0.0.1")]

    with pytest.raises(NotSentError, match=r"10\.0\.0\.1 is not a public address"):
        checked_addresses("mixed.example", 443, (), both)


def test_a_name_that_does_not_exist_is_told() -> None:
    """RFC 6761: it never resolves."""
    with pytest.raises(NotSentError, match=r"nowhere\.invalid: cannot be resolved"):
        resolve("nowhere.invalid", 443)
