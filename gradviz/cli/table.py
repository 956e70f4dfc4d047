"""Tables of text: columns aligned, as wide as the terminal allows, names never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradviz.draw.grid.canvas import THEMES, Style
from gradviz.draw.grid.text import clean, columns, cut

_GAP = 2
_LEAST = 6  # columns that a shortened column keeps


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        title: its heading.
        right: numbers stand on the right.
        gives: it may be shortened where the table is too wide; the widest gives first.
        style: its colour on a terminal.
    """

    title: str
    right: bool = False
    gives: bool = False
    style: Style = ""


def table(
    head: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    ascii: bool = False,
    colours: str | None = None,
) -> Iterator[str]:
    """The lines of a table.

    >>> rows = [("x", "-2"), ("total", "5")]
    >>> print("\\n".join(table([Column("name"), Column("value", right=True)], rows, width=40)))
    name   value
    ─────  ─────
    x         -2
    total      5
    """
    texts = [[clean(text, ascii) for text in row] for row in rows]
    wide = [max([columns(column.title), *(columns(row[k]) for row in texts)]) for k, column in enumerate(head)]
    giving = [k for k, column in enumerate(head) if column.gives and wide[k] > _LEAST]
    for _ in range(sum(wide) + _GAP * (len(head) - 1) - width):
        widest = max(giving, key=lambda k: wide[k], default=None)
        if widest is None or wide[widest] <= max(_LEAST, columns(head[widest].title)):
            break
        wide[widest] -= 1

    def cells(texts: Sequence[str], *, heading: bool = False) -> str:
        done = []
        for k, (text, column) in enumerate(zip(texts, head, strict=True)):
            shown = cut(text, wide[k], ascii=ascii)
            space = " " * (wide[k] - columns(shown))
            code = THEMES[colours].get("name" if heading else column.style, "") if colours and shown else ""
            painted = f"\x1b[{code}m{shown}\x1b[0m" if code else shown
            done.append(space + painted if column.right else painted + space)
        return (" " * _GAP).join(done).rstrip()

    yield cells([column.title for column in head], heading=True)
    yield (" " * _GAP).join(("-" if ascii else "─") * w for w in wide)
    for row in texts:
        yield cells(row)
