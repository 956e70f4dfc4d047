"""Six looks. Position and weight carry the meaning in all of them; colour only helps.

Green value above the wire and red gradient below it are CS231n's; the colour-blind palette is Okabe and Ito's
(2008); "colah" follows the boxes of "Calculus on Computational Graphs", "micrograd" the record boxes of its
notebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["wires", "boxes", "records"]


@dataclass(frozen=True, slots=True)
class Theme:
    """One look. Colours are #rrggbb; a weight is "" or "B" (bold)."""

    name: str
    value: str = "#1a7f37"
    grad: str = "#cf222e"
    line: str = "#1f2328"
    text: str = "#1f2328"
    faint: str = "#59636e"
    fill: str = "#ffffff"  # inside of gates
    box: str = "#f6f8fa"  # inside of library functions
    warning: str = "#bc4c00"
    background: str = "#ffffff"
    grad_weight: str = ""
    style: Style = "wires"
    direction: str = "LR"
    locals: bool = False  # writes local derivatives unasked
    line_width: float = 1.0


THEMES: dict[str, Theme] = {
    theme.name: theme
    for theme in (
        Theme("cs231n"),
        Theme(
            "print",
            value="#000000", grad="#000000", line="#000000", text="#000000", faint="#000000", box="#ffffff",
            warning="#000000", grad_weight="B",
        ),
        Theme(
            "dark",
            value="#3fb950", grad="#ff7b72", line="#d1d7e0", text="#f0f6fc", faint="#9198a1", fill="#212830",
            box="#262c36", warning="#f0883e", background="#151b23",
        ),
        Theme("colorblind", value="#0072b2", grad="#b84a00", warning="#8a3b71", grad_weight="B"),
        Theme(
            "colah",
            value="#1f2328", grad="#cf222e", fill="#e6f0fa", box="#fdf3d8", style="boxes", direction="BT", locals=True,
        ),
        Theme("micrograd", value="#1f2328", grad="#1f2328", style="records"),
    )
}  # fmt: skip
