"""Wires as characters: corners, junctions of one net, crossings of two.

A crossing (`┼`, in ASCII `)`) joins nothing; a junction has three arms (`├ ┤ ┬ ┴`, in ASCII `+`),
and where one net goes all four ways it is a `●`. So a reader can always tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

Point = tuple[int, int]  # row, column
Path = tuple[Point, ...]  # the corners of a wire, from its source's exit to its entry

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
#        0123456789abcdef: the arms, as bits
_LIGHT = " ││││╯╮┤─╰╭├─┴┬●"
_ASCII = " ||||'.+-'.+-+++"
_CROSSING, _CROSSING_ASCII = "┼", ")"
_HEAVY = str.maketrans("─│╭╮╰╯├┤┬┴", "━┃┏┓┗┛┣┫┳┻")
_HEAVY_ASCII = str.maketrans("-|", "=H")


def steps(path: Path) -> Iterable[tuple[Point, Point]]:
    """The straight pieces of a path, each from its upper or left end."""
    for a, b in pairwise(path):
        if a != b:
            yield (a, b) if a < b else (b, a)


def draw_wires(
    paths: Mapping[tuple[int, int], Path], sources: Mapping[tuple[int, int], int], size: Point, *, ascii: bool
) -> tuple[tuple[str, ...], ...]:
    """The grid with nothing but wires on it; ``sources[port]`` is the net a path belongs to."""
    nets: dict[int, set[tuple[Point, Point]]] = {}
    for port, path in paths.items():
        nets.setdefault(sources[port], set()).update(steps(path))
    grid = [[" "] * size[1] for _ in range(size[0])]
    table = _ASCII if ascii else _LIGHT
    cross = _CROSSING_ASCII if ascii else _CROSSING
    for pieces in nets.values():
        arms: dict[Point, int] = {}
        for (r1, c1), (r2, c2) in pieces:
            if r1 == r2:
                for c in range(c1, c2):
                    arms[r1, c] = arms.get((r1, c), 0) | _RIGHT
                    arms[r1, c + 1] = arms.get((r1, c + 1), 0) | _LEFT
            else:
                for r in range(r1, r2):
                    arms[r, c1] = arms.get((r, c1), 0) | _DOWN
                    arms[r + 1, c1] = arms.get((r + 1, c1), 0) | _UP
        for (r, c), bits in arms.items():
            grid[r][c] = table[bits] if grid[r][c] == " " else cross
    return tuple(tuple(row) for row in grid)


def heavy(path: Path, grid: list[list[str]], *, ascii: bool) -> list[tuple[Point, str]]:
    """The characters of a highlighted path, so that it stands out without any colour."""
    found: dict[Point, str] = {}
    for (r1, c1), (r2, c2) in steps(path):
        for r in range(r1, r2 + 1):
            for c in range(c1, c2 + 1):
                char = grid[r][c]
                if char == _CROSSING:
                    found[r, c] = "┿" if r1 == r2 else "╂"
                else:
                    found[r, c] = char.translate(_HEAVY_ASCII if ascii else _HEAVY)
    return list(found.items())
