"""Python's operators and unary gates as methods of Value, written out from their rows.

They run once a node of a training loop, so each is a function of its own that makes the node in place, with the
row's formula inline where it cannot raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradviz.gate import Gate

_BINARY = """
def operator(self, other):
    if type(other) is not Value:
        other = lifted(other)
        if other is None:
            return NotImplemented
    a = self._data
    b = other._data
"""

_UNARY = """
def operator(self, *others):
    if others:
        return apply(gate, self, *others)  # says that these are too many
    a = self._data
"""

_NODE = """\
    node = new(Value)
    node.gate = gate
    node._first = self
    node._second = {second}
    node._data = {formula}
    node.grad = 0.0
    node.name = None
    node.call = None
    node._index = None
    return node
"""


def written_out(row: Gate, value: type, lifted: Callable[[Any], Any], apply: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a unary or binary row, for the class ``value``; ``lifted`` makes operands of plain numbers, and
    ``apply`` is the general way to use a gate."""
    head, operands, second = (_BINARY, "a, b", "other") if row.arity == 2 else (_UNARY, "a", "None")
    inline = row.infix in ("+", "-", "*") and row.arity == 2
    names: dict[str, Any] = {"Value": value, "lifted": lifted, "apply": apply, "new": value.__new__, "gate": row}
    if not inline:
        names["value"] = row.value
    formula = row.formula if inline else f"value({operands})"
    exec(head + _NODE.format(second=second, formula=formula), names)
    operator: Callable[..., Any] = names["operator"]
    operator.__doc__ = row.about
    return operator
