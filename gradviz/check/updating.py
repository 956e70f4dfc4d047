"""A training step, ``w ← w - η·∂L/∂w`` or ``w = w - 0.1·6``: checked as an update, not as an equation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradviz.check.equivalence import decide
from gradviz.check.judging import FOLLOWS, Judge, Sides, blamed
from gradviz.check.outcome import Link
from gradviz.errors import GradvizError
from gradviz.language.syntax import Binary, Derivative, Expression, Name, Number, unparse

UPDATE = "read as an update, not as an equation"


def update_link(judge: Judge, sides: Sides) -> Link:
    """The verdict on a step: some factor of what is subtracted is the rate, the rest has to be the gradient."""
    notes = (UPDATE, *sides.notes)
    read_as = f"{unparse(sides.left)} ← {unparse(sides.right)}"
    link = Link(judge.problem, sides.spot, sides.left_text, sides.right_text, read_as, "ok", notes=notes)
    match sides.left, sides.right:
        case Name(name=name), Binary(op="-" | "+" as sign, left=Name(name=same), right=step) if name == same:
            pass
        case _:
            said = "an update that is not of the form w - rate * gradient"
            return replace(link, verdict="not_decided", message=said)
    output = judge.graph.names[judge.graph.output]
    gradient = Derivative(sides.left.span, Name(sides.left.span, output), Name(sides.left.span, name))
    link = replace(link, quantity=name)
    gate = blamed(gradient, judge.graph)
    fits = any(_equal(judge, gradient, rest, sides.free) for rest in _rests(step))
    if fits and sign == "-":
        return link
    if fits:
        row = "This goes up: the gradient points to where the output grows, and a step of descent goes against it."
        said = f"the step of {name} has the wrong sign"
        return replace(link, verdict="wrong", message=said, misconceptions=("ascent",), rule=row, gate=gate)
    carried = judge.carried.applied(gradient)
    if carried is not gradient and any(_equal(judge, carried, rest, sides.free) for rest in _rests(step)):
        return replace(link, verdict="follows", message=FOLLOWS)
    said = f"what is taken from {name} is not a rate times the gradient of {output} by {name}"
    return replace(link, verdict="wrong", message=said, gate=gate)


def _rests(step: Expression) -> Iterator[Expression]:
    """A product without one of its factors that may be the rate; a name or a positive number."""
    factors = list(_factors(step))
    for at, factor in enumerate(factors):
        others = factors[:at] + factors[at + 1 :]
        if others and (isinstance(factor, Name) or (isinstance(factor, Number) and factor.value > 0)):
            rest = others[0]
            for other in others[1:]:
                rest = Binary(rest.span, "*", rest, other)
            yield rest


def _factors(step: Expression) -> Iterator[Expression]:
    if isinstance(step, Binary) and step.op == "*":
        yield from _factors(step.left)
        yield from _factors(step.right)
    else:
        yield step


def _equal(judge: Judge, gradient: Expression, rest: Expression, free: tuple[str, ...]) -> bool:
    try:
        return decide(gradient, rest, judge.graph, given=judge.given or None, free=free).verdict == "equal"
    except GradvizError:  # the name is no node, or the rest says something else
        return False
