"""What a field must be, as a rule with its numbers: whoever shows it has words for the rule in any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as having
from datetime import UTC, datetime
from enum import StrEnum


class Rule(StrEnum):
    """What a refused field must be: the last word of the pages' words `bound.*`, which name its values."""

    ABOVE = "above"
    ADDRESSABLE = "addressable"
    """The id stands in addresses."""
    AFTER = "after"
    ALIKE = "alike"
    """Every row that has the place says the same of it."""
    ANY_GIVEN = "any_given"
    """Of several fields, one or more."""
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BASE64 = "base64"
    BELIEVABLE = "believable"
    """A time that a clock can mean."""
    BELONGS = "belongs"
    """The field says something only beside another one."""
    BELONGS_TO_SHAPE = "belongs_to_shape"
    BELOW = "below"
    BELOW_EMPTY = "below_empty"
    BYTES_EXACT = "bytes_exact"
    BYTES_MAX = "bytes_max"
    BYTES_REACH = "bytes_reach"
    BYTES_RECORDS = "bytes_records"
    BYTE_KNOWN = "byte_known"
    """A decoder found its way no further."""
    CELLS = "cells"
    CELLS_MAX = "cells_max"
    """A row of a table is longer than its first line."""
    CHARACTERS = "characters"
    """Half of one is none."""
    CODE = "code"
    """The second factor's code of now."""
    CSV = "csv"
    CURRENCY = "currency"
    DAY = "day"
    DAYS_APART = "days_apart"
    DAYS_FROM_NOW = "days_from_now"
    DEVICE_FACTS = "device_facts"
    """A frame about the device itself, in which no level was to be expected."""
    DEVICE_NAME = "device_name"
    DIGITS = "digits"
    DIGITS_MAX = "digits_max"
    EMAIL = "email"
    EXCHANGED = "exchanged"
    """Latitude and longitude stand in each other's place."""
    FINITE = "finite"
    FITS_MAPPING = "fits_mapping"
    FITS_SEVERAL = "fits_several"
    FORM = "form"
    """It is not written as it must be, and that is all there is to say."""
    FRAME_OF = "frame_of"
    GIVEN = "given"
    GIVEN_FOR_SHAPE = "given_for_shape"
    HEX = "hex"
    HUNG_AT = "hung_at"
    """A sensor that says a level must have hung in a bin then."""
    HUNG_BEFORE = "hung_before"
    """Two times of a sensor would overlap."""
    ITEMS_MAX = "items_max"
    ITEMS_MIN = "items_min"
    JSON = "json"
    KNOWN = "known"
    LETTERS_MAX = "letters_max"
    LETTERS_MIN = "letters_min"
    LETTERS_WITHIN = "letters_within"
    LEVEL_AGE = "level_age"
    """Readings of several times, told by ages in nobody knows what."""
    LEVEL_HEIGHT = "level_height"
    LEVEL_UNIT = "level_unit"
    LIST = "list"
    LOGIN = "login"
    MOMENT = "moment"
    """A time with its zone, as machines write it."""
    NESTS_MAX = "nests_max"
    NEW_NEEDS = "new_needs"
    """What is new has fields that nobody named."""
    NOT_AFTER_TODAY = "not_after_today"
    NOT_AHEAD = "not_ahead"
    NOT_BOTH = "not_both"
    NOT_SIMULATED = "not_simulated"
    NO_LEVEL = "no_level"
    """There is nothing in it that is kept."""
    NO_MARK = "no_mark"
    NO_NUL = "no_nul"
    NUMBER = "number"
    OBJECT = "object"
    ONCE = "once"
    ONE_BIN = "one_bin"
    ONE_GIVEN = "one_given"
    """Of several fields, exactly one."""
    ONE_OF = "one_of"
    ONLY_THESE = "only_these"
    """Other kinds of message are right, and carry no reading."""
    PASSWORD_EASY = "password_easy"  # noqa: S105  (no password)
    PASSWORD_LENGTH = "password_length"  # noqa: S105
    PHOTO = "photo"
    PHOTO_SIDE = "photo_side"
    PHOTO_WHOLE = "photo_whole"
    RECOGNISED = "recognised"
    ROUNDS = "rounds"
    SAME_DAY = "same_day"
    SCRIPT_ANSWERS = "script_answers"
    SCRIPT_FAILED = "script_failed"
    SCRIPT_REPORTS = "script_reports"
    SCRIPT_RESTS = "script_rests"
    SENML_NAME = "senml_name"
    SHUT_OFF = "shut_off"
    """The truck that a bin is given to does not drive."""
    SITE = "site"
    """A known place, or where the new one is."""
    STAY = "stay"
    TABLE_FIRST = "table_first"
    TABLE_REACHES = "table_reaches"
    TABLE_RISES = "table_rises"
    TEXT = "text"
    TIME = "time"
    TIMEZONE = "timezone"
    TOGETHER = "together"
    TOPIC = "topic"
    TOPICS_DEVICE = "topics_device"
    TOPIC_ENDS = "topic_ends"
    TOPIC_OF_SOURCE = "topic_of_source"
    TRUE_ALONE = "true_alone"
    TWICE = "twice"
    UNKNOWN = "unknown"
    """Nobody asked for such a field."""
    UNLOCKED = "unlocked"
    """Encrypted, and the key is not here."""
    UTF8 = "utf8"
    WHOLE = "whole"
    WITHIN = "within"
    WORDS = "words"
    YES_NO = "yes_no"


