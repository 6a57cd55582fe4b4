"""The chain by itself: whatever is done to it shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.audit import CHECKPOINT, GENESIS, TEXT_MAX, Deed, Fact, Head, Key, Outcome, Record, chained, head_of, verify

KEY = Key(b"a key of the city, 32 bytes long")
T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""A machine with other work is slow; that is no fault of the chain."""
TEXTS = ("at_utc", "actor", "action", "target", "outcome", "request_id", "facts", "key_id", "previous", "mac")

deeds = st.builds(
    Deed,
    at_utc=st.integers(0, 10**6).map(lambda s: T0 + timedelta(seconds=s)),
    actor=st.text(max_size=20),
    action=st.text(min_size=1, max_size=10).filter(lambda text: text != CHECKPOINT),
    target=st.text(max_size=20),
    outcome=st.sampled_from(Outcome),
    request_id=st.text("0123456789abcdef", max_size=8),
    facts=st.dictionaries(
        st.text(max_size=6), st.one_of(st.text(max_size=6), st.integers(), st.booleans()), max_size=3
    ),
)


def chain(told: list[Deed], key: Key = KEY, behind: Head | None = None) -> list[Record]:
    """The deeds, one behind the other."""
    records, behind = [], behind or Head(0, GENESIS)
    for deed in told:
        records.append(chained(deed, behind.number + 1, behind.mac, key))
        behind = Head(records[-1].number, records[-1].mac)
    return records


def a_chain(length: int) -> list[Record]:
    """So many deeds that differ."""
    return chain([Deed(T0 + timedelta(seconds=n), "person:anna", f"did-{n}") for n in range(length)])


@PATIENT
@given(st.lists(deeds, max_size=8))
def test_what_was_written_is_found_whole(told: list[Deed]) -> None:
    """Whatever texts people and browsers send: a false alarm would teach everybody to pass over the true one."""
    records = chain(told)
    heads = [Head(each.number, each.mac) for each in records]
    verdict = verify(records, [KEY], heads, given=len(records))
    assert verdict.is_whole
    assert (verdict.records, verdict.last) == (len(records), heads[-1] if heads else None)


@PATIENT
@given(st.lists(deeds, min_size=1, max_size=8), st.data())
def test_any_change_of_any_text_is_found_where_it_is(told: list[Deed], data: st.DataObject) -> None:
    """One letter of one field is enough, and the auditor is led to it."""
    records = chain(told)
    at = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(TEXTS))
    former = getattr(records[at], name)
    other = data.draw(st.text(max_size=70).filter(lambda text: text != former))
    records[at] = replace(records[at], **{name: other})  # type: ignore[arg-type]
    verdict = verify(records, [KEY])
    assert verdict.fault is not None
    assert verdict.fault.number == at + 1


@PATIENT
@given(st.integers(2, 8), st.data())
def test_a_record_that_was_taken_out_is_found(length: int, data: st.DataObject) -> None:
    """At the beginning, in the middle, and at the end, where a noted head tells."""
    records = a_chain(length)
    head = Head(length, records[-1].mac)
    gone = data.draw(st.integers(0, length - 1))
    del records[gone]
    verdict = verify(records, [KEY], [head])
    assert verdict.fault is not None
    assert verdict.fault.number == min(gone + 2, length)


@PATIENT
@given(st.permutations(range(6)).filter(lambda order: order != list(range(6))), st.booleans())
def test_records_in_another_order_are_found(order: list[int], renumbered: bool) -> None:
    """Whether the numbers go along or are written anew."""
    records = [a_chain(6)[n] for n in order]
    if renumbered:
        records = [replace(each, number=n) for n, each in enumerate(records, 1)]
    assert not verify(records, [KEY]).is_whole


