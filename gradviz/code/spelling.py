"""How one target spells numbers, operators, functions and conditions; and the writer that uses such a table."""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gradviz.code import signs
from gradviz.code.terms import Term, filled, name, number, size
from gradviz.errors import GradvizError
from gradviz.formulas import PRIMITIVES, read
from gradviz.gates import GATES, Gate

#: How tightly each form binds, as in Python; JavaScript agrees on these.
CHOICE, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)

_OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_LONGEST_CHAIN = 8  # operands of a sum written with + signs
_INLINE = 4  # operations of a row's formula that still read well in the middle of a program


@dataclass(frozen=True)
class Spelling:
    """The table of one target.

    Args:
        number: a finite number.
        calls: how a primitive function is called, ``{}`` being its arguments; ``largest2``: with two of them.
        choose: ``{yes}``, ``{test}``, ``{no}`` of a condition; ``tight`` where it is a call and no operator.
        helpers: the source of a small function of the program's own, for primitives and ``divide``, ``power``.
        guarded: primitives that have a plain call and a helper: the plain one where this says it cannot fail.
        constants: inf, -inf and nan.
        division: None, or the name of the helper for a division whose divisor may be 0.
        power: a power of two terms; gets the writer, which may add helpers.
        define: the source of a function: name, parameters, names for what is used twice, expression, what it is.
        equal, product: the spellings of == and !=, and of ``*``.
        native: rows that the target has itself and differentiates as we do, ``{a}``, ``{b}`` … or ``{args}``.
        lift: how a number is made into what the target's functions take, where they take no plain number.
        gate: defines a row with its own derivative for a target that differentiates itself: what to call.
    """

    number: Callable[[float], str]
    calls: Mapping[str, str]
    choose: str
    helpers: Mapping[str, str]
    constants: tuple[str, str, str]
    power: Callable[[Writer, Term, Term], tuple[str, int]]
    define: Callable[[str, Sequence[str], Sequence[tuple[str, str]], str, str], str]
    tight: bool = False
    guarded: Mapping[str, Callable[[Sequence[int]], bool]] = field(default_factory=dict)
    division: str | None = None
    equal: tuple[str, str] = ("==", "!=")
    product: str = "*"
    mask: str | None = None  # 1 where a condition holds, else 0, in doubles
    fraction: str | None = None  # of two terms that it keeps apart by itself
    native: Mapping[str, str] = field(default_factory=dict)
    lift: str | None = None
    gate: Callable[[Writer, Gate, int], str] | None = None


