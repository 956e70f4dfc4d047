"""Value: one node. Python's operators and NumPy's functions build more of them.

A Value knows its gate, its ordered operands (a tuple: ``x * x`` has two edges), its number and, after
``backward()``, its gradient. It is a drop-in for micrograd's Value; everything after construction runs on
the flat lists of a Graph.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import CONST, GATES, INPUT, Gate
from gradviz.operators import written_out
from gradviz.plain import Guarded
from gradviz.plain import number as number

if TYPE_CHECKING:
    from gradviz.draw.drawing import Drawing
    from gradviz.graph import Graph
    from gradviz.passes import Trace


class Value(Guarded):
    """A number that remembers how it was computed.

    Args:
        data: the number; anything that ``float`` takes, but no text and nothing complex.
        label: a name for tables and pictures.

    Attributes:
        data: the number, as a float.
        grad: the gradient of the last output on which ``backward()`` ran; 0.0 at birth. Leaves add up
            over several ``backward()`` calls, as training loops expect; inner nodes start afresh.
        gate: the row of the gate table that made it ("input" for a Value made by you).
        operands: the Values it was computed from, in order; they may repeat.
        name: what it is called, or None.

    >>> x, y, z = Value(-2, label="x"), Value(5, label="y"), Value(-4, label="z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.data, x.grad, y.grad, z.grad
    (-12.0, -4.0, -4.0, 3.0)
    """

    __slots__ = ("_data", "_first", "_index", "_second", "call", "gate", "grad", "name")

    gate: Gate
    grad: float
    name: str | None
    call: Call | None
    _data: float
    # The operands, one or two of them without a tuple: a container less for nearly every node, which the garbage
    # collector would visit again and again, and 64 bytes. Three or more are a tuple in ``_second``, and ``_first``
    # is None as in a leaf.
    _first: Value | None
    _second: Any
    _index: int | None  # scratch of whoever flattens; None between flattenings

    def __init__(self, data: Any, _children: Sequence[Value] = (), _op: str = "", label: str = "") -> None:
        if _children:
            raise GradvizError(
                f"a Value made from others comes from a gate, not from Value(…, _children, {_op!r})",
                hint="gradviz.gates.register(gradviz.gates.Gate(…)) adds a gate of your own, with its local derivative",
            )
        self.gate = INPUT
        self._first = self._second = None
        self._data = number(data)
        self.grad = 0.0
        self.name = label or None
        self.call = None
        self._index = None

    @property
    def data(self) -> float:
        """The number. Setting it on a leaf is how a training loop updates a parameter; what was computed
        from it keeps its old number, as in micrograd and PyTorch."""
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        self._data = number(new)

    @property
    def operands(self) -> tuple[Value, ...]:
        """The Values it was computed from, in order."""
        if self._first is None:
            return self._second or ()
        if self._second is None:
            return (self._first,)
        return (self._first, self._second)

    @property
    def label(self) -> str:
        """The name, as micrograd calls it; empty for none."""
        return self.name or ""

    @label.setter
    def label(self, new: str) -> None:
        self.name = new or None

    @property
    def _prev(self) -> set[Value]:
        return set(self.operands)

    @property
    def _op(self) -> str:
        return "" if not self.operands else self.gate.infix or self.gate.name

    def backward(self) -> None:
        """Run the backward pass from here: every ancestor's ``grad`` becomes d(self)/d(ancestor).

        Inner nodes are set; leaves (inputs, parameters) are added to, so zero them between steps.

        >>> a = Value(3.0)
        >>> b = a + a
        >>> b.backward()
        >>> a.grad
        2.0
        """
        from gradviz.passes import backward_values

        backward_values(self)

    def graph(self) -> Graph:
        """The immutable Graph of this Value and all its ancestors."""
        from gradviz.graph import Graph

        return Graph.of(self)

    def trace(self) -> Trace:
        """Values and gradients of everything behind this Value, without touching any ``grad``."""
        return self.graph().trace()

    def draw(self, **options: Any) -> Drawing:
        """The backprop diagram; see ``Graph.draw`` for the options."""
        return self.graph().draw(**options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.graph()._repr_mimebundle_(include, exclude)
        return bundle

    def __repr__(self) -> str:
        return f"Value(data={self._data}, grad={self.grad})"

    # --- gates as methods: v.relu(), v.exp(), v.max(w) … any row of the table -------------------------

    def __getattr__(self, name: str) -> Callable[..., Value]:
        row = METHODS.get(name)
        if row is not None and row.arity == 1:
            setattr(Value, name, written_out(row, Value, lifted, apply))  # found at once from now on
            method: Callable[..., Value] = object.__getattribute__(self, name)
            return method
        if row is None and name in GATES:
            row = GATES[name]
        if row is None:
            near = None if name.startswith("_") else did_you_mean(name, list(METHODS))
            also = f"; did you mean {near!r}?" if near else ""
            raise AttributeError(f"a Value has no attribute {name!r}{also}")
        return lambda *others: apply(row, self, *others)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *GATES})

    def __abs__(self) -> Value:
        return apply(GATES["abs"], self)

    def __neg__(self) -> Value:
        return apply(GATES["neg"], self)

    def __pos__(self) -> Value:
        return self

    def __radd__(self, other: Any) -> Value:
        if other.__class__ is int and other == 0:
            return self  # sum([...]) starts from the int 0, which is nobody's gate
        return _reflected("add", self, other)

    def __rsub__(self, other: Any) -> Value:
        return _reflected("sub", self, other)

    def __rmul__(self, other: Any) -> Value:
        return _reflected("mul", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return _reflected("div", self, other)

    def __rpow__(self, other: Any) -> Value:
        return _reflected("pow", self, other)

    if TYPE_CHECKING:  # made from the table below

        def __add__(self, other: Any) -> Value: ...
        def __sub__(self, other: Any) -> Value: ...
        def __mul__(self, other: Any) -> Value: ...
        def __truediv__(self, other: Any) -> Value: ...
        def __pow__(self, other: Any) -> Value: ...
        def __lt__(self, other: Any) -> Value: ...
        def __le__(self, other: Any) -> Value: ...
        def __gt__(self, other: Any) -> Value: ...
        def __ge__(self, other: Any) -> Value: ...

    # --- other people's functions ---------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from gradviz.bridges.arrays import ufunc_on_values

        return ufunc_on_values(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from gradviz.bridges.arrays import function_on_values

        return function_on_values(function, args, kwargs)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        from gradviz.bridges.torch_functions import torch_on_values

        return torch_on_values(function, args, kwargs or {})

    def __reduce__(self) -> tuple[Any, ...]:
        from gradviz.flatten import pickled

        return pickled(self)


class Call:
    """Marks a Value as the output of a library function (softmax, mse, …): a box in the picture."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: str, arguments: tuple[Value, ...]) -> None:
        self.function = function
        self.arguments = arguments


_new = Value.__new__


def make(gate: Gate, operands: tuple[Value, ...], data: float) -> Value:
    """A new inner node (or leaf) with its number given."""
    node = _new(Value)
    node.gate = gate
    count = len(operands)
    if count > 2:
        node._first, node._second = None, operands
    else:
        node._first = operands[0] if count else None
        node._second = operands[1] if count == 2 else None
    node._data = data
    node.grad = 0.0
    node.name = None
    node.call = None
    node._index = None
    return node


def constant(data: Any) -> Value:
    """A literal number as a leaf."""
    return make(CONST, (), number(data))


def lifted(other: Any) -> Value | None:
    """``other`` as an operand: a Value as it is, a real number as a constant, anything else None."""
    if other.__class__ is float:  # the numbers in nearly all programs
        return make(CONST, (), other)
    if isinstance(other, Value):
        return other
    if isinstance(other, (int, float, numbers.Real)):
        return make(CONST, (), number(other))
    return None


def apply(gate: Gate, *operands: Any) -> Value:
    """The gate on Values and numbers.

    Raises:
        GradvizError: the wrong number of operands, or something that is no number.

    >>> apply(GATES["max"], Value(2), 7).data
    7.0
    """
    if gate.arity is not None and len(operands) < gate.arity:
        missing = gate.arity - len(operands)
        if missing <= len(gate.defaults):
            operands += gate.defaults[len(gate.defaults) - missing :]
    if len(operands) != gate.arity and (gate.arity is not None or not operands):
        wanted = "at least 1 operand" if gate.arity is None else f"{gate.arity} operands"
        raise GradvizError(f"the gate {gate.name} got {len(operands)} operands", expected=wanted)
    values = []
    for operand in operands:
        value = lifted(operand)
        if value is None:
            value = constant(operand)  # raises with the reason
        values.append(value)
    return make(gate, tuple(values), gate.value(*[v._data for v in values]))


def _reflected(name: str, self: Value, other: Any) -> Value:
    value = lifted(other)
    return NotImplemented if value is None else apply(GATES[name], value, self)


for _method, _name in {
    **{"__add__": "add", "__sub__": "sub", "__mul__": "mul", "__truediv__": "div", "__pow__": "pow"},
    **{"__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge"},
}.items():
    setattr(Value, _method, written_out(GATES[_name], Value, lifted, apply))

#: Names under which a gate can be called as a method or a NumPy function.
METHODS: dict[str, Gate] = {
    word: row for row in GATES.values() for word in (row.name, *row.spellings, *row.numpy) if word.isidentifier()
}
