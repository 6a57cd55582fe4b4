"""Drives kept on disk: what is known stays known, for every process, and nothing torn is ever believed."""

import json
import multiprocessing
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.roads.cache import CachedRoads
from routing.roads.matrix_store import DiskMemory
from routing.roads.memory import Drives
from routing.roads.port import KerbPosition, Leg, Matrix
from routing.roads.straight_line import StraightLineRoads
from tomma.city import Position
from tomma.plan import RoadsSource

STRAIGHT = StraightLineRoads(1.35, 22.0)
DAY_S = 86_400.0


class AskedRoads:
    """One-way streets of sorts, which note what was asked: there and back differ, and so does the kerb."""

    source = RoadsSource.STREETS

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def rectangle(self, sources: Sequence[Position], destinations: Sequence[Position]) -> Drives:
        """Answer a part."""
        self.asked.append((len(sources), len(destinations)))
        return answer(sources, destinations)

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Answer without a memory."""
        raise AssertionError("the memory was passed by")

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Draw nothing."""
        return ()

    @property
    def cells(self) -> int:
        """How many drives were asked for."""
        return sum(rows * columns for rows, columns in self.asked)


def answer(sources: Sequence[Position], destinations: Sequence[Position]) -> Drives:
    """Return what the made-up streets say."""
    lat = np.array([each.lat_deg for each in sources])[:, None] - np.array([each.lat_deg for each in destinations])
    kerb = np.array([isinstance(each, KerbPosition) for each in destinations], np.int32) * 7
    distance_m = np.rint(np.abs(lat) * 111_195).astype(np.int32) + kerb
    return distance_m + np.where(lat > 0, 60, 0).astype(np.int32), distance_m


def places(count: int, first: int = 0) -> list[Position]:
    """Return places along a line."""
    return [Position(59.0 + number / 1_000, 15.0) for number in range(first, first + count)]


def right(memory: DiskMemory, points: Sequence[Position], ask: Callable[..., Drives] = answer) -> bool:
    """Return whether the memory says what the streets say."""
    (duration_s, distance_m), _ = memory.drives(points, ask)
    expected = answer(points, points)
    return np.array_equal(duration_s, expected[0]) and np.array_equal(distance_m, expected[1])


