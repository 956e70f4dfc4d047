"""Draft: collects nodes, operands before users, and gives a Graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradviz.gates import CONST, COPY, INPUT, Gate, gate
from gradviz.graph import Graph, LibraryCall, Tape


class Draft:
    """Collects nodes, operands before users, and gives a Graph.

    >>> d = Draft()
    >>> x = d.input("x", 3.0)
    >>> from gradviz.gates import gate
    >>> g = d.graph(d.gate(gate("mul"), (x, x), name="f"))
    >>> g["f"].operands
    (0, 0)
    """

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        self.tape = Tape([], [], [], {})
        self.names: list[str | None] = []
        self.data: list[float | None] = []
        self.spans: list[tuple[int, int] | None] = []
        self.calls: list[LibraryCall] = []

    def __len__(self) -> int:
        return len(self.tape.gates)

    def _add(
        self,
        row: Gate,
        operands: Sequence[int],
        name: str | None,
        data: float | None,
        span: tuple[int, int] | None,
    ) -> int:
        self.tape.append(row, operands)
        self.names.append(name)
        self.data.append(data)
        self.spans.append(span)
        return len(self.tape.gates) - 1

    def input(self, name: str | None, data: float | None, *, span: tuple[int, int] | None = None) -> int:
        """A leaf that a person gives a number, now or later (None)."""
        return self._add(INPUT, (), name, data, span)

    def const(self, data: float, text: str, *, span: tuple[int, int] | None = None) -> int:
        """A literal number; ``text`` is the literal as written, and its name."""
        return self._add(CONST, (), text, data, span)

    def gate(
        self,
        row: Gate | str,
        operands: Sequence[int],
        *,
        name: str | None = None,
        span: tuple[int, int] | None = None,
    ) -> int:
        """A gate on earlier nodes."""
        return self._add(gate(row) if isinstance(row, str) else row, operands, name, None, span)

    def copy(self, operand: int, *, name: str, span: tuple[int, int] | None = None) -> int:
        """A named branch of the operand's wire: ``c = x``."""
        return self._add(COPY, (operand,), name, None, span)

    def rename(self, node: int, name: str) -> None:
        """Give a node the name that the user wrote."""
        self.names[node] = name

    def call(self, function: str, arguments: Iterable[int], output: int, first: int) -> None:
        """Remember that nodes ``first`` to ``output`` are one use of a library function."""
        self.calls.append(LibraryCall(function, tuple(arguments), output, frozenset(range(first, output + 1))))

    def graph(self, output: int) -> Graph:
        """The Graph of all nodes so far."""
        return Graph(
            self.tape,
            tuple(self.names),
            tuple(self.data),
            output,
            tuple(self.calls),
            self.text,
            tuple(self.spans),
        )
