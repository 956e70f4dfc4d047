"""Graph: the ordered nodes behind an output.

A Graph is an immutable, deterministic snapshot: flat parallel lists in topological order (operands before
users), the operands slot by slot. Everything that computes, draws or explains reads these
lists. A Draft (``draft.py``) or Values (``flatten.py``) make one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import CONST, INPUT, Gate
from gradviz.tape import NONE as NONE
from gradviz.tape import Tape as Tape
from gradviz.value import Value

if TYPE_CHECKING:
    import graphviz
    import networkx

    from gradviz.calculus.paths import Paths
    from gradviz.code.compiled import Compiled
    from gradviz.draw.drawing import Drawing
    from gradviz.passes import Trace


class LibraryCall(NamedTuple):
    """A library function's use in a graph: what can be drawn as one box."""

    function: str
    arguments: tuple[int, ...]  # ids, in order
    output: int
    inside: frozenset[int]  # ids of the nodes it expanded into, the output among them


class Node(NamedTuple):
    """One node of a Graph, for reading."""

    id: int
    name: str
    gate: str
    operands: tuple[int, ...]
    data: float | None  # the number of an input or constant


@dataclass(frozen=True, eq=False)
class Graph:
    """The nodes behind an output, in topological order. Made by ``gradviz.graph``, ``Graph.of`` or a Draft."""

    tape: Tape
    given: tuple[str | None, ...]  # names that a person gave; None for automatic ones
    data: tuple[float | None, ...]  # numbers of the leaves; None elsewhere and for inputs without one
    output: int
    calls: tuple[LibraryCall, ...] = ()
    text: str | None = None  # the source it was read from
    spans: tuple[tuple[int, int] | None, ...] = ()  # where in the source each node stands

    @classmethod
    def of(cls, *values: Value) -> Graph:
        """The graph of a Value and its ancestors (several: the last is the output).

        >>> x = Value(3, label="x")
        >>> g = Graph.of(x * x + x)
        >>> g.names
        ('x', 'v1', 'v2')
        """
        from gradviz.flatten import snapshot

        if not values:
            raise GradvizError("a Graph is made of at least one Value, and there is none")
        for value in values:
            if not isinstance(value, Value):
                raise GradvizError(f"a Graph is made of Values, not of the {type(value).__name__} {value!r}")
        return snapshot(values)

    def __len__(self) -> int:
        return len(self.tape.gates)

    def __iter__(self) -> Iterator[Node]:
        return (self.node(i) for i in range(len(self)))

    def operands(self, node: int) -> tuple[int, ...]:
        """The ids of a node's operands, in slot order; they may repeat."""
        return self.tape.of(node)

    @property
    def gates(self) -> list[Gate]:
        """The gate of every node."""
        return self.tape.gates

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for every node: the user's, a constant's literal, else v1, v2, …

        Only a literal may stand in several places: ``g["2"]`` is the first. (Iterating a Graph gives its nodes.)
        """
        taken = {name for name in self.given if name is not None}
        used: dict[str, int] = {}
        names: list[str] = []
        automatic = 0
        for row, own in zip(self.gates, self.given, strict=True):
            name = own or ""
            if own is None:
                automatic += 1
                while (name := f"v{automatic}") in taken:
                    automatic += 1
            elif row is not CONST:
                times = used.get(own, 0) + 1
                if times > 1:  # a Python name given twice: w, w_2, w_3
                    while (name := f"{own}_{times}") in taken:
                        times += 1
                    taken.add(name)
                used[own] = times
            names.append(name)
        return tuple(names)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names) if self.gates[i] is not CONST}

    @cached_property
    def _literals(self) -> dict[str, int]:  # the first place of each
        return {name: i for i, name in reversed([*enumerate(self.names)]) if self.gates[i] is CONST}

    def id(self, name: str | int) -> int:
        """The id of a node by its name (an id is taken as it is); of a literal the first place where it stands.

        Raises:
            GradvizError: there is no such node; the nearest name is offered.
        """
        if isinstance(name, int):
            if not 0 <= name < len(self):
                raise GradvizError(f"there is no node {name}", expected=f"an id from 0 to {len(self) - 1}")
            return name
        found = self._ids.get(name, self._literals.get(name))
        if found is None:
            near = did_you_mean(name, list(self._ids))
            raise GradvizError(
                f"there is no node called {name!r}",
                expected="one of " + listed([n for n, i in self._ids.items() if self.given[i]]),
                hint=near,
            )
        return found

    def node(self, name: str | int) -> Node:
        """One node, for reading."""
        i = self.id(name)
        return Node(i, self.names[i], self.gates[i].name, self.operands(i), self.data[i])

    __getitem__ = node

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(self.names[i] for i, g in enumerate(self.gates) if g is INPUT)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The names of the inputs that have no number yet."""
        return tuple(self.names[i] for i, g in enumerate(self.gates) if g is INPUT and self.data[i] is None)

    @cached_property
    def reaches(self) -> bytearray:
        """For every node 1 if the output depends on it, else 0."""
        marks = bytearray(len(self))
        marks[self.output] = 1
        for i in range(self.output, -1, -1):
            if marks[i]:
                for j in self.tape.of(i):
                    marks[j] = 1
        return marks

    @cached_property
    def constant(self) -> bytearray:
        """For every node 1 if it depends on no input, else 0."""
        marks = bytearray(len(self))
        for i, g in enumerate(self.gates):
            marks[i] = g is CONST or (g is not INPUT and all(marks[j] for j in self.tape.of(i)))
        return marks

    @cached_property
    def fan_out(self) -> array[int]:
        """How many operand slots each node feeds: above 1 it has a copy gate."""
        counts = array("q", bytes(8 * len(self)))
        for i in range(len(self)):
            for j in self.tape.of(i):
                counts[j] += 1
        return counts

    def with_output(self, name: str | int) -> Graph:
        """The same nodes with another one as the output."""
        return replace(self, output=self.id(name))

    def check(self) -> None:
        """State what a legal graph is.

        Raises:
            GradvizError: what stands in ``legal.py``: an operand after its user, a name that stands twice, …
        """
        from gradviz.legal import check

        check(self)

    # --- upstairs -------------------------------------------------------------------------------------

    def trace(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        backward: bool = True,
        rounded: Callable[[float], float] | None = None,
        **named: Any,
    ) -> Trace:
        """Run the forward and the backward pass: a Trace of values, gradients and events.

        Args:
            values: numbers for inputs by name, where a name is no Python identifier.
            backward: False leaves the gradients "not computed".
            rounded: applied to every forward value and every contribution before it is used, as one
                rounds by hand.
            **named: numbers for inputs by name; an array stands for many points at once, nested lists for
                the entries of a vector. What is not named keeps its number.

        Raises:
            GradvizError: an unknown or computed name, an input without a number, something that is no number.

        >>> from gradviz import graph
        >>> graph("f = (x + y) * z").trace(x=-2, y=5, z=-4)["x"].grad
        -4.0
        """
        from gradviz.passes import trace

        return trace(self, {**(values or {}), **named}, run_backward=backward, rounded=rounded)

    def gradient(self, wrt: str | int | Iterable[str | int] | None = None) -> Graph | dict[str, Graph]:
        """The derivative of the output as a Graph again: to print, draw, evaluate, and differentiate once more.

        It has the same inputs with the same numbers, and named nodes keep their names. A kink becomes a ``where``
        that takes the slope the gate's row says.

        Args:
            wrt: the name (or id) of any node, also an inner one: the derivative by it. Several names: a dict of
                Graphs by name. None: by all inputs, a dict; of a single input the Graph itself.

        Raises:
            GradvizError: there is no node of that name; a literal number; no inputs at all.

        >>> from gradviz import graph
        >>> slope = graph("f = x^3", x=2).gradient()
        >>> slope.trace().output, slope.gradient().trace().output
        (12.0, 12.0)
        >>> sorted(graph("f = x*y").gradient())
        ['x', 'y']
        """
        from gradviz.calculus.adjoints import gradient

        return gradient(self, wrt)

    def paths(self, wrt: str | int) -> Paths:
        """Every path from the output to a node, with the product of its local derivatives; their sum is the gradient.

        Args:
            wrt: the name (or id) of a node.

        Raises:
            GradvizError: there is no such node, or it is a literal number.

        >>> from gradviz import graph
        >>> found = graph("f = x*y + x", x=3, y=4).paths("x")
        >>> found.count, [path.value for path in found], found.gradient
        (2, [4.0, 1.0], 5.0)
        """
        from gradviz.calculus.paths import paths

        return paths(self, wrt)

    def compile(self) -> Compiled:
        """The graph as a program that runs fast at many points: ``c(x=…)`` gives the value and all gradients.

        >>> from gradviz import graph
        >>> graph("f = (x + y) * z").compile()(x=-2, y=5, z=-4)
        (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0})
        """
        from gradviz.code.compiled import Compiled

        return Compiled(self)

    def to_networkx(self) -> networkx.MultiDiGraph:
        """A networkx MultiDiGraph: nodes with all attributes, one edge an operand slot."""
        from gradviz.draw.networks import to_networkx

        return to_networkx(self)

    def digraph(self, **options: Any) -> graphviz.Digraph:
        """The picture as a ``graphviz.Digraph``, to go on with; the options are those of ``draw``."""
        return self.draw(**options).digraph()

    def draw(self, **options: Any) -> Drawing:
        """The backprop diagram; shows itself in notebooks, ``.save("f.pdf")`` writes it.

        The options are the command line's: theme, hide, decimals, digits, locals, expand, copies, direction, …
        """
        from gradviz.draw.drawing import Drawing

        return Drawing.of(self, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from gradviz.draw.notebook import bundle

        return bundle(self, include, exclude)

    def __str__(self) -> str:
        from gradviz.draw.notebook import text

        return text(self)

    def __repr__(self) -> str:
        named = [n for n, own in zip(self.names, self.given, strict=True) if own and n != self.names[self.output]]
        return f"<Graph of {self.names[self.output]}: {len(self)} nodes; {listed(named, 6)}>"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message, cut where they would be too many."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
