"""The folder of dropped-in codecs: which file is for which device, and what changed since the last look."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

FILE_MAX_BYTES = 1024 * 1024
KINDS = (".js", ".toml")


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looked: another stamp means another content."""

    changed_ns: int
    size_bytes: int
    inode: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the last look."""

    written: Mapping[str, Path]
    gone: frozenset[str]


class CodecFiles:
    """Looks into the folder; a folder that is not there is an empty one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, Stamp] = {}

    def changes(self) -> Changes:
        """Return the files written and removed since the last call, by their lower-case name."""
        found = dict(self._look())
        now = {name: stamp for name, (_, stamp) in found.items()}
        written = {name: found[name][0] for name, stamp in now.items() if self._seen.get(name) != stamp}
        gone = frozenset(self._seen.keys() - now.keys())
        self._seen = now
        return Changes(written, gone)

    def _look(self) -> Iterator[tuple[str, tuple[Path, Stamp]]]:
        try:
            entries = sorted(self.folder.iterdir())
        except OSError:
            return
        for path in entries:
            if path.suffix.lower() in KINDS and not path.name.startswith("."):
                try:
                    stat = path.stat()
                except OSError:
                    continue
                yield file_key(path), (path, Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino))


def file_key(path: Path) -> str:
    """Return a file's name as devices are looked up by: `Acme_Bin X.JS` is acme-bin-x.js."""
    return slug(path.stem) + path.suffix.lower()


def slug(text: str) -> str:
    """Return a make or model without case and punctuation: "Acme (Nordic) X1" is acme-nordic-x1."""
    return re.sub(r"[^\w]+|_", "-", text.casefold()).strip("-")


def stems_for(make: str, model: str) -> list[str]:
    """Return the file names to try for a device, the most particular first.

    >>> stems_for("Acme", "X1 v2")
    ['acme-x1-v2', 'acme-x1', 'acme']
    """
    parts = [part for part in slug(model).split("-") if part]
    of_make = slug(make)
    if not of_make:
        return []
    return ["-".join([of_make, *parts[:count]]) for count in range(len(parts), -1, -1)]


def read_text(path: Path) -> str:
    """Return a file's text without a byte order mark.

    Raises:
        ValueError: If it is too large or no text at all.
    """
    if path.stat().st_size > FILE_MAX_BYTES:
        raise ValueError(f"a codec must have at most {FILE_MAX_BYTES} bytes, got {path.stat().st_size}")
    data = path.read_bytes()
    if b"\0" in data[:1024]:
        raise ValueError("a codec must be UTF-8 text, got zero bytes")
    return data.decode("utf-8-sig", errors="replace")
