"""Too much of everything: a day at once and out of order, the same again and again, rubbish without end."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.numbers import SENSORS, number_of
from simulator.faults.rig import ALL_TIME, Bench, Rig

EVERY = timedelta(minutes=30)
COPIES = 5
REPEATED = 1_000
RUBBISH = 5_000
LINES_MAX = 100
"""Of log for all the rubbish: one line a reason and ten seconds would be a dozen."""
KINDS_OF_RUBBISH = (
    ("tomma/v1/F001/reading", b"not json"),
    ("tomma/v1/F001/reading", b'{"distance_mm": NaN}'),
    ("tomma/v1/F001/reading", b'{"fill_pct": 1e400}'),
    ("tomma/v1/NOBODY/reading", b'{"distance_mm": 600}'),
    ("tomma/v1/F001/reading", b"\xff\xfe\x00"),
    ("tomma/v1/F001/reading", b"[" * 4_000),
)


def backlog(bench: Bench, effort: Effort) -> Outcome:
    """Publish a fresh reading of every sensor, then the day before it in random order, as a gateway does at last."""
    with bench.rig() as rig:
        now_utc = datetime.now(UTC).replace(microsecond=0)
        per_sensor = 48 if effort.quick else 160  # one wave of levels: they only rise
        numbers = [rig.ledger.take() for _ in range(per_sensor * SENSORS)]
        step = EVERY * 48 / per_sensor
        times = {number: now_utc - step * ((len(numbers) - 1 - number) // SENSORS) for number in numbers}
        fresh, old = numbers[-SENSORS:], numbers[:-SENSORS]
        _publish(rig, fresh, times)
        rig.settle(linger_s=0.0)
        effort.rng.shuffle(old)
        began_s = time.monotonic()
        _publish(rig, old, times)
        verdict = rig.settle()
        return Outcome(
            verdict,
            (rig.recovered_s(time.monotonic()),),
            facts={"taken_s": round(time.monotonic() - began_s, 1)},
            broken=(*_moved_back(rig, fresh), *_flood(rig)),
        )


def _publish(rig: Rig, numbers: list[int], times: dict[int, datetime]) -> None:
    for number in numbers:
        rig.publisher.wait_for_room()
        rig.publisher.publish(number, rig.publisher.numbers.message(number, times[number]))
    rig.publisher.wait(lambda: rig.publisher.open == 0, 60.0)


def _moved_back(rig: Rig, fresh: list[int]) -> list[str]:
    with rig.store() as store:
        newest = {number_of(reading) for reading in store.latest().values()}
    missing = [number for number in fresh if number not in newest]
    return [f"latest was moved back by late readings in {len(missing)} bins"] if len(missing) > 1 else []


def _flood(rig: Rig) -> list[str]:
    """The levels hardly change: whatever is told of them is an invention of their order."""
    with rig.store() as store:
        emptyings, alerts = store.emptyings(*ALL_TIME), store.alerts(*ALL_TIME)
    told = []
    if emptyings:
        told.append(f"{len(emptyings)} emptyings were detected where there was none")
    if alerts:
        told.append(f"a flood of alerts: {dict(Counter(str(each.kind) for each in alerts))}")
    return told


def repeated(bench: Bench, effort: Effort) -> Outcome:
    """Publish every reading five times, mixed with the others, those without a time of their own too."""
    with bench.rig() as rig:
        numbers = [rig.ledger.take() for _ in range(REPEATED)]
        for _ in range(COPIES):
            effort.rng.shuffle(numbers)
            for number in numbers:
                rig.publisher.wait_for_room()
                rig.publisher.publish(number)
            rig.publisher.wait(lambda: rig.publisher.open == 0, 60.0)
        return Outcome(rig.settle(), (rig.recovered_s(time.monotonic()),))


def rubbish(bench: Bench, effort: Effort) -> Outcome:
    """Publish thousands of messages that are none, among readings."""
    count = RUBBISH // 5 if effort.quick else RUBBISH
    with bench.rig() as rig:
        for number in range(count):
            rig.publisher.wait_for_room()
            rig.publisher.publish_foreign(*KINDS_OF_RUBBISH[number % len(KINDS_OF_RUBBISH)])
            if number % 10 == 0:
                rig.publisher.publish(rig.ledger.take())
        recovered_s = rig.recovered_s(time.monotonic())
        verdict = rig.settle(linger_s=0.0)
        with rig.store() as store:
            kept = sum(store.dead_letter_counts().values())
        rig.stop_ingest()
        lines = len(rig.complaints.splitlines())
        broken = [f"{lines} lines of log"] if lines > LINES_MAX else []
        if kept != count:
            broken.append(f"each must be counted as a dead letter: {count} were sent, {kept} are counted")
        return Outcome(verdict, (recovered_s,), facts={"log_lines": lines, "rubbish": count}, broken=tuple(broken))


CASES = (
    Case(
        "M22",
        ("M22",),
        "a gateway sends a day of readings of every sensor, out of order, after the newest",
        "history is filled, the latest is not moved back, no emptying and no alert is invented",
        backlog,
        in_quick=True,
    ),
    Case(
        "P11",
        ("P11", "M4"),
        "every reading is published five times, mixed with others; a tenth carries no time of its own",
        "each is stored once",
        repeated,
        in_quick=True,
    ),
    Case(
        "S11",
        ("S11", "P1", "P4", "P5"),
        "thousands of messages that are no readings",
        "each is counted, the log stays short, readings among them are all stored",
        rubbish,
        in_quick=True,
    ),
)
