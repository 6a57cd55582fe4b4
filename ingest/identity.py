"""One device, many spellings: the one place that knows how an EUI may be written.

A label says A8-40-41-00-01-81-D4-47, ChirpStack a84041000181d447, ThingPark A84041000181D447, The Things Stack
eui-a84041000181d447. The registry holds what the installer typed; an envelope offers every usual spelling, the
given one first. Names that are no EUI (serial numbers with other letters, paths, names of bins) are compared exactly.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_SEPARATORS = re.compile(r"[-:. ]")
_EUI = re.compile(r"[0-9a-f]{16}", re.ASCII)
_PREFIXES = ("eui-", "eui_", "0x")
REMEMBERED_DEVICES = 65_536
EUI_CHARS_MAX = 32
"""However it is written, an EUI is no longer."""


def eui_of(name: str) -> str | None:
    """Return the EUI-64 in the name as 16 lower-case hex digits, or None when it is no EUI."""
    if len(name) > EUI_CHARS_MAX:
        return None
    bare = name.lower()
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    digits = _SEPARATORS.sub("", bare)
    return digits if _EUI.fullmatch(digits) else None


def spellings_of(name: str) -> tuple[str, ...]:
    """Return the names the registry may know this device by, the given one first.

    >>> spellings_of("A84041000181D447")[:3]
    ('A84041000181D447', 'a84041000181d447', 'eui-a84041000181d447')
    """
    if len(name) > EUI_CHARS_MAX:
        return (name,)  # and not remembered: strangers make up names as long as a payload
    return _spellings_of(name)


@lru_cache(maxsize=REMEMBERED_DEVICES)
def _spellings_of(name: str) -> tuple[str, ...]:
    eui = eui_of(name)
    if eui is None:
        return (name,)
    pairs = [eui[place : place + 2] for place in range(0, 16, 2)]
    written = [eui, f"eui-{eui}", "-".join(pairs), ":".join(pairs)]
    upper = [each.upper() for each in written]
    upper[1] = f"eui-{eui.upper()}"
    ordered = [written[0], written[1], upper[0], upper[1], upper[2], upper[3], written[2], written[3]]
    return tuple(dict.fromkeys([name, *ordered]))


def spellings(*names: str | None) -> tuple[str, ...]:
    """Return every usual spelling of every name given, best name first; empty when none is given."""
    found: dict[str, None] = {}
    for name in names:
        if name:
            found.update(dict.fromkeys(spellings_of(name)))
    return tuple(found)


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names without further spellings of an EUI that is among them already: a sentence needs one of each.

    >>> distinct(spellings("tank-7", "A84041000181D447"))
    ('tank-7', 'A84041000181D447')
    """
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(eui_of(name) or name, name)
    return tuple(found.values())


def same_device(one: str, other: str) -> bool:
    """Return whether two names are the same, however an EUI in them is written."""
    if one == other:
        return True
    eui = eui_of(one)
    return eui is not None and eui == eui_of(other)
