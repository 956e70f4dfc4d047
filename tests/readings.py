"""Readings of homework lines, compared by their structure and, where that may differ, by numbers.

The fixtures write a reading in a small notation: ``D(a,b)`` a derivative, ``sig``/``dsig`` the sigmoid and
its derivative, ``ind(u)`` 1 where u > 0, ``Piece(a,u)`` a where u > 0, else 0; names are joined (``w11_2``). Both the
notation and gradviz's trees become plain tuples here, by code that shares nothing with the reader.
"""

from __future__ import annotations

import ast
import math
import random
import unicodedata
from fractions import Fraction
from typing import Any

from gradviz.language import syntax

Tree = tuple[Any, ...]
NOTATION = {
    *(
        "Max",
        "exp",
        "log",
        "sig",
        "dsig",
        "relu",
        "drelu",
        "tanh",
        "dtanh",
        "sin",
        "cos",
        "cosh",
        "sinh",
        "sqrt",
        "Abs",
        "sign",
    ),
    *("ind", "D", "S", "gp", "leaky", "Piece"),
}
_CALLS = {"Max": "max", "sig": "sigmoid", "Abs": "abs", "leaky": "leaky_relu"}
_PRIMES = {"dsig": "sigmoid", "drelu": "relu", "dtanh": "tanh"}


def names_of(readings: list[list[str]]) -> list[str]:
    """The names a line's own problem would declare."""
    found: dict[str, None] = {}
    for side in (side for chain in readings for side in chain):
        text = side.replace("D(sigma,", "D(sig,")  # there sigma is the function
        for node in ast.walk(ast.parse(text, mode="eval")):
            if isinstance(node, ast.Name) and node.id not in NOTATION:
                found[node.id.rstrip("_")] = None
    return list(found)


def same(side: str, tree: syntax.Expression) -> str | None:
    """ "structure" or "numbers" where a tree says what the notation says, else None."""
    wanted, got = _notation(ast.parse(side, mode="eval").body), _tree(tree)
    if wanted == got:
        return "structure"
    if _leaves(wanted) != _leaves(got):
        return None
    rng = random.Random(7)
    for _ in range(12):
        env = _Numbers(rng.random())
        a, b = _value(wanted, env), _value(got, env)
        if not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-7):
            return None
    return "numbers"


def joined(name: str) -> str:
    plain = unicodedata.normalize("NFD", name).replace("\u0302", "hat").replace("ℓ", "ell").replace("η", "eta")
    return plain.replace("_", "")


# Normal form: sums and products flat and sorted, numbers folded, quotients as powers


def _number(value: Fraction | int) -> Tree:
    return ("n", Fraction(value))


def _sum(*parts: Tree) -> Tree:
    flat = [q for p in parts for q in (p[1] if p[0] == "+" else (p,))]
    constant = sum((p[1] for p in flat if p[0] == "n"), Fraction(0))
    rest = sorted((p for p in flat if p[0] != "n"), key=repr)
    rest += [_number(constant)] if constant or not rest else []
    return rest[0] if len(rest) == 1 else ("+", tuple(rest))


def _product(*parts: Tree) -> Tree:
    flat = [q for p in parts for q in (p[1] if p[0] == "*" else (p,))]
    constant = math.prod((p[1] for p in flat if p[0] == "n"), start=Fraction(1))
    rest = sorted((p for p in flat if p[0] != "n"), key=repr)
    rest += [_number(constant)] if constant != 1 or not rest else []
    return rest[0] if len(rest) == 1 else ("*", tuple(rest))


def _power(base: Tree, exponent: Tree) -> Tree:
    if base == ("v", "e"):
        return ("f", "exp", exponent)
    if base[0] == "n" and exponent[0] == "n" and exponent[1].denominator == 1 and base[1] != 0 and abs(exponent[1]) < 9:
        return _number(base[1] ** int(exponent[1]))
    return ("^", base, exponent)


def _operate(op: str, a: Tree, b: Tree) -> Tree:
    minus = _number(-1)
    match op:
        case "+":
            return _sum(a, b)
        case "-":
            return _sum(a, _product(minus, b))
        case "*":
            return _product(a, b)
        case "/":
            return _product(a, _power(b, minus))
        case "^":
            return _power(a, b)
        case ">" | ">=":
            return ("ind", _sum(a, _product(minus, b)))
        case "<" | "<=":
            return ("ind", _sum(b, _product(minus, a)))
    raise AssertionError(op)


