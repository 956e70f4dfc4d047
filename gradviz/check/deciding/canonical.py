"""Canonical form: sums and products flattened, rational numbers folded, operands in order.

Two nodes with the same form are equal, and nothing needs to be computed. The converse does not hold: this is a short
cut, and points decide the rest. Forms are numbered as they turn up, so that comparing and hashing never walk a tree.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradviz.check.deciding.sides import Sides

_MOST_WORK = 4_000  # terms and factors touched; beyond that, points are quicker
_HIGHEST = 32  # powers that are folded
_WIDEST = 256  # bits of a folded number

Monomial = tuple[tuple[int, int], ...]  # (form, power), in order
Linear = dict[Monomial, Fraction]  # the empty monomial is the number


def same_form(sides: Sides) -> bool:
    """Whether both sides have one canonical form.

    >>> from gradviz.check.deciding.building import sides
    >>> from gradviz.language import parse
    >>> two = [parse(text).statements[0].expression for text in ("x*(y + 1/2)*x", "(0.5 + y)*x^2")]
    >>> same_form(sides(*two, None, free=("x", "y")))
    True
    """
    if sides.left == sides.right:
        return True
    try:
        forms = _Forms(sides)
        return forms.of(sides.left) == forms.of(sides.right)
    except _TooMuch:
        return False


class _TooMuch(Exception):
    pass


class _Forms:
    def __init__(self, sides: Sides) -> None:
        self.numbers: dict[Any, int] = {}
        self.work = 0
        self.linear: list[Linear] = []
        self.literals = sides.literals
        tape = sides.tape
        for i, row in enumerate(tape.gates):
            operands = tape.of(i)
            rule = getattr(self, f"_{row.name}", None) if operands else self._leaf
            made = rule(i, *[self.linear[j] for j in operands]) if rule else None
            if made is None:
                parts = [self.number(self.linear[j]) for j in operands]
                made = self.atom((row.name, *(sorted(parts) if row.commutes else parts)))
            self.work += len(made)
            if self.work > _MOST_WORK:
                raise _TooMuch
            self.linear.append(made)

    def of(self, node: int) -> int:
        return self.number(self.linear[node])

    def number(self, form: Linear) -> int:
        """The number of a form."""
        key = tuple(sorted(form.items()))
        self.work += len(key)
        return self.numbers.setdefault(key, len(self.numbers))

    def atom(self, key: Any) -> Linear:
        return {((self.numbers.setdefault(key, len(self.numbers)), 1),): Fraction(1)}

    def _leaf(self, i: int) -> Linear:
        if i not in self.literals:
            return self.atom(("leaf", i))
        value, text = self.literals[i]
        if text in ("e", "pi", "π") or not 1e-30 < abs(value) < 1e30 or len(text) > 40:
            return self.atom(("leaf", i)) if value else {}
        try:
            return {(): Fraction(text)}
        except ValueError:
            return {(): Fraction(value)}

    # --- rules, by the name of the gate ---

    def _add(self, i: int, a: Linear, b: Linear) -> Linear:
        return self._combined(a, b, 1)

    def _sub(self, i: int, a: Linear, b: Linear) -> Linear:
        return self._combined(a, b, -1)

    def _sum(self, i: int, *parts: Linear) -> Linear:
        total: Linear = {}
        for part in parts:
            total = self._combined(total, part, 1)
        return total

    def _neg(self, i: int, a: Linear) -> Linear:
        return {key: -c for key, c in a.items()}

    def _copy(self, i: int, a: Linear) -> Linear:
        return a

    def _mul(self, i: int, a: Linear, b: Linear) -> Linear | None:
        return self._product(a, b, 1)

    def _div(self, i: int, a: Linear, b: Linear) -> Linear | None:
        return self._product(a, b, -1) if b else None

    def _reciprocal(self, i: int, a: Linear) -> Linear | None:
        return self._product({(): Fraction(1)}, a, -1) if a else None

    def _square(self, i: int, a: Linear) -> Linear | None:
        return self._power(a, 2)

    def _pow(self, i: int, a: Linear, b: Linear) -> Linear | None:
        if any(key != () for key in b):
            return None
        power = b.get((), Fraction(0))
        if power.denominator != 1 or abs(power) > _HIGHEST or (not a and power <= 0):
            return None
        return self._power(a, int(power))

    def _combined(self, a: Linear, b: Linear, sign: int) -> Linear:
        found = dict(a)
        self.work += len(a) + len(b)
        for key, c in b.items():
            total = found.get(key, Fraction(0)) + sign * c
            if total:
                found[key] = total
            else:
                found.pop(key, None)
        return found

    def _single(self, a: Linear) -> tuple[Monomial, Fraction]:
        """A form as one term; a sum of several is an atom, up to the number in front."""
        if not a:
            return (), Fraction(0)
        if len(a) == 1:
            [(key, c)] = a.items()
            return key, c
        front = min(a.items())[1]
        return ((self.number({key: c / front for key, c in a.items()}), 1),), front

    def _product(self, a: Linear, b: Linear, power: int) -> Linear | None:
        if not a or not b:
            return {} if power > 0 else None
        (key_a, c), (key_b, d) = self._single(a), self._single(b)
        return self._term({**dict(key_a)}, key_b, power, c * d**power)

    def _power(self, a: Linear, power: int) -> Linear | None:
        if not a:
            return {}
        key, c = self._single(a)
        return self._term({}, key, power, c**power)

    def _term(self, factors: dict[int, int], more: Monomial, power: int, front: Fraction) -> Linear | None:
        if max(front.numerator.bit_length(), front.denominator.bit_length()) > _WIDEST:
            raise _TooMuch
        self.work += len(factors) + len(more)
        for form, times in more:
            factors[form] = factors.get(form, 0) + times * power
        return {tuple(sorted((form, times) for form, times in factors.items() if times)): front}
