"""What people asked for and nobody has done yet."""

from collections.abc import Mapping
from datetime import datetime

from tomma.model import BinId
from tomma.ports import RequestBook
from tomma.requests import REQUEST_LASTS, BinRequest


def standing_requests(
    requests: RequestBook | None, last_emptied: Mapping[BinId, datetime], now_utc: datetime
) -> Mapping[BinId, BinRequest]:
    """Return the first request of each bin that is not taken back, the bin not emptied since."""
    if requests is None:
        return {}
    found: dict[BinId, BinRequest] = {}
    for each in requests.not_withdrawn(now_utc - REQUEST_LASTS):
        if each.asked_utc <= now_utc and each.stands(last_emptied.get(each.bin_id)):
            found.setdefault(each.bin_id, each)
    return found
