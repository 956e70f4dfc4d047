"""HTML-like labels for Graphviz: a wire with its numbers, a box with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

from gradviz.draw.themes import Theme
from gradviz.draw.view import Cell


@dataclass(frozen=True, slots=True)
class Labels:
    """Builds the labels of one picture."""

    theme: Theme
    size: float
    upright: bool = False  # wires run up or down

    def wire(self, name: str | None, value: str | None, grad: str | None, *, literal: bool = False) -> str:
        """Name and value above the rule that is the wire, gradient below; beside it where wires run up or
        down. Both sides have the same size, so that the rule is the middle; an empty side keeps its place."""
        above, below = [], []
        if name:
            above.append(self._colored(name, self.theme.text, "" if literal else "I"))
        if value is not None:
            above.append(self._colored(value, self.theme.value))
        if grad is not None:
            below.append(self._colored(grad, self.theme.grad, self.theme.grad_weight))
        plain = "" if literal else "I"
        sizes = (
            widest(name, plain, self.size),
            widest(value, "", self.size),
            widest(grad, self.theme.grad_weight, self.size),
        )
        if self.upright:
            return self._sides(above, below, max(sizes))
        gap = widest("  ", "", self.size) if name and value is not None else 0.0
        return self._sides(above, below, max(sizes[0] + gap + sizes[1], sizes[2]))

    def local(self, local: str) -> str:
        """A local derivative on a gate's input: small, on the gradient's side of the wire."""
        size = self.size * 0.75
        return self._sides([], [self._colored(local, self.theme.faint, "", size)], widest(local, "", size))

    def _sides(self, above: list[str], below: list[str], widest: float) -> str:
        # A rule (HR, VR) has no width of its own: its ends are exactly where the edges attach.
        if self.upright:
            padding = max(2, round(self.size * 0.28))
            width = max(round(self.size * 1.9), ceil(widest) + 2 * padding)
            cell = f'<TD WIDTH="{width}" HEIGHT="{round(self.size * 2.2)}" BALIGN='
            left = f'{cell}"RIGHT" ALIGN="RIGHT">{"<BR/>".join(above)}</TD>'
            right = f'{cell}"LEFT" ALIGN="LEFT">{"".join(below)}</TD>'
            return f"{self._table(padding)}<TR>{left}<VR/>{right}</TR></TABLE>>"
        # Digits end at their baseline but begin below the top of their line: more room above evens that out.
        lower = round(self.size * 0.125)
        width = max(round(self.size * 2.2), ceil(widest))
        cell = f'<TD HEIGHT="{round(self.size * 1.55)}" WIDTH="{width}" VALIGN='
        top = f'{cell}"BOTTOM">{"&nbsp;&nbsp;".join(above)}</TD>'
        bottom = f'{cell}"TOP" CELLPADDING="{lower}">{"".join(below)}</TD>'
        return f"{self._table(0)}<TR>{top}</TR><HR/><TR>{bottom}</TR></TABLE>>"

    def _table(self, padding: int) -> str:
        fixed = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'
        return f'<<TABLE {fixed} CELLPADDING="{padding}" COLOR="{self.theme.line}">'

    def box(self, cell: Cell) -> str:
        """One node as a box: name and gate, then its value and its gradient."""
        head = []
        if cell.name:
            head.append(self._colored(cell.name, self.theme.text, "" if cell.kind == "const" else "I"))
        glyph = cell.glyph or ("copy" if cell.kind == "copy" else "")
        if glyph:
            mark = " ⚠" if cell.mark == "nonfinite" else ""
            head.append(self._colored(glyph + mark, self.theme.text, "B"))
        rows = ["&nbsp;=&nbsp;".join(head)] if head else []
        if cell.value is not None:
            rows.append(self._colored(cell.value, self.theme.value))
        if cell.grad is not None:
            rows.append(self._colored("∂ " + cell.grad, self.theme.grad, self.theme.grad_weight))
        body = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows) or "<TR><TD>&nbsp;</TD></TR>"
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>>'

    def notes(self, lines: Sequence[str]) -> str:
        """Lines under the picture."""
        rows = "".join(
            f'<TR><TD ALIGN="LEFT">{self._colored(line, self.theme.faint, "", self.size * 0.85)}</TD></TR>'
            for line in lines
        )
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'

    def _colored(self, text: str, color: str, tag: str = "", size: float | None = None) -> str:
        point = "" if size is None else f' POINT-SIZE="{size:g}"'
        # Graphviz replaces \\G, \\N … by names also in HTML labels, so a backslash is written twice.
        inner = escape(text).replace("\\", "\\\\").replace("\n", " ")
        inner = f"<{tag}>{inner}</{tag}>" if tag else inner
        return f'<FONT COLOR="{color}"{point}>{inner}</FONT>'


def widest(text: str | None, tag: str, size: float) -> float:
    """The width of a text in points, no less than Graphviz or a browser will measure: Graphviz rounds each character to
    pixels, 96 an inch.

    >>> widest("0.73", "", 14) > 31.17
    True
    """
    from gradviz.draw.typeface import face

    words = text or ""
    return face({"I": "Oblique", "B": "Bold"}.get(tag, "Regular")).width(words, size) + 0.375 * len(words)
