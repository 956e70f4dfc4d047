"""Products in one form: ``p·num / (q·den)``, p/q a number, the sign in front, equal factors as a power.

Rules look one step deep: each costs the same, however large the graph. Named nodes are left whole, for the reader
knows them by name.
"""

from __future__ import annotations

from gradviz.calculus.symbols import Ratio, Symbols
from gradviz.gates import GATES

_ONE: Ratio = (1.0, 1.0)
Factors = tuple[Ratio, int | None, int | None]  # p/q · num / den


class Products(Symbols):
    """Symbols that know what a product is made of."""

    def _factors(self, node: int) -> Factors:
        """A node as p/q · num / den, where it shows that form."""
        (p, q), node = self._coefficient(node)
        if (parts := self._parts("div", node)) is None:
            return (p, q), (None if node < 0 else node), None
        (r, s), num = self._coefficient(parts[0])
        (t, u), den = self._coefficient(parts[1])
        if t == 0:
            return (p, q), node, None
        return (p * r * u, q * s * t), (None if num < 0 else num), (None if den < 0 else den)

    def _coefficient(self, node: int) -> tuple[Ratio, int]:
        """The number before a product, and the rest (-1: nothing)."""
        if (parts := self._parts("neg", node)) is not None:
            (p, q), rest = self._leading(parts[0])
            return (-p, q), rest
        return self._leading(node)

    def _leading(self, node: int) -> tuple[Ratio, int]:
        if node in self.ratios:
            return self.ratios[node], -1
        if (parts := self._parts("mul", node)) is not None:
            for number, rest in (parts, parts[::-1]):
                if number in self.ratios:
                    return self.ratios[number], rest
        return _ONE, node

    def _product(self, ratio: Ratio, num: int | None, den: int | None) -> int:
        if ratio[0] == 0:
            return self.const(0)
        num, den = self._cancelled(num, den)
        if num is None and den is None:
            return self.const(*ratio)
        p, q = self.ratios[self.const(*ratio)]
        size = abs(p)
        if p == -1 and num is not None and (parts := self._parts("sub", num)) is not None:
            p, num = 1.0, self.node(GATES["sub"], parts[::-1])  # -(a - b) is b - a
        if num is None:
            out = self.const(size)
        else:
            out = num if size == 1 else self.node(GATES["mul"], (self.const(size), num))
        if q != 1 or den is not None:
            below = self.const(q) if den is None else den
            if den is not None and q != 1:
                below = self.node(GATES["mul"], (self.const(q), den))
            out = self.node(GATES["div"], (out, below))
        return out if p > 0 else self.node(GATES["neg"], (out,))

    def _merged(self, a: int | None, b: int | None) -> int | None:
        """The product of two factors without numbers; equal ones become a power."""
        if a is None or b is None:
            return b if a is None else a
        (base, m), (other, n) = self._power(a), self._power(b)
        if base == other:
            return self._raised(base, m + n)
        for product, factor in ((a, b), (b, a)):
            for first, second in self._pairs(product):
                (base, m), (other, n) = self._power(first), self._power(factor)
                if base == other:
                    power = self._raised(base, m + n)
                    return self.node(GATES["mul"], (second, power) if product == a else (power, second))
        return self.node(GATES["mul"], (a, b))

    def _cancelled(self, num: int | None, den: int | None) -> tuple[int | None, int | None]:
        """What stands above and below goes."""
        if num is None or den is None:
            return num, den
        for first, second in ((num, None), *self._pairs(num)):
            for third, fourth in ((den, None), *self._pairs(den)):
                (base, m), (other, n) = self._power(first), self._power(third)
                if base == other:
                    above = self._raised(base, m - n) if m > n else None
                    below = self._raised(base, n - m) if n > m else None
                    return self._merged(second, above), self._merged(fourth, below)
        return num, den

    def _pairs(self, node: int) -> tuple[tuple[int, int], ...]:
        parts = self._parts("mul", node)
        return () if parts is None else ((parts[0], parts[1]), (parts[1], parts[0]))

    def _raised(self, base: int, exponent: float) -> int:
        return base if exponent == 1 else self.node(GATES["pow"], (base, self.const(exponent)))

    def _power(self, node: int) -> tuple[int, float]:
        if (parts := self._parts("pow", node)) is not None:
            exponent = self.number(parts[1])
            if exponent is not None and exponent.is_integer() and exponent > 0:
                return parts[0], exponent
        return node, 1.0

    def _parts(self, name: str, node: int) -> tuple[int, ...] | None:
        """The operands of a node that is this gate and has no name of its own."""
        if node < 0 or self.gates[node].name != name or self.atom(node):
            return None
        return tuple(self.operands[node])