def nobody(sources: Sequence[Position], destinations: Sequence[Position]) -> Drives:
    """Answer for streets that must not be asked."""
    raise AssertionError(f"{len(sources)} x {len(destinations)} asked for again")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the memory lies."""
    return tmp_path / "matrices" / "streets-1"


def test_a_new_process_knows_what_an_old_one_asked(folder: Path) -> None:
    """The server starts anew every morning; the bins have not moved."""
    roads = AskedRoads()
    CachedRoads(roads, DiskMemory(folder, 1_000)).matrix(places(6))
    assert roads.asked == [(6, 6)]
    later = DiskMemory(folder, 1_000)
    assert later.known() == 6
    assert right(later, places(6)[::-1], nobody)


def test_only_rows_and_columns_of_new_points_are_asked(folder: Path) -> None:
    """Ten bins more in a town of three hundred are 6,100 drives and not 96,100."""
    roads = AskedRoads()
    DiskMemory(folder, 1_000).drives(places(300), roads.rectangle)
    roads.asked.clear()
    memory = DiskMemory(folder, 1_000)
    moved = [*places(300), *places(10, first=5_000)]
    _, new = memory.drives(moved, roads.rectangle)
    assert (new, roads.cells) == (10, 10 * 310 + 300 * 10)
    assert right(memory, moved, nobody)


def test_the_kerb_makes_another_place(folder: Path) -> None:
    """The same bin on the other side of the street is another drive; it must stay one after a restart."""
    plain = Position(59.0, 15.0)
    points = [plain, KerbPosition(59.0, 15.0), Position(59.1, 15.0)]
    assert right(DiskMemory(folder, 100), points)
    assert right(DiskMemory(folder, 100), points, nobody)


@given(st.lists(st.lists(st.integers(0, 29), max_size=12), max_size=8), st.integers(12, 20))
@settings(deadline=None, max_examples=40)
def test_the_memory_on_disk_never_changes_an_answer(
    tmp_path_factory: pytest.TempPathFactory, questions: list[list[int]], room: int
) -> None:
    """Whatever was asked before, in whatever order, by two processes in turn, and however little room there is."""
    folder, known = tmp_path_factory.mktemp("memory"), places(30)
    two = [DiskMemory(folder, room), DiskMemory(folder, room)]
    for number, question in enumerate(questions):
        assert right(two[number % 2], [known[each] for each in question])


def test_it_grows_and_forgets_what_nobody_asks_for(folder: Path) -> None:
    """Bins that were taken away make room; those of today stay."""
    now_s = [0.0]
    memory = DiskMemory(folder, 700, lambda: now_s[0])
    memory.drives(places(400), answer)
    now_s[0] = 20 * DAY_S
    memory.drives(places(100), answer)
    now_s[0] = 50 * DAY_S  # 300 of them were last asked for 50 days ago, 100 of them 30 days ago
    assert right(memory, places(200, first=1_000))
    assert memory.known() == 300
    assert right(memory, places(100), nobody)
    assert len(list(folder.glob("square-*"))) == 1


def test_a_question_larger_than_the_memory_passes_by(folder: Path) -> None:
    """It is answered all the same."""
    memory = DiskMemory(folder, 5)
    assert right(memory, places(9))
    assert memory.known() == 0


@pytest.mark.parametrize("victim", ["index.json", "points-1.f64", "square-1.i32", "used-1.u32"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_torn_memory_is_begun_anew(folder: Path, victim: str, harm: str) -> None:
    """A full disk or a torn copy must cost a minute of asking, and never a wrong drive."""
    DiskMemory(folder, 1_000).drives(places(40), answer)
    path = folder / victim
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    memory = DiskMemory(folder, 1_000)
    assert right(memory, places(50))
    assert right(DiskMemory(folder, 1_000), places(50), nobody)


def test_a_writer_that_fails_half_way_leaves_what_was_known(folder: Path) -> None:
    """The streets gave no answer, or the process was killed: what lies beyond the count is nobody's."""
    memory = DiskMemory(folder, 1_000)
    memory.drives(places(20), answer)

    def fails_on_columns(sources: Sequence[Position], destinations: Sequence[Position]) -> Drives:
        if len(destinations) < len(sources):
            raise KeyboardInterrupt
        return answer(sources, destinations)

    with pytest.raises(KeyboardInterrupt):
        memory.drives(places(25), fails_on_columns)
    assert DiskMemory(folder, 1_000).known() == 20
    assert right(memory, places(25))
    assert right(DiskMemory(folder, 1_000), places(25), nobody)


def test_the_memory_may_be_removed_under_a_running_process(folder: Path) -> None:
    """Somebody clears the disk; the next question begins afresh."""
    memory = DiskMemory(folder, 1_000)
    memory.drives(places(20), answer)
    shutil.rmtree(folder)
    assert right(memory, places(20))


def test_a_disk_that_refuses_is_passed_by(tmp_path: Path) -> None:
    """Without a place to write, plans take longer and are the same."""

    class Streets(AskedRoads):
        def matrix(self, points: Sequence[Position]) -> Matrix:
            return STRAIGHT.matrix(points)

    (tmp_path / "file").touch()
    roads = CachedRoads(Streets(), DiskMemory(tmp_path / "file" / "below", 100))
    assert np.array_equal(roads.matrix(places(4)).distance_m, STRAIGHT.matrix(places(4)).distance_m)


def _ask_often(folder: Path, first: int, verdicts: "multiprocessing.Queue[bool]") -> None:
    memory = DiskMemory(folder, 900)
    asked = [places(30 * round_, first=first * (round_ % 3)) for round_ in range(1, 9)]
    verdicts.put(all(right(memory, points) for points in asked))


def test_processes_may_ask_and_learn_at_once(folder: Path) -> None:
    """Server, simulator and a person at the command line share one folder."""
    context = multiprocessing.get_context("spawn")
    verdicts: multiprocessing.Queue[bool] = context.Queue()
    processes = [context.Process(target=_ask_often, args=(folder, 100 * n, verdicts)) for n in range(2)]
    for process in processes:
        process.start()
    assert [verdicts.get(timeout=60) for _ in processes] == [True] * 2
    for process in processes:
        process.join(timeout=30)
    index = json.loads((folder / "index.json").read_text())
    assert index["count"] == DiskMemory(folder, 900).known() > 200


def test_threads_may_ask_at_once(folder: Path) -> None:
    """The server plans while it answers."""
    memory, verdicts = DiskMemory(folder, 600), list[bool]()
    threads = [Thread(target=lambda n=n: verdicts.append(right(memory, places(50, first=20 * n)))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert verdicts == [True] * 6
