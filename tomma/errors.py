"""Everything that can go wrong and is ours to tell.

TommaError
├── ConfigurationError        a setting is missing, unknown or out of bounds: fix it and start again
├── StoreUnavailableError     a store cannot promise durability now: nothing was acknowledged, try later
├── ConflictError             somebody else was first, or the thing has moved on: read again
├── NotFoundError             there is no such thing (or it is not yours to see)
├── ImportRefusedError        a file does not say what it must: the rows are named
├── RoadsUnavailableError     the street network cannot be asked: the marked fallback is used
├── NotSentError              a message to people or another system did not leave: it is tried again, or given up
└── EngineFailedError         a planner gave no usable answer in time: the next one is asked

A bad message from a sensor is not in this tree: it is a value (`tomma.model.Rejected`).
"""

from enum import StrEnum


class TommaError(Exception):
    """The root: says what, with which value, and what now."""


class ConfigurationError(TommaError):
    """A setting is missing, unknown or out of bounds."""


class StoreUnavailableError(TommaError):
    """A store cannot promise durability now; nothing was acknowledged."""


class Refusal(StrEnum):
    """Why something asked for was not done: the last word of a problem's type, and of the pages' words `refused.*`.

    What a sentence is about goes beside it as `values`; each place that refuses gives those that the words name.
    """

    # The registry: places, bins, sensors, its spreadsheet.
    ASSET_EXISTS = "asset-exists"
    ASSET_IN_USE = "asset-in-use"
    CHANGED_MEANWHILE = "changed-meanwhile"
    IF_MATCH_REQUIRED = "if-match-required"
    FILE_COLUMN_TWICE = "file-column-twice"
    FILE_COLUMN_UNKNOWN = "file-column-unknown"
    FILE_ENCODING = "file-encoding"
    FILE_HEAD = "file-head"
    FILE_LINE = "file-line"
    FILE_NOT_TEXT = "file-not-text"
    FILE_ROWS = "file-rows"
    FILE_SIZE = "file-size"
    HANGS_SINCE = "hangs-since"
    """No sensor ends before it began."""
    HUNG_UNTIL = "hung-until"
    """No time of a sensor may have two answers."""
    MADE_BEFORE = "made-before"
    """The same key came with other words; what came first stands."""
    OTHER_SENSOR_HANGS = "other-sensor-hangs"
    """What the page showed there is no longer so."""
    SENSOR_HANGS_ELSEWHERE = "sensor-hangs-elsewhere"
    SENSOR_HANGS_INSTEAD = "sensor-hangs-instead"
    """An installer's phone showed something else there."""
    SENSOR_HANGS_NOT_THERE = "sensor-hangs-not-there"
    SENSOR_HANGS_NOWHERE = "sensor-hangs-nowhere"
    SITE_FAR_OFF = "site-far-off"
    """A phone says that a place is where no place moves to."""
    NO_SUCH_BIN = "no-such-bin"
    NO_SUCH_SENSOR = "no-such-sensor"
    NO_PUBLIC_URL = "no-public-url"
    TOO_MANY_STICKERS = "too-many-stickers"
    # Plans, and changes by hand.
    BASIS_GONE = "basis-gone"
    """What a plan was made from is no longer kept."""
    BIN_DONE = "bin-done"
    BIN_OFF_PLAN = "bin-off-plan"
    BIN_ON_PLAN = "bin-on-plan"
    BIN_UNKNOWN = "bin-unknown"
    CITY_CHANGED = "city-changed"
    """Bins or depots came or went since the plan was made."""
    DAY_OUT_OF_RANGE = "day-out-of-range"
    """values: first, last (local days)"""
    NO_ROAD = "no-road"
    """values: bin_id, or vehicle_id where no bin is alone to blame"""
    NOT_BEING_MADE = "not-being-made"
    """The plan is no longer made, or another server makes it."""
    OVERTAKEN = "overtaken"
    """Another plan of the day was published at the same moment, or since this change of the one before was begun."""
    PLAN_CHANGES_NONE = "plan-changes-none"
    PLAN_NOT_CHANGEABLE = "plan-not-changeable"
    PLAN_NOT_MADE = "plan-not-made"
    PLAN_NOT_PUBLISHED = "plan-not-published"
    PLAN_NOT_READY = "plan-not-ready"
    NO_PLAN_TODAY = "no-plan-today"
    RULES_BROKEN = "rules-broken"
    """Nobody has accepted the warnings."""
    TRUCK_OFF_DUTY = "truck-off-duty"
    TRUCKS_LEFT = "trucks-left"
    # Why a plan that was ordered came to nothing.
    CHECKER_REFUSED = "checker-refused"
    NO_ANSWER = "no-answer"
    PLANNER_CRASHED = "planner-crashed"
    SERVER_STOPPED = "server-stopped"
    # Why a morning's plan, or its change at noon, was not made, or waits.
    MORNING_TOO_LATE = "morning-too-late"
    NOTHING_ON_ROAD = "nothing-on-road"
    """At noon no plan of the day had been sent to the trucks."""
    ROAD_CHANGED = "road-changed"
    """Somebody changed the plan on the road after the second round was begun."""
    OTHER_PLAN_PUBLISHED = "other-plan-published"
    SERVER_WAS_DOWN = "server-was-down"
    # Devices' logins at the broker.
    BROKER_FILES = "broker-files"
    BROKER_SETTINGS = "broker-settings"
    DEVICE_HAS_LOGIN = "device-has-login"
    LOGINS_BUSY = "logins-busy"
    LOGINS_ELSEWHERE = "logins-elsewhere"
    # Accounts: at the door.
    HTTPS_REQUIRED = "https-required"
    KEY_ENDED = "key-ended"
    KEY_UNKNOWN = "key-unknown"
    LINK_REFUSED = "link-refused"
    PASSWORD_WRONG = "password-wrong"  # noqa: S105  (no password)
    PERSON_REQUIRED = "person-required"
    ROLE_MISSING = "role-missing"
    SECOND_FACTOR_MISSING = "second-factor-missing"
    """The roles ask for one, and it is not set up."""
    SECOND_FACTOR_REFUSED = "second-factor-refused"
    SECOND_FACTOR_REQUIRED = "second-factor-required"
    """Its code is asked for now."""
    SIGN_IN_BUSY = "sign-in-busy"
    SIGN_IN_REFUSED = "sign-in-refused"
    SIGN_IN_REQUIRED = "sign-in-required"
    TOO_MANY_SIGN_INS = "too-many-sign-ins"
    # Accounts: at the identity provider.
    ACR_TOO_LOW = "acr-too-low"
    DISABLED = "disabled"
    LOGIN_TAKEN = "login-taken"
    NO_ROLE = "no-role"
    PROVIDER_AWAY = "provider-away"
    PROVIDER_REFUSED = "provider-refused"
    # Accounts: what is done about them.
    ACCOUNT_DISABLED = "account-disabled"
    LAST_ADMIN = "last-admin"
    LOGIN_EXISTS = "login-exists"
    SECOND_FACTOR_ELSEWHERE = "second-factor-elsewhere"
    SECOND_FACTOR_NEEDED = "second-factor-needed"
    SECOND_FACTOR_OFF = "second-factor-off"
    SET_UP_BEFORE = "set-up-before"
    # Tablets.
    PAIRING_CODE_REFUSED = "pairing-code-refused"
    PAIRING_REQUIRED = "pairing-required"
    TABLET_REVOKED = "tablet-revoked"
    TABLET_UNKNOWN = "tablet-unknown"
    TOO_MANY_PAIRING_TRIES = "too-many-pairing-tries"
    # Where there is no more to say than the answer's status.
    BAD_REQUEST = "bad-request"
    CONFLICT = "conflict"
    CONTENT_TOO_LARGE = "content-too-large"
    FORBIDDEN = "forbidden"
    INTERNAL_SERVER_ERROR = "internal-server-error"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    MISDIRECTED_REQUEST = "misdirected-request"
    NOT_FOUND = "not-found"
    REQUEST_HEADER_FIELDS_TOO_LARGE = "request-header-fields-too-large"
    REQUEST_TIMEOUT = "request-timeout"
    SERVICE_UNAVAILABLE = "service-unavailable"
    TOO_MANY_REQUESTS = "too-many-requests"
    UNPROCESSABLE_CONTENT = "unprocessable-content"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    URI_TOO_LONG = "uri-too-long"


class ConflictError(TommaError):
    """Somebody else was first, or the thing has moved on; `kind` and `values` tell it to a page in its own words."""

    def __init__(self, why: str = "", kind: Refusal = Refusal.CONFLICT, **values: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.values = values


class NotFoundError(TommaError):
    """There is no such thing, or it is not the asker's to see; `kind` and `values` name what a form asked for."""

    def __init__(self, why: str = "", kind: Refusal = Refusal.NOT_FOUND, **values: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.values = values


class ImportRefusedError(TommaError):
    """A file does not say what it must; the message names the rows, `kind` and `values` tell it to a page."""

    def __init__(self, why: str = "", kind: Refusal = Refusal.UNPROCESSABLE_CONTENT, **values: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.values = values


class RoadsUnavailableError(TommaError):
    """The street network cannot be asked."""


class NotSentError(TommaError):
    """A message did not leave; `for_good` when trying again cannot help."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class EngineFailedError(TommaError):
    """A planner gave no usable answer in time."""
