"""From pydantic's faults to refused fields: each with its bound in English, and as a rule with its numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.problems.model import FieldError, shown
from tomma.bounds import BoundError, Rule

ERRORS_LIMIT = 20
_RULES: Mapping[str, tuple[Rule, Mapping[str, str]]] = {
    "missing": (Rule.GIVEN, {}),
    "missing_argument": (Rule.GIVEN, {}),
    "extra_forbidden": (Rule.UNKNOWN, {}),
    "unexpected_keyword_argument": (Rule.UNKNOWN, {}),
    "greater_than": (Rule.ABOVE, {"low": "gt"}),
    "greater_than_equal": (Rule.AT_LEAST, {"low": "ge"}),
    "less_than": (Rule.BELOW, {"high": "lt"}),
    "less_than_equal": (Rule.AT_MOST, {"high": "le"}),
    "string_too_short": (Rule.LETTERS_MIN, {"least": "min_length"}),
    "string_too_long": (Rule.LETTERS_MAX, {"most": "max_length"}),
    "too_short": (Rule.ITEMS_MIN, {"least": "min_length"}),
    "too_long": (Rule.ITEMS_MAX, {"most": "max_length"}),
    "bytes_too_long": (Rule.BYTES_MAX, {"most": "max_length"}),
    "literal_error": (Rule.ONE_OF, {"names": "expected"}),
    "enum": (Rule.ONE_OF, {"names": "expected"}),
    "string_type": (Rule.TEXT, {}),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), (Rule.WHOLE, {})),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), (Rule.NUMBER, {})),
    **dict.fromkeys(("bool_type", "bool_parsing"), (Rule.YES_NO, {})),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), (Rule.DAY, {})),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "timezone_aware"), (Rule.TIME, {})),
}
"""What the words of a rule name, and where pydantic has it. What is not here breaks the form: no more to say."""
SECRETS = frozenset({"password", "current", "new", "code", "link", "ticket"})
"""What is typed into these is not said again, least of all on a screen."""


def field_errors(faults: Sequence[Any], skip: int = 0) -> list[FieldError]:
    """Return pydantic's faults in our form; the first `skip` parts of each place are left off."""
    return [_field_error(fault, skip) for fault in faults[:ERRORS_LIMIT]]


def _field_error(fault: Mapping[str, Any], skip: int) -> FieldError:
    place = [str(part) for part in fault["loc"][skip:]]
    context = fault.get("ctx") or {}
    rule, values = _rule(str(fault["type"]), context)
    return FieldError(
        field=".".join(place) or "body",
        bound=str(fault["msg"]).removeprefix("Value error, "),
        value=None if place and place[-1] in SECRETS else shown(fault.get("input")),
        rule=rule,
        values=values or None,
    )


def _rule(kind: str, context: Mapping[str, Any]) -> tuple[Rule, dict[str, str | float]]:
    told = context.get("error")
    if isinstance(told, BoundError):
        return told.rule, dict(told.values)
    rule, named = _RULES.get(kind, (Rule.FORM, {}))
    values = {name: context[key] for name, key in named.items()}
    return rule, {name: each if isinstance(each, int | float) else str(each) for name, each in values.items()}
