"""What a field must be, as a rule with its numbers: whoever shows it has words for the rule in any language."""

from enum import StrEnum


class Rule(StrEnum):
    """What a refused field must be: the last word of the pages' words `bound.*`, which name its values."""

    ABOVE = "above"
    ADDRESSABLE = "addressable"
    """The id stands in addresses."""
    AFTER = "after"
    ALIKE = "alike"
    """Every row that has the place says the same of it."""
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BELOW = "below"
    BELOW_EMPTY = "below_empty"
    BELONGS = "belongs"
    """The field says something only beside another one."""
    BELONGS_TO_SHAPE = "belongs_to_shape"
    BYTES_MAX = "bytes_max"
    CITY = "city"
    """The city as a whole would contradict itself."""
    CODE = "code"
    """The second factor's code of now."""
    DAY = "day"
    DAYS_APART = "days_apart"
    DAYS_FROM_NOW = "days_from_now"
    DEVICE_NAME = "device_name"
    EMAIL = "email"
    FORM = "form"
    """It is not written as it must be, and that is all there is to say."""
    GIVEN = "given"
    GIVEN_FOR_SHAPE = "given_for_shape"
    HUNG_BEFORE = "hung_before"
    """Two times of a sensor would overlap."""
    ITEMS_MAX = "items_max"
    ITEMS_MIN = "items_min"
    KNOWN = "known"
    LETTERS_MAX = "letters_max"
    LETTERS_MIN = "letters_min"
    LETTERS_WITHIN = "letters_within"
    LOGIN = "login"
    NEW_NEEDS = "new_needs"
    """What is new has fields that nobody named."""
    NOT_AFTER_TODAY = "not_after_today"
    NOT_AHEAD = "not_ahead"
    NOT_BOTH = "not_both"
    NUMBER = "number"
    ONCE = "once"
    ONE_OF = "one_of"
    PASSWORD_EASY = "password_easy"  # noqa: S105  (no password)
    PASSWORD_LENGTH = "password_length"  # noqa: S105
    PHOTO = "photo"
    PHOTO_SIDE = "photo_side"
    PHOTO_WHOLE = "photo_whole"
    ROUNDS = "rounds"
    SAME_DAY = "same_day"
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
    TOGETHER = "together"
    TOPIC = "topic"
    ONE_BIN = "one_bin"
    TWICE = "twice"
    UNKNOWN = "unknown"
    """Nobody asked for such a field."""
    WHOLE = "whole"
    WITHIN = "within"
    WORDS = "words"
    YES_NO = "yes_no"


class BoundError(ValueError):
    """A value is not what it must be; its text is "FIELD must BOUND, got VALUE", and its rule tells the same."""

    def __init__(self, text: str = "", rule: Rule = Rule.FORM, *, field: str = "", **values: str | float) -> None:
        """Say it once in English and once as a rule.

        Args:
            text: "FIELD must BOUND, got VALUE"; the field may be told longer: "length of FIELD".
            rule: The same for those who have words of their own.
            field: Its name where the text begins otherwise.
            values: What the words of the rule name.
        """
        super().__init__(text)
        self.rule = rule
        self.values = values
        self.field = field or (text.partition(" must ")[0].split() or [""])[-1]

    @property
    def got(self) -> str:
        """What came, as the text tells it: of a text that is too long, how long."""
        got = str(self).rpartition(", got ")[2] if ", got " in str(self) else ""
        return "" if got == "none" else got

    @property
    def bound(self) -> str:
        """What the field must be, without its name and what it was."""
        _, must, rest = str(self).partition(" must ")
        told = f"must {rest}" if must else str(self).removeprefix(f"{self.field} ")
        return told.rpartition(", got ")[0] or told


def outside(name: str, value: float, low: float, high: float) -> BoundError:
    """Return the refusal of a number that does not lie in its range."""
    text = f"{name} must be within [{low:g}, {high:g}], got {value}"
    if name.startswith("length of "):
        return BoundError(text, Rule.LETTERS_WITHIN, low=low, high=high)
    return BoundError(text, Rule.WITHIN, low=low, high=high)
