"""What the registry promises to people: taps of drivers, plans, messages, accounts, work, and the record of it all."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.accounts.sealing import Seal
from tomma.alerts import Care, CareAction
from tomma.audit import Deed
from tomma.errors import StoreUnavailableError
from tomma.events import Event, EventKind
from tomma.model import AlertKind, BinId, PlanId, SensorId, VehicleId
from tomma.notices import Notice, ToldAlert
from tomma.people import KeptPerson, Person, Proof, Role
from tomma.plan import Plan, PlanStatus, RoadsSource
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

START_UTC = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 3
EVERYTHING = 1_000_000


class Books:
    """Step n writes `ROWS` rows of one kind; the kinds take turns."""

    database = "registry.sqlite3"
    rows = ROWS

    @contextmanager
    def writing(self, folder: Path) -> Iterator[Callable[[int], None]]:
        """Write through the stores that the service has."""
        settings = Settings(data_dir=folder)
        seal = Seal(settings.sealing_key_path)
        with open_stores(settings) as stores:
            yield lambda number: _KINDS[number % len(_KINDS)](stores, seal, number)

    def kept(self, folder: Path, steps: int) -> list[float]:
        """Open the stores as any start does; the audit's chain must be whole, and every sealed secret must open."""
        settings = Settings(data_dir=folder)
        found: Counter[int] = Counter()
        with open_stores(settings) as stores:
            found.update(int(each.plan_id) for each in stores.events.since(0, EVERYTHING)[1])
            found.update({int(each.id): ROWS for each in stores.plans.heads(limit=steps) if each.status is _PUBLISHED})
            found.update(int(each.id) for each in stores.outbox.recent(steps))
            found.update(int(each.recipient) for each in stores.outbox.told())
            found.update(int(each.by) for each in stores.care.since(START_UTC))
            found.update(int(each.action) for each in stores.audit.walk())
            found.update(_people(stores, Seal(settings.sealing_key_path)))
            verdict = stores.audit.verify()
        if verdict.fault is not None:
            raise StoreUnavailableError(f"the audit's chain is not whole: {verdict.fault}")
        return [found[number] / ROWS for number in range(steps)]


_PUBLISHED = PlanStatus.PUBLISHED


def _moment(number: int) -> datetime:
    return START_UTC + timedelta(seconds=number)


def _taps(stores: Stores, _: Seal, number: int) -> None:
    moment = _moment(number)
    plan_id, truck = PlanId(str(number)), VehicleId("V")
    stores.events.append(
        [
            Event(f"tablet-{number}-{n}", "t", n, plan_id, truck, EventKind.EMPTIED, moment, moment, BinId(f"B{n}"))
            for n in range(ROWS)
        ]
    )


def _plan(stores: Stores, _: Seal, number: int) -> None:
    moment, plan_id = _moment(number), PlanId(str(number))
    day = (START_UTC + timedelta(days=number)).date()
    plan = Plan(plan_id, day, moment, moment, PlanStatus.READY, "none", RoadsSource.STREETS, (), (), 0, 0)
    stores.plans.save(plan)
    stores.plans.publish(plan_id)


def _message(stores: Stores, _: Seal, number: int) -> None:
    moment, name = _moment(number), str(number)
    told = [ToldAlert(name, (AlertKind.FIRE, SensorId(f"S{n}"), None), moment, moment) for n in range(ROWS - 1)]
    stores.outbox.put(Notice(name, name, "email", "{}", ROWS - 1, True, moment, moment), told)


def _person(stores: Stores, seal: Seal, number: int) -> None:
    name = str(number)
    person = Person(name, f"p{name}", "Somebody", frozenset({Role.DRIVER}), _moment(number))
    stores.people.add(KeptPerson(person, Proof(totp_sealed=seal.seal(f"secret-{name}", name))))


def _people(stores: Stores, seal: Seal) -> dict[int, int]:
    """Return the people whose sealed secret opens: without its key a second factor is lost."""
    opened = {each.person.id: seal.open(each.proof.totp_sealed, each.person.id) for each in stores.people.all()}
    return {int(name): ROWS for name, secret in opened.items() if secret == f"secret-{name}"}


def _care(stores: Stores, _: Seal, number: int) -> None:
    moment = _moment(number)
    stores.care.append(
        [
            Care(
                f"{number}-{n}",
                AlertKind.TILT,
                SensorId("S"),
                None,
                moment,
                CareAction.ACKNOWLEDGED,
                moment,
                f"{number}",
            )
            for n in range(ROWS)
        ]
    )


def _record(stores: Stores, _: Seal, number: int) -> None:
    stores.audit.append([Deed(_moment(number), f"person:p{n}", str(number)) for n in range(ROWS)])


_KINDS = (_taps, _record, _plan, _person, _message, _care)
