"""Simplify: gates on symbols, in the shortest form that says the same.

Constants are folded; 0·, 1·, +0 and double negation go; like terms and powers meet where that is plainly shorter;
a product keeps the form p·num / (q·den), with its sign in front; a product with ``where(c, u, 0)`` moves inside, so
that routing selects and never multiplies with 0. Rules look one step deep: each costs the same, however large
the graph. Named nodes are left whole, for the reader knows them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from gradviz.calculus.products import Products
from gradviz.gates import GATES, Gate, Pattern


class Simplifier(Products):
    """Symbols whose gates simplify.

    >>> from gradviz import graph
    >>> s = Simplifier(graph("f = x * y"))
    >>> x, one = s.source.id("x"), s.const(1)
    >>> s.gate(GATES["mul"], (x, one)) == x
    True
    """

    def gate(self, row: Gate, operands: Sequence[int]) -> int:
        """The gate on these operands, simplified."""
        rule = _RULES.get(row.name)
        if rule is not None:
            return rule(self, *operands)
        if is_comparison(row):
            return self.compare(row, *operands)
        numbers = [self.number(i) for i in operands]
        if all(number is not None for number in numbers):
            out = row.value(*[number for number in numbers if number is not None])
            if abs(out) < 1e6 and out.is_integer():  # log(1), sqrt(4); log(2) stays log(2)
                return self.const(out)
        return self.node(row, operands)

    # Products

    def times(self, a: int, b: int) -> int:
        """a · b."""
        for other, chosen in ((a, b), (b, a)):
            if (parts := self._parts("where", chosen)) is not None:
                condition, yes, no = parts
                # one level: moving into nested ones again and again would make a chain of routers grow as its square
                if self.is_number(no, 0) and not self._gated(yes):
                    return self.where(condition, self.times(other, yes), no)
                if self.is_number(yes, 0) and not self._gated(no):
                    return self.where(condition, yes, self.times(other, no))
        (p, q), num, den = self._factors(a)
        (r, s), more, under = self._factors(b)
        return self._product((p * r, q * s), self._merged(num, more), self._merged(den, under))

    def over(self, a: int, b: int) -> int:
        """a / b."""
        if (counted := self._shared_out(a, b)) is not None:
            return counted
        (p, q), num, den = self._factors(a)
        (r, s), under, more = self._factors(b)
        if r == 0 or not isfinite(p * s) or not isfinite(q * r):
            return self.node(GATES["div"], (a, b))
        return self._product((p * s, q * r), self._merged(num, more), self._merged(den, under))

    def _shared_out(self, a: int, b: int) -> int | None:
        """``n / (k + (x == y))`` is one of two numbers."""
        parts = self._parts("add", b)
        if parts is None or self.number(a) is None:
            return None
        for k, test in (parts, parts[::-1]):
            number = self.number(k)
            if number is not None and number > 0 and is_comparison(self.gates[test]) and not self.atom(test):
                return self.where(test, self.over(a, self.const(number + 1)), self.over(a, k))
        return None

    def negated(self, a: int) -> int:
        """-a."""
        (p, q), num, den = self._factors(a)
        return self._product((-p, q), num, den)

    def to_power(self, a: int, b: int) -> int:
        """a ^ b."""
        base, exponent = self.number(a), self.number(b)
        if exponent == 1:
            return a
        if exponent == 0:
            return self.const(1)
        if base is not None and exponent is not None:
            out = GATES["pow"].value(base, exponent)
            if abs(out) < 1e9 and out.is_integer():
                return self.const(out)
        elif exponent is not None and exponent < 0 and exponent.is_integer():
            return self.over(self.const(1), self.to_power(a, self.const(-exponent)))
        return self.node(GATES["pow"], (a, b))

    # Sums

    def plus(self, a: int, b: int) -> int:
        """a + b."""
        if self.is_number(a, 0):
            return b
        if self.is_number(b, 0):
            return a
        one, other = self._parts("where", a), self._parts("where", b)
        if one is not None and other is not None and one[0] == other[0]:
            pairs = list(zip(one[1:], other[1:], strict=True))
            if all(self.is_number(x, 0) or self.is_number(y, 0) for x, y in pairs):
                return self.where(one[0], *[self.plus(x, y) for x, y in pairs])
        (p, q), num, den = self._factors(a)
        (r, s), more, under = self._factors(b)
        if (num, den) == (more, under):
            return self._product((p * s + r * q, q * s), num, den)
        if (met := self._met(a, b, (more, under)) or self._met(b, a, (num, den))) is not None:
            return met
        if r < 0:
            return self.node(GATES["sub"], (a, self._product((-r, s), more, under)))
        if p < 0:
            return self.node(GATES["sub"], (b, self._product((-p, q), num, den)))
        return self.node(GATES["add"], (a, b))

    def _met(self, total: int, term: int, like: tuple[int | None, int | None]) -> int | None:
        """A sum of two and a term, where one of the two is like the term."""
        parts, sign = self._parts("add", total), 1.0
        if parts is None:
            parts, sign = self._parts("sub", total), -1.0
        if parts is None:
            return None
        first, second = parts
        if self._factors(second)[1:] == like:
            return self.plus(first, self.plus(second if sign > 0 else self.negated(second), term))
        if self._factors(first)[1:] == like:
            return self.plus(self.plus(first, term), second if sign > 0 else self.negated(second))
        return None

    def minus(self, a: int, b: int) -> int:
        """a - b."""
        return self.plus(a, self.negated(b))

    # Choices

    def where(self, condition: int, yes: int, no: int) -> int:
        """``yes`` where the condition holds, else ``no``."""
        number = self.number(condition)
        if number is not None:
            return yes if number else no
        if yes == no:
            return yes
        tested = self._parts("eq", condition)
        zero = tested is not None and self.is_number(tested[1], 0) and self.is_number(yes, 0)
        if tested is not None and zero and self._multiple(no, tested[0]):
            return no  # u·k where u is not 0, and 0 where it is
        if (parts := self._parts("where", no)) is not None and parts[0] == condition:
            no = parts[2]
        if (parts := self._parts("where", yes)) is not None:
            if parts[0] == condition:
                yes = parts[1]
            elif (tie := self._tie(condition, parts[0])) is not None:
                strict, equal = tie
                return self.where(strict, parts[2], self.where(equal, parts[1], no))
        return self.node(GATES["where"], (condition, yes, no))

    def _multiple(self, node: int, of: int) -> bool:
        """Whether a node is the other one times a finite number."""
        return node == of or any(first == of and self._finite(second) for first, second in self._pairs(node))

    def _finite(self, node: int) -> bool:
        inner = self._parts("log", node)
        number = self.number(node if inner is None else inner[0])
        return number is not None and isfinite(number) and (inner is None or number > 0)

    def _tie(self, first: int, second: int) -> tuple[int, int] | None:
        """``x ≥ y`` and in it ``y ≥ x``: the tests ``x > y`` and ``x == y`` say it better."""
        names = self.gates[first].name, self.gates[second].name
        strict = {("ge", "ge"): "gt", ("le", "le"): "lt"}.get(names)
        if strict is None or tuple(self.operands[first]) != tuple(self.operands[second][::-1]):
            return None
        return self.node(GATES[strict], self.operands[first]), self.node(GATES["eq"], self.operands[first])

    def compare(self, row: Gate, a: int, b: int) -> int:
        """A comparison: 1 where it holds."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return self.const(row.value(x, y))
        if a == b:
            return self.const(row.value(0.0, 0.0))
        if row.name == "ne" and y == 0 and is_comparison(self.gates[a]):
            return a
        if row.name == "eq":
            for one, most in ((a, b), (b, a)):
                # x == max(x, y) says x >= y
                better = {"largest(args)": "ge", "smallest(args)": "le"}.get(self.gates[most].formula)
                pair = list(self.operands[most])
                if better is not None and len(pair) == 2 and one in pair:
                    pair.remove(one)
                    return self.compare(GATES[better], one, pair[0])
        return self.node(row, (a, b))

    def select(self, upstream: int, local: int) -> int:
        """upstream × local through a gate that selects: nothing where local is 0, whatever the upstream is."""
        number = self.number(local)
        if number is not None:
            return self.times(local, upstream) if number else local
        if (parts := self._parts("where", local)) is not None:
            return self.where(parts[0], self.select(upstream, parts[1]), self.select(upstream, parts[2]))
        if self._never_zero(local):
            return self.times(local, upstream)
        zero = self.const(0)
        return self.where(self.compare(GATES["ne"], local, zero), self.times(local, upstream), zero)

    def _never_zero(self, node: int) -> bool:
        """A share 1/k of a tie, k a count of comparisons that hold."""
        parts = self._parts("div", node)
        if parts is None or not self.number(parts[0]):
            return False
        waiting = [parts[1]]
        while waiting:
            i = waiting.pop()
            if (terms := self._parts("add", i)) is not None:
                waiting += terms
            elif self.number(i) is None and not is_comparison(self.gates[i]):
                return False
        return True

    def _gated(self, node: int) -> bool:
        parts = self._parts("where", node)
        return parts is not None and (self.is_number(parts[1], 0) or self.is_number(parts[2], 0))


def is_comparison(row: Gate) -> bool:
    """Whether it answers 1 or 0."""
    return row.pattern is Pattern.BLOCKS and row.infix is not None


#: The algebra of + − × ÷ ^ and where; every other gate is taken as it is.
_RULES: dict[str, Callable[..., int]] = {
    "add": Simplifier.plus,
    "sub": Simplifier.minus,
    "mul": Simplifier.times,
    "div": Simplifier.over,
    "neg": Simplifier.negated,
    "pow": Simplifier.to_power,
    "where": Simplifier.where,
}
