"""What was found about two sides, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gradviz.errors import GradvizError

Verdict = Literal["equal", "different", "not_decided"]


IN_CELL = "holds on the piece where the given inputs lie, not on the other side of a kink"


@dataclass(frozen=True, slots=True)
class Witness:
    """A point where the sides differ, and what they are there."""

    point: Mapping[str, float]
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What was found about ``left = right``.

    Args:
        verdict: "equal", "different" or "not_decided".
        reason: why nothing was decided; "" otherwise.
        witness: a point where the sides differ.
        reading: for a ∂ that can be read in two ways, how it was read: "total", "local" or "mixed"; None where both
            are the same.
        by_value: the sides are equal at the given inputs, and not everywhere: numbers stand in for names.
        rounded: decimals were taken as rounded (or cut off) numbers.
        in_cell: equal on the piece in which the given inputs lie, and not on others.
        at_kink: the convention of every kink that the given inputs lie on, where the claim is another subgradient.
        domain: one side is defined where the other is not.
        proved: what SymPy said: True, or False for "could not"; None where it was not asked.
        unfinished: whether SymPy took too long.
    """

    verdict: Verdict
    reason: str = ""
    witness: Witness | None = None
    reading: str | None = None
    by_value: bool = False
    rounded: bool = False
    in_cell: bool = False
    at_kink: tuple[str, ...] = ()
    domain: bool = False
    proved: bool | None = None
    unfinished: bool = False

    def __bool__(self) -> bool:
        raise GradvizError("a Decision has three answers", hint='decision.verdict == "equal"')

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know beside the verdict, a sentence each."""
        said = {
            "∂ is read as the total derivative, over all paths": self.reading == "total",
            "∂ is read as the local one, with the other named nodes held fixed": self.reading == "local",
            "one ∂ is read as total and another as local": self.reading == "mixed",
            "holds at the given inputs, not as a formula": self.by_value,
            "equal as far as the decimals go": self.rounded,
            IN_CELL: self.in_cell,
            "one side is defined at points where the other is not": self.domain,
        }
        kinks = tuple(f"the inputs lie on a kink, where any slope in between is right; here {k}" for k in self.at_kink)
        return tuple(text for text, holds in said.items() if holds) + kinks
