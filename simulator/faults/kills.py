"""Kill -9, at random moments, of the ingest, of the broker, of both."""

import signal
import time

import psutil

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.command import CommandFailedError
from simulator.faults.rig import Bench, Rig

FLOW_PER_S = 300.0
"""What a city of ten thousand bins sends when each speaks twice a minute."""
LIVES_S = 0.4
"""The longest a killed process has lived after it was ready."""
EARLY_SHARE = 0.2
"""Kills that do not wait for ready: while it opens the store, connects, recalls."""
STARTS_MAX = 5
TIMED_EVERY = 25
"""One start in so many is by a new interpreter, as an operator's is, and timed; the others are forked with everything
imported, to be killed as hard and sooner."""


def kill_ingest(bench: Bench, effort: Effort) -> Outcome:
    """Kill ingest again and again while readings flow in."""
    recovered_s: list[float] = []
    with bench.rig() as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            for number in range(effort.kills):
                _live(rig, effort)
                rig.kill_ingest()
                recovered_s += _start_again(rig, is_timed=number % TIMED_EVERY == 0)
        return Outcome(rig.settle(), tuple(recovered_s), kills=effort.kills, facts={"starts": rig.starts})


def _start_again(rig: Rig, *options: str, is_timed: bool) -> list[float]:
    """Start ingest as after a kill just now; return how long until it answered, if that is to be timed."""
    killed_s = time.monotonic()
    rig.start_ingest(*options, wait=False, warm=not is_timed)
    return [rig.recovered_s(killed_s)] if is_timed else []


def _live(rig: Rig, effort: Effort, *options: str) -> None:
    if effort.rng.random() >= EARLY_SHARE:
        _supervise(rig, *options)
    time.sleep(effort.rng.uniform(0.0, LIVES_S))


def _supervise(rig: Rig, *options: str) -> None:
    """Wait until ingest is ready; start it again if it has ended by itself, as a supervisor does."""
    for _ in range(STARTS_MAX):
        if rig.ingest is None:
            return
        try:
            rig.ingest.until_said("ready")
        except CommandFailedError:
            if rig.ingest.is_running:
                raise
            rig.kill_ingest()
            rig.start_ingest(*options, wait=False)
        else:
            return


def kill_broker(bench: Bench, effort: Effort) -> Outcome:
    """Kill the broker again and again; ingest and devices find it again by themselves."""
    recovered_s: list[float] = []
    with bench.rig() as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            for number in range(effort.kills):
                time.sleep(effort.rng.uniform(0.0, LIVES_S))
                rig.broker.kill()
                killed_s = time.monotonic()
                rig.broker.start()
                if number % TIMED_EVERY == 0:
                    recovered_s.append(rig.recovered_s(killed_s))
        return Outcome(rig.settle(), tuple(recovered_s), kills=effort.kills, facts={"starts": rig.starts})


def kill_both(bench: Bench, effort: Effort) -> Outcome:
    """Kill the one-command door, `tomma ingest --embedded-broker`, and its broker with it."""
    recovered_s: list[float] = []
    with bench.rig(start=False) as rig:
        rig.start_ingest("--embedded-broker")
        with rig.publisher.flowing(FLOW_PER_S):
            for number in range(effort.kills):
                _live(rig, effort, "--embedded-broker")
                _kill_family(rig)
                recovered_s += _start_again(rig, "--embedded-broker", is_timed=number % TIMED_EVERY == 0)
        return Outcome(rig.settle(), tuple(recovered_s), kills=effort.kills, facts={"starts": rig.starts})


def _kill_family(rig: Rig) -> None:
    """Kill ingest, keeper and server in one go, children first so that none is told to end properly."""
    if rig.ingest is None or not rig.ingest.is_running:
        return
    family = psutil.Process(rig.ingest.pid).children(recursive=True)
    for each in family:
        if "nats" in each.name():
            each.send_signal(signal.SIGKILL)
    rig.kill_ingest()
    psutil.wait_procs(family, timeout=10)


CASES = (
    Case(
        "M1",
        ("M1", "M4"),
        "kill -9 of the ingest at random moments, while readings flow in",
        "nothing lost, nothing twice, answers again within 5 s",
        kill_ingest,
        in_quick=True,
    ),
    Case(
        "M1-broker",
        ("M1",),
        "kill -9 of the embedded broker at random moments",
        "nothing lost, nothing twice; ingest and devices come back by themselves",
        kill_broker,
        in_quick=True,
    ),
    Case(
        "M1-door",
        ("M1", "M4"),
        "kill -9 of the whole door: ingest and embedded broker at once",
        "nothing lost, nothing twice",
        kill_both,
        in_quick=True,
    ),
)
