"""The whole screen as rows of text: the stage, the graph, the table, what is said about the step, the keys.

Nothing here knows a terminal: a cursor, a look and a size go in, rows come out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradviz.draw.grid.canvas import Run, Style, cut_runs
from gradviz.draw.grid.text import clean, columns
from gradviz.step.cursor import Cursor
from gradviz.step.picture import MODES, Mode, Painter, Row
from gradviz.step.script import Stage
from gradviz.step.table import table, table_width
from gradviz.step.telling import Telling, telling
from gradviz.step.wrap import wrapped

LEAST = (40, 12)  # columns and rows that the stepper needs

#: The keys, the most important first, as the footer shows them.
KEYS = (
    ("n/N", "gate"),
    ("s/S", "one share"),
    ("f/F", "pass"),
    ("u", "update"),
    ("d", "nudge"),
    ("e", "edit"),
    ("z", "fold"),
    ("v", "view"),
    ("/", "find"),
    ("b", "break"),
    ("c/C", "to break"),
    ("g/G", "ends"),
    ("t", "table"),
    ("U", "undo"),
)
LAST_KEYS = (("?", "help"), ("q", "quit"))


@dataclass
class Look:
    """How the stepper is looked at.

    Args:
        title: what is stepped through.
        mode: which picture; None lets the size decide.
        table: whether the table takes the picture's place, where there is no room for both.
        note: lines that stand in for what is said about the step, such as the answer to a nudge.
        ascii: only ASCII characters.
    """

    title: str = ""
    mode: Mode | None = None
    table: bool = False
    note: tuple[str, ...] = ()
    ascii: bool = False
    painter: Painter = field(default_factory=Painter)

    def __post_init__(self) -> None:
        self.painter = Painter(ascii=self.ascii)


@dataclass(frozen=True, slots=True)
class Room:
    """How a size is divided: rows for the picture, for what is said, for the keys; columns for the table."""

    picture: int
    said: int
    keys: int
    table: int


def too_small(width: int, height: int, ascii: bool = False) -> list[Row]:
    """What stands on a screen with no room for the stepper."""
    needed = f"{LEAST[0]}x{LEAST[1]}"
    said = f"gradviz step needs {needed}; this is {width}x{height}. Enlarge the window, or press q."
    rows: list[Row] = [((line, ""),) for line in wrapped(clean(said, ascii), max(1, width))]
    return _filled(rows, height)


def screen(cursor: Cursor, look: Look, width: int, height: int) -> list[Row]:
    """The screen, exactly so many rows, none wider than ``width``.

    >>> from gradviz import graph
    >>> rows = screen(Cursor(graph("f = x * y", x=3, y=4)), Look(title="f"), 60, 20)
    >>> len(rows), "".join(text for text, _ in rows[0])[:29]
    (20, ' f  [FORWARD 0/1]  backward  ')
    """
    if width < LEAST[0] or height < LEAST[1]:
        return too_small(width, height, look.ascii)
    room = divided(cursor, look, width, height)
    mode, body = _body(cursor, look, room, width)
    rows = [_title(cursor, look, width, mode), *body]
    rows.append(_line(width, look.ascii))
    rows += _said(cursor, look, width, room.said)
    rows += footer(width, room.keys, look.ascii)
    return rows


def mode_of(cursor: Cursor, look: Look, width: int, height: int) -> Mode:
    """The picture that is shown: the chosen one, else the whole graph where it fits, else the neighbourhood."""
    if look.mode is not None:
        return look.mode
    room = divided(cursor, look, width, height)
    return "whole" if look.painter.fits(cursor, width, room.picture) else "near"


def next_mode(mode: Mode) -> Mode:
    """The picture after this one."""
    return MODES[(MODES.index(mode) + 1) % len(MODES)]


def divided(cursor: Cursor, look: Look, width: int, height: int) -> Room:
    """Who gets which part of the screen; the same at every position."""
    keys = 2 if height >= 16 else 1
    most = 4 if height < 16 else 5 if height < 20 else 6 if height < 24 else 7 if height < 30 else 9
    # What is said gives up a few lines where the whole graph then fits.
    for said in range(most, 3 if height < 16 else 4, -1):
        size = look.painter.size(cursor, width, height - 2 - said - keys)
        if size is not None or look.mode == "tape":
            break
    else:
        said, size = most, None
    table = table_width(cursor)
    wide = size[0] if size is not None else max(width // 2, 48)
    return Room(height - 2 - said - keys, said, keys, table if wide + 3 + table <= width else 0)


def _filled(rows: list[Row], height: int) -> list[Row]:
    return [*rows, *[()] * (height - len(rows))][:height]


def _line(width: int, ascii: bool) -> Row:
    return ((("-" if ascii else "─") * width, "frame"),)


# --- the parts ------------------------------------------------------------------------------------------


def _title(cursor: Cursor, look: Look, width: int, mode: Mode | None) -> Row:
    runs: list[Run] = [(f" {clean(look.title, look.ascii)}  ", "name")]
    for stage in Stage:
        start, end = cursor.script.ends(stage)
        if stage is Stage.UPDATE and start == end:
            continue
        if stage is cursor.stage:
            runs.append((f"[{stage.value.upper()} {cursor.position - start}/{end - start}]", "highlight"))
        else:
            runs.append((stage.value, "note"))
        runs.append(("  ", ""))
    losses = [cursor.options.numerals.text(x) for x in cursor.state.losses[-4:]]
    if losses:
        name = clean(cursor.output, look.ascii)
        arrow = clean(" → ", look.ascii)
        before = clean("… → ", look.ascii) if len(cursor.state.losses) > 4 else ""
        now = cursor.known.value(cursor.graph.output)
        shown = [*losses, cursor.options.numerals.text(now) if now is not None else "?"]
        runs.append((f"{name}: {before}{arrow.join(shown)}  ", "value"))
    if mode == "near":
        runs.append((f"(around the gate; {len(cursor.run.view.cells)} nodes in all)", "note"))
    return tuple(cut_runs(runs, width, ascii=look.ascii))


def _body(cursor: Cursor, look: Look, room: Room, width: int) -> tuple[Mode | None, list[Row]]:
    """The picture and the table, where there is room for both; and which picture it is, if there is one."""
    if look.table and not room.table:
        return None, _filled(list(table(cursor, width, room.picture, look.ascii)), room.picture)
    left = width - room.table - 2 if room.table else width
    mode = look.mode or ("whole" if look.painter.fits(cursor, left, room.picture) else "near")
    picture = look.painter.rows(cursor, mode, left, room.picture)
    if not room.table:
        return mode, picture
    beside = _filled(list(table(cursor, room.table, room.picture, look.ascii)), room.picture)
    return mode, [_padded(a, left + 2) + b for a, b in zip(picture, beside, strict=True)]


def _padded(row: Row, width: int) -> Row:
    return (*row, (" " * (width - sum(columns(text) for text, _ in row)), ""))


def _said(cursor: Cursor, look: Look, width: int, height: int) -> list[Row]:
    """What is said about the step; what does not fit is the least important."""
    if look.note:
        lines: list[tuple[str, Style]] = [(text, "mark" if not at else "") for at, text in enumerate(look.note)]
    else:
        lines = list(_lines(telling(cursor)))
    rows: list[Row] = []
    for text, style in lines:
        rows += [((f" {part}", style),) for part in wrapped(clean(text, look.ascii), width - 2)]
    return _filled(rows, height)


def _lines(told: Telling) -> Iterator[tuple[str, Style]]:
    yield told.sentence, "name"
    for line in told.arithmetic:
        yield line, "value"
    for line in told.origins:
        yield line, ""
    if told.rule:
        yield told.rule, "note"
    if told.next:
        yield told.next, "note"


def footer(width: int, height: int, ascii: bool = False) -> list[Row]:
    """As many keys as there is room for; help and quit always."""
    rows: list[list[Run]] = [[] for _ in range(height)]
    last = sum(len(key) + len(what) + 3 for key, what in LAST_KEYS)
    at, used = 0, 0
    for key, what in KEYS:
        needed = len(key) + len(what) + 3
        room = width - (last if at == height - 1 else 0)
        if used + needed > room:
            if at == height - 1:
                break
            at, used = at + 1, 0
            if needed > width - (last if at == height - 1 else 0):
                break
        rows[at] += [(f" {key}", "highlight"), (f" {what} ", "")]
        used += needed
    for key, what in LAST_KEYS:
        rows[-1] += [(f" {key}", "highlight"), (f" {what} ", "")]
    return [tuple(row) for row in rows]
