"""Read a terminal picture back: from the characters alone to the edges with their operand slots.

Written without the painter's data: it knows only what a reader of the picture knows - names stand in
boxes, an arrowhead is an operand slot (the first on top), lines are wires, ``┼`` (in ASCII ``)``) is
a crossing that joins nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

Edge = tuple[str, str, int]  # source, consumer, slot

_ARMS = {
    **{"─": "LR", "│": "UD", "╭": "DR", "╮": "DL", "╰": "UR", "╯": "UL"},
    **{"├": "UDR", "┤": "UDL", "┬": "LRD", "┴": "LRU", "●": "LRUD"},
}
_STEP = {"L": (0, -1), "R": (0, 1), "U": (-1, 0), "D": (1, 0)}
_BACK = {"L": "R", "R": "L", "U": "D", "D": "U"}


class Unreadable(AssertionError):
    """The picture does not make sense."""


@dataclass
class Seen:
    """One box as found in the picture: corners, texts inside, arrowheads, where its wire begins."""

    top: int
    left: int
    bottom: int
    right: int
    inside: str
    entries: list[tuple[int, int]]
    exit: tuple[int, int]


def grid_of(text: str) -> list[list[str]]:
    """Terminal cells: a wide character fills two, a combining mark none."""
    rows = []
    for line in text.split("\n"):
        row: list[str] = []
        for char in line:
            if unicodedata.combining(char):
                row[-1] += char
                continue
            row.append(char)
            if unicodedata.east_asian_width(char) in "WF":
                row.append("")
        rows.append(row)
    width = max(map(len, rows))
    return [row + [" "] * (width - len(row)) for row in rows]


def decode(text: str, names: list[str], *, style: str, ascii: bool) -> tuple[list[Edge], dict[str, Seen]]:
    """The edges, sorted, and the boxes by name."""
    grid = grid_of(text)
    find = _framed if style == "box" else _unframed
    boxes = find(grid, names, ascii)
    owner: dict[tuple[int, int], tuple[str, int]] = {}
    for name, box in boxes.items():
        for slot, entry in enumerate(sorted(box.entries)):
            owner[entry] = (name, slot)
    edges: list[Edge] = []
    used: dict[tuple[int, int], str] = {}
    for name, box in boxes.items():
        for entry in _flood(grid, box.exit, name, used, ascii):
            if entry not in owner:
                raise Unreadable(f"{name}: a wire ends at {entry}, where no slot is")
            edges.append((name, *owner[entry]))
    _no_loose_wires(grid, boxes, used, style, ascii)
    return sorted(edges), boxes


def _spread(text: str) -> str:
    """One character a column: the second half of a wide one is a NUL."""
    return "".join(char[0] if char else "\0" for char in grid_of(text)[0])


def _find(grid: list[list[str]], name: str) -> tuple[int, int, str]:
    """Row and column of a name, and its row's text up to it (columns kept)."""
    hits = []
    name = _spread(name)
    for r, row in enumerate(grid):
        line = "".join(char[0] if char else "\0" for char in row)
        for match in re.finditer(re.escape(name), line):
            hits.append((r, match.start(), line[: match.start()]))
    if len(hits) != 1:
        raise Unreadable(f"{name} stands {len(hits)} times in the picture")
    return hits[0]


def _framed(grid: list[list[str]], names: list[str], ascii: bool) -> dict[str, Seen]:
    boxes = {}
    corners, rights, sides = (".+#", ".+#", "|") if ascii else ("╭┌╔", "╮┐╗", "│║├╟")
    bottoms = "'+#" if ascii else "╰└╚"
    arrow = ">" if ascii else "▸"
    for name in names:
        r, c, before = _find(grid, name)
        # A gate's glyph stands in parentheses, a folded function's bare in its double frame. Where
        # no number is shown the label stands inside, just right of the left side.
        head = re.search(rf"([{corners}]) (\([^ ]*\) )?$|[#╔] [^ ()]+ $", before)
        if head is None:
            head = re.search(rf"[{re.escape(sides + arrow)}] (\([^ ]*\) |[^ ()]+ )?$", before)
            r -= 1
        if head is None:
            raise Unreadable(f"{name} has no frame: {before!r}")
        left = head.start()
        right = c + len(_spread(name))
        while grid[r][right] not in rights:
            right += 1
            if right >= len(grid[r]):
                raise Unreadable(f"{name}: the frame is open to the right")
        bottom = r + 1
        entries = []
        while grid[bottom][left] not in bottoms or grid[bottom][left + 1] not in "-=─═":
            if grid[bottom][left] not in sides + arrow:
                raise Unreadable(f"{name}: {grid[bottom][left]!r} in the left side")
            if grid[bottom][left] == arrow:
                entries.append((bottom, left))
            if grid[bottom][right] not in sides:
                raise Unreadable(f"{name}: {grid[bottom][right]!r} in the right side")
            bottom += 1
            if bottom == len(grid):
                raise Unreadable(f"{name}: the frame is open below")
        if len(set(grid[bottom][left + 1 : right])) != 1:
            raise Unreadable(f"{name}: the bottom line is broken")
        inside = "\n".join("".join(grid[k][left + 1 : right]) for k in range(r + 1, bottom))
        boxes[name] = Seen(r, left, bottom, right, inside, entries, (r + 1, right + 1))
    return boxes


