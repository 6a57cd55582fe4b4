"""Kinds of containers: their geometry, as the sensor in the lid sees it, and what a truck needs to empty one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tomma.bounds import BoundError, Rule, check_within
from tomma.model import ContainerTypeId
from tomma.skills import check_skills
from tomma.volume_table import check_volume_table

MAX_HEIGHT_MM = 20_000.0
"""The farthest any fill-level sensor sees."""


class Shape(StrEnum):
    """How the waste height relates to the volume; the formulas are in `ingest.geometry`."""

    STRAIGHT = "straight"
    """Upright walls: wheelie bins, upright cylinders; also what nobody has measured."""
    BOX = "box"
    """The same, for who looks for it."""
    TAPERED = "tapered"
    """A truncated cone or pyramid; needs taper_ratio."""
    LYING_CYLINDER = "lying_cylinder"
    """A tank on its side; diameter_mm when the rated full level is not its crown."""
    SPHERE = "sphere"
    """A ball; diameter_mm when the rated full level is not its crown."""
    IGLOO = "igloo"
    """A half ball on its flat side, such as a glass igloo; diameter_mm of the foot when it is not twice the height."""
    UNDERGROUND = "underground"
    """A container under a narrower shaft; needs shaft_mm and shaft_ratio."""
    TABLE = "table"
    """Anything else; needs volume_table."""


@dataclass(frozen=True, slots=True)
class VolumePoint:
    """How much a container holds up to a height above its bottom."""

    height_mm: float
    volume_l: float


_SHAPE_FIELDS: Mapping[str, frozenset[Shape]] = {
    "taper_ratio": frozenset({Shape.TAPERED}),
    "diameter_mm": frozenset({Shape.LYING_CYLINDER, Shape.SPHERE, Shape.IGLOO}),
    "shaft_mm": frozenset({Shape.UNDERGROUND}),
    "shaft_ratio": frozenset({Shape.UNDERGROUND}),
    "volume_table": frozenset({Shape.TABLE}),
}
"""Where each measure of a shape belongs; it is required there, but for diameter_mm."""


@dataclass(frozen=True, slots=True)
class ContainerType:
    """A kind of container and its geometry, as the sensor in its lid sees it."""

    id: ContainerTypeId
    name: str
    volume_l: float
    empty_mm: float
    """Distance from the sensor to the bottom of an empty container."""
    full_mm: float
    """Distance from the sensor to the waste when the container is rated full."""
    max_kg: float
    shape: Shape = Shape.STRAIGHT
    taper_ratio: float | None = None
    """Width at the bottom over width at the rated full level; below 1 when the container widens upwards."""
    diameter_mm: float | None = None
    """Inner diameter."""
    shaft_mm: float | None = None
    """How far the shaft reaches down below the rated full level."""
    shaft_ratio: float | None = None
    """Cross-section of the shaft over that of the container below it."""
    volume_table: tuple[VolumePoint, ...] = ()
    """From (0, 0) to the rated full level or beyond, upwards; straight lines between."""
    skills: frozenset[str] = frozenset()
    """What a truck must have to empty it, such as crane or lift: the words that `Vehicle.skills` uses."""

    def __post_init__(self) -> None:
        """Refuse a geometry that turns the container upside down, or measures of another shape."""
        check_within("volume_l", self.volume_l, 1.0, 100_000.0)
        check_within("empty_mm", self.empty_mm, 1.0, 20_000.0)
        check_within("full_mm", self.full_mm, 0.0, 20_000.0)
        check_within("max_kg", self.max_kg, 0.1, 50_000.0)
        if self.full_mm >= self.empty_mm:
            bound = f"must be below empty_mm ({self.empty_mm:g})"
            raise BoundError("full_mm", Rule.BELOW_EMPTY, bound, f"{self.full_mm:g}", mm=self.empty_mm)
        self._check_shape_fields()
        if self.taper_ratio is not None:
            check_within("taper_ratio", self.taper_ratio, 0.05, 20.0)
        if self.diameter_mm is not None:
            least = self.height_mm * (2.0 if self.shape is Shape.IGLOO else 1.0)
            check_within("diameter_mm", self.diameter_mm, least, 40_000.0)
        if self.shaft_mm is not None and self.shaft_ratio is not None:
            check_within("shaft_mm", self.shaft_mm, 0.0, self.height_mm)
            check_within("shaft_ratio", self.shaft_ratio, 0.01, 1.0)
        if self.volume_table:
            points = [(each.height_mm, each.volume_l) for each in self.volume_table]
            check_volume_table(points, self.height_mm, 2 * MAX_HEIGHT_MM)
        check_skills(self.skills)

    @property
    def height_mm(self) -> float:
        """From the bottom to the rated full level."""
        return self.empty_mm - self.full_mm

    def _check_shape_fields(self) -> None:
        for name, shapes in _SHAPE_FIELDS.items():
            given = getattr(self, name) not in (None, ())
            if given and self.shape not in shapes:
                bound = f"belongs to the shape {' or '.join(sorted(shapes))}"
                raise BoundError(name, Rule.BELONGS_TO_SHAPE, bound, f"it with the shape {self.shape}")
            if not given and self.shape in shapes and name != "diameter_mm":
                raise BoundError(name, Rule.GIVEN_FOR_SHAPE, f"must be given for the shape {self.shape}", None)
