"""The mapping file: what a maker's fields mean, and how its frames are laid out when there is no script.

`<make>.toml` or `<make>-<model>.toml`; docs/codecs.md tells it by examples. Everything is checked when the file is
read; a mistake names file, key and value.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingest.decode.quantity import CELSIUS, LENGTH_MM, SHARE, VOLTS, clean_unit
from tomma.errors import TommaError

TIME_UNITS = ("iso", "s", "ms", "seconds_ago", "minutes_ago", "hours_ago")
UNITS: Mapping[str, tuple[str, ...]] = {
    "distance": tuple(LENGTH_MM),
    "fill": tuple(SHARE),
    "battery": (*VOLTS, *SHARE),
    "temperature": tuple(CELSIUS),
    "time": TIME_UNITS,
}
"""The units of each quantity; `time` counts from 1970, or backwards from the uplink."""
ALARMS = ("fire", "tilt", "battery_low", "tamper", "sensor_fault")

type Scalar = bool | int | float | str


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _number(value: Any) -> Any:
    """Accept 0x3FFF written as text as well; TOML has it as a number too."""
    return int(value, 0) if isinstance(value, str) and re.fullmatch(r"0[xXbB][0-9a-fA-F]+", value) else value


type OneOrMore[T] = Annotated[tuple[T, ...], BeforeValidator(_as_list)]
type Mask = Annotated[int, BeforeValidator(_number), Field(ge=0, lt=1 << 64)]


class MappingError(TommaError):
    """A mapping file does not say what it must; the message names file, key and value."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Conditional(_Section):
    """Anything that counts only under conditions."""

    when: Mapping[str, OneOrMore[Scalar]] = {}
    """Fields and the values they must have: `when = { mes_type = 1 }`."""


class Quantity(Conditional):
    """Where a quantity is and how to read it."""

    source: OneOrMore[str] = Field(alias="from", min_length=1)
    """Field names; the first that is there counts, unless `combine` says otherwise."""
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    """What is read becomes value * scale + offset, still in `unit`."""
    no_echo: OneOrMore[Scalar] = ()
    """Values that mean "heard nothing"."""
    ignore: OneOrMore[Scalar] = ()
    """Values that mean "unknown"."""
    pattern: str = ""
    """A regular expression with one group, for a number inside a text."""
    combine: Literal["first", "min", "max", "mean"] = "first"

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as exc:
            raise ValueError(f"must be a regular expression: {exc}") from exc
        if pattern and groups != 1:
            raise ValueError(f"must have one group ( ), got {groups}")
        return pattern

    @field_validator("unit")
    @classmethod
    def _cleaned(cls, unit: str) -> str:
        return clean_unit(unit)


class Flag(Conditional):
    """When an alarm is raised."""

    source: OneOrMore[str] = Field(alias="from", min_length=1)
    equals: OneOrMore[Scalar] = Field(default=(), alias="is")
    """Values that raise it; without `is`, `above` and `below`: true, 1 and words such as "on" and "alarm"."""
    above: float | None = None
    below: float | None = None


type Quantities = Annotated[tuple[Quantity, ...], BeforeValidator(_as_list)]
type Flags = Annotated[tuple[Flag, ...], BeforeValidator(_as_list)]


class Fields(_Section):
    """Which field is which quantity; several rules for one are tried in order."""

    each: str = ""
    """The list that carries one record per entry; names then look into the entry first."""
    distance: Quantities = ()
    fill: Quantities = ()
    battery: Quantities = ()
    temperature: Quantities = ()
    time: Quantities = ()
    fire: Flags = ()
    tilt: Flags = ()
    battery_low: Flags = ()
    tamper: Flags = ()
    sensor_fault: Flags = ()

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        for name, units in UNITS.items():
            for rule in getattr(self, name):
                if rule.unit not in units and (rule.unit or name in ("distance", "fill")):
                    raise ValueError(f"unit of {name} must be one of {', '.join(units)}, got {rule.unit!r}")
        return self