@PATIENT
@given(st.integers(0, 6), st.booleans())
def test_a_record_that_was_put_in_is_found(at: int, with_a_mac_of_another_key: bool) -> None:
    """A copy of a true one, or one that a stranger made well but for the key."""
    records = a_chain(6)
    behind = Head(at, records[at - 1].mac if at else GENESIS)
    if with_a_mac_of_another_key:
        strange = chain([Deed(T0, "person:eve", "was-here")], Key(b"x" * 32), behind)
    else:
        strange = [replace(records[min(at, 5)], number=at + 1)]
    later = [replace(each, number=each.number + 1) for each in records[at:]]
    assert not verify([*records[:at], *strange, *later], [KEY]).is_whole


def test_a_cut_tail_is_found_by_a_head_or_by_the_numbers_that_were_given() -> None:
    """The records that are left fit each other perfectly."""
    records = a_chain(5)
    assert verify(records[:3], [KEY]).is_whole
    for verdict in (verify(records[:3], [KEY], [Head(5, records[4].mac)]), verify(records[:3], [KEY], given=5)):
        assert verdict.fault is not None
        assert verdict.fault.number == 4


def test_a_chain_that_was_written_anew_with_the_key_is_found_by_a_head() -> None:
    """Who has the key can make another past; not one that has the MAC an auditor noted."""
    noted = Head(3, a_chain(5)[2].mac)
    other = chain([Deed(T0, "person:eve", f"was-not-{n}") for n in range(5)])
    verdict = verify(other, [KEY], [noted])
    assert verdict.fault is not None
    assert verdict.fault.number == 3


def test_pieces_of_two_pasts_do_not_fit() -> None:
    """Both were written with the key, before and after a backup was put back: each alone is whole."""
    one = a_chain(5)
    other = chain([Deed(T0, "person:eve", f"was-{n}") for n in range(5)])
    assert verify(one, [KEY]).is_whole
    assert verify(other, [KEY]).is_whole
    fault = verify([*one[:2], *other[2:]], [KEY]).fault
    assert fault is not None
    assert fault.number == 3


def test_a_beginning_is_missed_unless_a_checkpoint_vouches_for_it() -> None:
    """Retention deletes with a record of it; whoever just deletes cannot make one."""
    records = a_chain(6)
    head = Head(6, records[-1].mac)
    facts: dict[str, Fact] = {"through": 4, "mac": records[3].mac, "deleted": 4}
    vouched = chain([Deed(T0, "retention", CHECKPOINT, facts=facts)], behind=head)
    assert verify([*records[4:], *vouched], [KEY]).is_whole
    for first in (3, 5):
        verdict = verify([*records[first:], *vouched], [KEY])
        assert verdict.fault is not None
        assert verdict.fault.number == first + 1
    assert verify(records[3:], [KEY], from_start=False).is_whole


def test_a_key_that_is_not_at_hand_is_named() -> None:
    """After a lost key a new one goes on; the older part asks for the former."""
    former = Key(b"the key before, 32 bytes long...")
    old = chain([Deed(T0, "person:anna", "did")], former)
    new = chain([Deed(T0, "person:anna", "did")], behind=Head(1, old[0].mac))
    assert verify([*old, *new], [KEY, former]).is_whole
    fault = verify([*old, *new], [KEY]).fault
    assert fault is not None
    assert (fault.number, former.id in fault.why) == (1, True)


def test_no_text_is_longer_than_its_place() -> None:
    """A stranger's path of a megabyte is a path, and not a full disk."""
    (record,) = chain([Deed(T0, "a" * 10_000, "b", "c\x00\n" * 10_000, facts={"path": "d" * 10_000})])
    assert len(record.actor) == len(record.target) == TEXT_MAX
    assert "\n" not in record.target
    assert len(record.content) < 5 * TEXT_MAX


@pytest.mark.parametrize("text", ["", "7", "7:abc", "x:" + "0" * 64])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    """A slip of the pen must not pass for a proof."""
    with pytest.raises(ValueError, match="NUMBER:MAC"):
        head_of(text)
