"""Turns an OpenStreetMap extract into a street network the engine can ask, once, and keeps it.

A prepared network lives in its own folder under `roads_dir`, named by a hash of everything it depends on (the
extract, our truck profile and the engine's version: its family) and the size of the truck. It is built in a temporary
folder and renamed, so a folder with a manifest is whole, and two processes that build the same one do no harm.
"""

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from routing.roads.hub import find_hub
from routing.roads.osrm_engine import Engine
from routing.roads.port import LonLat
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from tomma.errors import RoadsUnavailableError
from tomma.stores.files.drafts import replacing

log = logging.getLogger(__name__)

TRUCK_PROFILE = Path(__file__).parent / "profiles" / "waste_truck.lua"
FORMAT = 2  # raise when the way of preparing changes: old folders are then built anew
MANIFEST = "prepared.json"
CURRENT = "current"
BASE_NAME = "streets"
PROFILE = "truck.lua"
ISLAND_NODES = "1"  # no island is too small for the engine: `snapping` chooses, with the city's hub in mind
FAMILIES_KEPT = 3
ABANDONED_AFTER_S = 24 * 3600.0
EXTRACT_SUFFIXES = (".osm.pbf", ".osm", ".osm.bz2", ".pbf")

OnStage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PreparedRoads:
    """A street network on disk, ready to be asked."""

    base: Path
    """What the engine opens: folder and file name without the last suffixes."""
    extract: Path
    """What it was made from; the file may be gone by now."""
    family: str
    """Networks of one family differ in nothing but the truck's size."""
    truck: str
    """The size it is for, as `TruckSize.name` spells it."""
    hub: LonLat | None
    """A place that most streets connect with, there and back."""
    connected_share: float
    """How much of the network connects with the hub; 1 when nothing is cut off."""
    reused: bool
    """Whether it was there already."""
    size_bytes: int

    @property
    def extract_name(self) -> str:
        """The extract without its folder."""
        return self.extract.name

    @property
    def fingerprint(self) -> str:
        """Names everything its answers depend on."""
        return self.base.parent.name


def prepare(
    extract: Path, roads_dir: Path, on_stage: OnStage | None = None, truck: TruckSize = STANDARD_TRUCK
) -> PreparedRoads:
    """Return the network of `extract` for trucks of that size, built now unless it is there already.

    Args:
        extract: An .osm.pbf, .osm or .osm.bz2 file.
        roads_dir: Where networks are kept; made when missing.
        on_stage: Told "reading", "streets", "shortcuts" and "hub" as each begins.
        truck: Whose passages and bridges count.

    Raises:
        RoadsUnavailableError: If the extract cannot be read or holds no street a truck may drive.
    """
    tell = on_stage or (lambda _: None)
    tell("reading")
    family = _family_of(extract)
    folder = roads_dir / f"{family}-{truck.name}"
    found = _read_manifest(folder, reused=True)
    if found is not None:
        _remember_current(folder, truck)
        return found
    roads_dir.mkdir(parents=True, exist_ok=True)
    _forget_abandoned(roads_dir)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=roads_dir, ignore_cleanup_errors=True) as name:
        building = Path(name) / folder.name
        building.mkdir()
        _build(extract, building, truck, tell)
        _move_in(building, folder)
    _forget_oldest(roads_dir, keep=family)
    built = _read_manifest(folder, reused=False)
    if built is None:
        raise RoadsUnavailableError(f"{folder}: the prepared streets vanished; run `tomma roads build` again")
    _remember_current(folder, truck)
    return built


def current(roads_dir: Path) -> PreparedRoads | None:
    """Return the standard truck's network that was prepared or used last, or None."""
    try:
        name = (roads_dir / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return _read_manifest(roads_dir / name, reused=True) if name else None


def sibling(prepared: PreparedRoads, truck: TruckSize) -> PreparedRoads:
    """Return the network of the same streets for a truck of that size, built now if need be.

    Raises:
        RoadsUnavailableError: If it must be built and the extract is gone or another one by now.
    """
    roads_dir = prepared.base.parent.parent
    found = _read_manifest(roads_dir / f"{prepared.family}-{truck.name}", reused=True)
    if found is not None:
        return found
    if _family_of(prepared.extract) != prepared.family:
        raise RoadsUnavailableError(f"{prepared.extract} has changed: run `tomma roads build` for {truck.name}")
    return prepare(prepared.extract, roads_dir, truck=truck)


def siblings(prepared: PreparedRoads) -> list[PreparedRoads]:
    """Return the networks of the same streets, for every size that was prepared."""
    folders = sorted(prepared.base.parent.parent.glob(f"{prepared.family}-*"))
    return [found for folder in folders if (found := _read_manifest(folder, reused=True)) is not None]


@cache
def engine_dir() -> Path:
    """Return the folder of the installed osrm-bindings, found without loading them."""
    spec = importlib.util.find_spec("osrm")
    if spec is None or spec.origin is None:
        raise RoadsUnavailableError("osrm-bindings is not installed; streets cannot be read")
    return Path(spec.origin).parent


def _family_of(extract: Path) -> str:
    if not extract.name.endswith(EXTRACT_SUFFIXES):
        raise RoadsUnavailableError(f"{extract}: one of {', '.join(EXTRACT_SUFFIXES)} expected")
    digest = hashlib.blake2b(f"{FORMAT} osrm-bindings {version('osrm-bindings')}".encode(), digest_size=12)
    try:
        for path in (TRUCK_PROFILE, extract):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, hashlib.blake2b).digest())
    except OSError as exc:
        raise RoadsUnavailableError(f"{extract.absolute()}: cannot be read ({exc.strerror})") from exc
    return digest.hexdigest()


