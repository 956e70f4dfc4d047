"""Which column a cell stands in, and the order of each column from top to bottom.

Columns are layers of the graph: every wire goes left to right. A source that is used further on
gets one *lane* (a place for its wire) in every layer between; all its far consumers branch off
that lane, so a fan-out stays one wire as long as it can. Order inside the layers is found by
barycentre sweeps and exchanges of neighbours, and only crossings decide.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

from gradviz.draw.view import View

_LEFT_INPUTS = 6  # up to here all inputs stand in the first column, as on a lecture slide
_SWEEPS = 8
_EXCHANGE_LIMIT = 1200  # items; above this the sweeps alone must do


@dataclass(frozen=True, slots=True)
class Link:
    """One wire between neighbouring layers: ``slot`` of ``right`` is fed by ``left``."""

    left: int
    right: int
    slot: int


@dataclass(slots=True)
class Layers:
    """Items are cells (their index) and, above ``cells``, lanes.

    ``order[k]`` lists layer k from top to bottom; ``links[k]`` the wires between layers k and k+1;
    ``net[item]`` the cell whose signal an item carries.
    """

    cells: int
    layer: list[int]
    net: list[int]
    order: list[list[int]]
    links: list[list[Link]]
    into: list[list[Link]]
    out: list[list[Link]]


def arrange(view: View) -> Layers:
    """Layers, lanes and order for a view; depends on its structure alone."""
    graph = _with_lanes(view, _columns(view))
    _first_order(graph, view.output)
    _untangle(graph)
    return graph


def _columns(view: View) -> list[int]:
    layer = [0] * len(view.cells)
    first = [-1] * len(view.cells)  # layer of the nearest consumer
    for i, cell in enumerate(view.cells):
        for port in cell.ports:
            layer[i] = max(layer[i], layer[port.source] + 1)
        for port in cell.ports:
            near = first[port.source]
            first[port.source] = layer[i] if near < 0 else min(near, layer[i])
    inputs = sum(1 for c in view.cells if c.kind == "input")
    for i, cell in enumerate(view.cells):
        # Constants stand beside their gate, and so do inputs where there are too many for one column.
        beside = cell.kind == "const" or (cell.kind == "input" and inputs > _LEFT_INPUTS)
        if beside and not cell.ports and first[i] > 0:
            layer[i] = first[i] - 1
    return layer


def _with_lanes(view: View, layer: list[int]) -> Layers:
    n = len(view.cells)
    depth = max(layer, default=-1) + 1
    last = list(layer)
    for i, cell in enumerate(view.cells):
        for port in cell.ports:
            last[port.source] = max(last[port.source], layer[i] - 1)
    net = list(range(n))
    layer = list(layer)
    lane_of: list[list[int]] = [[i] for i in range(n)]  # lane_of[cell][k]: the item k layers on
    links: list[list[Link]] = [[] for _ in range(max(depth - 1, 0))]
    for i in range(n):
        for k in range(layer[i] + 1, last[i] + 1):
            links[k - 1].append(Link(lane_of[i][-1], len(net), 0))
            lane_of[i].append(len(net))
            net.append(i)
            layer.append(k)
    for i, cell in enumerate(view.cells):
        for slot, port in enumerate(cell.ports):
            k = layer[i] - 1
            links[k].append(Link(lane_of[port.source][k - layer[port.source]], i, slot))
    into: list[list[Link]] = [[] for _ in net]
    out: list[list[Link]] = [[] for _ in net]
    for between in links:
        for link in between:
            into[link.right].append(link)
            out[link.left].append(link)
    return Layers(n, layer, net, [[] for _ in range(depth)], links, into, out)


def _first_order(graph: Layers, output: int) -> None:
    """Walk back from the output, slot 0 first: trees come out without a single crossing."""
    used = [bool(graph.out[i]) for i in range(graph.cells)]
    roots = [output] if graph.cells else []
    roots += [i for i in range(graph.cells) if not used[i] and i != output]
    seen = [False] * len(graph.net)
    for root in roots:
        stack = [root]
        while stack:
            item = stack.pop()
            if seen[item]:
                continue
            seen[item] = True
            graph.order[graph.layer[item]].append(item)
            stack.extend(link.left for link in sorted(graph.into[item], key=lambda k: -k.slot))


def _untangle(graph: Layers) -> None:
    """Sweep left and right until nothing improves; keep the best order seen."""
    best, fewest = [list(o) for o in graph.order], _crossings(graph)
    since = 0
    for _ in range(_SWEEPS):
        if fewest == 0 or since == 3:
            break
        for forward in (True, False):
            _sweep(graph, forward=forward)
            if len(graph.net) <= _EXCHANGE_LIMIT:
                _exchange(graph)
            now = _crossings(graph)
            since += 1
            if now < fewest:
                best, fewest, since = [list(o) for o in graph.order], now, 0
    graph.order[:] = best


def _places(graph: Layers) -> list[int]:
    place = [0] * len(graph.net)
    for items in graph.order:
        for at, item in enumerate(items):
            place[item] = at
    return place


def _sweep(graph: Layers, *, forward: bool) -> None:
    place = _places(graph)
    depth = len(graph.order)
    for k in range(1, depth) if forward else range(depth - 2, -1, -1):
        want: dict[int, float] = {}
        for item in graph.order[k]:
            if forward:
                near = [float(place[link.left]) for link in graph.into[item]]
            else:
                near = [place[x.right] + (x.slot + 0.5) / len(graph.into[x.right]) for x in graph.out[item]]
            want[item] = sum(near) / len(near) if near else float(place[item])
        graph.order[k].sort(key=want.__getitem__)
        for at, item in enumerate(graph.order[k]):
            place[item] = at


def _crossings(graph: Layers) -> int:
    place = _places(graph)
    total = 0
    for between in graph.links:
        ends = sorted((place[x.left], place[x.right], x.slot) for x in between)
        passed: list[tuple[int, int]] = []
        pending: list[tuple[int, int]] = []
        left = -1
        for at, right, slot in ends:
            if at != left:  # wires of one source branch, they do not cross each other
                for key in pending:
                    insort(passed, key)
                pending, left = [], at
            total += len(passed) - bisect_right(passed, (right, slot))
            pending.append((right, slot))
    return total


def _exchange(graph: Layers) -> None:
    """Swap neighbours in a layer wherever that removes crossings."""
    place = _places(graph)
    for items in graph.order:
        for _ in range(4):
            changed = False
            before = {i: sorted((place[x.left], 0) for x in graph.into[i]) for i in items}
            after = {i: sorted((place[x.right], x.slot) for x in graph.out[i]) for i in items}
            for at in range(len(items) - 1):
                a, b = items[at], items[at + 1]
                now = _inversions(before[a], before[b]) + _inversions(after[a], after[b])
                then = _inversions(before[b], before[a]) + _inversions(after[b], after[a])
                if then < now:
                    items[at], items[at + 1] = b, a
                    place[a], place[b] = at + 1, at
                    changed = True
            if not changed:
                break


def _inversions(upper: list[tuple[int, int]], lower: list[tuple[int, int]]) -> int:
    """Pairs that cross when ``upper`` stands above ``lower`` (both sorted)."""
    return sum(bisect_left(lower, x) for x in upper)
