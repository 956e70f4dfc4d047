"""The ratios as a picture: how many times as fast (or small) as each peer, on a logarithmic scale. Plain SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

LEFT, RIGHT, ROW, TOP = 470, 130, 22, 76  # of the bars, in pixels
WIDTH = 1180
MET, MISSED, NO_GOAL = "#0072b2", "#d55e00", "#999999"  # Okabe and Ito's; a missed goal is also said in a word


def speed(figure: Mapping[str, Any], ratio: float) -> float:
    """A ratio as "times as fast as the peer", whichever way its goal is written."""
    return 1 / ratio if figure["at_most"] else ratio


def goal(figure: Mapping[str, Any]) -> float | None:
    """The goal on the same scale."""
    return speed(figure, float(figure["goal"].split()[1])) if figure["goal"] else None


def times(ratio: float) -> str:
    """A ratio in three digits.

    >>> times(0.2613), times(3.8), times(1290.99)
    ('0.26×', '3.8×', '1291×')
    """
    return f"{ratio:.0f}×" if ratio >= 100 else f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2f}×"


def plot(figures: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> str:
    """An SVG with a bar for every figure that has a ratio.

    Args:
        figures: as ``compare.figures`` gives them.
        about: what stands below the title: python, system, machine, rounds.
    """
    shown = [figure for figure in figures if figure["ratio"]]
    numbers = [speed(f, f["ratio"]) for f in shown] + [number for f in shown if (number := goal(f))]
    low = math.floor(math.log10(min(numbers, default=1)))
    high = max(low + 1, math.ceil(math.log10(max(numbers, default=10))))
    low, high = min(low, 0), max(high, 0)
    height = TOP + ROW * len(shown) + 30

    def x(number: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(number) - low) / (high - low), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(16, 26, "gradviz against its peers: times as fast, or as small", size=16),
        text(16, 48, "Python {python}, {system} {machine}, medians of {rounds}.".format(**about)
             + " Right of the line at 1× gradviz is ahead; the black mark is the goal."),
    ]  # fmt: skip
    for power in range(low, high + 1):
        at = x(10.0**power)
        colour = "#000000" if power == 0 else "#dddddd"
        parts += [
            f'<path d="M{at} {TOP - 6}V{height - 26}" stroke="{colour}"/>',
            text(at, height - 10, f"{10.0**power:g}×", anchor="middle"),
        ]
    for k, figure in enumerate(shown):
        parts += bar(figure, TOP + ROW * k, x, named=not k or shown[k - 1]["name"] != figure["name"])
    return "\n".join([*parts, "</svg>\n"])


def bar(figure: Mapping[str, Any], top: int, x: Callable[[float], float], named: bool) -> list[str]:
    """One figure: what and against whom, the bar from 1, the number, and the goal."""
    ratio = speed(figure, figure["ratio"])
    start, end = sorted((x(1.0), x(ratio)))
    colour = {True: MET, False: MISSED, None: NO_GOAL}[figure["reached"]]
    said = times(ratio) + (" missed" if figure["reached"] is False else "")
    wanted = goal(figure)
    found = [
        text(LEFT - 130, top + 14, figure["name"] if named else "", anchor="end"),
        text(LEFT - 122, top + 14, figure["peer"] or "", colour="#555555"),
        f'<rect x="{start}" y="{top + 3}" width="{round(max(end - start, 1), 1)}" height="{ROW - 8}" fill="{colour}"/>',
        text(max(end, x(1.0), x(wanted) if wanted else 0) + 6, top + 14, said),
    ]
    if wanted:
        found.append(f'<path d="M{x(wanted)} {top + 1}v{ROW - 4}" stroke="black" stroke-width="2.5"/>')
    return found


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, colour: str = "black") -> str:
    """A line of text."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(words)}</text>'
