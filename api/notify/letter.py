"""The contents of a message: what is named one by one, what is only counted. Plain values, so that it can be kept."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.notify.items import Item, utc_text

type Letter = Mapping[str, Any]


def letter_of(items: Sequence[Item], listed_max: int, now_utc: datetime, link: str) -> Letter:
    """Return one message about all of them, the most urgent named, the rest counted by kind.

    Args:
        items: What is told.
        listed_max: How many are named.
        now_utc: When the message is written.
        link: Where the office's page of alerts is; empty when the server does not know its own name.
    """
    ordered = sorted(items, key=lambda each: each.order)
    rest = Counter((each.kind.value, each.ended) for each in ordered[listed_max:])
    return {
        "type": "alerts.changed",
        "timestamp": utc_text(now_utc),
        "data": {
            "raised": sum(not each.ended for each in ordered),
            "ended": sum(each.ended for each in ordered),
            "counts": dict(sorted(Counter(each.kind.value for each in ordered if not each.ended).items())),
            "alerts": [_named(each) for each in ordered[:listed_max]],
            "not_listed": [
                {"kind": kind, "active": not ended, "count": count} for (kind, ended), count in sorted(rest.items())
            ],
            "link": link,
        },
    }


def trial_letter(now_utc: datetime, link: str) -> Letter:
    """Return a message that says that messages arrive."""
    return {"type": "test", "timestamp": utc_text(now_utc), "data": {"link": link}}


def as_text(letter: Letter) -> str:
    """Return the letter as it is kept and as a webhook carries it."""
    return json.dumps(letter, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _named(item: Item) -> Mapping[str, Any]:
    alert = item.alert
    return {
        "id": item.alert_id,
        "kind": alert.kind.value,
        "urgency": item.urgency.value,
        "active": not item.ended,
        "raised_utc": utc_text(alert.at_utc),
        "bin_id": alert.bin_id,
        "sensor_id": alert.sensor_id,
        "place": item.place,
        "area": item.area,
        "fraction": item.fraction,
        "values": dict(alert.values),
    }
