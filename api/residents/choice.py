"""Which bins get a sticker, in which order, and where each leads."""

from collections.abc import Collection, Sequence
from urllib.parse import quote

from tomma.city import City
from tomma.errors import NotFoundError
from tomma.model import BinId


def chosen(city: City, bin_ids: Collection[str], area: str = "", fraction: str = "") -> Sequence[BinId]:
    """Return the bins in the order somebody walks with the sheets: by area, place and id.

    Args:
        city: What there is.
        bin_ids: These alone; none named: all.
        area: Of this area alone; empty: of all.
        fraction: Of this waste stream alone; empty: of all.

    Raises:
        NotFoundError: For a bin that is not of this city, or when none is left.
    """
    strange = sorted(each for each in bin_ids if each not in city.bins)
    if strange:
        raise NotFoundError(f"there is no bin {strange[0]}")
    site_of = {each.id: city.sites[each.site_id] for each in city.bins.values()}
    found = [
        each.id
        for each in city.bins.values()
        if (not bin_ids or each.id in bin_ids)
        and (not area or site_of[each.id].area == area)
        and (not fraction or each.fraction_code == fraction)
    ]
    if not found:
        raise NotFoundError(f"no bin is of area {area!r} and fraction {fraction!r}")
    return sorted(found, key=lambda id_: (site_of[id_].area, site_of[id_].name, id_))


def address_of(base: str, bin_id: BinId) -> str:
    """Return where a bin's sticker leads, under the address that people reach this server by."""
    return f"{base.rstrip('/')}/r/{quote(bin_id, safe='')}"
