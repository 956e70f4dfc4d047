"""What counts as right: within 1 %, never where a wrong rule leads, and as one gets it by rounding at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from gradviz.misconceptions.diagnosis import Asked, mutants, right_answer
from gradviz.numerals import Numerals
from gradviz.passes import Trace

_TOLERANCE = 0.01  # of the right number
_AT_ZERO = 0.01  # and where that is 0, absolute
_FINEST = 0.001  # a wrong rule that comes nearer than this cannot be told from rounding


@dataclass(frozen=True)
class Marking:
    """The marking of one question.

    Args:
        trace: the numbers.
        asked: what is asked for.
        numerals: how numbers are shown.
    """

    trace: Trace
    asked: Asked
    numerals: Numerals

    @cached_property
    def right(self) -> float:
        """The right number."""
        return right_answer(self.trace, self.asked)

    @cached_property
    def _wrong(self) -> list[float]:
        """The wrong rules' numbers, where they differ from the right one at all."""
        numbers = [mutant.number(self.trace) for mutant in mutants(self.trace.graph, self.asked)]
        scale = max(abs(self.right), 1e-9)
        return [n for n in numbers if n is not None and math.isfinite(n) and abs(n - self.right) > 1e-6 * scale]

    @cached_property
    def tolerance(self) -> float:
        """How far from the right number an answer may be: 1 %, at 0 absolute; half the way to a wrong rule's number.

        >>> from gradviz import graph
        >>> Marking(graph("f = x * y").trace(x=3, y=4), Asked("local", 2, 0), Numerals()).tolerance
        0.04
        """
        if not math.isfinite(self.right):
            return 0.0
        widest = _TOLERANCE * abs(self.right) or _AT_ZERO
        return min([widest, *(abs(wrong - self.right) / 2 for wrong in self._wrong)])

    @cached_property
    def fair(self) -> bool:
        """Whether an honest answer, rounded as shown, can be told from every wrong rule's."""
        if not math.isfinite(self.right) or not self.right:
            return True
        return self.tolerance >= _FINEST / 2 * abs(self.right)

    @cached_property
    def as_shown(self) -> list[float]:
        """The right number as it is shown, and as one gets it by rounding at every step: right as well.

        Unless rounding took it far away, or to where a wrong rule leads.
        """
        if not math.isfinite(self.right):
            return []
        rounded = self.numerals.rounded
        found = [rounded(self.right)]
        if self.trace.rounded is None:
            inputs = {name: self.trace[name].value for name in self.trace.graph.inputs}
            found.append(right_answer(self.trace.graph.trace(inputs, rounded=rounded), self.asked))
        else:
            inputs = {name: self.trace[name].value for name in self.trace.graph.inputs}
            found.append(rounded(right_answer(self.trace.graph.trace(inputs), self.asked)))
        near = [n for n in found if abs(n - self.right) <= 0.05 * abs(self.right)]
        return [n for n in near if not any(abs(n - wrong) <= abs(n - self.right) for wrong in self._wrong)]

    def accepts(self, number: float) -> bool:
        """Whether this number is right.

        >>> from gradviz import graph
        >>> q = Marking(graph("f = sigmoid(x)").trace(x=1), Asked("local", 1, 0), Numerals())
        >>> q.accepts(0.1966), q.accepts(0.197), q.accepts(0.2)
        (True, True, False)
        """
        if not math.isfinite(self.right):
            return number == self.right or (math.isnan(number) and math.isnan(self.right))
        if abs(number - self.right) <= self.tolerance * (1 + 1e-12):
            return True
        return any(abs(number - shown) <= 1e-9 * max(abs(shown), 1e-9) for shown in self.as_shown)
