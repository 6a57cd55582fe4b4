"""Picks who puts drives into words: Valhalla where it can be asked, else our plain words, else a direction."""

import logging
from pathlib import Path
from threading import Lock, Thread

from routing.roads.engine import StreetEngine
from routing.roads.guidance import FirstGuide, Guidance, Guide, Language
from routing.roads.opening import guess, network
from routing.roads.osrm_engine import open_engine
from routing.roads.osrm_server import OsrmServer
from routing.roads.plain_guides import StepGuide, StraightGuide
from routing.roads.port import Leg
from routing.roads.prepare import sibling
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.roads.valhalla_engine import ValhallaActor, ValhallaServer
from routing.roads.valhalla_guide import ValhallaGuide
from routing.roads.valhalla_tiles import find_tiles, prepare_tiles
from tomma.errors import RoadsUnavailableError
from tomma.planning_settings import RoadSettings

log = logging.getLogger(__name__)


def open_guide(settings: RoadSettings, roads_dir: Path) -> Guide:
    """Return a guide that always has words.

    Nothing is opened or built before the first question. Tiles that are missing are then built in the background, and
    until they are there the network's own steps are put into our words.
    """
    guides: list[Guide] = []
    if settings.valhalla_url:
        guides.append(ValhallaGuide(ValhallaServer(settings.valhalla_url, settings.server_timeout_s)))
    elif not settings.osrm_url:
        guides.append(TilesGuide(settings, roads_dir))
    if settings.osrm_url:
        server = _osrm_server(settings)
        guides.append(StepGuide(lambda _: server))
    elif not settings.valhalla_url:
        guides.append(StepGuide(_Networks(settings, roads_dir)))
    return FirstGuide([*guides, StraightGuide(lambda: guess(settings, roads_dir))])


class TilesGuide:
    """Valhalla inside this process, on tiles of the extract that planning uses."""

    def __init__(self, settings: RoadSettings, roads_dir: Path) -> None:
        self._settings = settings
        self._roads_dir = roads_dir
        self._lock = Lock()
        self._guide: ValhallaGuide | None = None
        self._builder: Thread | None = None
        self._failure = "turn texts are being prepared"

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return Valhalla's words; RoadsUnavailableError while the tiles are not there."""
        return self._opened().along(line, language, truck)

    def wait(self, timeout_s: float) -> None:
        """Wait for tiles that are being built."""
        if self._builder is not None:
            self._builder.join(timeout_s)

    def _opened(self) -> ValhallaGuide:
        with self._lock:
            if self._guide is not None:
                return self._guide
            if self._builder is None:
                extract = network(self._settings, self._roads_dir).extract
                tiles = find_tiles(extract, self._roads_dir)
                if tiles is not None:
                    self._guide = ValhallaGuide(ValhallaActor(tiles.folder))
                    return self._guide
                self._builder = Thread(target=self._build, args=(extract,), name="turn-texts", daemon=True)
                self._builder.start()
            raise RoadsUnavailableError(self._failure)

    def _build(self, extract: Path) -> None:
        """Build the tiles and open them; whoever asks meanwhile is told to ask another guide."""
        try:
            self._guide = ValhallaGuide(ValhallaActor(prepare_tiles(extract, self._roads_dir).folder))
        except (RoadsUnavailableError, OSError) as exc:
            log.warning("turn texts stay plain reason=%s", exc)
            self._failure = f"turn texts could not be prepared: {exc}"


class _Networks:
    """The networks on this machine by truck size, each looked for once: the look reads the whole extract."""

    def __init__(self, settings: RoadSettings, roads_dir: Path) -> None:
        self._settings = settings
        self._roads_dir = roads_dir
        self._opened: dict[TruckSize, StreetEngine] = {}

    def __call__(self, truck: TruckSize) -> StreetEngine:
        """Return the network of a size; RoadsUnavailableError if there is none."""
        if truck not in self._opened:
            prepared = network(self._settings, self._roads_dir)
            found = prepared if truck == STANDARD_TRUCK else sibling(prepared, truck)
            self._opened[truck] = open_engine(found.base)
        return self._opened[truck]


def _osrm_server(settings: RoadSettings) -> StreetEngine:
    limits = (settings.server_timeout_s, settings.server_max_locations)
    return OsrmServer(settings.osrm_url, settings.osrm_profile, *limits)
