"""Characters and styles on a grid, and the finished painting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gradviz.draw.grid.text import char_columns, columns, cut

Style = Literal["", "name", "value", "grad", "gate", "frame", "wire", "mark", "note", "highlight"]
Run = tuple[str, Style]

# Standard colours only: terminals choose shades of them that can be read on their background.
THEMES: dict[str, dict[Style, str]] = {
    "colour": {
        "name": "1",
        "value": "32",
        "grad": "31",
        "gate": "1",
        "mark": "1;35",
        "note": "36",
        "highlight": "1;34",
    },
    "mono": {"name": "1", "gate": "1", "mark": "1", "highlight": "1"},
}


@dataclass(frozen=True, slots=True)
class Painting:
    """A picture made of text.

    ``rows`` holds, for every row, runs of text in one style; ``width`` and ``height`` are in terminal
    columns and rows, and no row is wider than ``width``.
    """

    rows: tuple[tuple[Run, ...], ...]
    width: int
    height: int

    def text(self) -> str:
        """Plain text, one line a row, without trailing spaces.

        >>> Painting(((("x", "name"), ("  ", "")),), 3, 1).text()
        'x'
        """
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self.rows)

    def ansi(self, theme: str | Mapping[Style, str] = "colour") -> str:
        """Text with ANSI colours: a name of ``THEMES``, or your own SGR codes by style.

        Meaning never hangs on colour alone: gradients carry a ∂, highlights have heavy lines.

        >>> Painting(((("3", "value"),),), 1, 1).ansi()
        '\\x1b[32m3\\x1b[0m'
        """
        if isinstance(theme, str):
            if theme not in THEMES:
                from gradviz.errors import GradvizError

                raise GradvizError(f"there is no terminal theme {theme!r}", expected=f"one of {', '.join(THEMES)}")
            theme = THEMES[theme]
        lines = []
        for row in self.rows:
            runs = list(row)
            while runs and not runs[-1][0].strip():
                runs.pop()
            if runs:
                runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
            lines.append("".join(_coloured(text, theme.get(style, "")) for text, style in runs))
        return "\n".join(lines)


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text


def cut_runs(runs: Sequence[Run], room: int, *, ascii: bool = False) -> list[Run]:
    """The runs, shortened together to ``room`` columns, with one … where something is missing.

    >>> cut_runs([("q", "name"), (" = ", "frame"), ("max", "gate")], 5)
    [('q', 'name'), (' = ', 'frame'), ('…', 'gate')]
    """
    left = sum(columns(text) for text, _ in runs)
    kept: list[Run] = []
    for text, style in runs:
        wide = columns(text)
        # A run may fill the room only if nothing follows; else the … needs the last column.
        if wide > room or (wide == room and left > wide):
            kept.append((cut(text + " ", room, ascii=ascii), style))
            break
        kept.append((text, style))
        room, left = room - wide, left - wide
    return [run for run in kept if run[0]]


class Canvas:
    """A grid that is written on; a wide character takes two places, a combining mark none."""

    def __init__(self, rows: Iterable[Iterable[str]]) -> None:
        self.chars = [list(row) for row in rows]
        self.styles: list[list[Style]] = [["wire"] * len(row) for row in self.chars]

    def put(self, row: int, column: int, text: str, style: Style) -> int:
        """Write a text, return the column after it."""
        chars, styles = self.chars[row], self.styles[row]
        if text.isascii():
            end = column + len(text)
            chars[column:end] = text
            styles[column:end] = [style] * len(text)
            return end
        for char in text:
            wide = char_columns(char)
            if not wide:
                chars[column - 1] += char
                continue
            chars[column], styles[column] = char, style
            if wide == 2:
                chars[column + 1], styles[column + 1] = "", style
            column += wide
        return column

    def painting(self) -> Painting:
        """The finished picture."""
        rows: list[tuple[Run, ...]] = []
        for chars, styles in zip(self.chars, self.styles, strict=True):
            runs: list[Run] = []
            start = 0
            for at in range(1, len(chars) + 1):
                if at == len(chars) or styles[at] != styles[start]:
                    runs.append(("".join(chars[start:at]), styles[start]))
                    start = at
            rows.append(tuple(runs))
        return Painting(tuple(rows), len(self.chars[0]) if self.chars else 0, len(rows))
