"""A training step, ``w ← w - η·∂L/∂w`` or ``w = w + 0.1·(-30)``: checked as a step, not as an equation.

However it is written, it is compared with w - rate · gradient for every rate that stands in it: a number of it, or a
letter. It is called wrong only where it can be seen what was taken for the gradient; a step with more in it
(momentum, weight decay) and one number that may be any rate times any gradient are left undecided.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from gradviz.check.equivalence import decide
from gradviz.check.judge.answers import formulas, value_of
from gradviz.check.judge.judging import FOLLOWS, Judge, Sides
from gradviz.check.naming.sentences import blamed, sentence
from gradviz.check.outcome import Link
from gradviz.check.problem import constant_of
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language.syntax import Binary, Derivative, Expression, Name, Number, Unary, children, names_in, unparse

UPDATE = "read as an update, not as an equation"
_FORM = "w - rate * gradient"
_CLOSE = 1e-6


class _Step(NamedTuple):
    """``w + sign · rate · rest``, as it stands there."""

    sign: int
    rate: Expression
    rest: Expression


def update_link(judge: Judge, sides: Sides) -> Link:
    """The verdict on a step: its right side is what the name becomes."""
    assert isinstance(sides.left, Name)
    name = sides.left.name
    read_as = f"{name} ← {unparse(sides.right)}"
    link = Link(
        judge.problem,
        sides.spot,
        sides.left_text,
        sides.right_text,
        read_as,
        "ok",
        name,
        notes=(UPDATE, *sides.notes),
    )
    state = judge.base
    found = _Deciding(judge, sides, name, state).decided(link)
    if found.verdict != "ok" and name in judge.stepped:  # perhaps the next step of training
        later = _Deciding(judge, sides, name, judge.moved).decided(link)
        if later.verdict == "ok":
            judge.base, judge.stepped = dict(judge.moved), set()
        if later.verdict == "ok" or (found.verdict == "wrong" and not found.misconceptions):
            found = later
        state = judge.base
    value = value_of(sides.right, judge.graph, {**judge.given, **state})
    if found.verdict != "not_decided" and value is not None:
        judge.moved[name] = value
        judge.stepped.add(name)
        judge.misled = judge.misled or found.verdict != "ok"
    return found


def steps_of(judge: Judge, sides: Sides) -> bool:
    """Whether numbers such as ``2 - 0.1*30`` begin with the value that the name on the left has, and then go on."""
    if not isinstance(sides.left, Name) or names_in(sides.right) or isinstance(sides.right, Number):
        return False
    start = next(iter(_terms(sides.right)))[1]
    old = _is_old(judge.given, sides.left.name, start) or _is_old(judge.moved, sides.left.name, start)
    return old and sum(1 for _ in _terms(sides.right)) > 1


class _Deciding:
    """One step, compared with the gradient at some numbers of the inputs.

    Args:
        judge: of the problem.
        sides: the step.
        name: what is changed.
        state: the inputs' numbers after the steps before this one.
    """

    def __init__(self, judge: Judge, sides: Sides, name: str, state: Mapping[str, float]) -> None:
        self.judge, self.sides, self.name = judge, sides, name
        self.given = {**judge.given, **state}
        output = judge.graph.names[judge.graph.output]
        self.output = output
        self.span = sides.left.span
        self.gradient = Derivative(self.span, Name(self.span, output), Name(self.span, name))

    def decided(self, link: Link) -> Link:
        judge, right = self.judge, self.sides.right
        rates = list(self._rates())
        if any(self._is_step("-", rate, self.gradient, judge.graph) for rate in rates):
            return link
        carried = judge.carried.applied(self.gradient)
        if judge.carried and any(self._is_step("-", rate, carried, judge.carried.problem()) for rate in rates):
            return replace(link, verdict="follows", message=FOLLOWS)
        ways = ((self.gradient, judge.graph), (carried, judge.carried.problem()))
        if any(self._is_step("+", rate, *way) for rate in rates for way in ways):
            return self._wrong(link, f"the step of {self.name} has the wrong sign", ("ascent",), None)
        terms = list(_terms(right))
        rest = self._without_old(terms)
        if rest is None:
            said = f"a training step is read as {_FORM}, and this does not begin with {self.name}"
            return replace(link, verdict="not_decided", message=said)
        if len(rest) > 1 or self._holds_more(rest):
            said = f"more than {_FORM} stands here; momentum and weight decay are not checked, a person has to look"
            return replace(link, verdict="not_decided", message=said)
        steps = list(_steps(*rest[0])) if rest else []
        if not steps:
            said = f"the rate and the gradient are one number here; write it as {_FORM}, such as {self.name} - 0.1*6"
            return replace(link, verdict="not_decided", message=said)
        rules, gate = self._named(steps)
        said = f"what is taken from {self.name} is not a rate times the gradient of {self.output} by {self.name}"
        return self._wrong(link, said, rules, gate)

    def _wrong(self, link: Link, message: str, rules: tuple[str, ...], gate: str | None) -> Link:
        judge = self.judge
        gate = gate or blamed(self.gradient, judge.graph)
        rule = sentence(rules[0], self.gradient, judge.graph, gate) if len(rules) == 1 else ""
        parts = formulas(self.gradient, judge.graph)
        value = value_of(self.gradient, judge.graph, self.given)
        if value is not None:
            parts.append(f"{unparse(self.gradient)} = {value:.10g} at the given inputs")
        expected = ", ".join([f"{self.name} - rate*{unparse(self.gradient)}", *parts])
        return replace(
            link, verdict="wrong", message=message, misconceptions=rules, rule=rule, gate=gate, expected=expected
        )

    def _rates(self) -> Iterator[Expression]:
        """What may be the rate: 1, every number that stands there, every letter that the output does not hang on."""
        yield Number(self.span, "1", 1.0)
        graph, seen = self.judge.graph, {"1"}
        waiting = [self.sides.right]
        while waiting:
            node = waiting.pop()
            rate: Expression | None = None
            if isinstance(node, Name):
                used = node.name in graph.names and graph.reaches[graph.id(node.name)]
                rate = None if used else node
            elif (value := constant_of(node, graph.names)) is not None and math.isfinite(value) and value != 0:
                rate = Number(node.span, repr(abs(value)), abs(value)) if isinstance(node, Number) else _size(node)
            if rate is not None and (text := unparse(rate)) not in seen:
                seen.add(text)
                yield rate
                if isinstance(rate, Number):
                    yield Binary(rate.span, "/", Number(rate.span, "1", 1.0), rate)
            if not isinstance(node, Derivative):
                waiting += children(node)

    def _is_step(self, sign: str, rate: Expression, gradient: Expression, graph: Graph) -> bool:
        """Whether the right side is w - rate · gradient."""
        step = Binary(self.span, "*", rate, gradient)
        target = Binary(self.span, sign, Name(self.span, self.name), step)
        sides, judge = self.sides, self.judge
        given = self.given if graph is judge.graph else judge.carried.at(self.given)
        try:
            found = decide(target, sides.right, graph, given=given or None, free=sides.free, approx=sides.approx)
        except GradvizError:  # a name that is no node
            return False
        return found.verdict == "equal"

    def _without_old(self, terms: list[tuple[int, Expression]]) -> list[tuple[int, Expression]] | None:
        """The terms without the old value; None where it is not among them."""
        for at, (sign, term) in enumerate(terms):
            if sign > 0 and _is_old(self.given, self.name, term):
                return terms[:at] + terms[at + 1 :]
        return None

    def _holds_more(self, rest: list[tuple[int, Expression]]) -> bool:
        """Whether the one term has the gradient and something else in a bracket."""
        for factor in _factors(rest[0][1]) if rest else ():
            parts = list(_terms(factor))
            if len(parts) > 1 and any(self._equals_gradient(part) for _, part in parts):
                return True
        return False

    def _equals_gradient(self, part: Expression) -> bool:
        judge = self.judge
        try:
            found = decide(self.gradient, part, judge.graph, given=self.given or None, free=self.sides.free)
        except GradvizError:
            return False
        return found.verdict == "equal"

    def _named(self, steps: list[_Step]) -> tuple[tuple[str, ...], str | None]:
        from gradviz.check.naming.naming import named

        judge, sides = self.judge, self.sides
        for step in steps:
            if self._too_early(step):
                return ("update_too_early",), None
        for step in steps:
            rest = step.rest if step.sign < 0 else Unary(step.rest.span, step.rest)
            try:
                found = named(self.gradient, rest, judge.graph, given=self.given or None, free=sides.free)
            except GradvizError:
                continue
            if found and found[0].rule not in ("arithmetic", "copied_wrongly"):
                return tuple(one.rule for one in found), next((one.gate for one in found if one.gate), None)
        return (), None

    def _too_early(self, step: _Step) -> bool:
        """Whether the gradient belongs to weights that were updated before."""
        judge = self.judge
        others = {name: value for name, value in judge.moved.items() if name != self.name}
        if not others or names_in(step.rest):
            return False
        said = value_of(step.rest, judge.graph, self.given)
        late = value_of(self.gradient, judge.graph, {**self.given, **others})
        return said is not None and late is not None and abs(said + step.sign * late) <= _CLOSE * max(1.0, abs(late))


def _is_old(given: Mapping[str, float], name: str, term: Expression) -> bool:
    if isinstance(term, Name):
        return term.name == name
    value, old = constant_of(term, given), given.get(name)
    return value is not None and old is not None and abs(value - old) <= 1e-9 * max(1.0, abs(old))


def _terms(tree: Expression, sign: int = 1) -> Iterator[tuple[int, Expression]]:
    """A sum as its terms, each with its sign."""
    match tree:
        case Binary(op="+" | "-" as op, left=left, right=right):
            yield from _terms(left, sign)
            yield from _terms(right, sign if op == "+" else -sign)
        case Unary(operand=operand):
            yield from _terms(operand, -sign)
        case _:
            yield sign, tree


def _factors(tree: Expression) -> Iterator[Expression]:
    """A product as its factors; what stands below a line is 1 over it."""
    match tree:
        case Binary(op="*", left=left, right=right):
            yield from _factors(left)
            yield from _factors(right)
        case Binary(op="/", left=left, right=right):
            yield from _factors(left)
            yield Binary(right.span, "/", Number(right.span, "1", 1.0), right)
        case Unary(operand=operand):
            yield Number(tree.span, "-1", -1.0)
            yield from _factors(operand)
        case _:
            yield tree


def _steps(sign: int, term: Expression) -> Iterator[_Step]:
    """The ways to see a term as rate · gradient."""
    factors = list(_factors(term))
    for at, factor in enumerate(factors):
        others = factors[:at] + factors[at + 1 :]
        value = constant_of(factor)
        if others and (isinstance(factor, Name) or (value is not None and value > 0)):
            rest = others[0]
            for other in others[1:]:
                rest = Binary(rest.span, "*", rest, other)
            yield _Step(sign, factor, rest)


def _size(node: Expression) -> Expression:
    """A constant formula, without a minus in front."""
    value = constant_of(node)
    return Unary(node.span, node) if value is not None and value < 0 else node


__all__ = ["UPDATE", "steps_of", "update_link"]
