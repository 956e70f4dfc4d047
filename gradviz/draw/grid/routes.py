"""Which track a wire turns on, in the channel between two layers.

A net enters a channel on one row and leaves it on one or more. If these differ it needs a vertical
piece, its *trunk*, on a track (a column) of the channel. Two rules keep wires apart:

- two trunks share a track only where at least one free row lies between them;
- where net A leaves on the row on which net B enters, B must turn before A does (and not in the
  next column, so that the two ends stay apart).

The second rule can run in a circle (two wires that swap rows). Then one net of the circle is split:
it takes a detour over a row nobody uses, on two tracks. So different nets only ever meet at right
angles.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Net:
    """A source's wire in one channel: the row it enters on, the rows it leaves on."""

    enters: int
    leaves: list[int]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a net turns: its track, or two tracks and the free row between them; None: straight."""

    track: int | None = None
    detour: tuple[int, int] | None = None  # the free row, and the second track


@dataclass(slots=True)
class _Trunk:
    net: int
    enter: int
    leave: list[int]  # sorted
    low: int
    high: int


def route(nets: Mapping[int, Net]) -> tuple[dict[int, Route], int]:
    """Routes for every net of a channel, and how many columns the tracks take.

    >>> routes, wide = route({0: Net(0, [0]), 1: Net(4, [1, 2])})
    >>> routes[0].track, routes[1].track, wide
    (None, 0, 1)
    >>> route({0: Net(0, [1]), 1: Net(1, [0])})[0][0].detour is not None  # they swap rows
    True
    """
    routes = {n: Route() for n, net in nets.items() if net.leaves == [net.enters]}
    bent = [n for n in sorted(nets) if n not in routes]
    detours = _detours({n: nets[n] for n in bent}, nets.values())
    trunks: list[_Trunk] = []
    pieces: dict[int, list[int]] = {}
    for n in bent:
        net = nets[n]
        leaves = sorted(net.leaves)
        spans = [(net.enters, leaves)]
        if n in detours:
            spans = [(net.enters, [detours[n]]), (detours[n], leaves)]
        pieces[n] = []
        for enter, leave in spans:
            pieces[n].append(len(trunks))
            trunks.append(_Trunk(n, enter, leave, min(enter, leave[0]), max(enter, leave[-1])))
    tracks = _tracks(trunks)
    for n, parts in pieces.items():
        if len(parts) == 1:
            routes[n] = Route(tracks[parts[0]])
        else:
            routes[n] = Route(tracks[parts[0]], (detours[n], tracks[parts[1]]))
    return routes, max(tracks, default=-1) + 1


def _detours(bent: Mapping[int, Net], every: Iterable[Net]) -> dict[int, int]:
    """The nets that must be split, with the free row each of them takes."""
    leaving = {row: n for n, net in bent.items() for row in net.leaves}
    before = {n: leaving.get(net.enters) for n, net in bent.items()}  # n turns before before[n]
    before = {n: (None if after == n else after) for n, after in before.items()}
    taken = {row for net in every for row in (net.enters, *net.leaves)}
    detours: dict[int, int] = {}
    done: set[int] = set()
    for start in bent:
        trail: list[int] = []
        at: int | None = start
        while at is not None and at not in done:
            done.add(at)
            trail.append(at)
            at = before[at]
        if at is None or at not in trail:
            continue
        circle = trail[trail.index(at) :]
        choices = [(*_free_row(bent[n], taken), n) for n in circle]
        _, row, n = min(choices)
        detours[n] = row
        taken.add(row)
    return detours


def _free_row(net: Net, taken: set[int]) -> tuple[int, int]:
    """(extra length, row): the nearest row that nobody enters or leaves on."""
    low, high = min(net.enters, *net.leaves), max(net.enters, *net.leaves)
    for row in range(low + 1, high):
        if row not in taken:
            return 0, row
    extra = 1
    while True:
        for row in (high + extra, low - extra):
            if row not in taken:
                return extra, row
        extra += 1


def _tracks(trunks: list[_Trunk]) -> list[int]:
    """A track for every trunk, in an order that obeys the rules and crosses little."""
    n = len(trunks)
    after: list[list[int]] = [[] for _ in range(n)]  # after[b]: trunks that must turn later than b
    waits = [0] * n
    leaving: dict[int, list[int]] = {}
    for i, trunk in enumerate(trunks):
        for row in dict.fromkeys(trunk.leave):
            leaving.setdefault(row, []).append(i)
    for b, trunk in enumerate(trunks):
        for a in leaving.get(trunk.enter, ()):
            if a == b:
                continue
            # The two halves of a split net meet on their free row: there the one that leaves is first.
            first, second = (a, b) if trunks[a].net == trunk.net else (b, a)
            after[first].append(second)
            waits[second] += 1
    gain = _gains(trunks)
    total = [sum(row) for row in gain]
    track = [-1] * n
    least = [0] * n  # the first track the rules leave to a trunk
    placed: list[int] = []
    open_ = [i for i in range(n) if not waits[i]]
    while open_:
        # The trunk whose going first saves most crossings against all that are still to come.
        i = max(open_, key=lambda j: (total[j], -trunks[j].low, -j))
        open_.remove(i)
        here = trunks[i]
        at = least[i]
        for j in placed:
            other = trunks[j]
            if other.low <= here.high + 1 and here.low <= other.high + 1:
                at = max(at, track[j] + 1)
        track[i] = at
        placed.append(i)
        for j in range(n):
            total[j] -= gain[j][i]
        for a in after[i]:
            least[a] = max(least[a], at + 2)
            waits[a] -= 1
            if not waits[a]:
                open_.append(a)
    return track


def _gains(trunks: list[_Trunk]) -> list[list[int]]:
    """gain[a][b]: crossings saved by turning a before b instead of b before a."""
    n = len(trunks)
    gain = [[0] * n for _ in range(n)]
    for i in range(n):
        a = trunks[i]
        for j in range(i + 1, n):
            b = trunks[j]
            if a.high < b.low or b.high < a.low:
                continue
            saved = _crossings(b, a) - _crossings(a, b)
            gain[i][j], gain[j][i] = saved, -saved
    return gain


def _crossings(first: _Trunk, second: _Trunk) -> int:
    inside = first.low <= second.enter <= first.high
    passed = bisect_right(first.leave, second.high) - bisect_left(first.leave, second.low)
    return int(inside) + passed
