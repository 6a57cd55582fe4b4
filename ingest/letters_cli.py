"""`tomma dead-letters` and `tomma quarantine`: look at what failed, try it again, throw it away."""

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ingest.alerts.recall import StoreTrails
from ingest.batch import Batch
from ingest.brokers.topics import envelope_finder
from ingest.codecs.cli import open_codecs
from ingest.context import IngestContext
from ingest.decode.codec import Codecs
from ingest.stream.recall import StoreMemories
from ingest.stream.replay import Replayed, chosen, hung_now, replay
from tomma.audit import Fact
from tomma.errors import NotFoundError
from tomma.model import DeadLetter, Quarantined, RejectReason
from tomma.ports import ReadingStore
from tomma.settings import Settings, load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.wiring import Stores, open_stores

dead_letters_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Messages that could not become readings: list, replay, drop."
)
quarantine_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Devices that send but hang in no bin: list, replay, drop."
)

IDS_TOLD = 100
"""So many numbers stand in the audit record; how many letters it were is told in any case."""
PIPE_COLUMNS = 2000
"""Into a file or another program a row is one line, for grep; only a terminal has an edge to fold at."""
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on one line.")]
Reason = Annotated[RejectReason | None, typer.Option("--reason", help="Only those rejected for this reason.")]
SensorName = Annotated[str | None, typer.Option("--sensor", help="Only those of this sensor or device.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="As `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every one of them.")]


@dead_letters_app.command("list")
def list_letters(
    reason: Reason = None,
    sensor: SensorName = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest dead letters, and how many there ever were by reason."""
    with open_stores(load_settings()) as stores:
        letters = stores.readings.dead_letters(limit, reason=reason, device_id=sensor)
        counts = {name.value: count for name, count in sorted(stores.readings.dead_letter_counts().items())}
    if as_json:
        typer.echo(json.dumps({"counts": counts, "dead_letters": [_letter_row(each) for each in letters]}))
        return
    rows = [
        (
            str(each.id),
            _moment(each.rejected.received_utc),
            each.rejected.reason.value,
            _who(each),
            each.rejected.detail,
        )
        for each in letters
    ]
    _table(("id", "received", "reason", "sensor", "why"), rows)
    told = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
    typer.echo(f"shown={len(letters)} ever={sum(counts.values())} ({told})")


@dead_letters_app.command("show")
def show_letter(letter_id: Annotated[int, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Show one dead letter with its whole payload."""
    with open_stores(load_settings()) as stores:
        (letter,) = _by_ids(stores.readings, [letter_id])
    row = _letter_row(letter)
    if as_json:
        typer.echo(json.dumps(row))
        return
    for name, value in row.items():
        typer.echo(f"{name}: {value}")


@dead_letters_app.command("replay")
def replay_letters(
    ids: Ids = None, reason: Reason = None, sensor: SensorName = None, every: All = False, as_json: AsJson = False
) -> None:
    """Run dead letters through the pipeline again; those that become readings or a status are letters no more.

    May run beside `tomma ingest`, which knows of it from its next batch on, and again after it was killed: what was
    stored already is a duplicate.
    """
    _check_choice(ids, reason, sensor, every)
    with _pipeline(load_settings()) as run:
        pages = [_by_ids(run.store, ids)] if ids else chosen(run.store, reason, sensor)
        with by_operator(run.audit, "dead-letters-replayed", "", **_choice(ids, reason, sensor)) as doing:
            done = run.replay(pages)
            doing.facts |= _numbers(done)
    _tell(done, as_json)


@dead_letters_app.command("drop")
def drop_letters(
    ids: Ids = None, reason: Reason = None, sensor: SensorName = None, every: All = False, as_json: AsJson = False
) -> None:
    """Forget dead letters for good; the counts by reason go on."""
    _check_choice(ids, reason, sensor, every)
    with open_stores(load_settings()) as stores:
        store = stores.readings
        pages = [_by_ids(store, ids)] if ids else chosen(store, reason, sensor)
        with by_operator(stores.audit, "dead-letters-dropped", "", **_choice(ids, reason, sensor)) as doing:
            dropped = sum(store.drop_dead_letters([each.id for each in page]) for page in pages)
            doing.facts["dropped"] = dropped
    typer.echo(json.dumps({"dropped": dropped}) if as_json else f"dropped={dropped}")


@quarantine_app.command("list")
def list_quarantine(as_json: AsJson = False) -> None:
    """List the devices that send but hang in no bin, the one heard of last first: what an installer registers."""
    with open_stores(load_settings()) as stores:
        devices = stores.readings.quarantine()
    if as_json:
        typer.echo(json.dumps({"devices": [_device_row(each) for each in devices]}))
        return
    rows = [
        (
            each.device_ids[0],
            each.envelope,
            each.reason.value,
            _moment(each.first_utc),
            _moment(each.last_utc),
            str(each.seen),
            str(each.kept),
        )
        for each in devices
    ]
    _table(("device", "envelope", "reason", "first", "last", "seen", "kept"), rows)


@quarantine_app.command("replay")
def replay_quarantine(as_json: AsJson = False) -> None:
    """Replay what devices sent before they were registered. `tomma ingest` does so by itself within seconds."""
    with _pipeline(load_settings()) as run:
        pages = (
            page
            for device in hung_now(run.store, run.context.city)
            for page in chosen(run.store, device_id=device.device_ids[0])
        )
        with by_operator(run.audit, "quarantine-replayed") as doing:
            done = run.replay(pages)
            doing.facts |= _numbers(done)
    _tell(done, as_json)


@quarantine_app.command("drop")
def drop_device(
    device: Annotated[str, typer.Argument(help="Its first name in `list`.")], as_json: AsJson = False
) -> None:
    """Forget one device and what it sent; it is listed again when it sends again."""
    with open_stores(load_settings()) as stores:
        pages = chosen(stores.readings, device_id=device)
        with by_operator(stores.audit, "quarantine-dropped", f"device:{device}") as doing:
            dropped = sum(stores.readings.drop_dead_letters([each.id for each in page]) for page in pages)
            doing.facts["dropped"] = dropped
    typer.echo(json.dumps({"dropped": dropped}) if as_json else f"dropped={dropped}")


class _Run:
    """The pipeline, opened as `tomma ingest` opens it."""

    def __init__(self, settings: Settings, stores: Stores, codecs: Codecs) -> None:
        self.store, self.audit = stores.readings, stores.audit
        self._memories = StoreMemories(stores.readings, settings.clock.clock())
        self._trails = StoreTrails(stores.readings)
        self._envelope_of = envelope_finder(settings.broker.sources)
        self.context = IngestContext(
            stores.registry.load(),
            self._memories,
            settings.broker.payload_max_bytes,
            codecs=codecs,
            trails=self._trails,
            receipts=self._memories,
        )

    def replay(self, pages: Iterable[Sequence[DeadLetter]]) -> Replayed:
        """Replay page by page; each is durable before the next begins."""
        done = Replayed()
        for page in pages:
            found = replay(page, self.context, self.store, self._keep, self._envelope_of)
            if found.others_too:  # the stream goes on beside us: the next page is judged with what it stored
                self._memories.forget()
                self._trails.forget()
            done += found
        return done

    def _keep(self, batch: Batch) -> None:
        self._memories.keep(batch.memory)
        self._trails.keep(batch.trails)


@contextlib.contextmanager
def _pipeline(settings: Settings) -> Iterator[_Run]:
    with open_stores(settings) as stores, contextlib.closing(open_codecs(settings)) as codecs:
        yield _Run(settings, stores, codecs)


def _check_choice(ids: list[int] | None, reason: RejectReason | None, sensor: str | None, every: bool) -> None:
    """Refuse to touch everything by leaving something out."""
    if sum((bool(ids), reason is not None or sensor is not None, every)) != 1:
        raise typer.BadParameter("name ids, or --reason and/or --sensor, or --all")


def _choice(ids: Sequence[int] | None, reason: RejectReason | None, sensor: str | None) -> dict[str, Fact]:
    """Return what the record tells of what was chosen; nothing stands for all."""
    told: dict[str, Fact] = {"ids": [str(each) for each in ids[:IDS_TOLD]]} if ids else {}
    told |= {"reason": reason.value} if reason else {}
    return told | ({"sensor": sensor} if sensor else {})


def _numbers(done: Replayed) -> dict[str, Fact]:
    return {"tried": done.tried, "mended": done.mended, "stored": done.stored}


def _by_ids(store: ReadingStore, ids: Sequence[int]) -> Sequence[DeadLetter]:
    found = []
    for number in sorted(set(ids)):
        letters = store.dead_letters_after(number - 1, 1)
        if not letters or letters[0].id != number:
            raise NotFoundError(
                f"there is no dead letter {number}; `tomma dead-letters list` shows those that are kept"
            )
        found.append(letters[0])
    return found


def _tell(done: Replayed, as_json: bool) -> None:
    values = {name: getattr(done, name) for name in Replayed.__slots__ if name != "others_too"}  # of no use to a person
    if as_json:
        typer.echo(json.dumps(values))
        return
    why = values.pop("failed_because")
    typer.echo(" ".join(f"{name}={value}" for name, value in values.items()))
    if why:
        typer.echo(f"the last that failed: {ascii(why)[1:-1]}")


def _letter_row(letter: DeadLetter) -> dict[str, object]:
    rejected = letter.rejected
    return {
        "id": letter.id,
        "received_utc": _iso(rejected.received_utc),
        "reason": rejected.reason.value,
        "detail": rejected.detail,
        "sensor_id": rejected.sensor_id,
        "device_ids": list(rejected.device_ids),
        "envelope": rejected.envelope,
        "topic": rejected.topic,
        "size_bytes": rejected.size_bytes or len(rejected.payload),
        "payload": _shown(rejected.payload),
    }


def _device_row(device: Quarantined) -> dict[str, object]:
    return {
        "device_ids": list(device.device_ids),
        "envelope": device.envelope,
        "reason": device.reason.value,
        "first_utc": _iso(device.first_utc),
        "last_utc": _iso(device.last_utc),
        "seen": device.seen,
        "kept": device.kept,
        "last_payload": _shown(device.last_payload),
    }


def _who(letter: DeadLetter) -> str:
    return letter.rejected.sensor_id or next(iter(letter.rejected.device_ids), "")


def _shown(payload: bytes) -> str:
    """Return the payload as text that no terminal obeys: a device chooses its bytes."""
    return ascii(payload.decode("utf-8", "backslashreplace"))[1:-1]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    columns = [Column(head, overflow="fold", no_wrap=head == heads[0]) for head in heads]
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(ascii(cell)[1:-1] if not cell.isprintable() else cell for cell in row))
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    Console(markup=False, highlight=False, width=width).print(table)
