"""The wall clock of ingest steps: back two hours, on by a day, to 2038, and right again."""

import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.numbers import SENSORS, is_clockless, number_of
from simulator.faults.rig import Bench, Rig
from simulator.faults.shim import Shim, build

HOUR_S = 3600
STEPS_S = {
    "two hours back": -2 * HOUR_S,
    "a day on": 24 * HOUR_S,
    "to 2038": int((datetime(2038, 1, 19, 3, 14, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()),
}
STAYS_S = 3.0


def clock_steps(bench: Bench, effort: Effort) -> Outcome:
    """Step the clock that ingest sees while readings flow; every step is followed by the right time again."""
    recovered_s = []
    with ExitStack() as rim:
        folder = Path(rim.enter_context(tempfile.TemporaryDirectory(prefix="tomma-shim-")))
        rig = rim.enter_context(bench.rig(start=False, warm=False))
        shim = rim.enter_context(Shim(build(folder), rig.data_dir, folder))
        rig.broker.start()
        rig.start_ingest(environment=shim.environment)
        with rig.publisher.flowing(200):
            for step_s in STEPS_S.values():
                for now_s in (step_s, 0):
                    shim.set(clock_step_s=now_s)
                    recovered_s.append(rig.recovered_s(time.monotonic()))
                    time.sleep(STAYS_S / 3 if effort.quick else STAYS_S)
        verdict = rig.settle()
        with_clock, without = _stuck_in_the_future(rig)
        broken = (f"{with_clock} bins keep a latest reading from the future",) if with_clock else ()
        return Outcome(verdict, tuple(recovered_s), facts={"clockless_bins_ahead": without}, broken=broken)


def _stuck_in_the_future(rig: Rig) -> tuple[int, int]:
    """Return in how many bins a fresh reading is not the latest: of sensors with a clock, and of those without.

    A sensor without a clock has our time, and keeps what it was given "in 2038": that is told, and not a fault.
    """
    now_utc = datetime.now(UTC)
    fresh = [rig.ledger.take() for _ in range(SENSORS)]
    for number in fresh:
        moment = None if is_clockless(number) else now_utc
        rig.publisher.publish(number, rig.publisher.numbers.message(number, moment))
    rig.settle(linger_s=0.0)
    with rig.store() as store:
        newest = {number_of(each) for each in store.latest().values()}
    stuck = [number for number in fresh if number not in newest]
    without = sum(is_clockless(number) for number in stuck)
    return len(stuck) - without, without


CASES = (
    Case(
        "T2",
        ("T2", "T1"),
        "the wall clock of ingest steps two hours back, a day on, to 2038, each time back to right",
        "nothing lost, nothing twice, and no sensor with a clock keeps a reading from the future as its latest",
        clock_steps,
    ),
)
