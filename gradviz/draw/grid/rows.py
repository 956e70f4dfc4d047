"""Which row an item stands in: wires as straight as the order of the layers allows.

One layer at a time, the rows that minimise the weighted sum of |bends| are found exactly: with the
order fixed this is isotonic regression under the L1 norm (pool adjacent violators, medians). Medians
matter: they make most wires exactly straight where a mean would bend all of them a little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge

from gradviz.draw.grid.layers import Layers, Link

_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """An item's size and where its wires touch it, in rows from its top."""

    height: int
    exit: int
    entry: int  # the row of slot 0; the others follow below


def place(graph: Layers, shapes: Sequence[Shape]) -> list[int]:
    """The top row of every item, the uppermost being 0."""
    top = [0] * len(graph.net)
    for items in graph.order:
        at = 0
        for item in items:
            top[item] = at
            at += shapes[item].height
    weight = {id_: _weight(graph, id_) for between in graph.links for id_ in between}

    def bends() -> int:
        return sum(
            w * abs(top[x.left] + shapes[x.left].exit - top[x.right] - shapes[x.right].entry - x.slot)
            for x, w in weight.items()
        )

    def pulls(item: int, left: bool, right: bool) -> list[tuple[int, int]]:
        here = shapes[item]
        wants: list[tuple[int, int]] = []
        if left:
            for x in graph.into[item]:
                wants.append((top[x.left] + shapes[x.left].exit - here.entry - x.slot, weight[x]))
        if right:
            for x in graph.out[item]:
                wants.append((top[x.right] + shapes[x.right].entry + x.slot - here.exit, weight[x]))
        return wants

    best, least = list(top), bends()
    depth = len(graph.order)
    for turn in range(2 * _ROUNDS):
        # Early sweeps follow one side each, which moves whole chains; later ones weigh both.
        forward, late = turn % 2 == 0, turn >= _ROUNDS
        pull = partial(pulls, left=forward or late, right=late or not forward)
        for k in range(depth) if forward else range(depth - 1, -1, -1):
            _settle(graph.order[k], shapes, top, pull)
        now = bends()
        if now < least:
            best, least = list(top), now
        if least == 0:
            break
    lowest = min(best, default=0)
    return [row - lowest for row in best]


def _weight(graph: Layers, link: Link) -> int:
    lanes = (link.left >= graph.cells) + (link.right >= graph.cells)
    if lanes:
        return 6 if lanes == 2 else 3
    return 3 if len(graph.out[link.left]) == 1 and len(graph.into[link.right]) == 1 else 2


def _settle(
    items: list[int],
    shapes: Sequence[Shape],
    top: list[int],
    pulls: Callable[[int], list[tuple[int, int]]],
) -> None:
    """Give a layer's items their best rows, none overlapping, order kept."""
    blocks: list[tuple[list[tuple[int, int]], int, int]] = []  # wants, median, how many items
    offset = 0
    offsets = []
    for item in items:
        # Staying where it is decides only where nothing else does.
        wants = sorted([(row - offset, 4 * w) for row, w in pulls(item)] + [(top[item] - offset, 1)])
        offsets.append(offset)
        offset += shapes[item].height
        block = (wants, _median(wants), 1)
        while blocks and blocks[-1][1] > block[1]:
            above = blocks.pop()
            wants = list(merge(above[0], block[0]))
            block = (wants, _median(wants), above[2] + block[2])
        blocks.append(block)
    at = 0
    for _, row, count in blocks:
        for _ in range(count):
            top[items[at]] = row + offsets[at]
            at += 1


def _median(wants: list[tuple[int, int]]) -> int:
    half = sum(w for _, w in wants)
    run = 0
    for row, w in wants:
        run += 2 * w
        if run >= half:
            return row
    return wants[-1][0]