class Advice(StrEnum):
    """What was probably meant, or what helps: the last word of the pages' words `advice.*`."""

    ANOTHER_MAKE = "another_make"
    KELVIN = "kelvin"
    MILLIVOLTS = "millivolts"
    NOT_MILLIMETRES = "not_millimetres"
    PER_CENT = "per_cent"


@dataclass(frozen=True, slots=True)
class Breach:
    """What a `BoundError` says, as a value that can be kept and told later in any language."""

    field: str
    rule: Rule
    bound: str
    got: str | None = None
    values: Mapping[str, str | float] = having(default_factory=dict)
    advice: Advice | None = None


class BoundError(ValueError):
    """A value is not what it must be: told by its parts, and from them in English as "FIELD must BOUND, got VALUE"."""

    def __init__(
        self, field: str, rule: Rule, bound: str, got: object = "", *, told_as: str = "", **values: str | float
    ) -> None:
        """Keep the parts; nobody takes the text apart again.

        Args:
            field: Its name; empty from a parser, which does not know whose text it reads.
            rule: The bound for those who have words of their own.
            bound: What the field must be, with its verb: "must be a number".
            got: What came (of a text that is too long, how long), None for nothing; left out, the bound says it all.
            told_as: What the text calls the field where its name alone would mislead: "length of FIELD".
            values: What the words of the rule name.
        """
        super().__init__(field, rule, bound, got)
        self.field, self.rule, self.bound, self.values = field, rule, bound, values
        self.got = None if got is None else str(got)
        self._told_as = told_as or field

    @property
    def breach(self) -> Breach:
        """The parts as a value."""
        return Breach(self.field, self.rule, self.bound, self.got or None, self.values)

    def __str__(self) -> str:
        """Compose the text."""
        text = f"{self._told_as} {self.bound}".lstrip()
        return text if self.got == "" else f"{text}, got {'none' if self.got is None else self.got}"


def outside(field: str, value: float, low: float, high: float, told_as: str = "") -> BoundError:
    """Return the refusal of a number that does not lie in its range."""
    bound = f"must be within [{low:g}, {high:g}]"
    return BoundError(field, Rule.WITHIN, bound, value, told_as=told_as, low=low, high=high)


def alone(field: str, other: str, got: object = "") -> BoundError:
    """Return the refusal of a field that came without the other, or the other without it."""
    return BoundError(field, Rule.TOGETHER, f"must stand together with {other}", got, other=other)


def check_within(field: str, value: float, low: float, high: float) -> None:
    """Raise BoundError unless `low <= value <= high`; refuses NaN."""
    if not low <= value <= high:
        raise outside(field, value, low, high)


def check_length(field: str, text: str, low: int, high: int) -> None:
    """Raise BoundError unless the text has `low` to `high` characters; it is not said again."""
    if not low <= len(text) <= high:
        bound, told_as = f"must be within [{low}, {high}]", f"length of {field}"
        raise BoundError(field, Rule.LETTERS_WITHIN, bound, len(text), told_as=told_as, low=low, high=high)


def check_words(field: str, words: str, least: int, most: int, told_as: str = "") -> None:
    """Raise BoundError unless there are `least` to `most` letters, none of them a blank at an end."""
    if not least <= len(words) <= most or words != words.strip():
        bound = f"must have {least} to {most} letters and no blank around"
        raise BoundError(field, Rule.WORDS, bound, repr(words), told_as=told_as, most=most)


def check_utc(field: str, moment: datetime) -> None:
    """Raise BoundError unless `moment` is timezone-aware and in UTC."""
    if moment.tzinfo is UTC:  # nearly always, and a fifth of the cost: a forecast reads millions
        return
    if moment.tzinfo is None or moment.utcoffset() != UTC.utcoffset(None):
        raise BoundError(field, Rule.TIME, "must be a timezone-aware UTC time", repr(moment))
