"""Prepares Valhalla's tiles from the extract that the streets come from, once, and keeps them.

As with the streets (`prepare`), a folder with a manifest is whole: it is built beside and renamed.
"""

import hashlib
import importlib.util
import json
import logging
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tomma.errors import RoadsUnavailableError

log = logging.getLogger(__name__)

FORMAT = 1  # raise when the way of preparing changes
PREFIX = "words-"
MANIFEST = "words.json"
TILES = "tiles"
TILES_KEPT = 2


@dataclass(frozen=True, slots=True)
class PreparedTiles:
    """Tiles on disk, ready to be opened."""

    folder: Path
    size_bytes: int
    reused: bool
    """Whether they were there already."""


def prepare_tiles(extract: Path, roads_dir: Path) -> PreparedTiles:
    """Return the tiles of `extract`, built now unless they are there already.

    Raises:
        RoadsUnavailableError: If pyvalhalla is missing or cannot use the extract.
    """
    found = find_tiles(extract, roads_dir)
    if found is not None:
        return found
    folder = _folder_of(extract, roads_dir)
    roads_dir.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".building-", dir=roads_dir, ignore_cleanup_errors=True) as name:
        building = Path(name) / folder.name
        building.mkdir()
        _build(extract, building)
        try:
            building.rename(folder)
        except OSError:  # another process was first, or what lies there is not whole
            if find_tiles(extract, roads_dir) is None:
                shutil.rmtree(folder, ignore_errors=True)
                building.rename(folder)
    _forget_oldest(roads_dir, keep=folder)
    size_bytes = _size_of(folder / TILES)
    log.info("guidance prepared extract=%s took_s=%.1f", extract.name, time.monotonic() - started_s)
    return PreparedTiles(folder / TILES, size_bytes, reused=False)


def find_tiles(extract: Path, roads_dir: Path) -> PreparedTiles | None:
    """Return the tiles of `extract` if they are there, whole."""
    folder = _folder_of(extract, roads_dir)
    try:
        size_bytes = int(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["size_bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = _size_of(folder / TILES) == size_bytes
    return PreparedTiles(folder / TILES, size_bytes, reused=True) if whole else None


def _folder_of(extract: Path, roads_dir: Path) -> Path:
    try:
        digest = hashlib.blake2b(f"{FORMAT} pyvalhalla {version('pyvalhalla')}".encode(), digest_size=12)
        with extract.open("rb") as file:
            digest.update(hashlib.file_digest(file, hashlib.blake2b).digest())
    except ImportError as exc:
        raise RoadsUnavailableError("pyvalhalla is not installed; turn texts stay our own plain ones") from exc
    except OSError as exc:
        raise RoadsUnavailableError(f"{extract.absolute()}: cannot be read ({exc.strerror})") from exc
    return roads_dir / f"{PREFIX}{digest.hexdigest()}"


def _build(extract: Path, folder: Path) -> None:
    from valhalla import PYVALHALLA_DIR, get_config

    tool, tiles = PYVALHALLA_DIR / "bin" / "valhalla_build_tiles", folder / TILES
    tiles.mkdir()
    config = get_config(tile_extract="", tile_dir=tiles)
    for unused in ("admin", "timezone", "landmarks"):  # databases that no extract brings
        config["mjolnir"].pop(unused, None)
    settings = folder / "valhalla.json"
    settings.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [tool, "-c", str(settings), str(_as_pbf(extract, folder))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        check=False,
    )
    if done.returncode != 0 or not any(tiles.rglob("*.gph")):
        said = " | ".join(done.stdout.decode("utf-8", errors="replace").strip().splitlines()[-3:])
        raise RoadsUnavailableError(f"{extract}: valhalla_build_tiles ended with {done.returncode}: {said}")
    for scratch in [path for path in folder.iterdir() if path != tiles]:
        scratch.unlink() if scratch.is_file() else shutil.rmtree(scratch)
    (folder / MANIFEST).write_text(json.dumps({"size_bytes": _size_of(tiles)}), encoding="utf-8")


def _as_pbf(extract: Path, folder: Path) -> Path:
    """Return the extract as the one kind of file that the tool reads."""
    if extract.name.endswith(".pbf"):
        return extract.resolve()
    import osmium

    converted = folder / "extract.osm.pbf"
    with osmium.SimpleWriter(str(converted)) as writer:
        for thing in osmium.FileProcessor(str(extract)):
            writer.add(thing)
    return converted


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _forget_oldest(roads_dir: Path, keep: Path) -> None:
    others = [path for path in roads_dir.glob(f"{PREFIX}*") if path != keep]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[TILES_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def is_installed() -> bool:
    """Return whether Valhalla can be used on this machine at all, without loading it."""
    return importlib.util.find_spec("valhalla") is not None
