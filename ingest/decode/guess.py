"""What a decoded payload says without a mapping file: by names and units that leave no doubt.

A maker's codec answers with fields of the maker's own naming (`facts`). A distance counts when its unit is certain
(`levels`): in the name, beside the value, in the text, known for the maker, or told by the codec's own source.
Otherwise nothing is guessed: the refusal names the field and the line that would settle it (`doubts`). Side values
that are in doubt are left out (`side_values`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.decode.doubts import age_doubt
from ingest.decode.facts import Record, split
from ingest.decode.levels import Hint, no_hint, read_level
from ingest.decode.names import meaning_of, words_of
from ingest.decode.side_values import read_side_values
from ingest.decode.values import Draft, Values
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule
from tomma.model import RejectReason

_EARLIEST = datetime.min.replace(tzinfo=UTC)
AGE_WORDS = frozenset({"ago", "age", "elapsed"})
"""In the name of a field that tells a time by how long it is past."""


def understand(data: JsonValue, hint: Hint = no_hint, mapping_file: str = "a mapping file") -> Sequence[Values]:
    """Return what the fields say: one `Values` for each record with a level, or one status of the device.

    Raises:
        RefusedError: NO_READING when nothing in it is ours, UNKNOWN_UNIT when a level has no certain unit,
            OUT_OF_BOUNDS for a level no sensor sees.
    """
    main, history = split(data)
    drafts = [_draft(record, hint, mapping_file) for record in (main, *history)]
    if not drafts[0].has_level:
        _check_ages(history, drafts[1:], mapping_file)
    timed = [draft for draft in drafts[1:] if draft.has_level and draft.measured_utc is not None]
    _hand_down(drafts, timed)
    now = next((draft for draft in (drafts[0], *reversed(drafts)) if draft.has_level), None)
    if now is not None and now not in timed and not any(_same_level(now, draft) for draft in timed):
        return [draft.values() for draft in (now, *timed)]
    if timed:
        return [draft.values() for draft in timed]
    status = next((draft for draft in drafts if not draft.empty), None)
    if status is None:
        names = ", ".join(shown(fact.path) for record in (main, *history) for fact in record.facts)[:200]
        raise no_reading(
            BoundError("fields", Rule.NO_LEVEL, "must have a level or a status that we know", names or None)
        )
    return [status.values()]


def draft_of(data: JsonValue, hint: Hint, mapping_file: str, *, with_level: bool) -> Draft:
    """Return what the fields outside of lists say; without the level, a doubt about its unit does not matter."""
    return _draft(split(data)[0], hint, mapping_file, with_level=with_level)


def _draft(record: Record, hint: Hint, mapping_file: str, *, with_level: bool = True) -> Draft:
    draft = Draft(measured_utc=record.measured_utc)
    facts = [(fact, meaning_of(fact.name)) for fact in record.facts]
    if with_level:
        read_level(facts, hint, mapping_file, draft)
    read_side_values(facts, draft)
    return draft


def _check_ages(history: Sequence[Record], drafts: Sequence[Draft], mapping_file: str) -> None:
    """Refuse several levels that tell their time by an age: which is the newest, and when, a mapping must say.

    Raises:
        RefusedError: UNKNOWN_UNIT, with the lines that settle it.
    """
    untimed = [
        record for record, draft in zip(history, drafts, strict=True) if draft.has_level and draft.measured_utc is None
    ]
    age = next((fact for record in untimed for fact in record.facts if AGE_WORDS & set(words_of(fact.name))), None)
    if age is not None and len(untimed) > 1:
        raise RefusedError(RejectReason.UNKNOWN_UNIT, age_doubt(age, mapping_file))


def _hand_down(drafts: Sequence[Draft], timed: Sequence[Draft]) -> None:
    """Give what stands beside a list of levels to the newest of them: a fire told beside a history burns all the same.

    A temperature stays where it is: it is of now, and the newest entry of a list may be hours old.
    """
    levels = [draft for draft in drafts if draft.has_level]
    if not levels or levels[0] is drafts[0]:
        return
    untimed = [draft for draft in levels if draft.measured_utc is None]
    newest = untimed[-1] if untimed else max(timed, key=lambda draft: draft.measured_utc or _EARLIEST)
    for draft in drafts:
        if not draft.has_level and draft.measured_utc is None:
            newest.alarms |= draft.alarms
    if newest.battery_v is None and newest.battery_fraction is None:
        newest.battery_v, newest.battery_fraction = drafts[0].battery_v, drafts[0].battery_fraction


def _same_level(one: Draft, other: Draft) -> bool:
    return (one.distance_mm, one.fill_fraction) == (other.distance_mm, other.fill_fraction)
