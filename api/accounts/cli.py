"""`tomma people` and `tomma keys`: for the operator at the machine, also when nobody can sign in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.access.journal import Event, note
from api.accounts import keys, staff
from api.accounts.desk import Desk
from api.accounts.gatehouse import desk_of
from api.audit.trail import recorded
from tomma.errors import NotFoundError
from tomma.people import KeptPerson, OneTimeLink, Role, login_of
from tomma.settings import Settings, load_settings
from tomma.stores.books import subject
from tomma.stores.files.drafts import replacing
from tomma.stores.wiring import Stores, open_stores

people_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who has an account: add, change, reset.")
keys_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Keys of programs: add, list, revoke.")

OPERATOR = "operator"
Login = Annotated[str, typer.Argument(help="What the person signs in with, such as an e-mail address.")]
Roles = Annotated[list[Role], typer.Option("--role", help="May be given several times.")]


@people_app.command("add")
def add(
    login: Login,
    role: Roles,
    name: Annotated[str, typer.Option(help="[default: the login]")] = "",
    area: Annotated[list[str] | None, typer.Option(help="An area that a contractor sees.")] = None,
    vehicle: Annotated[list[str] | None, typer.Option(help="A truck that a driver drives.")] = None,
) -> None:
    """Make an account and print a one-time link, good for three days, by which the person sets a password."""
    with _desk(Event.PERSON_ADDED, login) as (desk, settings):
        wanted = staff.Wanted(roles=role, areas=area, vehicle_ids=vehicle)
        _, secret, link = staff.add(desk, login, name or login_of(login), wanted, OPERATOR)
        _tell_link(settings, secret, link)


@people_app.command("list")
def list_people() -> None:
    """Print everybody with roles, protection and open sessions."""
    with _desk() as (desk, _):
        table = Table("login", "name", "roles", "second factor", "sessions", "since", box=None, pad_edge=False)
        now_utc = desk.wall.now_utc()
        for each in desk.people.all():
            person, proof = each.person, each.proof
            alive = [one for one in desk.book.of_person(person.id) if desk.gate.is_alive(one, now_utc)]
            second = "provider" if proof.subject else "yes" if proof.totp_sealed else "no"
            state = (
                " (disabled)" if person.disabled_utc else "" if proof.password_hash or proof.subject else " (invited)"
            )
            since = person.created_utc.date().isoformat()
            table.add_row(
                person.login + state, person.name, ", ".join(sorted(person.roles)), second, str(len(alive)), since
            )
        Console(width=160).print(table)


@people_app.command("disable")
def disable(login: Login) -> None:
    """Shut somebody out at once: every session ends, and no password opens one."""
    _change(login, staff.Wanted(disabled=True))


@people_app.command("enable")
def enable(login: Login) -> None:
    """Let somebody in again who was disabled."""
    _change(login, staff.Wanted(disabled=False))


@people_app.command("roles")
def roles(login: Login, role: Roles) -> None:
    """Give somebody these roles in place of the former ones."""
    _change(login, staff.Wanted(roles=role))


@people_app.command("reset")
def reset(
    login: Login,
    second_factor: Annotated[bool, typer.Option(help="The app is lost, too: it is set up anew.")] = False,
) -> None:
    """End somebody's sessions and print a one-time link, good for a day, to a new password."""
    with _desk(Event.LINK_MADE, login) as (desk, settings):
        kept = _found(desk, login)
        _, secret, link = staff.reset(desk, kept.person.id, OPERATOR, second_factor=second_factor)
        _tell_link(settings, secret, link)


@people_app.command("sessions")
def sessions(login: Login, end: Annotated[bool, typer.Option("--end", help="End all of them.")] = False) -> None:
    """Print where somebody is signed in, or sign them out everywhere."""
    with _desk(Event.SESSIONS_ENDED if end else None, login) as (desk, _):
        kept, now_utc = _found(desk, login), desk.wall.now_utc()
        if end:
            typer.echo(f"{staff.end_sessions(desk, kept.person.id, OPERATOR)} sessions ended")
            return
        for each in desk.book.of_person(kept.person.id):
            if desk.gate.is_alive(each, now_utc):
                typer.echo(
                    f"{each.id}  since {each.created_utc:%Y-%m-%d %H:%M}Z  {each.way}  {each.address}  {each.agent}"
                )


