"""What people do with their own account: another password, a second factor, recovery codes."""

from dataclasses import dataclass, replace
from datetime import timedelta

from api.access.home import Home
from api.access.journal import Event, note
from api.access.tokens import digest_of
from api.accounts import second
from api.accounts.desk import Desk
from api.problems.model import NamedProblem, field_refused
from tomma.bounds import Rule
from tomma.errors import ConflictError, Refusal
from tomma.people import KeptPerson, Session

FRESH = timedelta(minutes=10)
"""So long after signing in nobody is asked for the password once more."""


@dataclass(frozen=True, slots=True)
class Own:
    """One person at one browser."""

    desk: Desk
    kept: KeptPerson
    session: Session
    home: Home

    def set_password(self, current: str, new: str) -> str:
        """Take the new password, end the other sessions, and return this one's new token."""
        desk, person = self.desk, self.kept.person
        desk.check_password(self.kept, current, self.home)
        desk.check_new_password(new, person, field="new")
        desk.people.save_proof(person.id, replace(self.kept.proof, password_hash=desk.passwords.hash(new)))
        note(Event.PASSWORD_SET, person=person.login, address=self.home.address)
        return self._renew(second_factor=self.session.second_factor)

    def new_second_factor(self) -> tuple[str, str, str]:
        """Return a new secret sealed for this person, the secret itself, and what an app reads."""
        self._check_has_password()
        secret = second.new_secret()
        address = second.address_of(secret, self.kept.person.login, f"tomma {self.desk.city_name()}".strip())
        return self.desk.seal.seal(secret, self._owner), secret, address

    def set_second_factor(self, ticket: str, code: str, password: str) -> tuple[list[str], str]:
        """Keep the secret once its app has shown a right code; return recovery codes and this session's new token."""
        desk, person = self.desk, self.kept.person
        self._check_has_password()
        self._confirm(password)
        secret = desk.seal.open(ticket, self._owner)
        step = second.step_of(code, secret, desk.wall.now_utc().timestamp()) if secret else None
        if secret is None or step is None:
            bound = "must be the code that the app shows now; check the clock of your phone"
            raise field_refused("code", Rule.CODE, bound)
        desk.people.save_proof(person.id, replace(self.kept.proof, totp_sealed=desk.seal.seal(secret, person.id)))
        desk.people.use_totp_step(person.id, step)
        note(Event.SECOND_FACTOR_SET, person=person.login, address=self.home.address)
        return self._make_recovery_codes(), self._renew(second_factor=True)

    def remove_second_factor(self, password: str) -> str:
        """Go on with the password alone, where the roles allow it; return this session's new token."""
        desk, person = self.desk, self.kept.person
        if person.needs_second_factor:
            text = "your roles ask for a second factor; set up another app in its place"
            raise ConflictError(text, Refusal.SECOND_FACTOR_NEEDED)
        desk.check_password(self.kept, password, self.home)
        desk.people.save_proof(person.id, replace(self.kept.proof, totp_sealed=""))
        desk.people.set_recovery_codes(person.id, [])
        note(Event.SECOND_FACTOR_REMOVED, person=person.login, by=f"person:{person.login}", address=self.home.address)
        return self._renew(second_factor=False)

    def new_recovery_codes(self, password: str) -> list[str]:
        """Return new recovery codes; the former ones open nothing any more."""
        if not self.kept.proof.totp_sealed:
            text = "set up a second factor first; recovery codes stand in for it"
            raise ConflictError(text, Refusal.SECOND_FACTOR_OFF)
        self._confirm(password)
        return self._make_recovery_codes()

    def _make_recovery_codes(self) -> list[str]:
        person = self.kept.person
        codes = second.new_recovery_codes()
        self.desk.people.set_recovery_codes(person.id, [second.recovery_digest(each) for each in codes])
        note(Event.RECOVERY_CODES_MADE, person=person.login, address=self.home.address)
        return codes

    def _renew(self, *, second_factor: bool) -> str:
        token = self.desk.sessions.rotate(self.session, self.home, second_factor=second_factor)
        self.desk.book.end_all(self.kept.person.id, but=digest_of(token))
        return token

    def _confirm(self, password: str) -> None:
        if password or self.desk.wall.now_utc() - self.session.created_utc > FRESH:
            self.desk.check_password(self.kept, password, self.home)

    def _check_has_password(self) -> None:
        if not self.kept.proof.password_hash:
            text = "the identity provider vouches for you; the second factor is asked for there"
            raise ConflictError(text, Refusal.SECOND_FACTOR_ELSEWHERE)

    @property
    def _owner(self) -> str:
        """A ticket is good for this person only, and not as what is kept of them."""
        return f"ticket:{self.kept.person.id}"


def person_required() -> NamedProblem:
    """Return the refusal of a program or a tablet where only a person can ask."""
    return NamedProblem(403, Refusal.PERSON_REQUIRED, "only a person who is signed in can ask this")
