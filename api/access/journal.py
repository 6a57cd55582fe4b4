"""What happens at the doors: an audit record each, and a structured line for the operator's log."""

import json
import logging
from collections.abc import Mapping
from enum import StrEnum

from api.audit.trail import current
from tomma.audit import Fact, Outcome

log = logging.getLogger("tomma.security")
log.setLevel(logging.INFO)  # told however quiet the rest is


class Event(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed-in"
    SIGN_IN_REFUSED = "sign-in-refused"
    SIGN_IN_THROTTLED = "sign-in-throttled"
    SIGNED_OUT = "signed-out"
    SESSIONS_ENDED = "sessions-ended"
    PASSWORD_SET = "password-set"  # noqa: S105
    SECOND_FACTOR_SET = "second-factor-set"
    SECOND_FACTOR_REMOVED = "second-factor-removed"
    RECOVERY_CODES_MADE = "recovery-codes-made"
    RECOVERY_CODE_USED = "recovery-code-used"
    LINK_MADE = "link-made"
    LINK_USED = "link-used"
    LINK_REFUSED = "link-refused"
    PERSON_ADDED = "person-added"
    PERSON_CHANGED = "person-changed"
    PERSON_DISABLED = "person-disabled"
    PERSON_ENABLED = "person-enabled"
    PERSON_EXPORTED = "person-exported"
    PERSON_ERASED = "person-erased"
    KEY_ADDED = "key-added"
    KEY_REVOKED = "key-revoked"
    KEY_REFUSED = "key-refused"
    ROLE_REFUSED = "role-refused"
    FOREIGN_PAGE_REFUSED = "foreign-page-refused"
    SET_UP = "set-up"
    TABLET_PAIRED = "tablet-paired"


REFUSALS = frozenset(each for each in Event if each.endswith(("refused", "throttled")))
BAD = REFUSALS | {Event.RECOVERY_CODE_USED}
_RECORDED = frozenset({"roles", "way", "session", "sessions", "ended", "purpose", "why", "name", "method", "path"})
"""Of the facts, what is recorded for years: never an address."""
# A text of its own for each event: the log's throttle then holds a flood of one back without hiding the others.
_LINES: Mapping[Event, str] = {each: f"security event={each.value} %s" for each in Event}


def note(event: Event, **facts: object) -> None:
    """Write the event down; in the log as one JSON object, so that no value can look like another line.

    Args:
        event: What happened.
        facts: Who did it (`by`), to whom (`person`), from where (`address`), and what else tells; never a secret.
    """
    told = json.dumps({key: value for key, value in facts.items() if value not in ("", None)}, ensure_ascii=True)
    log.log(logging.WARNING if event in BAD else logging.INFO, _LINES[event], told)
    _record(event, facts)


def _record(event: Event, facts: Mapping[str, object]) -> None:
    """Tell the trail of whatever is worked on; an address stays in the log, which is kept for a shorter time."""
    trail = current()
    if trail is None:
        return
    person = facts.get("person", "")
    told: dict[str, Fact] = {}
    for name in _RECORDED & facts.keys():
        value = facts[name]
        if isinstance(value, str | int) and value != "":
            told[name] = value
        elif isinstance(value, list | tuple):
            told[name] = [str(each) for each in value]
    by = str(facts.get("by", "")) or (f"person:{person}" if person and event not in BAD else "")
    target = next((f"{kind}:{facts[kind]}" for kind in ("person", "key", "tablet") if facts.get(kind)), "")
    trail.add(event.value, Outcome.REFUSED if event in REFUSALS else Outcome.DONE, by, target, told)
