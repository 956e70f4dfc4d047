"""Rounding noise: a sum whose parts cancel leaves 10⁻¹⁶ where the truth is 0. People are shown the 0.

Only what is shown changes (pictures, tables, sentences); a Trace and its JSON keep every number as it was computed.
The noise of a gradient is estimated as roundings add up in practice, by root mean square: every contribution is
rounded itself, and it brings the noise of the gradient that it came from.

(Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 2.8, on such estimates.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradviz.passes import FLOATS, Event, Events, Trace, contribution

_ROUNDING = 2.0**-53  # the relative error of one operation on floats
_TIMES = 4  # what lies within so many times its estimated noise is taken for noise


def tidy(number: float, noise: float) -> float:
    """A number as it is shown: 0 where it is no larger than its noise.

    >>> tidy(0.1 + 0.2 - 0.3, 1e-16), tidy(1e-16, 0.0)
    (0.0, 1e-16)
    """
    return 0.0 if abs(number) <= noise < math.inf else number


class Shown(Trace):
    """A trace as it is shown: tidy gradients, tidy running sums.

    Args:
        exact: the trace as it was computed.
        gradients: the tidy ones.
        noise: for every node how far its gradient is noise.
    """

    def __init__(self, exact: Trace, gradients: list[float], noise: list[float]) -> None:
        super().__init__(exact.graph, exact.values, gradients, exact.kind, exact.rounded)
        object.__setattr__(self, "noise", noise)

    noise: list[float]

    @property
    def shown(self) -> Shown:
        """Itself."""
        return self

    @property
    def events(self) -> Events:
        """The backward pass, from tidy gradients."""
        return _TidyEvents(self, self.noise)


class _TidyEvents(Events):
    def __init__(self, trace: Trace, noise: list[float]) -> None:
        super().__init__(trace)
        self._noise = noise

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            total = tidy(event.total, self._noise[event.operand])
            yield event if total == event.total else event._replace(total=total)


def without_noise(trace: Trace) -> Trace:
    """The trace as it is shown: gradients that are rounding noise are 0, and so is all that flows back from them.

    >>> from gradviz import graph
    >>> trace = graph("f = cross_entropy(z, 0)", z=[1, 2, 3]).trace()
    >>> trace["v1"].grad, without_noise(trace)["v1"].grad
    (1.5265566588595902e-16, 0.0)
    """
    if trace.gradients is None or trace.kind is not FLOATS:
        return trace
    graph, values, grads = trace.graph, trace.values, list(trace.gradients)
    if max(graph.fan_out, default=0) < 2:
        return trace  # nothing is added up
    squares = [0.0] * len(graph)  # of the noise of each gradient
    parts = [0] * len(graph)  # how many contributions that are not 0 it has
    for i in range(graph.output, -1, -1):
        if not graph.reaches[i]:
            continue
        if i != graph.output:
            grads[i] = tidy(grads[i], _limit(squares[i])) if parts[i] else 0.0
        row, ids = graph.gates[i], graph.operands(i)
        for j, local in zip(ids, row.locals(values[i], *[values[k] for k in ids]) if ids else (), strict=True):
            share = contribution(row, grads[i], local)
            noise = contribution(row, math.sqrt(squares[i]), local)
            squares[j] += noise * noise + _ROUNDING * _ROUNDING * share * share
            parts[j] += share != 0
    return Shown(trace, grads, [_limit(square) for square in squares])


def _limit(square: float) -> float:
    return _TIMES * math.sqrt(square)
