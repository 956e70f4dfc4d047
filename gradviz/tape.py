"""Tape: the bare structure that the passes run on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradviz.gates import Gate

NONE = -1  # where a slot has no operand


class Tape(NamedTuple):
    """The bare structure that the passes run on: parallel lists, one place a node.

    Nearly every gate has one or two operands: they stand in two lists that a loop can walk without looking anything
    up. Three or more operands stand apart, all of them.
    """

    gates: list[Gate]
    first: list[int]  # the id of the first of one or two operands, else NONE
    second: list[int]  # the id of the second of two, else NONE
    more: dict[int, tuple[int, ...]]  # by node: the ids of three operands or more

    def of(self, node: int) -> tuple[int, ...]:
        """The operand ids of a node, in slot order."""
        first, second = self.first[node], self.second[node]
        if second != NONE:
            return (first, second)
        return (first,) if first != NONE else self.more.get(node, ())

    def append(self, row: Gate, operands: Sequence[int]) -> None:
        """One more node."""
        first, second = NONE, NONE
        if len(operands) > 2:
            self.more[len(self.gates)] = tuple(operands)
        elif operands:
            first, second = operands[0], operands[1] if len(operands) == 2 else NONE
        self.gates.append(row)
        self.first.append(first)
        self.second.append(second)
