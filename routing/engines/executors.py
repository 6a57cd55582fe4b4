"""Where searches run: in this process, in processes of this machine, or on a Dask cluster. The same calls everywhere.

A lane is anything that does one task at a time. Tasks and answers are plain values that carry all they need, so it
does not matter where a lane is. There is no scheduler of ours: `concurrent.futures` and Dask have theirs.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

import psutil

log = logging.getLogger(__name__)

Task = TypeVar("Task")
Answer = TypeVar("Answer")

POLL_S = 1.0
"""How often a cluster that has not answered is asked whether it has workers."""
CONNECT_S = 5.0
"""How long a cluster may take to answer before the plan is made here."""


class Lanes(Protocol):
    """Does tasks, several at a time if it can."""

    count: int
    """How many at a time."""

    def map(self, function: Callable[[Task], Answer], tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield the answers in the order of the tasks, each as soon as it and those before are there."""


class Inline:
    """Does one task after the other in this process."""

    count = 1

    def map(self, function: Callable[[Task], Answer], tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield each answer when it is there."""
        return map(function, tasks)


class Processes:
    """Processes of this machine; what they cannot do, because one died, is done in this process."""

    def __init__(self, pool: Executor, count: int) -> None:
        self._pool = pool
        self.count = count

    def map(self, function: Callable[[Task], Answer], tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield the answers in order."""
        try:
            futures = [self._pool.submit(function, task) for task in tasks]
        except BrokenProcessPool:
            yield from map(function, tasks)
            return
        for task, future in zip(tasks, futures, strict=True):
            try:
                answer = future.result()
            except BrokenProcessPool:
                log.warning("a solving process died; its work is done again")
                answer = function(task)
            yield answer


class Cluster:
    """Workers of a Dask cluster; what is lost with them is done in this process."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # One search holds its interpreter's lock: a worker with several threads still does one at a time.
        self.count = max(1, len(client.nthreads()))

    def map(self, function: Callable[[Task], Answer], tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield the answers in order."""
        try:
            sent = self._client.scatter(list(tasks), hash=False)
            # pure=False: a task with a budget in seconds is not the same one when asked again.
            futures = self._client.map(function, sent, pure=False, retries=1)
        except Exception as exc:  # noqa: BLE001  (whatever a cluster raises, the plan goes on without it)
            log.warning("the cluster takes no work error=%s; it is done here", exc)
            yield from map(function, tasks)
            return
        for task, future in zip(tasks, futures, strict=True):
            try:
                answer = self._answer(future)
            except Exception as exc:  # noqa: BLE001  (a lost worker, a closed scheduler, a task that failed there)
                log.warning("the cluster lost a search error=%r; it is done here", exc)
                answer = function(task)
            yield answer

    def _answer(self, future: Any) -> Any:
        """Wait for an answer as long as there is somebody to give it."""
        while True:
            try:
                return future.result(timeout=POLL_S)
            except TimeoutError:
                if not self._client.nthreads():
                    raise ConnectionError("the cluster has no workers any more") from None


@contextmanager
def open_lanes(count: int, cluster_address: str = "") -> Iterator[Lanes]:
    """Open as many lanes as told, or those of the cluster; a cluster that does not answer is done without.

    Args:
        count: Processes of this machine to use at once.
        cluster_address: Of a Dask scheduler, `tcp://host:port`; empty means this machine.
    """
    client = _client(cluster_address) if cluster_address else None
    if client is not None:
        try:
            yield Cluster(client)
        finally:
            with suppress(Exception):
                client.close(timeout=1)
        return
    if count < 2:
        yield Inline()
        return
    pool = ProcessPoolExecutor(count, get_context(_way_to_start()))
    try:
        yield Processes(pool, count)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _way_to_start() -> str:
    """A process with one thread may fork, which takes no time; elsewhere a fresh one is started."""
    alone = threading.active_count() == 1 and psutil.Process().num_threads() == 1
    return "fork" if alone and hasattr(os, "fork") else "spawn"


def _client(address: str) -> Any | None:
    """Return a connection to the scheduler if it is there and has workers."""
    try:
        from distributed import Client
    except ImportError:
        log.warning("planning.cluster_address is set but distributed is not installed: pip install tomma[cluster]")
        return None
    try:
        client: Any = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except Exception as exc:  # noqa: BLE001  (an address that leads nowhere has many ways to fail)
        log.warning("no cluster at %s error=%s; planning here", address, exc)
        return None
    if not client.nthreads():
        log.warning("the cluster at %s has no workers; planning here", address)
        with suppress(Exception):
            client.close(timeout=1)
        return None
    return client