@people_app.command("export")
def export(login: Login, file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE.json")]) -> None:
    """Write everything that is kept about somebody, for them to read: what they did and what was done to them."""
    with _stores(load_settings(), Event.PERSON_EXPORTED, login) as (desk, stores):
        person = _found(desk, login).person
        told = subject.gathered(stores.engine, stores.audit, person.login)
        with replacing(file) as draft:
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        note(Event.PERSON_EXPORTED, person=person.login, by=OPERATOR)
    typer.echo(f"{file}: all that is kept about {person.login}")


@people_app.command("erase")
def erase(
    login: Login, yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; it cannot be taken back.")] = False
) -> None:
    """Take somebody out for good: a name that says nothing stands under what they did.

    Audit records go on naming the login until retention deletes them.
    """
    if not yes:
        typer.confirm(f"take {login_of(login)} out for good?", abort=True)
    with _stores(load_settings(), Event.PERSON_ERASED, login) as (desk, stores):
        person = _found(desk, login).person
        staff.change(desk, person.id, staff.Wanted(disabled=True), OPERATOR)  # never the last admin
        stand_in = subject.erase(stores.engine, person.login, desk.wall.now_utc())
        note(Event.PERSON_ERASED, person=stand_in, by=OPERATOR)
    typer.echo(f"{person.login} is {stand_in} from now on")


@keys_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What uses it, such as prometheus.")],
    role: Roles,
    days: Annotated[int, typer.Option(min=1, max=keys.LASTS_MAX_DAYS, help="How long it is good.")] = keys.LASTS_DAYS,
) -> None:
    """Make a key and print it, this once. A program sends it as `Authorization: Bearer tm_…`."""
    with _desk(Event.KEY_ADDED) as (desk, _):
        try:
            _, token = keys.add(desk, name, role, days, OPERATOR)
        except ValueError as exc:
            raise typer.BadParameter(str(exc)) from exc
        typer.echo(token.text)


@keys_app.command("list")
def list_keys() -> None:
    """Print every key with what it may and how long; never the key itself."""
    with _desk() as (desk, _):
        now_utc = desk.wall.now_utc()
        for each in desk.book.all_keys():
            state = "good" if each.is_good(now_utc) else "revoked" if each.revoked_utc else "expired"
            typer.echo(
                f"{each.id}  {each.name}  {', '.join(sorted(each.roles))}  {state} until {each.expires_utc:%Y-%m-%d}"
            )


@keys_app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="As `tomma keys list` tells it.")]) -> None:
    """End a key at once."""
    with _desk(Event.KEY_REVOKED) as (desk, _):
        keys.revoke(desk, key_id, OPERATOR)


def _change(login: str, wanted: staff.Wanted) -> None:
    with _desk(Event.PERSON_CHANGED, login) as (desk, _):
        staff.change(desk, _found(desk, login).person.id, wanted, OPERATOR)


@contextmanager
def _desk(action: Event | None = None, login: str = "") -> Iterator[tuple[Desk, Settings]]:
    settings = load_settings()
    with _stores(settings, action, login) as (desk, _):
        yield desk, settings


@contextmanager
def _stores(settings: Settings, action: Event | None, login: str = "") -> Iterator[tuple[Desk, Stores]]:
    """Lend what a command works on; with an action, it is noted before and on record behind."""
    with open_stores(settings) as stores:
        desk = desk_of(settings, stores)
        if action is None:
            yield desk, stores
            return
        target = f"person:{login_of(login)}" if login else ""
        with recorded(stores.audit, desk.wall, OPERATOR, action, target):
            yield desk, stores


def _found(desk: Desk, login: str) -> KeptPerson:
    kept = desk.people.by_login(login_of(login))
    if kept is None:
        raise NotFoundError(f"there is nobody with the login {login}; see `tomma people list`")
    return kept


def _tell_link(settings: Settings, secret: str, link: OneTimeLink) -> None:
    home = settings.server.public_url or f"http://127.0.0.1:{settings.server.port}"
    typer.echo(f"{home.rstrip('/')}/login#link={secret}")
    typer.echo(
        f"good once, until {link.expires_utc:%Y-%m-%d %H:%M}Z; hand it over by another way than the login", err=True
    )
