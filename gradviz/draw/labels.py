"""HTML-like labels for Graphviz: a wire with its numbers, a box with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gradviz.draw.themes import Theme
from gradviz.draw.view import Cell


@dataclass(frozen=True, slots=True)
class Labels:
    """Builds the labels of one picture."""

    theme: Theme
    size: float

    def wire(self, name: str | None, value: str | None, grad: str | None, *, literal: bool = False) -> str:
        """Name and value above the rule that is the wire, gradient below. Both rows have the same height, so
        that the rule is the middle; empty rows keep their place."""
        above = []
        if name:
            above.append(self._colored(name, self.theme.text, "" if literal else "I"))
        if value is not None:
            above.append(self._colored(value, self.theme.value))
        below = "" if grad is None else self._colored(grad, self.theme.grad, self.theme.grad_weight)
        return self._rows("&nbsp;&nbsp;".join(above), below)

    def local(self, local: str) -> str:
        """A local derivative on a gate's input: small, below the line."""
        return self._rows("", self._colored(local, self.theme.faint, "", self.size * 0.75))

    def _rows(self, above: str, below: str) -> str:
        height = round(self.size * 1.6)
        least = round(self.size * 2.2)
        cell = f'<TD HEIGHT="{height}" WIDTH="{least}" CELLPADDING="1"'
        rule = f'<TR><TD HEIGHT="1" CELLPADDING="0" FIXEDSIZE="FALSE" BGCOLOR="{self.theme.line}"></TD></TR>'
        return (
            '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
            f'<TR>{cell} VALIGN="BOTTOM">{above}</TD></TR>{rule}'
            f'<TR>{cell} VALIGN="TOP">{below}</TD></TR></TABLE>>'
        )

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
        inner = escape(text)
        inner = f"<{tag}>{inner}</{tag}>" if tag else inner
        return f'<FONT COLOR="{color}"{point}>{inner}</FONT>'
