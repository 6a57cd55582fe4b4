"""What `shim.c` recorded, and every state a disk may be in after a power cut at some moment of it.

A file holds what was synced. Of what was written since, a drive may have kept anything: a beginning, nothing, all, some
writes and not others, a write torn between two sectors.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ENTRY = struct.Struct("=BBHIQ")
"""`struct entry` of shim.c."""
SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a file."""

    kind: str
    name: str
    offset: int
    content: bytes


def entries(record: bytes) -> Iterator[Entry]:
    """Read what was recorded; a last entry that was not finished is left out."""
    place = 0
    while place + ENTRY.size <= len(record):
        kind, name_length, _, length, offset = ENTRY.unpack_from(record, place)
        begins = place + ENTRY.size + name_length
        content_length = length if chr(kind) == "w" else 0
        if begins + content_length > len(record):
            return
        name = record[place + ENTRY.size : begins].decode()
        yield Entry(chr(kind), name, offset, record[begins : begins + content_length])
        place = begins + content_length


@dataclass(slots=True)
class Disk:
    """Files as the drive surely has them, and what it may have besides."""

    durable: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Entry]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Go one entry on."""
        if entry.kind == "s":
            content = self.durable.setdefault(entry.name, bytearray())
            for each in self.pending.pop(entry.name, []):
                _apply(content, each)
        else:
            self.pending.setdefault(entry.name, []).append(entry)

    def after_a_cut(self, folder: Path, rng: random.Random) -> None:
        """Write the files as one power cut at this moment might leave them."""
        for name in self.durable.keys() | self.pending.keys():
            content = bytearray(self.durable.get(name, b""))
            for each in _survivors(self.pending.get(name, []), rng):
                _apply(content, each)
            (folder / name).write_bytes(content)


def _apply(content: bytearray, entry: Entry) -> None:
    if entry.kind == "t":
        del content[entry.offset :]
        content.extend(bytes(entry.offset - len(content)))
        return
    content.extend(bytes(max(0, entry.offset - len(content))))
    content[entry.offset : entry.offset + len(entry.content)] = entry.content


def _survivors(pending: list[Entry], rng: random.Random) -> list[Entry]:
    way = rng.randrange(4)
    if way == 0 or not pending:
        return []
    if way == 1:
        return pending
    if way == 2:
        return [each for each in pending if rng.random() < 0.5]
    kept = pending[: rng.randrange(len(pending)) + 1]
    return [*kept[:-1], _torn(kept[-1], rng)]


def _torn(entry: Entry, rng: random.Random) -> Entry:
    sectors = len(entry.content) // SECTOR_BYTES
    if entry.kind != "w" or not sectors:
        return entry
    return Entry(entry.kind, entry.name, entry.offset, entry.content[: rng.randrange(sectors + 1) * SECTOR_BYTES])