class Writer:
    """Writes terms in one spelling and collects the helpers that they call.

    ``helpers`` maps the name of each helper to its source, those it calls itself before it.
    """

    def __init__(self, spelling: Spelling, known: Mapping[str, int] | None = None) -> None:
        self.spelling = spelling
        self.known: Mapping[str, int] = known or {}
        self.helpers: dict[str, str] = {}

    def text(self, term: Term, least: int = CHOICE) -> str:
        """A term, in parentheses where it binds less tightly than ``least``."""
        text, binds = self._write(term)
        return f"({text})" if binds < least else text

    def sign(self, term: Term) -> int:
        """The possible signs of a term."""
        return signs.sign(term, self.known, row_signs)

    def lifted(self, term: Term) -> str:
        """A term as the argument of a function."""
        text = self.text(term)
        return self.spelling.lift.format(text) if self.spelling.lift and isinstance(term, ast.Constant) else text

    def helper(self, called: str, source: str) -> str:
        """Have the program define a helper; its name."""
        self.helpers.setdefault(called, source)
        return called

    def _write(self, term: Term) -> tuple[str, int]:
        match term:
            case ast.Constant(value=int() | float() as value):
                return self._number(value)
            case ast.Name(id=own):
                return own, ATOM
            case ast.UnaryOp(operand=inner):
                return "-" + self.text(inner, SIGN if not isinstance(inner, ast.UnaryOp) else ATOM), SIGN
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.spelling.power(self, left, right)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right)
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return f"{self.text(left, SUM)} {self._compared(sign)} {self.text(right, SUM)}", COMPARISON
            case ast.IfExp(test=test, body=yes, orelse=no):
                return self._choice(test, yes, no)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, arguments)
        raise ValueError(f"no term: {ast.dump(term)}")

    def _number(self, value: float) -> tuple[str, int]:
        if not math.isfinite(value):
            plus, minus, nan = self.spelling.constants
            return (nan, ATOM) if value != value else (plus, ATOM) if value > 0 else (minus, SIGN)
        return self.spelling.number(value), SIGN if math.copysign(1.0, value) < 0 else ATOM

    def _binary(self, left: Term, op: ast.operator, right: Term) -> tuple[str, int]:
        if isinstance(op, ast.Div) and self.spelling.division and self.sign(right) & signs.ZERO:
            called = self.helper(self.spelling.division, self.spelling.helpers[self.spelling.division])
            return f"{called}({self.text(left)}, {self.text(right)})", ATOM
        if isinstance(op, ast.Div) and self.spelling.fraction:
            return self.spelling.fraction.format(self.text(left), self.text(right)), POWER
        text, binds = _OPERATORS[type(op)]
        if text == "*":
            text = self.spelling.product
        return f"{self.text(left, binds)} {text} {self.text(right, binds + 1)}", binds

    def _compared(self, sign: ast.cmpop) -> str:
        if isinstance(sign, ast.Eq):
            return self.spelling.equal[0]
        return self.spelling.equal[1] if isinstance(sign, ast.NotEq) else _SIGNS[type(sign)]

    def _choice(self, test: Term, yes: Term, no: Term) -> tuple[str, int]:
        if isinstance(yes, ast.Constant) and isinstance(no, ast.Constant) and self.spelling.mask:
            return self._one_or_other(test, yes.value, no.value), ATOM
        before = self.known
        if_so, if_not = signs.narrowed(test, before)
        least = CHOICE if self.spelling.tight else COMPARISON
        condition = self.text(test, least)
        self.known = if_so
        taken = self.text(yes, least)
        self.known = if_not
        other = self.text(no)
        self.known = before
        text = self.spelling.choose.format(yes=taken, test=condition, no=other)
        return text, ATOM if self.spelling.tight else CHOICE

    def _one_or_other(self, test: Term, yes: object, no: object) -> str:
        """Two numbers to choose from, where the target would take them for less precise ones than ours."""
        assert self.spelling.mask is not None
        condition = self.text(test)
        if (yes, no) == (1, 0):
            return self.spelling.mask.format(condition)
        assert isinstance(yes, float)
        assert isinstance(no, float)
        return self.spelling.choose.format(yes=self.lifted(number(yes)), test=condition, no=self.text(number(no)))

    def _call(self, function: str, arguments: Sequence[Term]) -> tuple[str, int]:
        spelling = self.spelling
        if function == "total" and len(arguments) <= _LONGEST_CHAIN:
            texts = [self.text(a, SUM if i == 0 else PRODUCT) for i, a in enumerate(arguments)]
            return " + ".join(texts), SUM
        texts = [self.lifted(a) for a in arguments]
        inside = ", ".join(texts)
        if function not in PRIMITIVES:
            return f"{self.row(function)}({inside})", ATOM
        plain = spelling.guarded.get(function)
        if plain is not None and not plain([self.sign(a) for a in arguments]):
            return f"{self.helper(function, spelling.helpers[function])}({inside})", ATOM
        function += "2" if len(arguments) == 2 and f"{function}2" in spelling.calls else ""
        if function in spelling.calls:
            rest = ", ".join(texts[1:]) + ("," if len(texts) == 2 else "")  # also one is several
            return spelling.calls[function].format(inside, first=texts[0], rest=rest), ATOM
        return f"{self.helper(function, spelling.helpers[function])}({inside})", ATOM

    # --- rows of the table as functions of the program -----------------------------------------------

    def row(self, gate: str) -> str:
        """The value of a row as a helper; its name."""
        row = GATES[gate]
        letters = "abc"[: row.arity]
        term = filled(row.formula, {letter: name(letter) for letter in letters})
        return self._defined(gate, letters, term, row.about)

    def slope(self, gate: str, slot: int) -> str:
        """A local derivative of a row as a helper; its name."""
        row = GATES[gate]
        letters = "abc"[: row.arity]
        term = filled(row.partials[slot], {letter: name(letter) for letter in ("out", *letters)})
        called = f"{gate}_slope" + (f"_{letters[slot]}" if len(letters) > 1 else "")
        return self._defined(called, slope_parameters(gate, slot), term, f"the local derivative of {gate}")

    def _defined(self, called: str, parameters: Sequence[str], term: Term, about: str) -> str:
        if called not in self.helpers:
            before, self.known = self.known, {}
            lets: list[tuple[str, str]] = []
            while (repeated := _repeated(term)) is not None:
                own = f"t{len(lets) + 1}"
                lets.append((own, self.text(repeated)))
                term = _replaced(term, ast.dump(repeated), name(own))
            text = self.text(term)
            self.known = before
            self.helpers[called] = self.spelling.define(called, parameters, lets, text, about)
        return called


def inline(term: Term) -> bool:
    """Whether a term reads well in the middle of a program, without a function of its own."""
    return size(term) <= _INLINE


def slope_parameters(gate: str, slot: int) -> list[str]:
    """What a local derivative is computed from: the gate's output and operands, as far as it reads them."""
    read_names = {node.id for node in ast.walk(read(GATES[gate].partials[slot])) if isinstance(node, ast.Name)}
    return [letter for letter in ("out", *"abc"[: GATES[gate].arity]) if letter in read_names]


def _repeated(term: Term) -> Term | None:
    """The largest function call that a term makes more than once."""
    calls: dict[str, list[Term]] = {}
    for node in ast.walk(term):
        if isinstance(node, ast.Call):
            calls.setdefault(ast.dump(node), []).append(node)
    return max((c for c in calls.values() if len(c) > 1), key=lambda c: size(c[0]), default=[None])[0]


def _replaced(term: Term, wanted: str, new: Term) -> Term:
    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if isinstance(node, ast.expr) and ast.dump(node) == wanted else self.generic_visit(node)

    replaced = Replace().visit(copy.deepcopy(term))
    assert isinstance(replaced, ast.expr)
    return replaced


def row_signs(gate: str, operands: list[int]) -> int:
    """The possible signs of a row's value for operands of these signs."""
    row = GATES[gate]
    if row.arity is None:
        names = [f"a{i}" for i in range(len(operands))]
        term = filled(row.formula, {}, [name(n) for n in names])
    else:
        names = list("abc"[: row.arity])
        term = filled(row.formula, {n: name(n) for n in names})
    return signs.sign(term, dict(zip(names, operands, strict=True)), row_signs)


def unknown(kind: str, wanted: str, known: Sequence[str]) -> GradvizError:
    """The error for a target or a style that there is not."""
    from gradviz.errors import did_you_mean

    return GradvizError(
        f"there is no {kind} {wanted!r}", expected="one of " + ", ".join(known), hint=did_you_mean(wanted, list(known))
    )
