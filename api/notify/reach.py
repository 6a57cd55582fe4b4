"""Which addresses a webhook may reach: the public internet, and what the operator lists (ASVS 13.2.4, 15.3.2).

A name is resolved once, every address it gives is judged, and the connection is made to the very addresses that were
judged: a name that points elsewhere a moment later is of no use to anybody.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from tomma.errors import NotSentError

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network
type Resolve = Callable[[str, int], Sequence[Address]]

_NAT64 = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")
_IPV4_COMPATIBLE = IPv6Network("::/96")
_UNICAST = IPv6Network("2000::/3")
"""All that was ever given out (RFC 4291, IANA)."""
_METADATA = frozenset({IPv4Address("168.63.129.16"), IPv4Address("100.100.100.200")})
"""Cloud hosts' own services under addresses that are not link-local as 169.254.169.254 is."""


def resolve(host: str, port: int) -> Sequence[Address]:
    """Return every address of a host, as the machine's resolver tells it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise NotSentError(f"{host}: cannot be resolved: {exc}") from exc
    return list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))


def inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries, for what carries one leads there.

    >>> str(inner(ip_address("::ffff:127.0.0.1"))), str(inner(ip_address("2002:7f00:1::")))
    ('127.0.0.1', '127.0.0.1')
    """
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _NAT64):
        return last
    return last if address in _IPV4_COMPATIBLE and int(address) > 1 else address


def is_public(address: Address) -> bool:
    """Return whether anybody on the internet could be meant by it."""
    seen = inner(address)
    if isinstance(seen, IPv6Address) and seen not in _UNICAST:
        return False
    return seen.is_global and not (seen.is_multicast or seen.is_reserved or seen in _METADATA)


def may_reach(address: Address, allowed: Iterable[Network]) -> bool:
    """Return whether a webhook may go there."""
    seen = inner(address)
    return is_public(address) or any(each.version == seen.version and seen in each for each in allowed)


def checked_addresses(
    host: str, port: int, allowed: Sequence[Network], resolving: Resolve = resolve
) -> Sequence[Address]:
    """Return the addresses to connect to, at least one, in the order in which to try them.

    Raises:
        NotSentError: When the host has none, or one that a webhook may not reach; a mixture is refused whole.
    """
    found = resolving(host, port)
    if not found:
        raise NotSentError(f"{host}: has no address")
    for each in found:
        if not may_reach(each, allowed):
            raise NotSentError(
                f"{host}: {each} is not a public address; list its network in notify.webhooks.allowed_networks"
                " if it is meant"
            )
    return found
