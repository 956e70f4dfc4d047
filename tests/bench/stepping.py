"""The stepper in a terminal: its first frame, and how long a key takes until the new screen is there."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

from tests.bench.compare import Measure, Workload


def first(arguments: tuple[str, ...], text: str) -> Callable[[], Measure]:
    """A side: milliseconds to the first frame."""

    def setup() -> Measure:
        from tests.bench.step import first_frame

        return lambda: 1e3 * first_frame(arguments, text)

    return setup


def keys(gates: int) -> Callable[[], Measure]:
    """A side: milliseconds of a key press, the median of twelve in the middle of the backward pass."""

    def setup() -> Measure:
        from tests.bench.step import presses

        return lambda: 1e3 * statistics.median(presses(gates, ""))

    return setup


def workloads() -> list[Workload]:
    """The rows of this family; none where there are no pseudo-terminals."""
    if sys.platform == "win32":
        return []
    from tests.bench.step import HELLO

    frames = {
        "gradviz": first(("-m", "gradviz", "step", "example:three-gate"), "next: "),
        "textual": first(("-c", HELLO), "hello world"),
    }
    return [
        Workload("stepping", "first frame (peer: hello world)", "ms", frames, {"textual": 1.5}, at_most=True),
        Workload("stepping", "a key press, 12 nodes", "ms", {"gradviz": keys(10)}, limit=50),
        Workload("stepping", "a key press, 200 nodes", "ms", {"gradviz": keys(198)}, limit=150),
    ]
