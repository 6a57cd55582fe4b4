"""What the routes of one's own account take and answer."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.accounts.keys import LASTS_DAYS, LASTS_MAX_DAYS
from api.schema import Name, Shown, Told, UtcTime
from tomma.people import LOGIN_MAX, NAME_MAX, Purpose, Role, Way

Secret = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1_024)]
"""A password as typed: its rules are told by name, not by a pattern."""
Login = Annotated[Name, StringConstraints(max_length=LOGIN_MAX)]
PersonName = Annotated[Name, StringConstraints(max_length=NAME_MAX)]


class SignInIn(Told):
    """What somebody shows to be let in."""

    login: Login = Field(examples=["anna@stad.example"])
    password: Secret
    code: Annotated[str, StringConstraints(strict=True, max_length=64)] = Field(
        default="", examples=["042917"], description="Of the app, or a recovery code; empty until it is asked for."
    )


class DoorsOut(Shown):
    """How one can sign in here."""

    provider: str = Field(description="Name of the identity provider; empty when there is none.")
    needs_setup: bool = Field(description="Nobody has an account yet: the server printed a one-time link.")
    demo: bool = Field(description="A made-up town: whoever comes is its manager.")
    demo_logins: list[str] = Field(description="Made-up people one can be with one click; empty outside a demo.")
    takes_passwords: bool = Field(description="Whether the line is safe enough for a password.")


class DemoIn(Told):
    """Which of the demo's people to be."""

    login: Login


class MeOut(Shown):
    """Who is signed in."""

    login: str
    name: str
    roles: list[Role]
    areas: list[str] = Field(description="The areas a contractor sees.")
    vehicle_ids: list[str] = Field(description="The trucks whose routes a driver sees.")
    way: Way | None = Field(description="How this session came about; null on a demo without one.")
    has_password: bool
    has_second_factor: bool
    needs_second_factor: bool = Field(description="Whether the roles ask for one.")
    must_set_up_second_factor: bool = Field(description="Nothing else can be done until it is there.")
    recovery_codes_left: int = Field(description="How many recovery codes are unused.")
    password_length_min: int = Field(description="Least characters of a new password.")
    demo: bool


class SignedInOut(Shown):
    """Somebody came in, or must show more."""

    me: MeOut | None = Field(description="Null after a reset link where a second factor is asked for: sign in now.")


class SessionOut(Shown):
    """A browser somebody is signed in with."""

    id: str
    created_utc: UtcTime
    seen_utc: UtcTime = Field(description="When it was last used, to the minute.")
    way: Way
    address: str
    agent: str = Field(description="What the browser says it is.")
    current: bool = Field(description="Whether it is the one that asks.")


class SessionsOut(Shown):
    """Every browser, the newest first."""

    sessions: list[SessionOut]
    timezone: str | None = Field(
        examples=["Europe/Stockholm"],
        description="The city's, for whoever may not ask for the city yet; null before the first import.",
    )


class PasswordIn(Told):
    """A new password for oneself."""

    current: Secret
    new: Secret


class ConfirmIn(Told):
    """Shows that it is the person who sits there."""

    password: Annotated[str, StringConstraints(strict=True, max_length=1_024)] = Field(
        default="", description="The one you have now; may be left out in the first minutes after signing in."
    )


class SecondFactorOut(Shown):
    """What an app needs to make codes; it counts once a code of it was shown."""

    ticket: str = Field(description="Send it back with the first code: the sealed secret.")
    secret: str = Field(description="To be typed where a picture cannot be read.")
    address: str = Field(description="What the picture says.")
    qr_svg: str = Field(description="The QR code as an SVG document, dark on white.")


class SecondFactorIn(Told):
    """A code of the app that was just set up."""

    ticket: Annotated[str, StringConstraints(strict=True, max_length=400)]
    code: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{6}$")] = Field(examples=["042917"])
    password: Annotated[str, StringConstraints(strict=True, max_length=1_024)] = ""


class RecoveryCodesOut(Shown):
    """Codes for when the app is lost, told this once."""

    codes: list[str] = Field(examples=[["abcd-efgh-ijkl-mnop-qrst-uvwx"]])


class LinkIn(Told):
    """The secret of a one-time link."""

    link: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


class LinkOut(Shown):
    """What a one-time link is for."""

    purpose: Purpose
    login: str
    name: str
    password_length_min: int = Field(description="Least characters of a new password.")


class RedeemIn(LinkIn):
    """A one-time link with what it asks for."""

    password: Secret
    login: Annotated[str, StringConstraints(strict=True, max_length=LOGIN_MAX)] = ""
    name: Annotated[str, StringConstraints(strict=True, max_length=NAME_MAX)] = ""


class PersonIn(Told):
    """Somebody who shall have an account."""

    login: Login = Field(examples=["anna@stad.example"])
    name: PersonName = Field(examples=["Anna Ek"])
    roles: list[Role] = Field(min_length=1, max_length=6)
    areas: list[Name] = Field(default=[], max_length=200, description="The areas a contractor sees.")
    vehicle_ids: list[Name] = Field(default=[], max_length=500, description="The trucks a driver drives.")


class PersonChangeIn(Told):
    """What shall be different; what is left out stays."""

    name: PersonName | None = None
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=6)
    areas: list[Name] | None = Field(default=None, max_length=200)
    vehicle_ids: list[Name] | None = Field(default=None, max_length=500)
    disabled: bool | None = None


class ResetIn(Told):
    """What somebody lost."""

    second_factor: bool = Field(default=False, description="Whether the app is lost, too, and must be set up anew.")


class PersonOut(Shown):
    """Somebody with an account."""

    id: str
    login: str
    name: str
    roles: list[Role]
    areas: list[str]
    vehicle_ids: list[str]
    created_utc: UtcTime
    disabled_utc: UtcTime | None
    has_password: bool
    has_second_factor: bool
    by_provider: bool = Field(description="Whether the identity provider vouches; then its groups give the roles.")
    sessions: int = Field(description="How many browsers are signed in.")


class PeopleOut(Shown):
    """Everybody by login."""

    people: list[PersonOut]


class LinkedOut(Shown):
    """A person with a one-time link, told this once."""

    person: PersonOut
    link: str = Field(description="The address to hand over, by another way than the login.")
    expires_utc: UtcTime


class EndedOut(Shown):
    """What was ended."""

    sessions: int = Field(description="How many browsers were signed out.")


KeyRole = Literal[Role.SENSOR, Role.MONITOR, Role.AUDITOR, Role.MANAGER, Role.INSTALLER, Role.CONTRACTOR, Role.DRIVER]
"""Every role but admin and public: a program lets nobody in, and what everybody may needs no key."""


class KeyIn(Told):
    """A program that shall come in."""

    name: PersonName = Field(examples=["prometheus"], description="What uses it; records of what it did tell the name.")
    roles: list[KeyRole] = Field(min_length=1, max_length=7, description="What it may; never more later.")
    days: int = Field(default=LASTS_DAYS, ge=1, le=LASTS_MAX_DAYS, description="How long it is good. [d]")


class KeyOut(Shown):
    """A program's key."""

    key_id: str
    name: str
    roles: list[Role]
    created_utc: UtcTime
    expires_utc: UtcTime
    revoked_utc: UtcTime | None = Field(description="When it was ended by hand; null otherwise.")
    good: bool = Field(description="Whether it opens anything now.")


class KeysOut(Shown):
    """Every key by name."""

    keys: list[KeyOut]


class KeyMadeOut(Shown):
    """A new key with what the program must show, told this once."""

    key: KeyOut
    token: str = Field(description="To be sent as `Authorization: Bearer …`.")
