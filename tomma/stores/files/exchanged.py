"""Latitude and longitude in each other's place: both are legal numbers, and the city moves to another continent."""

from collections.abc import Iterator

from tomma.city import City, Position

NEAR_DEG = 2.0
"""How far a place may lie from the city's middle: more than a city, less than Sweden from its mirror image. [deg]"""


class Nearness:
    """Knows where a city is."""

    def __init__(self, city: City) -> None:
        self._middle = next(_positions(city), None)

    def is_exchanged(self, position: Position) -> bool:
        """Whether it is far from the city as it is written, and near once the two are exchanged."""
        lat_deg, lon_deg = position.lat_deg, position.lon_deg
        return self._is_near(lon_deg, lat_deg) and not self._is_near(lat_deg, lon_deg)

    def _is_near(self, lat_deg: float, lon_deg: float) -> bool:
        middle = self._middle
        return (
            middle is not None
            and abs(lat_deg - middle.lat_deg) <= NEAR_DEG
            and abs(lon_deg - middle.lon_deg) <= NEAR_DEG
        )


def _positions(city: City) -> Iterator[Position]:
    """Depots and disposal sites first: no spreadsheet moves them."""
    for places in (city.depots, city.disposal_sites, city.sites):
        yield from (each.position for each in places.values())