def _unframed(grid: list[list[str]], names: list[str], ascii: bool) -> dict[str, Seen]:
    found = {}
    for name in names:
        r, c, before = _find(grid, name)
        head = re.search(r"(\([^ ]*\) |\[[^ ]*\] )?$", before)
        assert head is not None
        end = c + len(_spread(name))
        if "".join(grid[r][end : end + 2]) in (" ⚠", " ≡", " !", " ="):
            end += 2
        found[name] = (r, head.start(), end)
    arrow = ">" if ascii else "▸"
    entries: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for r, row in enumerate(grid):
        for c, char in enumerate(row):
            if char == arrow:
                # An arrow belongs to the nearest label above that starts just right of it.
                near = [(r - top, n) for n, (top, left, _) in found.items() if left - c in (1, 2) and top <= r]
                if not near:
                    raise Unreadable(f"arrow at {r},{c} points at nothing")
                entries[min(near)[1]].append((r, c))
    boxes = {}
    for name, (top, left, right) in found.items():
        same = [t for t, at, _ in found.values() if at == left and t > top]
        bottom = min([*same, len(grid)])
        inside = "\n".join("".join(grid[k][left:]) for k in range(top, bottom))
        boxes[name] = Seen(top, left, bottom, right, inside, entries[name], (top, right + 1))
    return boxes


def _arms(grid: list[list[str]], r: int, c: int, ascii: bool) -> str:
    char = grid[r][c]
    if not ascii:
        return _ARMS.get(char, "")
    if char in "-|":
        return "LR" if char == "-" else "UD"
    if char not in ".'+":
        return ""

    def at(side: str) -> str:
        y, x = r + _STEP[side][0], c + _STEP[side][1]
        return grid[y][x] if 0 <= y < len(grid) and 0 <= x < len(grid[y]) else " "

    arms = "".join(("L" if at("L") in "-)" else "", "R" if at("R") in "->)" else ""))
    if char == "+":
        return arms + ("U" if at("U") in "|+.)" else "") + ("D" if at("D") in "|+')" else "")
    return arms + ("D" if char == "." else "U")


def _flood(
    grid: list[list[str]], start: tuple[int, int], name: str, used: dict[tuple[int, int], str], ascii: bool
) -> list[tuple[int, int]]:
    """All arrowheads that a wire reaches; walking right from where it leaves its box."""
    r, c = start
    if c >= len(grid[r]) or grid[r][c] == " ":
        return []  # nothing leaves this box
    arrow, crossing = (">", ")") if ascii else ("▸", "┼")
    ends = []
    todo = [(r, c, "R")]
    while todo:
        r, c, way = todo.pop()
        if not (0 <= r < len(grid) and 0 <= c < len(grid[r])):
            raise Unreadable(f"the wire of {name} leaves the picture")
        char = grid[r][c]
        if char == arrow:
            if way != "R":
                raise Unreadable(f"the wire of {name} enters a box from the side")
            ends.append((r, c))
            continue
        if char == crossing:
            todo.append((r + _STEP[way][0], c + _STEP[way][1], way))
            continue
        arms = _arms(grid, r, c, ascii)
        if (r, c) == start and "L" not in arms:
            arms += "L"
        if _BACK[way] not in arms:
            raise Unreadable(f"the wire of {name} breaks at {r},{c}: {char!r} going {way}")
        if (r, c) in used:
            raise Unreadable(f"the wires of {name} and {used[r, c]} touch at {r},{c}")
        used[r, c] = name
        for arm in arms:
            if arm != _BACK[way]:
                todo.append((r + _STEP[arm][0], c + _STEP[arm][1], arm))
    return ends


def _no_loose_wires(
    grid: list[list[str]], boxes: dict[str, Seen], used: dict[tuple[int, int], str], style: str, ascii: bool
) -> None:
    """Outside framed boxes every line must belong to a wire that was followed."""
    if style != "box":
        return
    inside = {
        (r, c) for box in boxes.values() for r in range(box.top, box.bottom + 1) for c in range(box.left, box.right + 1)
    }
    passing = ")" if ascii else "┼"
    for r, row in enumerate(grid):
        for c, char in enumerate(row):
            if char not in (" ", "", passing) and (r, c) not in inside and (r, c) not in used:
                raise Unreadable(f"{char!r} at {r},{c} belongs to nothing")
