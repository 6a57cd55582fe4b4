"""What a solving process is told and what it answers: one job in, length-prefixed messages out."""

import mmap
import pickle
import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal

import msgspec

from routing.answer import Orders, Solution
from routing.problem import Problem

PREFIX = struct.Struct(">Q")
HEAD = struct.Struct(">QQ")
ALIGNED = 64
"""Bytes that the matrices of a job begin at multiples of."""
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""A solution for 100,000 bins has a tenth of that; more is garbage."""


@dataclass(frozen=True)
class Job:
    """What the child is to do; travels pickled, since parent and child are the same program."""

    problem: Problem
    engine: str
    """`module:function`."""
    ends_at: float
    """On the monotonic clock, which all processes of a machine share."""
    iterations: int | None
    workers: int
    seed: int
    memory_limit_mb: int
    warm: Orders | None = None
    """Where to begin: the plan of yesterday, or the one on the road."""
    cluster_address: str = ""
    """Of a Dask scheduler; empty means that all is done on this machine."""


def write_job(file: BinaryIO, job: Job) -> None:
    """Write a job so that its matrices can be mapped: a large city's are then in memory once, not once a process."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(job, protocol=5, buffer_callback=buffers.append)
    raw = [each.raw() for each in buffers]
    file.write(HEAD.pack(len(body), len(raw)) + b"".join(PREFIX.pack(len(each)) for each in raw) + body)
    for each in raw:
        file.write(bytes(-file.tell() % ALIGNED))
        file.write(each)
    file.flush()


def read_job(file: BinaryIO) -> Job:
    """Return the job with its matrices as views into the file; they cannot be written to."""
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size, count = HEAD.unpack_from(mapped)
    sizes = [PREFIX.unpack_from(mapped, HEAD.size + at * PREFIX.size)[0] for at in range(count)]
    at = HEAD.size + count * PREFIX.size
    view = memoryview(mapped)
    body, at = view[at : at + size], at + size
    buffers = []
    for length in sizes:
        at += -at % ALIGNED
        buffers.append(view[at : at + length])
        at += length
    job: Job = pickle.loads(body, buffers=buffers)  # noqa: S301  (from our own parent, through an unnamed file)
    return job


class Message(msgspec.Struct, frozen=True):
    """A better solution, the end, or a failure told in words. The parent trusts none of it unchecked."""

    kind: Literal["better", "done", "failed"]
    stage: str = ""
    solution: Solution | None = None
    detail: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def write_message(stream: BinaryIO, message: Message) -> None:
    """Send one message."""
    body = _encoder.encode(message)
    stream.write(PREFIX.pack(len(body)) + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """Return the next message, None at the end of the stream.

    Raises:
        ValueError: If what comes is no message (msgspec's errors are ValueErrors).
    """
    head = stream.read(PREFIX.size)
    if len(head) < PREFIX.size:
        return None
    (size,) = PREFIX.unpack(head)
    if size > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message must have at most {MAX_MESSAGE_BYTES} bytes, got {size}")
    body = stream.read(size)
    return _decoder.decode(body) if len(body) == size else None
