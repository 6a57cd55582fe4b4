"""What the core asks of the world about assets: more of `tomma.ports`, which tells what a port is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tomma.assets import Edited, Photo, Retired
from tomma.city import City
from tomma.fitting import Fitting
from tomma.model import BinId, SensorId
from tomma.vitals import BatteryDay, Vital


class AssetBook(Protocol):
    """Changes master data a piece at a time, and keeps what went out of use and what installers did."""

    def edit(self, change: Callable[[City], Edited]) -> City:
        """Read, change and write in one transaction, and return the new city; durable on return.

        What `change` raises leaves everything as it was. ImportRefusedError if the changed city would be faulty.
        """

    def retired(self, limit: int) -> Sequence[Retired]:
        """Return what went out of use, the newest first."""

    def perform(self, fitting: Fitting, change: Callable[[City], Edited]) -> bool:
        """Edit and keep the fitting in one transaction; False, and nothing is done, when its key is known.

        ConflictError when that key is known with another body: the first one stands.
        """

    def fittings(self, bin_id: BinId, limit: int = 50) -> Sequence[Fitting]:
        """Return what was done at a bin, the newest first."""

    def keep_photo(self, photo: Photo) -> bool:
        """Keep a photo, durably; False, and nothing changes, when its key is known."""

    def photo(self, key: str) -> Photo:
        """Return the photo; NotFoundError when there is none."""

    def photos_of(self, bin_id: BinId) -> Sequence[str]:
        """Return the keys of a bin's photos, the newest first."""

    def forget_photos_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete the photos received before `moment`; return how many went, or would."""


class VitalsBook(Protocol):
    """Keeps how every sensor was when it was last heard of, and its battery day by day."""

    def note(self, vitals: Sequence[Vital]) -> None:
        """Write over what is kept of these sensors; what one of them does not say now stays as it was."""

    def all(self) -> Mapping[SensorId, Vital]:
        """Return every sensor's newest."""

    def battery_days(self) -> Mapping[SensorId, Sequence[BatteryDay]]:
        """Return every sensor's battery, a point a day, oldest first."""
