"""What people asked for and nobody has done yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tomma.model import BinId
from tomma.ports import RequestBook

REQUEST_DAYS = 60
"""Who asked two months ago and never again is content, or gone."""


def standing_requests(
    requests: RequestBook | None, last_emptied: Mapping[BinId, datetime], now_utc: datetime
) -> Mapping[BinId, datetime]:
    """Return since when each bin is asked for: not taken back, and not emptied since."""
    if requests is None:
        return {}
    found: dict[BinId, datetime] = {}
    for each in requests.not_withdrawn(now_utc - timedelta(days=REQUEST_DAYS)):
        if each.asked_utc <= now_utc and each.stands(last_emptied.get(each.bin_id)):
            found.setdefault(each.bin_id, each.asked_utc)
    return found