class Number(_Section):
    """One number in a frame."""

    at: int = 0
    """Byte offset, from 0; negative ones count from the end."""
    size: int = Field(default=1, alias="bytes", ge=1, le=8)
    type: Literal["uint", "int", "float", "bcd", "text"] = "uint"
    order: Literal["big", "little"] = "big"
    mask: Mask | None = None
    shift: int = Field(default=0, ge=0, le=63)
    bit: int | None = Field(default=None, ge=0, le=63)
    """One bit as 0 or 1, the lowest is 0."""
    scale: float = 1.0
    offset: float = 0.0

    @model_validator(mode="after")
    def _size_fits(self) -> Self:
        if self.type == "float" and self.size not in (2, 4, 8):
            raise ValueError(f"bytes of a float must be 2, 4 or 8, got {self.size}")
        if self.type in ("float", "text") and (self.mask is not None or self.bit is not None or self.shift):
            raise ValueError(f"mask, shift and bit need a whole number, got type {self.type}")
        return self


class Channel(Number):
    """What follows a channel's identifying bytes."""

    name: str = ""
    """The field it becomes; without one its bytes are skipped."""


class Repeat(_Section):
    """A history: the same numbers again and again until the frame ends."""

    at: int = Field(default=0, ge=0)
    size: int = Field(alias="bytes", ge=1, le=64)
    every_s: float = Field(default=0.0, ge=0.0)
    newest_first: bool = True
    values: Mapping[str, Number] = Field(min_length=1)


class Frame(_Section):
    """One kind of frame: when it is this kind, and what is in it."""

    port: OneOrMore[int] = ()
    length: OneOrMore[int] = ()
    """Whole frame in bytes: one or several lengths."""
    min_length: int = Field(default=0, ge=0)
    starts_with: str = ""
    """Hex digits."""
    match: tuple["Match", ...] = ()
    values: Mapping[str, Number] = {}
    channels: Mapping[str, Channel] = {}
    """By identifying bytes in hex: "01 75"."""
    channels_at: int = Field(default=0, ge=0)
    """Where the first channel begins."""
    repeat: Repeat | None = None

    @field_validator("starts_with")
    @classmethod
    def _hex(cls, text: str) -> str:
        return _hex_digits(text)

    @field_validator("channels")
    @classmethod
    def _same_width(cls, channels: Mapping[str, Channel]) -> Mapping[str, Channel]:
        named = {_hex_digits(key): channel for key, channel in channels.items()}
        if len({len(key) for key in named}) > 1:
            raise ValueError("all channels must be named by the same number of bytes")
        return named

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.values and not self.channels and self.repeat is None:
            raise ValueError("one of values, channels and repeat must be given")
        return self


class Match(_Section):
    """A byte that must have a value."""

    at: int
    mask: Mask = 0xFF
    equals: Annotated[int, BeforeValidator(_number)]


class CodecMapping(_Section):
    """A whole mapping file."""

    about: str = ""
    """For people: the device, the data sheet, who wrote this."""
    port: int = Field(default=1, ge=0, le=255)
    """The port that a script is told when the network names none."""
    guess: bool = True
    """Whether battery, temperature and alarms that are not mapped are read by their names."""
    fields: Fields = Fields()
    frame: tuple[Frame, ...] = ()


def _hex_digits(text: str) -> str:
    digits = re.sub(r"[\s,:_-]|0x", "", text).lower()
    if not re.fullmatch(r"(?:[0-9a-f]{2})*", digits):
        raise ValueError(f"must be bytes in hex, such as '01 75', got {text!r}")
    return digits


def read_mapping(file: str, text: str) -> CodecMapping:
    """Return the mapping in a file's text; MappingError names each wrong key and value."""
    try:
        return CodecMapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise MappingError(f"{file}: not TOML: {exc}") from exc
    except ValidationError as exc:
        faults = "; ".join(_told(fault) for fault in exc.errors())
        raise MappingError(f"{file}: {faults}") from exc


def _told(fault: Any) -> str:
    """Return one fault as key, what must be, and what was got."""
    key = ".".join(str(part) for part in fault["loc"] if part not in ("int", "float", "str", "bool"))
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        what = "is not a known key"
    got = "" if "got " in what or isinstance(fault["input"], dict) else f", got {fault['input']!r}"
    return f"{key or 'the file'}: {what}{got}"
