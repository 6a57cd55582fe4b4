"""Searches that misbehave in a process of the engine's own; run only in child processes."""

import os
import time
from multiprocessing import parent_process
from typing import Any

import routing.engines.sweep as sweep_module
from routing.answer import Solution
from routing.engines import pyvrp_engine
from routing.engines.search import Outcome, Search, search
from routing.problem import Problem


def _in_a_lane() -> bool:
    return parent_process() is not None


def search_and_die(task: Search) -> Outcome:
    """End the lane; the engine itself may search."""
    if _in_a_lane():
        os.abort()
    return search(task)


def search_for_ever(task: Search) -> Outcome:
    """Never come back."""
    while _in_a_lane():
        time.sleep(60)
    return search(task)


def search_and_devour(task: Search) -> Outcome:
    """Hold ever more memory."""
    held = []
    while _in_a_lane():
        held.append(bytearray(os.urandom(2**20)) * 16)
    return search(task)


def search_and_lie(task: Search) -> Outcome:
    """Claim that all is collected for nothing."""
    return Outcome(Solution(routes=(), unvisited={}, cost_minor=-1), {}, None)


def _with(hostile: Any, problem: Problem, **given: Any) -> Solution:
    sweep_module.__dict__["search"] = hostile
    return pyvrp_engine.solve(problem, **given)


def dying(problem: Problem, **given: Any) -> Solution:
    """Sweep with lanes that die."""
    return _with(search_and_die, problem, **given)


def hanging(problem: Problem, **given: Any) -> Solution:
    """Sweep with lanes that hang."""
    return _with(search_for_ever, problem, **given)


def devouring(problem: Problem, **given: Any) -> Solution:
    """Sweep with lanes that eat memory."""
    return _with(search_and_devour, problem, **given)


def lying(problem: Problem, **given: Any) -> Solution:
    """Sweep with lanes that lie."""
    return _with(search_and_lie, problem, **given)
