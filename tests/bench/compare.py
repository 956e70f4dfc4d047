"""What a workload is, and how its sides are compared: in turn, by medians, as ratios with goals."""

from __future__ import annotations

import gc
import importlib.util
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "gradviz"
#: The module that a side needs, where it is not named so itself.
MODULES = {
    "torch scalars": "torch", "torch, one thread": "torch", "jax, jit": "jax", "casadi, buffers": "casadi",
    "casadi, map": "casadi", "sympy lambdify": "sympy", "micrograd's recipe": "micrograd", "graphviz + dot": "graphviz",
}  # fmt: skip
#: The peers that are packages; every other side (a bare Python, ourselves on another size) is always there.
PACKAGES = ("micrograd", "torch", "jax", "casadi", "autograd", "sympy", "graphviz", "textual")

Measure = Callable[[], float]


@dataclass(frozen=True)
class Workload:
    """The same work for all sides.

    Args:
        family: the file it stands in, in a word.
        name: what is done.
        unit: of one measurement.
        sides: how each side gets ready for measuring; ours is called "gradviz".
        goals: by peer, the ratio to reach.
        at_most: the goal limits ours / peer's; else peer's / ours has to reach it.
        limit: a goal for our own figure, whoever the peer is.
    """

    family: str
    name: str
    unit: str
    sides: Mapping[str, Callable[[], Measure]]
    goals: Mapping[str, float] = field(default_factory=dict)
    at_most: bool = False
    limit: float | None = None


def missing(side: str) -> str | None:
    """The package that a side lacks."""
    module = MODULES.get(side, side)
    return module if module in PACKAGES and importlib.util.find_spec(module) is None else None


def seconds(task: Callable[[], Any], least: float = 0.05) -> float:
    """One measurement: the mean of as many runs as fill a twentieth of a second."""
    start = time.perf_counter()
    task()
    taken = time.perf_counter() - start
    times = int(least / max(taken, 1e-7))
    if not times:
        return taken
    start = time.perf_counter()
    for _ in range(times):
        task()
    return (time.perf_counter() - start) / times


def reason(error: Exception) -> str:
    """Why a side has no figure, in a line: a peer's failure is a finding too."""
    said = ""
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        said = error.stderr if isinstance(error.stderr, str) else error.stderr.decode("utf-8", "replace")
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"{type(error).__name__}: {error}".rstrip(": ")


def taken(workload: Workload, rounds: int) -> tuple[dict[str, list[float]], dict[str, str]]:
    """All measurements of all sides, taken in turn; and the sides that failed, with the reason."""
    ready: dict[str, Measure] = {}
    failed: dict[str, str] = {}
    times: dict[str, list[float]] = {}
    for side, setup in workload.sides.items():
        if missing(side) is None:
            try:
                ready[side] = setup()
            except Exception as error:
                failed[side] = reason(error)
    gc.collect()
    gc.freeze()  # one side's objects are no burden on another's collector
    try:
        for _ in range(rounds):
            for side, measure in ready.items():
                if side not in failed:
                    try:
                        times.setdefault(side, []).append(measure())
                    except Exception as error:
                        failed[side] = reason(error)
    finally:
        gc.unfreeze()
    return {side: found for side, found in times.items() if side not in failed}, failed


def figures(workload: Workload, rounds: int) -> Iterator[dict[str, Any]]:
    """A figure for every peer (one without a peer, where there is none)."""
    times, failed = taken(workload, rounds)
    ours = times.get(OURS)
    peers = [side for side in workload.sides if side != OURS and (side in times or side in failed)]
    compared: list[str | None] = [*peers] or [None]
    for peer in compared:
        theirs = times.get(peer) if peer else None
        ratio = goal = reached = None
        if ours and theirs:
            a, b = statistics.median(ours), statistics.median(theirs)
            ratio = a / b if workload.at_most else b / a
        if peer is not None and peer in workload.goals:
            number = workload.goals[peer]
            goal = f"{'<=' if workload.at_most else '>='} {number:g}"
            reached = None if ratio is None else ratio <= number if workload.at_most else ratio >= number
        elif workload.limit is not None:
            goal = f"<= {workload.limit:g} {workload.unit}"
            reached = statistics.median(ours) <= workload.limit if ours else None
        yield {
            "family": workload.family, "name": workload.name, "unit": workload.unit, "peer": peer,
            "ours": statistics.median(ours) if ours else None, "ours_all": ours,
            "peers": statistics.median(theirs) if theirs else None, "peers_all": theirs,
            "ratio": ratio, "at_most": workload.at_most, "goal": goal, "reached": reached,
            "failed": {side: failed[side] for side in (OURS, peer) if side in failed},
        }  # fmt: skip


HEAD = f"{'':46} {OURS:>10} {'peer':>12} {'':8} {'ratio':>8}  {'goal':8}"


def line(figure: Mapping[str, Any]) -> str:
    """A figure as a line of the table."""

    def shown(number: float | None, width: int) -> str:
        digits = 0 if number and number >= 1000 else 2 if number and number >= 0.1 else 4
        return f"{'—':>{width}}" if number is None else f"{number:{width}.{digits}f}"

    verdict = {True: "met", False: "MISSED", None: ""}[figure["reached"]]
    start = f"{figure['name']:46} {shown(figure['ours'], 10)} {shown(figure['peers'], 12)} {figure['unit']:8}"
    end = f" {shown(figure['ratio'], 8)}  {figure['goal'] or '':8} {verdict:7}{figure['peer'] or ''}"
    why = "; ".join(f"{side}: {text}" for side, text in figure["failed"].items())
    return (start + end + (f" — {why[:90]}" if why else "")).rstrip()
