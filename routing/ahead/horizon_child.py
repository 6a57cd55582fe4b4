"""CP-SAT in a process of its own, with a limit on time and memory: whatever it does, the days ahead come back."""

import logging
import os
import pickle
import subprocess
import sys
from types import ModuleType

from routing.ahead.horizon import Horizon, Levelled, greedy, violations_of
from routing.engines.memory import limit_memory

log = logging.getLogger(__name__)

GRACE_S = 15.0
"""For starting Python and loading the library: half a second on a quiet machine."""


def level(horizon: Horizon, *, budget_s: float, memory_limit_mb: int, seed: int) -> Levelled:
    """Return which unit is visited when: CP-SAT's answer, or the greedy one when it gives none that holds."""
    start = greedy(horizon)
    if not horizon.units:
        return start
    job = pickle.dumps((horizon, start, budget_s, memory_limit_mb, seed))
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "routing.ahead.horizon_child"],
            input=job,
            capture_output=True,
            timeout=budget_s + GRACE_S,
            check=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        days = tuple(int(each) for each in answer.stdout.split())
    except (subprocess.SubprocessError, OSError, ValueError) as exc:
        log.warning("days ahead levelled greedily reason=%s", exc)
        return start
    found = Levelled(days, "cp-sat")
    if violations_of(horizon, found):
        log.warning("days ahead levelled greedily reason=%s", violations_of(horizon, found)[0])
        return start
    return min(start, found, key=lambda each: each.cost_minor(horizon))


def _leave_pandas_out() -> None:
    """Spare this process 1.4 s of processor time and 48 MB: CP-SAT's door imports pandas for methods we never call."""
    stand_in = ModuleType("pandas")
    vars(stand_in).update(Index=type("Index", (), {}), Series=type("Series", (), {}))
    sys.modules.setdefault("pandas", stand_in)


def main() -> None:
    """Do one job: read it on stdin, write a day per unit on stdout."""
    horizon, start, budget_s, memory_limit_mb, seed = pickle.load(sys.stdin.buffer)  # noqa: S301  (our own parent)
    limit_memory(memory_limit_mb)
    _leave_pandas_out()
    from routing.ahead.horizon_cpsat import solve  # after the limit

    found = solve(horizon, seconds=budget_s, seed=seed, start=start)
    sys.stdout.write(" ".join(str(day) for day in found.day_of))


if __name__ == "__main__":
    main()
