"""What `shim.c` recorded, and every state a disk may be in after a power cut at some moment of it.

A file holds what was synced. Of what was written since, a drive may have kept anything: a beginning, nothing, all, some
writes and not others, a write torn between two sectors. A name is another thing than the file behind it: it is there,
gone or changed for sure once its directory was synced, and a synced file may have lost its name.
"""

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ENTRY = struct.Struct("=BBHIQQ")
"""`struct entry` of shim.c."""
SECTOR_BYTES = 512
_HAS_BYTES = frozenset("wrl")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a file, or of the names in its directory; `shim.c` tells the kinds."""

    kind: str
    name: str
    offset: int
    inode: int
    content: bytes


def entries(record: bytes) -> Iterator[Entry]:
    """Read what was recorded; a last entry that was not finished is left out."""
    place = 0
    while place + ENTRY.size <= len(record):
        kind, name_length, _, length, offset, inode = ENTRY.unpack_from(record, place)
        begins = place + ENTRY.size + name_length
        content_length = length if chr(kind) in _HAS_BYTES else 0
        if begins + content_length > len(record):
            return
        name = record[place + ENTRY.size : begins].decode()
        yield Entry(chr(kind), name, offset, inode, record[begins : begins + content_length])
        place = begins + content_length


@dataclass(slots=True, eq=False)
class File:
    """What a drive surely has of one file, and what it may have besides."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Entry] = field(default_factory=list)

    def sync(self) -> None:
        """Make all of it sure."""
        for each in self.pending:
            _apply(self.durable, each)
        self.pending.clear()

    def after_a_cut(self, rng: random.Random) -> bytearray:
        """Return one content that a cut may leave."""
        content = bytearray(self.durable)
        for each in _survivors(self.pending, rng):
            _apply(content, each)
        return content


type Names = dict[str, File | None]


@dataclass(slots=True)
class Disk:
    """The files of one directory, by inode; their names that are sure, and the changes of names that are not."""

    files: dict[int, File] = field(default_factory=dict)
    names: dict[str, File] = field(default_factory=dict)
    pending: list[Names] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the disk that has what is in a folder now, for sure."""
        disk = cls()
        for path in folder.iterdir():
            disk.names[path.name] = disk.files[path.stat().st_ino] = File(bytearray(path.read_bytes()))
        return disk

    def take(self, entry: Entry) -> None:
        """Go one entry on."""
        match entry.kind:
            case "w" | "t":
                self._file(entry).pending.append(entry)
            case "s":
                self._file(entry).sync()
            case "c":  # an inode's number is given again once its file is gone
                self.files[entry.inode] = File()
                self.pending.append({entry.name: self.files[entry.inode]})
            case "l":
                self.pending.append({entry.name: self._file(entry)})
            case "r":
                self.pending.append({entry.content.decode(): None, entry.name: self._file(entry)})
            case "u":
                self.pending.append({entry.name: None})
            case "d":
                self.names = _named(self.names, self.pending)
                self.pending.clear()

    def after_a_cut(self, folder: Path, rng: random.Random) -> None:
        """Write the files as one power cut at this moment might leave them."""
        contents: dict[int, bytes] = {}
        for name, file in _named(self.names, _some(self.pending, rng)).items():
            content = contents.setdefault(id(file), bytes(file.after_a_cut(rng)))
            (folder / name).touch(mode=0o600)  # modes are not recorded; keys have this one, and databases do not mind
            (folder / name).write_bytes(content)

    def _file(self, entry: Entry) -> File:
        return self.files.setdefault(entry.inode, File())


def _named(names: dict[str, File], changes: Sequence[Names]) -> dict[str, File]:
    found: Names = dict(names)
    for each in changes:
        found |= each
    return {name: file for name, file in found.items() if file is not None}


def _apply(content: bytearray, entry: Entry) -> None:
    if entry.kind == "t":
        del content[entry.offset :]
        content.extend(bytes(entry.offset - len(content)))
        return
    content.extend(bytes(max(0, entry.offset - len(content))))
    content[entry.offset : entry.offset + len(entry.content)] = entry.content


def _some[T](pending: Sequence[T], rng: random.Random) -> list[T]:
    """Draw what is left: nothing, all, some and not others, or a beginning."""
    way = rng.randrange(4)
    if way == 0 or not pending:
        return []
    if way == 1:
        return list(pending)
    if way == 2:
        return [each for each in pending if rng.random() < 0.5]
    return list(pending[: rng.randrange(len(pending)) + 1])


def _survivors(pending: Sequence[Entry], rng: random.Random) -> list[Entry]:
    kept = _some(pending, rng)
    if kept and rng.random() < 0.5:
        torn = rng.randrange(len(kept))  # any of them: a drive may write in any order
        kept[torn] = _torn(kept[torn], rng)
    return kept


def _torn(entry: Entry, rng: random.Random) -> Entry:
    sectors = len(entry.content) // SECTOR_BYTES
    if entry.kind != "w" or not sectors:
        return entry
    begins, ends = sorted((rng.randrange(sectors + 1), rng.randrange(sectors + 1)))
    content = entry.content[begins * SECTOR_BYTES : ends * SECTOR_BYTES]
    return Entry(entry.kind, entry.name, entry.offset + begins * SECTOR_BYTES, entry.inode, content)
