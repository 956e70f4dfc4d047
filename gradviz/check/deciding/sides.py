"""Two sides of a link as one tape that can be run at many points.

Below lies the problem: its nodes, free letters, and formulas that are differentiated in place. On top lie the gates
of both sides, every common part once; their leaves are nodes of the problem and derivatives in it. A derivative
has two readings: *total*, over all paths, and *local*, with every other named node held fixed. They differ only where
a named node lies in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from gradviz.gates import INPUT
from gradviz.graph import NONE, Graph, Tape


class NotDecidable(Exception):
    """A side says something that this checker has no way to decide; the text says what."""


class Derived(NamedTuple):
    """``∂of/∂by``, both as nodes of the base."""

    of: int
    by: int


@dataclass(eq=False)
class Sides:
    """Both sides of a link, ready to run.

    Args:
        base: the problem, with free letters and formulas that are differentiated.
        tape: the gates of the sides; leaves are INPUT rows.
        nodes: for leaves that are a node of the problem, its id in the base.
        derivatives: for leaves that are a derivative, which.
        literals: for literal numbers, (value, text).
        typed: which literals a person typed, with the text; library functions bring others.
        exponents: which literals stand in an exponent.
        left, right: the ids of the two results.
    """

    base: Graph
    free: tuple[str, ...]
    tape: Tape
    nodes: dict[int, int]
    derivatives: dict[int, Derived]
    literals: dict[int, tuple[float, str]]
    typed: dict[int, str]
    exponents: set[int]
    left: int
    right: int
    _reached: dict[tuple[int, bool], bytearray] = field(default_factory=dict)
    _held: dict[int, Tape] = field(default_factory=dict)

    @cached_property
    def used(self) -> bytearray:
        """For every base node 1 if the sides depend on it."""
        marks = bytearray(len(self.base))
        for i in self.nodes.values():
            marks[i] = 1
        for derived in self.derivatives.values():
            marks[derived.of] = marks[derived.by] = 1
        tape = self.base.tape
        for i in range(len(marks) - 1, -1, -1):
            if marks[i]:
                for j in tape.of(i):
                    marks[j] = 1
        return marks

    @cached_property
    def inputs(self) -> list[int]:
        """The inputs (and free letters) that the sides depend on."""
        return [i for i, row in enumerate(self.base.gates) if row is INPUT and self.used[i]]

    @property
    def symbolic(self) -> bool:
        """Whether there is any name on either side."""
        return bool(self.nodes or self.derivatives)

    @cached_property
    def ambiguous(self) -> list[int]:
        """The derivative leaves whose total and local readings differ in form, and both make sense."""
        return [
            leaf
            for leaf, derived in self.derivatives.items()
            if self._two_readings(derived) and not self._chain_rule(leaf, derived)
        ]

    def _chain_rule(self, leaf: int, derived: Derived) -> bool:
        """Whether the leaf is a side, and the other one goes through a node in between: that speaks of the total."""
        if leaf not in (self.left, self.right):
            return False
        other = self.behind(self.right if leaf == self.left else self.left)
        return leaf not in other and any(
            at in other and of == derived.of and by != derived.by and self.reach(by, False)[derived.by]
            for at, (of, by) in self.derivatives.items()
        )

    def behind(self, root: int) -> set[int]:
        """The nodes of the sides' own tape that a node hangs on, with itself."""
        found, waiting = {root}, [root]
        while waiting:
            for j in self.tape.of(waiting.pop()):
                if j not in found:
                    found.add(j)
                    waiting.append(j)
        return found

    def _two_readings(self, derived: Derived) -> bool:
        direct = self.reach(derived.of, True)[derived.by]
        if not direct:
            return False
        between = self.reach(derived.of, True)
        return any(
            between[i]
            and i not in derived
            and self.base.given[i] is not None
            and self.base.gates[i].arity != 0
            and self.reach(i, False)[derived.by]
            for i in range(derived.by + 1, derived.of)
        )

    def reach(self, of: int, local: bool) -> bytearray:
        """For every base node 1 if it lies behind ``of``; local: without going through other named nodes."""
        if (of, local) not in self._reached:
            marks = bytearray(len(self.base))
            marks[of] = 1
            for i in range(of, -1, -1):
                if marks[i] and not (local and i != of and self.base.given[i] is not None):
                    for j in self.base.tape.of(i):
                        marks[j] = 1
            self._reached[of, local] = marks
        return self._reached[of, local]

    def held_fixed(self, of: int) -> Tape:
        """The base tape with every named node before ``of`` as a leaf."""
        if of not in self._held:
            tape = self.base.tape
            fixed = [i != of and name is not None for i, name in enumerate(self.base.given)]
            rows = [INPUT if cut and row.arity != 0 else row for cut, row in zip(fixed, tape.gates, strict=True)]
            first = [NONE if cut else j for cut, j in zip(fixed, tape.first, strict=True)]
            second = [NONE if cut else j for cut, j in zip(fixed, tape.second, strict=True)]
            self._held[of] = Tape(rows, first, second, {i: j for i, j in tape.more.items() if not fixed[i]})
        return self._held[of]

    def derivative_text(self, leaf: int) -> str:
        """``∂f/∂x`` as people write it."""
        of, by = self.derivatives[leaf]
        return f"∂{self.base.names[of]}/∂{self.base.names[by]}"
