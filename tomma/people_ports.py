"""What the core asks of the world about people, their sessions and the keys of programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tomma.people import ApiKey, KeptPerson, OneTimeLink, Person, Proof, Session


class PeopleBook(Protocol):
    """Keeps who has an account, and what each is known by."""

    def add(self, kept: KeptPerson, *, only_first: bool = False) -> None:
        """Keep a new person, durably; ConflictError when the login is taken, or `only_first` and there is one."""

    def save(self, person: Person) -> None:
        """Keep the person as they are now; NotFoundError when there is none with this id."""

    def save_proof(self, person_id: str, proof: Proof) -> None:
        """Keep what the person is known by from now on; NotFoundError when there is none with this id."""

    def find(self, person_id: str) -> KeptPerson | None:
        """Return the person, disabled or not."""

    def by_login(self, login: str) -> KeptPerson | None:
        """Return the person with this login, written as `login_of` writes it."""

    def by_subject(self, subject: str) -> KeptPerson | None:
        """Return the person whom the identity provider calls so."""

    def all(self) -> Sequence[KeptPerson]:
        """Return everybody by login."""

    def use_totp_step(self, person_id: str, step: int) -> bool:
        """Take note that a code of this step was used; False when it, or a newer one, was used before."""

    def offer_link(self, link: OneTimeLink) -> None:
        """Keep the link in place of every other of the same person and purpose."""

    def take_link(self, sha256: str, now_utc: datetime) -> OneTimeLink | None:
        """Use up the link and return it; None when there is none, or it has expired."""

    def peek_link(self, sha256: str, now_utc: datetime) -> OneTimeLink | None:
        """Return the link without using it up."""

    def set_recovery_codes(self, person_id: str, digests: Sequence[str]) -> None:
        """Keep these in place of the former ones."""

    def use_recovery_code(self, person_id: str, digest: str) -> bool:
        """Use up the code; False when there is none like it."""

    def recovery_codes_left(self, person_id: str) -> int:
        """Return how many are unused."""


class SessionBook(Protocol):
    """Keeps who is signed in where, and what bounds the guessing of passwords."""

    def open(self, session: Session) -> None:
        """Keep a new session, durably."""

    def find(self, sha256: str) -> Session | None:
        """Return the session whose token has this digest."""

    def seen(self, sha256: str, at_utc: datetime) -> None:
        """Note that it was used."""

    def end(self, sha256: str) -> None:
        """End it; again changes nothing."""

    def end_all(self, person_id: str, *, but: str = "") -> int:
        """End a person's sessions, all but the one with the digest `but`, and return how many there were."""

    def of_person(self, person_id: str) -> Sequence[Session]:
        """Return a person's sessions, the newest first."""

    def purge(self, created_before_utc: datetime, seen_before_utc: datetime) -> None:
        """Forget the sessions that ended by themselves."""

    def know_device(self, person_id: str, sha256: str, at_utc: datetime, most: int) -> None:
        """Remember a browser that this person signed in with; of each person's, the `most` used last stay."""

    def knows_device(self, person_id: str, sha256: str) -> bool:
        """Return whether the person signed in with it before."""

    def forget_devices(self, person_id: str) -> None:
        """Know none of the person's browsers any more."""

    def refused(self, whose: Sequence[str], at_utc: datetime, forget_before_utc: datetime) -> None:
        """Count a refused sign-in for each name; tries before the limit are forgotten."""

    def refusals(self, whose: str, since_utc: datetime) -> Sequence[datetime]:
        """Return when sign-ins were refused for this name since, oldest first."""

    def forgive(self, whose: Sequence[str]) -> None:
        """Forget the refusals of these names."""

    def take_back(self, whose: str) -> None:
        """Forget the newest refusal of this name."""

    def add_key(self, key: ApiKey) -> None:
        """Keep a program's key, durably."""

    def find_key(self, key_id: str) -> ApiKey | None:
        """Return the key, good or not."""

    def all_keys(self) -> Sequence[ApiKey]:
        """Return every key by name."""

    def revoke_key(self, key_id: str, at_utc: datetime) -> ApiKey:
        """End the key and return it; again changes nothing. NotFoundError when there is none."""
