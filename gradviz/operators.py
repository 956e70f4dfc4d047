"""Python's binary operators on Values, written out from their rows.

They run once a node of a training loop, so each is a function of its own that makes the node in place, with the
row's formula inline where it cannot raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradviz.gate import Gate

_OPERATOR = """
def operator(self, other):
    if other.__class__ is not Value:
        other = lifted(other)
        if other is None:
            return NotImplemented
    a = self._data
    b = other._data
    node = new(Value)
    node.gate = gate
    node._first = self
    node._second = other
    node._more = ()
    node._data = {formula}
    node.grad = 0.0
    node.name = None
    node.call = None
    node._index = -1
    return node
"""


def written_out(row: Gate, value: type, lifted: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of a binary row, for the class ``value``; ``lifted`` makes operands of plain numbers."""
    inline = row.infix in ("+", "-", "*")
    names: dict[str, Any] = {"Value": value, "lifted": lifted, "new": value.__new__, "gate": row}
    if not inline:
        names["value"] = row.value
    exec(_OPERATOR.format(formula=row.formula if inline else "value(a, b)"), names)
    operator: Callable[[Any, Any], Any] = names["operator"]
    operator.__doc__ = row.about
    return operator
