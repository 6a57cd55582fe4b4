"""Other planners, each in a process of its own: an engine may die or hang, and its rival waits for the cores."""

import importlib
import math
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from routing.bench_solver.case import Case, Routes

PEERS: Mapping[str, str] = {
    "pyvrp": "routing.bench_solver.peer_pyvrp",
    "ortools": "routing.bench_solver.peer_ortools",
}
READING_S = 60.0
"""A process may take so long to start and to make its instance; this is not counted."""
LEAST_S = 0.2
"""Of search, however long importing took."""
OVERRUN_S = 10.0
"""How long after its seconds a peer may still answer: OR-Tools does not look at the clock while it builds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer came to."""

    routes: Routes | None
    note: str = ""
    """Why there are no routes."""


def plan_beside(
    case: Case, seconds: float, seed: int, names: Sequence[str], *, together: bool, ends_at: float = math.inf
) -> dict[str, Answer]:
    """Let each named peer plan the case for `seconds` of search.

    Args:
        case: The instance.
        seconds: From the start of a process, as for ours; reading the instance and building the library's model
            come on top, to the peers' advantage.
        seed: For those that have one.
        names: Which peers.
        together: Whether they may run at the same time: where each has a core.
        ends_at: On the monotonic clock; whoever has not answered by then has no plan.
    """
    if not together:
        return {name: answer for each in names for name, answer in _plan(case, seconds, seed, [each], ends_at).items()}
    return _plan(case, seconds, seed, names, ends_at)


def _plan(case: Case, seconds: float, seed: int, names: Sequence[str], ends_at: float) -> dict[str, Answer]:
    running = {name: _Peer(name, case, seconds, seed) for name in names}
    return {name: peer.answer(ends_at) for name, peer in running.items()}


class _Peer:
    """One peer at work."""

    def __init__(self, name: str, case: Case, seconds: float, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.seconds = seconds
        self.answers, theirs = context.Pipe(duplex=False)
        self.process = context.Process(
            target=_work, args=(theirs, PEERS[name], _bare(case), seconds, seed, time.monotonic()), daemon=True
        )
        self.process.start()
        theirs.close()

    def answer(self, ends_at: float) -> Answer:
        try:
            if not self.answers.poll(_at_most(READING_S, ends_at)):
                return Answer(None, "did not start in time")
            self.answers.recv()
            if not self.answers.poll(_at_most(self.seconds + OVERRUN_S, ends_at)):
                return Answer(None, "gave no answer in time")
            answer = self.answers.recv()
            return answer if isinstance(answer, Answer) else Answer(None, str(answer))
        except EOFError:
            return Answer(None, "died")
        finally:
            self.process.kill()
            self.process.join()
            self.answers.close()


def _at_most(seconds: float, ends_at: float) -> float:
    return max(0.0, min(seconds, ends_at - time.monotonic()))


def _bare(case: Case) -> Case:
    """Return the case without what it has worked out so far, which is large and may not travel."""
    bare: Case = replace(case)  # type: ignore[type-var]  # (every case is a dataclass)
    return bare


def _work(answers: Connection, module: str, case: Case, seconds: float, seed: int, began_at: float) -> None:
    """Run in the peer's process: import, make the instance, say so, then plan in the seconds that are left."""
    peer = importlib.import_module(module)
    reading_at = time.monotonic()
    _ = case.problem
    read_at = time.monotonic()
    answers.send("ready")
    try:
        routes = peer.plan(case, max(LEAST_S, began_at + seconds + (read_at - reading_at) - read_at), seed)
    except Exception as exc:  # noqa: BLE001  (a front door: whatever a library raises is its answer)
        answers.send(Answer(None, f"{type(exc).__name__}: {exc}"[:200]))
    else:
        answers.send(Answer(routes, "" if routes else "found no plan that keeps its rules"))
