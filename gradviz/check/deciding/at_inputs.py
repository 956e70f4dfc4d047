"""Sides that are not equal everywhere: on the piece where the given inputs lie, at the inputs, or at a kink there?

A formula that holds on this piece alone is right for these inputs (the ReLU is open, so ∂f/∂z = ∂f/∂h). Numbers that
stand in for names make a side that holds at the inputs alone. At a kink, any slope in between
is right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Any

from gradviz.check.deciding.comparing import compare, differ_exactly, exact_values, tame
from gradviz.check.deciding.decision import Decision, Witness
from gradviz.check.deciding.intervals import agree, agree_values
from gradviz.check.deciding.kinks import Kink, kinks, on_kinks
from gradviz.check.deciding.running import TOTAL, Reading, run_block
from gradviz.check.deciding.sampling import chosen, joined, near, size, usual, wide
from gradviz.check.deciding.sides import Sides
from gradviz.graph import Graph
from gradviz.misconceptions.wrong_edges import right_share
from gradviz.misconceptions.wrong_passes import changed_pass
from gradviz.passes import Trace

_FEWEST = 6
_MOST_CHOICES = 64
OF_FORMULAS = frozenset({0.0, 0.5, 1.0, 2.0, 3.0, 4.0})  # numbers that formulas have of their own


def at_inputs(
    sides: Sides,
    given: dict[int, float],
    identity: Decision,
    dice: random.Random,
    readings: Iterable[Reading],
    word: Callable[[Reading], str | None],
    wrong_rule: Callable[[Sides, dict[int, float]], bool],
    *,
    approx: bool = False,
) -> Decision:
    """The decision for sides that are not equal as functions, or for which that could not be decided.

    Args:
        sides: the sides.
        given: the inputs' numbers; where some have none, those stay free.
        identity: what was decided about all points.
        dice: where random numbers come from.
        readings: the readings of ∂ to try.
        word: their names.
        wrong_rule: whether a wrong rule gives one side as a formula, so that equal numbers say nothing.
        approx: whether the sign between the sides was ≈.
    """
    here = _AtInputs(sides, given, dice, approx, wrong_rule)
    ways = list(readings)
    if here.complete and here.kinks and here.may_hold(ways) and (found := here.in_cell(ways)):
        reading, conventions = found
        return replace(
            identity, verdict="equal", reason="", witness=None, reading=word(reading), in_cell=True, at_kink=conventions
        )
    if here.has_numbers():
        for reading in ways:
            holds, rounded = here.holds(reading)
            if holds and not here.wrong_formula():
                return replace(
                    identity,
                    verdict="equal",
                    reason="",
                    witness=None,
                    reading=word(reading),
                    by_value=True,
                    rounded=rounded,
                )
        if here.complete and here.one_is_a_number() and (conventions := here.subgradient()):
            return replace(identity, verdict="equal", reason="", witness=None, by_value=True, at_kink=conventions)
    if identity.verdict == "different" and here.complete:
        return here.with_witness(identity)
    if identity.verdict == "not_decided" and here.complete and here.one_is_a_number():
        return here.with_witness(replace(identity, verdict="not_decided"))
    return identity


class _AtInputs:
    def __init__(
        self,
        sides: Sides,
        given: dict[int, float],
        dice: random.Random,
        approx: bool,
        wrong_rule: Callable[[Sides, dict[int, float]], bool],
    ) -> None:
        import numpy as np

        self.sides, self.given, self.dice, self.approx = sides, given, dice, approx
        self.wrong_rule = wrong_rule
        self.complete = len(given) == len(sides.inputs)
        self.kinks = kinks(sides)
        rest = [i for i in sides.inputs if i not in given]
        free = usual(rest, dice) if rest else {}
        self.count = size(free)
        self.points = {**{i: np.full(self.count, x) for i, x in given.items()}, **free}
        self.run = run_block(sides, self.points, self.count)

    # --- the piece ---

    def may_hold(self, readings: list[Reading]) -> bool:
        """Whether the sides meet at the inputs, as they must if they do all around; on a kink anything may."""
        import numpy as np

        if self._gates_on_a_kink() or any(float(np.ravel(kink.difference(self.run))[0]) == 0 for kink in self.kinks):
            return True
        for left, right in (self.run.pair(reading) for reading in readings):
            a, b = float(np.ravel(left)[0]), float(np.ravel(right)[0])
            if not abs(a - b) > 1e-6 * max(1.0, abs(a), abs(b)):
                return True
        return False

    def in_cell(self, readings: list[Reading]) -> tuple[Reading, tuple[str, ...]] | None:
        """A reading that holds on a piece next to the inputs, and the conventions of the kinks they lie on."""
        import numpy as np

        sides, given = self.sides, self.given
        points = joined(
            [
                near(given, self.dice),
                near(given, self.dice),
                usual(sides.inputs, self.dice),
                wide(sides.inputs, self.dice),
            ]
        )
        if not points:
            return None
        run = run_block(sides, points, size(points))
        keep = np.ones(size(points), dtype=bool)
        pattern = np.zeros(size(points), dtype=np.int64)
        on: list[Kink] = []
        exactly = on_kinks(self.run, self.count, self.kinks)[:, 0]
        for kink, at_it in zip(self.kinks, exactly, strict=True):
            own = float(np.ravel(kink.difference(self.run))[0])
            signs = np.broadcast_to(np.sign(kink.difference(run)), keep.shape)
            if own != 0:
                keep &= signs == np.sign(own)
            elif len(on) < 20 and at_it:
                on.append(kink)
                keep &= signs != 0
                pattern = pattern * 2 + (signs > 0)
        for piece in sorted(set(pattern[keep].tolist())):
            which = np.flatnonzero(keep & (pattern == piece))
            some = chosen(points, which)
            part = run_block(sides, some, len(which))
            for reading in readings:
                found = compare(part, some, np.zeros(len(which), dtype=bool), reading)
                if found.differs is None and not found.unsure and int(found.usable.sum()) >= _FEWEST:
                    return reading, self._conventions(on)
        return None

    def _conventions(self, on: list[Kink]) -> tuple[str, ...]:
        return (
            tuple(dict.fromkeys(row.kink.convention for _, _, row in self._gates_on_a_kink() if row.kink)) if on else ()
        )

    # --- numbers ---

    def one_is_a_number(self) -> bool:
        """Whether there is no name on one of the sides."""
        leaves = {*self.sides.nodes, *self.sides.derivatives}
        return any(not leaves & self.sides.behind(root) for root in (self.sides.left, self.sides.right))

    def has_numbers(self) -> bool:
        """Whether some typed literal may stand in for something of the problem."""
        if not self.given:
            return False
        if self.one_is_a_number():
            return True
        numbers = [abs(self.sides.literals[i][0]) for i in self.sides.typed if i not in self.sides.exponents]
        own = [number for number in numbers if number in OF_FORMULAS]
        return len(own) < len(numbers) or any(_is_one_of(number, self._quantities()) for number in own)

    def _quantities(self) -> list[float]:
        """What a person could put in numbers for: inputs, values, local derivatives and gradients, at the inputs."""
        import numpy as np

        run, base = self.run, self.sides.base
        found: list[Any] = [*self.given.values(), *(run.base[i] for i, used in enumerate(self.sides.used) if used)]
        for i, used in enumerate(self.sides.used):
            ids = base.tape.of(i)
            if used and ids:
                found += run.kind.locals(base.gates[i])(run.base[i], *[run.base[j] for j in ids])
        for leaf in self.sides.derivatives:
            found.append(run.derivative(leaf, False))
        upper = run.upper()
        found += [upper[i] for i, row in enumerate(self.sides.tape.gates) if row.name.endswith("′")]
        values = [float(np.ravel(x)[0]) for x in run.base]
        for of in {derived.of for derived in self.sides.derivatives.values()} if self.complete else ():
            found += self._pass(of, values, {})  # 4·x for the 4 that arrived at a node in between
        return [abs(float(np.ravel(x)[0])) for x in found if np.size(x)]

    def holds(self, reading: Reading) -> tuple[bool, bool]:
        """Whether the sides agree at the inputs, and by rounding."""
        import numpy as np

        found, rounded = agree(self.run, reading, approx=self.approx)
        if np.all(found):
            return True, rounded
        values = exact_values(self.sides, self.given, reading) if self.complete else None
        if values is not None:  # doubles may have lost most digits on the way
            found, rounded = agree_values(self.run, values, approx=self.approx)
            if np.all(found):
                return True, rounded
        left, right = (float(np.ravel(side)[0]) for side in self.run.pair(reading))
        close = abs(left - right) < 1e-9  # what cancels leaves noise, and only many digits tell it from a number
        return self.complete and close and tame(self.run, reading) and self._same(reading), False

    def _same(self, reading: Reading) -> bool:
        return differ_exactly(self.sides, self.given, reading) is None

    def wrong_formula(self) -> bool:
        """Whether a wrong rule gives this very formula, and the numbers agree by chance."""
        if self.one_is_a_number() or not self.sides.derivatives:
            return False
        if self._multiplied_by_one():
            return False
        return self.wrong_rule(self.sides, self.given)

    def _multiplied_by_one(self) -> bool:
        """Whether a typed 1 is a factor, ``1·1·x``: nobody writes that in a formula, it stands in for something."""
        tape = self.sides.tape
        ones = {i for i in self.sides.typed if self.sides.literals[i][0] == 1.0}
        return bool(ones) and any(row.name == "mul" and ones & set(tape.of(i)) for i, row in enumerate(tape.gates))

    # --- kinks at the inputs ---

    def _gates_on_a_kink(self) -> list[tuple[bool, int, Any]]:
        """(of the sides, node, row)."""
        import numpy as np

        base, sides = self.sides.base, self.sides
        found = []
        upper = self.run.upper()
        for above, tape, values in ((False, base.tape, self.run.base), (True, sides.tape, upper)):
            for i, row in enumerate(tape.gates):
                if above or sides.used[i]:
                    numbers = [float(np.ravel(values[j])[0]) for j in tape.of(i)]
                    if row.kink is not None and row.at_kink(float(np.ravel(values[i])[0]), *numbers):
                        found.append((above, i, row))
        return found

    def subgradient(self) -> tuple[str, ...]:
        """The conventions, if the inputs lie on kinks and the sides agree for some slopes in between."""
        import numpy as np

        on = self._gates_on_a_kink()
        if not on:
            return ()
        sides, base = self.sides, self.sides.base
        values = [float(np.ravel(x)[0]) for x in self.run.base]
        below = [(i, row) for above, i, row in on if not above]
        primes = self._primes_on_a_kink({i: row for above, i, row in on if above})
        gaps: list[float] = []
        ways = product(*(_slopes(row, base.tape.of(i), values, i) for i, row in below), *(each for _, each in primes))
        for way in islice(ways, _MOST_CHOICES):
            slopes: dict[int, Any] = dict(zip((i for i, _ in below), way, strict=False))
            replaced = {leaf: np.array([self._changed(leaf, values, slopes)]) for leaf in sides.derivatives}
            replaced |= {node: np.array([way[len(below) + k]]) for k, (node, _) in enumerate(primes)}
            upper = self.run.upper(TOTAL, replaced)
            gaps.append(float(np.ravel(upper[sides.left] - upper[sides.right])[0]))
        largest = max(map(abs, gaps), default=0.0)
        if not gaps or not min(gaps) <= 1e-9 * largest or not max(gaps) >= -1e-9 * largest:
            return ()
        return tuple(dict.fromkeys(row.kink.convention for _, _, row in on if row.kink))

    def _primes_on_a_kink(self, gates: dict[int, Any]) -> list[tuple[int, tuple[float, float]]]:
        import numpy as np

        upper, tape = self.run.upper(), self.sides.tape
        found = []
        for i, row in enumerate(tape.gates):
            if row.name.endswith("′") and (out := tape.of(i)[0]) in gates:
                numbers = [float(np.ravel(upper[j])[0]) for j in tape.of(out)]
                found.append((i, gates[out].one_sided(float(np.ravel(upper[out])[0]), *numbers)))
        return found

    def _changed(self, leaf: int, values: list[float], slopes: dict[int, tuple[float, ...]]) -> float:
        """The derivative with these slopes at the kinks."""
        of, by = self.sides.derivatives[leaf]
        return float(self._pass(of, values, slopes)[by])

    def _pass(self, of: int, values: list[float], slopes: dict[int, tuple[float, ...]]) -> list[float]:
        """The gradients of a node on all others, with these slopes at the kinks."""
        graph: Graph = self.sides.base.with_output(of)
        trace = Trace(graph, values, None)

        def share(i: int, slot: int, upstream: float) -> float:
            return upstream * slopes[i][slot] if i in slopes else right_share(trace, i, slot, upstream)

        return list(changed_pass(trace, share))

    # --- different ---

    def with_witness(self, identity: Decision) -> Decision:
        """The same, with the given inputs as the witness where the sides differ there."""
        values = differ_exactly(self.sides, self.given) if tame(self.run) else None
        if values is None:
            return identity
        point = {self.sides.base.names[i]: x for i, x in self.given.items()}
        return replace(identity, verdict="different", reason="", witness=Witness(point, *values))


def _slopes(row: Any, operands: tuple[int, ...], values: list[float], node: int) -> Iterator[tuple[float, ...]]:
    """The extreme slopes of a gate on its kink, one for every operand."""
    numbers = [values[j] for j in operands]
    if row.name in ("max", "min"):
        for winner, number in enumerate(numbers):
            if number == values[node]:
                yield tuple(float(slot == winner) for slot in range(len(numbers)))
        return
    rest = row.locals(values[node], *numbers)[1:]
    for slope in row.one_sided(values[node], *numbers):
        yield (float(slope), *rest)


def _is_one_of(number: float, quantities: list[float]) -> bool:
    return any(abs(number - other) <= 1e-9 * max(1.0, other) for other in quantities)
