"""A `ForecastMemory` as bytes and back: what lies on the disk between two plans."""

from dataclasses import fields

import msgspec
import numpy as np

from routing.forecast.looks import Levels, Looks, Resets
from routing.forecast.memory import BY_BIN, ForecastMemory
from routing.forecast.sums import Sums
from tomma.model import BinId

VERSION = 2
"""Grows with every change of what is kept or of what it means; another version is learnt anew."""


class _Column(msgspec.Struct, frozen=True, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _Kept(msgspec.Struct, frozen=True):
    version: int
    bin_ids: tuple[str, ...]
    groups: tuple[str, ...]
    timezone: str
    as_of_s: float
    sums_as_of_s: float
    columns: dict[str, _Column]


def to_bytes(memory: ForecastMemory) -> bytes:
    """Return the memory for `from_bytes`."""
    columns = {f"sums.{name}": array for name, array in memory.sums.arrays().items()}
    for part, table in (("levels", memory.tail.levels), ("resets", memory.tail.resets)):
        columns |= {f"{part}.{each.name}": getattr(table, each.name) for each in fields(table)}
    columns |= {name: getattr(memory, name) for name in BY_BIN}
    return msgspec.msgpack.encode(
        _Kept(
            VERSION,
            tuple(memory.bin_ids),
            memory.groups,
            memory.timezone,
            memory.as_of_s,
            memory.sums.as_of_s,
            {name: _Column(array.dtype.str, array.shape, array.tobytes()) for name, array in columns.items()},
        )
    )


def from_bytes(kept: bytes) -> ForecastMemory:
    """Return the memory; ValueError when it is of another version or damaged: learn anew then."""
    try:
        told = msgspec.msgpack.decode(kept, type=_Kept)
        if told.version != VERSION:
            raise ValueError(f"version must be {VERSION}, got {told.version}")
        arrays = {
            name: np.frombuffer(each.data, dtype=each.dtype).reshape(each.shape).copy()
            for name, each in told.columns.items()
        }
        sums = {each.name: arrays[f"sums.{each.name}"] for each in fields(Sums) if each.name != "as_of_s"}
        levels = Levels(*(arrays[f"levels.{each.name}"] for each in fields(Levels)))
        resets = Resets(*(arrays[f"resets.{each.name}"] for each in fields(Resets)))
        by_bin = {name: arrays[name] for name in BY_BIN}
    except (msgspec.MsgspecError, KeyError, TypeError) as exc:
        raise ValueError(f"the forecast's memory is damaged: {exc}") from exc
    return ForecastMemory(
        bin_ids=tuple(map(BinId, told.bin_ids)),
        groups=told.groups,
        timezone=told.timezone,
        as_of_s=told.as_of_s,
        sums=Sums(as_of_s=told.sums_as_of_s, **sums),
        tail=Looks(levels, resets),
        **by_bin,
    )
