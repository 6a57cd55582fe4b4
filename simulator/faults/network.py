"""The network between devices, broker and ingest: cut, silent, lossy, slow; and the broker frozen or restarted."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from simulator.faults.brokers import Behind, Broker, Embedded, Mosquitto
from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.proxy import FaultProxy, Weather
from simulator.faults.rig import Bench, Rig

FLOW_PER_S = 200.0
FLAP_S = 3.0
PARTITION_S = 45.0
"""Beyond twice the keep-alive of ingest: both ends have given the connection up."""
AUTOSAVE_S = 1.0
"""As our mosquitto.conf says: a kill may cost what came since, if ingest had not taken it."""
BACKLOG, QUICK_BACKLOG = 2_500, 1_200
"""Above the 1,000 that mosquitto keeps as it is shipped."""
RECONNECTS_PER_CUT = 25
"""For up to three seconds nobody can connect: two clients whose waits grow try a dozen times, a storm hundreds."""


@contextmanager
def _behind_proxy(bench: Bench, effort: Effort) -> Iterator[tuple[Rig, FaultProxy]]:
    """A rig whose ingest and devices both reach the broker through one bad network."""
    with ExitStack() as rim:
        made: list[FaultProxy] = []

        def broker(data_dir: Path) -> Broker:
            inner = Embedded(data_dir)
            made.append(rim.enter_context(FaultProxy(inner.port, effort.rng)))
            return Behind(inner, made[0].port)

        rig = rim.enter_context(bench.rig(broker=broker))
        yield rig, made[0]


def flapping(bench: Bench, effort: Effort) -> Outcome:
    """Cut every connection each three seconds, for a while with nobody to connect to."""
    flaps = 2 if effort.quick else 20
    with _behind_proxy(bench, effort) as (rig, proxy):
        with rig.publisher.flowing(FLOW_PER_S):
            for _ in range(flaps):
                time.sleep(FLAP_S)
                proxy.weather.refuses = True
                proxy.cut()
                time.sleep(effort.rng.uniform(0.0, FLAP_S))
                proxy.weather.refuses = False
            recovered_s = rig.recovered_s(time.monotonic())
        per_cut = proxy.connections / flaps
        broken = [] if per_cut <= RECONNECTS_PER_CUT else [f"a storm of reconnects: {per_cut:.1f} for each cut"]
        facts = {"connections": proxy.connections, "cuts": flaps}
        return Outcome(rig.settle(), (recovered_s,), facts=facts, broken=tuple(broken))


def partition(bench: Bench, effort: Effort) -> Outcome:
    """Let everything sent vanish without a word for longer than both ends wait, then let it through again."""
    with _behind_proxy(bench, effort) as (rig, proxy):
        with rig.publisher.flowing(FLOW_PER_S):
            time.sleep(1.0)
            proxy.weather.silent = True
            time.sleep(4 * FLAP_S if effort.quick else PARTITION_S)
            proxy.weather.silent = False
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


def half_open(bench: Bench, effort: Effort) -> Outcome:
    """Let the peers behind open connections be gone for ever; new connections work."""
    with _behind_proxy(bench, effort) as (rig, proxy):
        with rig.publisher.flowing(FLOW_PER_S):
            time.sleep(1.0)
            before = proxy.connections
            proxy.deafen()
            rig.publisher.wait(lambda: proxy.connections >= before + 2, 2 * PARTITION_S)
            noticed_s = time.monotonic()
            recovered_s = rig.recovered_s(noticed_s)
        return Outcome(rig.settle(), (recovered_s,))


def lossy(bench: Bench, effort: Effort) -> Outcome:
    """Lose a fifth of all packets: TCP sends them again, later and later."""
    return _through(bench, effort, Weather(loss=0.2))


def slow(bench: Bench, effort: Effort) -> Outcome:
    """Leave 64 kbit/s."""
    return _through(bench, effort, Weather(bytes_per_s=8_000))


def _through(bench: Bench, effort: Effort, weather: Weather) -> Outcome:
    with _behind_proxy(bench, effort) as (rig, proxy):
        proxy.weather = weather
        with rig.publisher.flowing(20.0):
            time.sleep(5.0 if effort.quick else 30.0)
        proxy.weather = Weather()
        recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


def frozen_broker(bench: Bench, effort: Effort) -> Outcome:
    """Stop the broker where it is, for longer than the keep-alive; then let it go on."""
    with bench.rig() as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            time.sleep(1.0)
            rig.broker.signal(signal.SIGSTOP)
            time.sleep(8.0 if effort.quick else PARTITION_S)
            rig.broker.signal(signal.SIGCONT)
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


def broker_away(bench: Bench, effort: Effort) -> Outcome:
    """Have no broker for so long that all waits between attempts have grown to their longest; then start it."""
    with bench.rig() as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            time.sleep(1.0)
            rig.broker.stop()
            time.sleep(4 * FLAP_S if effort.quick else PARTITION_S)
            rig.broker.start()
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


def restarted_mosquitto(bench: Bench, effort: Effort) -> Outcome:
    """Restart mosquitto properly, a few times, while readings flow: it writes its queue down and takes it up again."""
    restarts = 1 if effort.quick else 10
    recovered_s = []
    with bench.rig(broker=Mosquitto) as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            for _ in range(restarts):
                time.sleep(effort.rng.uniform(0.5, 2.0))
                rig.broker.stop()
                rig.broker.start()
                recovered_s.append(rig.recovered_s(time.monotonic()))
        return Outcome(rig.settle(), tuple(recovered_s), facts={"restarts": restarts})


def killed_mosquitto(bench: Bench, effort: Effort) -> Outcome:
    """Kill mosquitto again and again; it saves its queue each second, so a kill may cost what came since."""
    kills = max(3, effort.kills // 20)
    recovered_s = []
    with bench.rig(broker=Mosquitto) as rig:
        with rig.publisher.flowing(FLOW_PER_S):
            for _ in range(kills):
                time.sleep(effort.rng.uniform(0.2, 2.0))
                rig.broker.kill()
                rig.broker.start()
                recovered_s.append(rig.recovered_s(time.monotonic()))
        outcome = Outcome(rig.settle(), tuple(recovered_s), kills=kills)
        return outcome.stating(round(kills * FLOW_PER_S * AUTOSAVE_S))


def ingest_away_embedded(bench: Bench, effort: Effort) -> Outcome:
    """Let readings arrive while nobody takes them."""
    return _away(bench, Embedded, QUICK_BACKLOG if effort.quick else BACKLOG)


def ingest_away_mosquitto(bench: Bench, _: Effort) -> Outcome:
    """The same at mosquitto, with our configuration."""
    return _away(bench, Mosquitto, BACKLOG)


def _away(bench: Bench, broker: type[Embedded] | type[Mosquitto], backlog: int) -> Outcome:
    with bench.rig(broker=broker) as rig:
        rig.publisher.burst(10)
        rig.stop_ingest()
        rig.publisher.burst(backlog)
        rig.start_ingest(wait=False)
        recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


CASES = (
    Case(
        "M3",
        ("M3",),
        "ingest is away while more readings arrive at the embedded broker than a plain one keeps",
        "all are there when it is back",
        ingest_away_embedded,
        in_quick=True,
    ),
    Case(
        "M3-mosquitto",
        ("M3",),
        "the same at mosquitto with our configuration",
        "all are there when it is back",
        ingest_away_mosquitto,
    ),
    Case(
        "M20",
        ("M20", "S10"),
        "the broker is frozen (SIGSTOP) for 45 s, then goes on",
        "nothing lost: a publish without PUBACK is not counted; answers again within 5 s",
        frozen_broker,
    ),
    Case(
        "M20-away",
        ("M20", "M21"),
        "the broker is away for 45 s, then starts",
        "nothing lost; found again within 5 s, however long it was away",
        broker_away,
    ),
    Case(
        "M21-flap",
        ("M21",),
        "the network flaps each three seconds",
        "nothing lost, nothing twice, no storm of reconnects",
        flapping,
        in_quick=True,
    ),
    Case(
        "M21-partition",
        ("M21",),
        "45 s of partition: everything sent vanishes without a word",
        "nothing lost, nothing twice",
        partition,
    ),
    Case(
        "M15-halfopen",
        ("M15", "M21"),
        "the peers behind open connections are gone without a word",
        "noticed by keep-alive, connected anew, nothing lost",
        half_open,
    ),
    Case("M21-loss", ("M21",), "a fifth of the packets is lost", "all arrive later", lossy),
    Case("M21-slow", ("M21",), "64 kbit/s are left", "all arrive later", slow),
    Case(
        "M2",
        ("M2",),
        "kill -9 of mosquitto at random moments: its PUBACK is no promise",
        "less than a second of readings lost a kill, as stated; ingest and devices come back by themselves",
        killed_mosquitto,
    ),
    Case(
        "M2-restart",
        ("M2",),
        "mosquitto is restarted properly, ten times, while readings flow",
        "nothing lost, nothing twice",
        restarted_mosquitto,
    ),
)
