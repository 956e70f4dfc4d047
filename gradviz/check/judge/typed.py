"""Numbers that a learner typed: whether they stand in for something, and for what there is no number here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradviz.check.deciding.building import sides as built
from gradviz.check.deciding.sides import NotDecidable
from gradviz.check.problem import constant_of
from gradviz.gates import CONST
from gradviz.graph import Graph
from gradviz.language.syntax import Expression, Number, children

_OWN = (0.0, 1.0, -1.0)  # gradients that need no numbers


def _literals(tree: Expression) -> set[float]:
    """The numbers in a side, without their signs."""
    found: set[float] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Number):
            found.add(abs(node.value))
        waiting.extend(children(node))
    return found


def without_numbers(
    left: Expression, right: Expression, graph: Graph, given: Mapping[str, float], free: Iterable[str] = ()
) -> str | None:
    """Why nothing is said of numbers put in for names, where the problem gives none for them; None otherwise.

    ``∂f/∂x = -4`` may be right for the inputs that somebody has in mind, and wrong for others.
    """
    own = {abs(x) for x, row in zip(graph.data, graph.gates, strict=True) if row is CONST and x is not None}
    if not (_put_in(left, own) or _put_in(right, own)):
        return None
    try:
        pair = built(left, right, graph, free)
    except NotDecidable:
        return None
    names = (pair.base.names[i] for i in pair.inputs if pair.base.data[i] is None)
    open = [name for name in names if name not in given and name not in free]
    if not open:
        return None
    return f"this may hold for some numbers, and the problem gives none for {', '.join(open)}; say {open[0]} = …"


def _put_in(side: Expression, own: set[float]) -> bool:
    """Whether a side is a number that no formula has of its own, or has decimals that the problem does not have."""
    value = constant_of(side)
    if value is not None:
        return value not in _OWN
    return any(not number.is_integer() and number not in own and number != 0.5 for number in _literals(side))
