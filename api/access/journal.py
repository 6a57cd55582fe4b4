"""What happens at the doors, one structured line each, for the operator's log and whoever collects it."""

import json
import logging
from collections.abc import Mapping
from enum import StrEnum

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
    KEY_ADDED = "key-added"
    KEY_REVOKED = "key-revoked"
    KEY_REFUSED = "key-refused"
    ROLE_REFUSED = "role-refused"
    FOREIGN_PAGE_REFUSED = "foreign-page-refused"
    SET_UP = "set-up"


BAD = frozenset(each for each in Event if each.endswith(("refused", "throttled"))) | {Event.RECOVERY_CODE_USED}
# A text of its own for each event: the log's throttle then holds a flood of one back without hiding the others.
_LINES: Mapping[Event, str] = {each: f"security event={each.value} %s" for each in Event}


def note(event: Event, **facts: object) -> None:
    """Write the event down; facts are told as one JSON object, so that no value can look like another line.

    Args:
        event: What happened.
        facts: Who did it (`by`), to whom (`person`), from where (`address`), and what else tells; never a secret.
    """
    told = json.dumps({key: value for key, value in facts.items() if value not in ("", None)}, ensure_ascii=True)
    log.log(logging.WARNING if event in BAD else logging.INFO, _LINES[event], told)