def _notation(node: ast.expr) -> Tree:
    match node:
        case ast.Constant(value=value):
            return _number(Fraction(str(value)))
        case ast.Name(id=name):
            return ("v", joined(name.rstrip("_")))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _product(_number(-1), _notation(operand))
        case ast.BinOp(op=op, left=left, right=right):
            signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
            return _operate(signs[type(op)], _notation(left), _notation(right))
        case ast.Call(func=ast.Name(id=word), args=args):
            return _notation_call(word, [_notation(arg) for arg in args])
    raise AssertionError(ast.dump(node))


def _notation_call(word: str, args: list[Tree]) -> Tree:
    if word == "D":
        return (
            ("d", ("f", "sigmoid", args[1]), args[1][1]) if args[0] == ("v", "sigma") else ("D", args[0][1], args[1][1])
        )
    if word == "gp":
        return ("D", "g", args[0][1])
    if word == "S":
        return args[0]
    if word == "sign":
        return _sum(("ind", args[0]), _product(_number(-1), ("ind", _product(_number(-1), args[0]))))
    if word == "ind":
        return ("ind", args[0])
    if word == "Piece":
        return ("f", "where", ("ind", args[1]), args[0], _number(0))
    if word in _PRIMES:
        return ("prime", _PRIMES[word], args[0])
    return ("f", _CALLS.get(word, word), *args)


def _tree(node: syntax.Expression) -> Tree:
    match node:
        case syntax.Number(value=value, text=text):
            return _number(Fraction(text) if text.isascii() else Fraction(value).limit_denominator(100))
        case syntax.Name(name=name):
            return ("v", joined(name))
        case syntax.Unary(operand=operand):
            return _product(_number(-1), _tree(operand))
        case syntax.Binary(op=op, left=left, right=right):
            return _operate(op, _tree(left), _tree(right))
        case syntax.Derivative(of=syntax.Name(name=of), by=by):
            return ("D", joined(of), joined(by.name))
        case syntax.Derivative(of=of, by=by):
            return ("d", _tree(of), joined(by.name))
        case syntax.Prime(function=function, argument=argument):
            return ("prime", function, _tree(argument))
        case syntax.Call(function=function, arguments=arguments):
            return ("f", function, *map(_tree, arguments))
    raise AssertionError(node)


# Numbers


class _Numbers(dict[Any, float]):
    """A number for every name and every derivative of a node, the same whenever it is asked for."""

    def __init__(self, seed: float) -> None:
        super().__init__()
        self.seed = seed

    def __missing__(self, key: Any) -> float:
        self[key] = 0.2 + random.Random(f"{self.seed} {key}").random()
        return self[key]


_FUNCTIONS = {
    "exp": math.exp, "log": lambda x: math.log(abs(x)), "sin": math.sin, "cos": math.cos, "tanh": math.tanh,
    "cosh": math.cosh, "sinh": math.sinh, "sqrt": lambda x: math.sqrt(abs(x)), "abs": abs, "max": max,
    "relu": lambda x: max(0.0, x),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "where": lambda c, a, b: a if c else b,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
}  # fmt: skip


def _value(tree: Tree, env: dict[Any, float]) -> float:
    match tree:
        case ("n", value):
            return float(value)
        case ("v", name):
            return env[name]
        case ("D", *_):
            return env[tree]
        case ("+", parts):
            return math.fsum(_value(p, env) for p in parts)
        case ("*", parts):
            return math.prod(_value(p, env) for p in parts)
        case ("^", base, exponent):
            return float(_value(base, env) ** _value(exponent, env))
        case ("ind", u):
            return float(_value(u, env) > 0)
        case ("f", word, *args):
            return float(_FUNCTIONS[word](*(_value(a, env) for a in args)))
        case ("prime", word, u):
            at, h = _value(u, env), 1e-6
            return float((_FUNCTIONS[word](at + h) - _FUNCTIONS[word](at - h)) / (2 * h))
        case ("d", u, name):
            at, h = env[name], 1e-6
            sides = []
            for x in (at + h, at - h):
                shifted = _Numbers(getattr(env, "seed", 0.0))
                shifted.update(env)
                shifted[name] = x
                sides.append(_value(u, shifted))
            return (sides[0] - sides[1]) / (2 * h)
    raise AssertionError(tree)


def _leaves(tree: Any) -> set[Any]:
    """The names and the derivatives of nodes that a side speaks of."""
    if not isinstance(tree, tuple):
        return set()
    if tree[:1] in (("v",), ("D",)):
        return {tree}
    return set().union(*map(_leaves, tree))
