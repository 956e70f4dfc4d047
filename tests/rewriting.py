"""Pairs of formulas that are equal by construction, and near copies that are not: the material of the checker's tests.

``Rewriter`` changes a tree by identities that hold wherever both sides are defined. Nothing here computes
a derivative or decides anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from gradviz import graph
from gradviz.graph import Graph
from gradviz.language import parse
from gradviz.language.syntax import Binary, Call, Expression, Name, Number, Unary

AT = (0, 0)


def number(text: str) -> Number:
    return Number(AT, text, float(text))


def two(op: str, left: Expression, right: Expression) -> Binary:
    return Binary(AT, op, left, right)


def call(function: str, *arguments: Expression) -> Call:
    return Call(AT, function, arguments)


def minus(part: Expression) -> Unary:
    return Unary(AT, part)


def tree(text: str, names: str | list[str] = "xyz") -> Expression:
    """The tree of one expression in these names."""
    return parse(text, list(names)).statements[0].expression


class Rewriter:
    """Rewrites trees by identities, at random places.

    Args:
        dice: where chance comes from.
        names: letters that may be brought in.
        smooth: leave out identities with |x| and max.
    """

    def __init__(self, dice: random.Random, names: str | list[str] = "xyz", *, smooth: bool = False) -> None:
        self.dice, self.names, self.smooth = dice, names, smooth

    def letter(self) -> Name:
        return Name(AT, self.dice.choice(list(self.names)))

    def rewritten(self, expression: Expression, chance: float = 0.35) -> Expression:
        """An equal expression."""
        match expression:
            case Binary(op=op, left=left, right=right):
                changed: Expression = two(op, self.rewritten(left, chance), self._right(op, right, chance))
            case Unary(operand=operand):
                changed = minus(self.rewritten(operand, chance))
            case Call(function=function, arguments=arguments):
                changed = call(function, *(self.rewritten(part, chance) for part in arguments))
            case _:
                changed = expression
        if self.dice.random() < chance:
            ways = self._ways(changed)
            if ways:
                return self.dice.choice(ways)()
        return changed

    def _right(self, op: str, right: Expression, chance: float) -> Expression:
        return right if op == "^" else self.rewritten(right, chance)

    def _ways(self, e: Expression) -> list[Callable[[], Expression]]:
        one, half, b = number("1"), number("0.5"), self.letter()
        ways: list[Callable[[], Expression]] = []
        match e:
            case Binary(op="*", left=a, right=Binary(op="+" | "-" as plus, left=c, right=d)):
                return [lambda: two(plus, two("*", a, c), two("*", a, d))]
            case Binary(
                op="+" | "-" as plus, left=Binary(op="*", left=a, right=c), right=Binary(op="*", left=d, right=f)
            ) if a == d:
                return [lambda: two("*", a, two(plus, c, f))]
            case Binary(op="/", left=Binary(op="+" | "-" as plus, left=a, right=c), right=d):
                return [lambda: two(plus, two("/", a, d), two("/", c, d))]
        match e:
            case Binary(op="+" | "*" as sign, left=a, right=c):
                ways.append(lambda: two(sign, c, a))
            case Binary(op="-", left=a, right=c):
                ways += [lambda: minus(two("-", c, a)), lambda: two("+", a, minus(c))]
            case Binary(op="/", left=a, right=c):
                ways += [lambda: two("*", a, two("/", one, c)), lambda: two("*", a, two("^", c, number("-1")))]
            case Binary(op="^", left=a, right=Number(value=2.0)):
                ways += [lambda: two("*", a, a), lambda: call("square", a)]
            case Binary(op="^", left=a, right=Number(value=3.0)):
                ways.append(lambda: two("*", a, two("^", a, number("2"))))
        match e:
            case Call(function="exp", arguments=(Binary(op="+", left=a, right=c),)):
                ways.append(lambda: two("*", call("exp", a), call("exp", c)))
            case Call(function="exp", arguments=(a,)):
                ways += [lambda: two("/", one, call("exp", minus(a))), lambda: two("^", Name(AT, "e"), a)]
            case Call(function="log", arguments=(Binary(op="*", left=a, right=c),)):
                ways.append(lambda: two("+", call("log", a), call("log", c)))
            case Call(function="log", arguments=(a,)):
                ways.append(lambda: minus(call("log", two("/", one, a))))
            case Call(function="sin", arguments=(a,)):
                ways += [
                    lambda: minus(call("sin", minus(a))),
                    lambda: two(
                        "*", number("2"), two("*", call("sin", two("*", half, a)), call("cos", two("*", half, a)))
                    ),
                ]
            case Call(function="cos", arguments=(a,)):
                ways += [
                    lambda: call("cos", minus(a)),
                    lambda: two(
                        "-", one, two("*", number("2"), two("^", call("sin", two("/", a, number("2"))), number("2")))
                    ),
                ]
            case Call(function="sigmoid", arguments=(a,)):
                ways += [
                    lambda: two("/", one, two("+", one, call("exp", minus(a)))),
                    lambda: two("-", one, call("sigmoid", minus(a))),
                    lambda: two("/", call("exp", a), two("+", call("exp", a), one)),
                    lambda: two("*", half, two("+", one, call("tanh", two("*", half, a)))),
                ]
            case Call(function="tanh", arguments=(a,)):
                ways += [
                    lambda: two("-", two("*", number("2"), call("sigmoid", two("*", number("2"), a))), one),
                    lambda: minus(call("tanh", minus(a))),
                    lambda: two("/", call("sinh", a), call("cosh", a)),
                ]
            case Call(function="sqrt", arguments=(a,)):
                ways.append(lambda: two("^", a, half))
            case Call(function="relu", arguments=(a,)) if not self.smooth:
                ways += [
                    lambda: call("max", number("0"), a),
                    lambda: two("*", half, two("+", a, call("abs", a))),
                    lambda: two("*", a, two(">", a, number("0"))),
                    lambda: two("+", a, call("relu", minus(a))),
                ]
            case Call(function="max", arguments=(a, c)) if not self.smooth:
                ways += [
                    lambda: call("max", c, a),
                    lambda: minus(call("min", minus(a), minus(c))),
                    lambda: two("+", a, call("relu", two("-", c, a))),
                    lambda: two("/", two("+", two("+", a, c), call("abs", two("-", a, c))), number("2")),
                ]
            case Call(function="abs", arguments=(a,)) if not self.smooth:
                ways += [lambda: call("sqrt", two("^", a, number("2"))), lambda: call("max", a, minus(a))]
        ways += [
            lambda: two("-", two("+", e, b), b),
            lambda: two("*", e, two("+", two("^", call("sin", b), number("2")), two("^", call("cos", b), number("2")))),
            lambda: two("/", two("*", e, number("3")), number("3")),
        ]
        return ways


_SMOOTH = ("sin", "cos", "exp", "sigmoid", "tanh", "square", "sqrt", "log")
_KINKED = ("relu", "abs", "sigmoid", "tanh", "square")


def random_expression(dice: random.Random, names: str | list[str], depth: int, *, kinks: bool) -> Expression:
    """A small random formula."""
    if depth == 0 or dice.random() < 0.12:
        return (
            Name(AT, dice.choice(list(names))) if dice.random() < 0.8 else number(dice.choice(("2", "3", "0.5", "10")))
        )

    def part() -> Expression:
        return random_expression(dice, names, depth - 1, kinks=kinks)

    kind = dice.random()
    if kind < 0.62:
        op = dice.choice("++--***/")
        return two(op, part(), part())
    if kind < 0.7:
        return two("^", part(), number(dice.choice("23")))
    if kinks and kind < 0.8:
        return call("max", part(), part())
    return call(dice.choice(_KINKED if kinks else _SMOOTH), part())


def random_problem(dice: random.Random, *, kinks: bool) -> Graph:
    """A problem with two named steps in between, without numbers."""
    from gradviz.language.syntax import unparse

    p = unparse(random_expression(dice, "xy", 2, kinks=kinks))
    q = unparse(random_expression(dice, ["x", "z", "p"], 2, kinks=kinks))
    f = unparse(random_expression(dice, ["p", "q", "y"], 2, kinks=kinks))
    return graph(f"p = {p} + x*y; q = {q} + p*z; f = {f} + p*q + y")
