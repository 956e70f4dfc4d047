"""The help page."""

from __future__ import annotations

from gradviz.draw.grid.text import clean
from gradviz.step.picture import Row
from gradviz.step.wrap import wrapped

PAGE = (
    ("", "Forward, every gate computes its value from its operands. Backward, every gate hands"),
    ("", "upstream × local back to each of its operands; where a wire forks, the shares add up."),
    ("", "Blank is not computed yet, 0 is a number, and 4 + ? waits for more shares."),
    ("", ""),
    ("n N", "next gate, previous gate (also Space)"),
    ("s S", "one share of the gradient on, back (also the arrow keys)"),
    ("f F", "to the end of this pass, to its start; again: the next pass"),
    ("g G", "to the very start, to the very end (also Home, End)"),
    ("b", "set a breakpoint at a node, or take it away"),
    ("c C", "on to the next breakpoint, back to the one before"),
    ("/", "go to where a node gets its number in this pass"),
    ("", ""),
    ("e", "edit: give inputs other numbers, and run again"),
    ("d", "nudge: move an input a little; does the output follow its gradient?"),
    ("u", "update: w ← w − η · ∂L/∂w, one input at a time; then the loss is computed anew"),
    ("U", "undo the last edit or update"),
    ("", ""),
    ("z Z", "unfold a gate or a box into what it is made of; fold it again"),
    ("v", "view: the whole graph, the neighbourhood of the gate, one row a node"),
    ("t", "the table in the picture's place, where there is no room for both"),
    ("Q", "quiz: be asked for the numbers, one by one; Esc comes back"),
    ("Esc", "back to what the step says; leaves a question or this page"),
    ("? F1", "this page"),
    ("q", "quit (also Ctrl-C); Ctrl-Z suspends, fg comes back"),
    ("", ""),
    ("", "Heavy lines mark the gate that fires and the wires it uses."),
)


def page(width: int, height: int, top: int, *, ascii: bool = False) -> tuple[list[Row], int]:
    """The help from a line on, and the first line that can be the top one.

    >>> rows, top = page(80, 10, 99)
    >>> len(rows), "".join(text for text, _ in rows[-1]).split()[0]
    (10, 'Up')
    """
    rows: list[Row] = []
    for keys, text in PAGE:
        lines = wrapped(clean(text, ascii), max(10, width - 10 if keys else width - 2))
        for at, line in enumerate(lines):
            if keys:
                rows.append(((f" {keys if not at else '':7} ", "highlight"), (line, "")))
            else:
                rows.append(((f" {line}", "note"),))
    room = max(1, height - 2)
    top = max(0, min(top, len(rows) - room))
    shown = rows[top : top + room]
    shown += [()] * (room - len(shown))
    foot = " Up Down scroll · " if len(rows) > room else " "
    return [*shown, (), ((clean(f"{foot}Esc goes back", ascii)[:width], "note"),)][-height:], top
