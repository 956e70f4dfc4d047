"""What is known at a position: blank, 0 and a number are three different things.

A View with every number in it goes in; the same View with only what has been computed so far comes out.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from gradviz.draw.view import Cell, Mark, View
from gradviz.numerals import Numerals
from gradviz.step.script import Script, Stage

#: A gradient to which more will be added; "+ ?" is what is still missing.
OPEN = "{sum} + ?"


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of one node as far as it is known.

    Args:
        parts: the contributions so far, in the order they came; the output has the one 1.
        missing: how many are still to come.
    """

    parts: tuple[float, ...]
    missing: int
    total: float

    def text(self, numerals: Numerals) -> str:
        """How it is shown.

        >>> Gradient((4.0,), 1, 4.0).text(Numerals()), Gradient((4.0, 1.0), 0, 5.0).text(Numerals())
        ('4 + ?', '5')
        """
        shown = numerals.text(self.total)
        return OPEN.format(sum=shown) if self.missing else shown


class Known:
    """What a person knows who has seen the first steps of a script."""

    def __init__(self, script: Script, position: int) -> None:
        self.script, self.position = script, position
        self.stage = script.stage(position)
        self.done = script[position - 1].done if position else 0
        self._seeded = position > script.starts[Stage.BACKWARD]

    def value(self, node: int) -> float | None:
        """A node's value; None where it is not computed yet."""
        drawn = self.script.owner.get(node, node)
        if self.position >= self.script.computed.get(drawn, 0):
            return float(self.script.trace.values[node])
        return None

    def gradient(self, node: int) -> Gradient | None:
        """A node's gradient; None where nothing has arrived yet."""
        graph = self.script.trace.graph
        if node == graph.output:
            return Gradient((1.0,), 0, 1.0) if self._seeded else None
        every = self.script.received.get(node, [])
        events = [self.script.events[at] for at in every[: bisect_left(every, self.done)]]
        if not events or graph.constant[node]:
            return None
        shares = tuple(float(event.contribution) for event in events)
        return Gradient(shares, len(every) - len(shares), float(events[-1].total))


def blanked(view: View, known: Known, numerals: Numerals, moved: dict[int, float] | None = None) -> View:
    """The view with nothing in it that is not known yet.

    Args:
        view: with every number.
        known: what has been computed.
        numerals: how numbers are shown.
        moved: new values of inputs that an update has changed already.

    >>> from gradviz import graph
    >>> from gradviz.step.cursor import Cursor
    >>> c = Cursor(graph("f = x*y + x", x=3, y=4))
    >>> [cell.value for cell in c.shown.cells]
    ['3', '4', None, None]
    >>> _ = c.next_gate()
    >>> [cell.value for cell in c.shown.cells]
    ['3', '4', '12', None]
    """
    script, shown = known.script, moved or {}

    def fired(node: int, slot: int) -> bool:
        return script.arrivals.get((node, -1 if node in script.boxes else slot), 0) <= known.done

    def mark(old: Cell) -> Mark | None:
        if known.value(old.node) is None:
            return None
        late = old.mark == "nonfinite" and script.trouble is not None and script.trouble.gradient
        return old.mark if not late or all(fired(old.node, port.slot) for port in old.ports) else None

    def cell(old: Cell) -> Cell:
        value = None if known.value(old.node) is None else old.value
        gradient = None if old.grad is None else known.gradient(old.node)
        return replace(
            old,
            value=numerals.text(shown[old.node]) if old.node in shown else value,
            grad=None if gradient is None else gradient.text(numerals),
            ports=tuple(
                port if port.share is None or fired(old.node, port.slot) else replace(port, share=None)
                for port in old.ports
            ),
            mark=mark(old),
        )

    return View(tuple(cell(old) for old in view.cells), view.output)