def _build(extract: Path, folder: Path, truck: TruckSize, on_stage: OnStage) -> None:
    base, profile = folder / BASE_NAME, folder / PROFILE
    on_stage("streets")
    started_s = time.monotonic()
    profile.write_text(_profile_for(truck), encoding="utf-8")
    _run("osrm-extract", str(extract), "-p", str(profile), "-o", str(base), "--small-component-size", ISLAND_NODES)
    on_stage("shortcuts")
    _run("osrm-contract", str(base))
    on_stage("hub")
    hub = find_hub(extract, Engine(base))
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    manifest = {
        "extract": str(extract.resolve()),
        "family": folder.name.removesuffix(f"-{truck.name}"),
        "truck": truck.name,
        "hub_lonlat": hub.lonlat,
        "connected_share": round(hub.connected_share, 3),
        "files": sizes,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    took_s = time.monotonic() - started_s
    log.info(
        "roads prepared extract=%s truck=%s connected=%.2f took_s=%.1f",
        extract.name,
        truck.name,
        hub.connected_share,
        took_s,
    )


def _profile_for(truck: TruckSize) -> str:
    """Return a profile that sets the truck's measures and is our profile otherwise."""
    return (
        f"WASTE_TRUCK = {{ height_m = {truck.height_m}, width_m = {truck.width_m}, length_m = {truck.length_m}, "
        f"weight_kg = {truck.weight_kg}, axle_load_kg = {truck.axle_load_kg} }}\n"
        f"return dofile([==[{TRUCK_PROFILE}]==])\n"
    )


def _run(tool: str, *arguments: str) -> str:
    """Run one of the engine's tools and return what it printed."""
    executable = shutil.which(tool, path=engine_dir() / "bin")
    if executable is None:
        raise RoadsUnavailableError(f"{tool} is missing from the installed osrm-bindings")
    library = engine_dir() / "share" / "profiles" / "?.lua"
    done = subprocess.run(
        [executable, *arguments],
        env={**os.environ, "LUA_PATH": str(library)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    output = done.stdout.decode("utf-8", errors="replace")
    if done.returncode != 0:
        said = " | ".join(output.strip().splitlines()[-3:])
        raise RoadsUnavailableError(f"{tool} ended with {done.returncode}: {said}")
    return output


def _move_in(building: Path, folder: Path) -> None:
    """Rename into place; whoever comes second keeps the first one's, or replaces what is not whole."""
    for _ in range(2):
        try:
            building.rename(folder)
        except OSError:
            if _read_manifest(folder, reused=True) is not None:
                return
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return
    raise RoadsUnavailableError(f"{folder}: cannot be replaced; remove it and run `tomma roads build` again")


def _read_manifest(folder: Path, *, reused: bool) -> PreparedRoads | None:
    """Return the network in `folder`, or None unless every file is there in its full length."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes: dict[str, int] = manifest["files"]
        if any((folder / name).stat().st_size != size for name, size in sizes.items()):
            return None
        hub = manifest["hub_lonlat"]
        return PreparedRoads(
            base=folder / BASE_NAME,
            extract=Path(manifest["extract"]),
            family=str(manifest["family"]),
            truck=str(manifest["truck"]),
            hub=None if hub is None else (float(hub[0]), float(hub[1])),
            connected_share=float(manifest["connected_share"]),
            reused=reused,
            size_bytes=sum(sizes.values()),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember_current(folder: Path, truck: TruckSize) -> None:
    if truck != STANDARD_TRUCK:
        return
    with replacing(folder.parent / CURRENT) as draft:
        draft.write_text(folder.name + "\n", encoding="utf-8")


def _forget_oldest(roads_dir: Path, keep: str) -> None:
    """Remove all but the newest families; a process that has an old one mapped keeps its pages."""
    newest: dict[str, float] = {}
    for path in roads_dir.glob(f"*/{MANIFEST}"):
        family = path.parent.name.partition("-")[0]
        newest[family] = max(newest.get(family, 0.0), path.stat().st_mtime)
    others = sorted((family for family in newest if family != keep), key=lambda family: -newest[family])
    for family in others[FAMILIES_KEPT - 1 :]:
        for folder in roads_dir.glob(f"{family}*"):
            shutil.rmtree(folder, ignore_errors=True)


def _forget_abandoned(roads_dir: Path) -> None:
    """Remove what a killed build left behind."""
    for path in roads_dir.glob(".building-*"):
        if time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
            shutil.rmtree(path, ignore_errors=True)
