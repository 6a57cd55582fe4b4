"""The InfluxDB behind ingest is down, busy, refusing, hanging, slow, or takes what it never answers for."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.fake_influx import FakeInflux
from simulator.faults.numbers import number_at, number_of
from simulator.faults.rig import Bench, Rig
from tomma.ports import ReadingStore
from tomma.store_settings import ReadingSettings
from tomma.stores.influx.readings import InfluxReadings

TIMEOUT_S = 2.0
FLOW_PER_S = 200.0
FAULT_S = 6.0
CAUGHT_UP_WITHIN_S = 60.0
EVERYTHING = 1_000_000
MODES = ("busy", "refusing", "hanging", "slow", "forgetful")
_FIELD = re.compile(r"(?:^|,)(distance_mm|temperature_c)=([0-9.]+)")


@contextmanager
def _with_server(bench: Bench) -> Iterator[tuple[Rig, FakeInflux]]:
    with ExitStack() as rim:
        fake = rim.enter_context(FakeInflux())
        settings = ReadingSettings(kind="influx", url=fake.url, queries="none", timeout_s=TIMEOUT_S)
        rig = rim.enter_context(bench.rig(settings=_variables(settings), opened=_opener(settings)))
        yield rig, fake


def _variables(settings: ReadingSettings) -> Mapping[str, str]:
    told = settings.model_dump(include={"kind", "url", "queries", "timeout_s"})
    return {f"TOMMA_READINGS__{name.upper()}": str(value) for name, value in told.items()}


def _opener(settings: ReadingSettings) -> Callable[[Path], ReadingStore]:
    return lambda data_dir: InfluxReadings(data_dir / "readings-influx.sqlite3", settings, feeding=False)


def every_trouble(bench: Bench, effort: Effort) -> Outcome:
    """Let the server fail in every way, one after the other, while readings flow; then look what it has."""
    recovered_s: list[float] = []
    with _with_server(bench) as (rig, fake):
        with rig.publisher.flowing(FLOW_PER_S):
            for mode in MODES:
                fake.mode = mode
                time.sleep(FAULT_S / 3 if effort.quick else FAULT_S)
                recovered_s.append(rig.recovered_s(time.monotonic()))  # fresh readings are shown meanwhile
                fake.mode = "well"
                recovered_s.append(_on_server_s(rig, fake))
            fake.down()
            time.sleep(FAULT_S)
            fake.up()
            recovered_s.append(_on_server_s(rig, fake))
        return _judged(rig, fake, recovered_s)


def killed_meanwhile(bench: Bench, effort: Effort) -> Outcome:
    """Kill ingest while it feeds the server, again and again."""
    kills = max(3, effort.kills // 10)
    with _with_server(bench) as (rig, fake):
        with rig.publisher.flowing(FLOW_PER_S):
            for number in range(kills):
                fake.mode = MODES[number % len(MODES)] if number % 3 else "well"
                time.sleep(effort.rng.uniform(0.5, 3.0))
                rig.kill_ingest()
                rig.start_ingest(wait=False)
            fake.mode = "well"
        return replace(_judged(rig, fake, []), kills=kills)


def poison(bench: Bench, effort: Effort) -> Outcome:
    """Let the server refuse every batch that holds one certain sensor: the rest must get through."""
    del effort
    with _with_server(bench) as (rig, fake):
        fake.poison = "sensor=F007"
        rig.publisher.burst(500)
        rig.settle(linger_s=0.0)
        deadline_s = time.monotonic() + CAUGHT_UP_WITHIN_S
        others = {number for number in rig.ledger.acknowledged if number % 50 != 7}
        while others - _numbers(fake).keys() and time.monotonic() < deadline_s:
            time.sleep(0.1)
        missing = len(others - _numbers(fake).keys())
        broken = (f"{missing} good readings wait behind a bad one",) if missing else ()
        return Outcome(rig.settle(), (rig.recovered_s(time.monotonic()),), broken=broken)


def _on_server_s(rig: Rig, fake: FakeInflux) -> float:
    """Return how long until a reading published now is on the server."""
    began_s = time.monotonic()
    number = rig.ledger.take()
    rig.publisher.publish(number)
    while number not in _numbers(fake):
        if time.monotonic() - began_s > CAUGHT_UP_WITHIN_S:
            raise TimeoutError(f"reading {number} is not on the server after {CAUGHT_UP_WITHIN_S:g} s")
        time.sleep(0.05)
    return time.monotonic() - began_s


def _judged(rig: Rig, fake: FakeInflux, recovered_s: list[float]) -> Outcome:
    """Judge the store, and then what the server has: every reading, once."""
    verdict = rig.settle()
    deadline_s = time.monotonic() + CAUGHT_UP_WITHIN_S
    while rig.ledger.acknowledged - _numbers(fake).keys() - _set_aside(rig) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    there = _numbers(fake)
    aside = _set_aside(rig)
    missing = rig.ledger.acknowledged - there.keys() - aside
    twice = [number for number, count in there.items() if count > 1]
    broken = [f"the server lacks {len(missing)}"] if missing else []
    broken += [f"the server has {len(twice)} under two identities"] if twice else []
    facts = {"set_aside": len(aside), **{f"requests_{mode}": count for mode, count in fake.requests.items()}}
    return Outcome(verdict, tuple(recovered_s), facts=facts, broken=tuple(broken))


def _set_aside(rig: Rig) -> set[int]:
    """Return what the server refused until it was set aside: kept, shown, and sent again on demand."""
    with rig.store() as store:
        refused = store.refused_readings(EVERYTHING) if isinstance(store, InfluxReadings) else ()
    return {number for each in refused if (number := number_of(each.reading)) is not None}


def _numbers(fake: FakeInflux) -> Counter[int]:
    """Return how often each number is on the server."""
    found: Counter[int] = Counter()
    for fields in list(fake.lines.values()):
        said = {name: float(text) for name, text in _FIELD.findall(fields)}
        found[number_at(said["distance_mm"], said["temperature_c"])] += 1
    return found


CASES = (
    Case(
        "S5",
        ("S5", "S10"),
        "InfluxDB answers 503, 400, nothing, slowly, takes without an answer, is down",
        "nothing lost, nothing twice, fresh readings are shown meanwhile; the server catches up within 5 s",
        every_trouble,
    ),
    Case(
        "S5-kill",
        ("S5", "M1"),
        "kill -9 of ingest while it feeds a failing InfluxDB",
        "every reading comes to the server, once",
        killed_meanwhile,
    ),
    Case(
        "S5-poison",
        ("S5",),
        "InfluxDB refuses every batch that holds a certain sensor",
        "those readings are set aside, all others are on the server",
        poison,
    ),
)
