"""A problem restated and not as it was set: one finding of its own, and no wrong step of the derivation.

The staff's problem stays what everything is checked against. What is right for the student's own version follows, as
after any other error.
"""

from __future__ import annotations

import copy

from gradviz.check.claim import Claim, quantity
from gradviz.check.judge.judging import Judge, Sides
from gradviz.check.outcome import Link
from gradviz.check.problem import Problem
from gradviz.errors import GradvizError
from gradviz.language.syntax import Expression, Name, names_in, unparse

RULE = "The problem was not copied as it was set."
RESTATED = "right for the problem as you wrote it, and not for the one that was set"
_MOST = 100  # characters of a function in a message


def restated_link(judge: Judge, problem: Problem, claim: Claim, sides: Sides) -> Link | None:
    """The finding about a formula or a number of the problem that the student gives differently.

    Args:
        judge: of the problem; from here on it knows the student's version too.
        problem: the staff's.
        claim: where a name of the problem is mentioned for the first time.
        sides: its first link.

    Returns:
        the link; None where the problem is restated as it is, or something else is said.
    """
    match sides.left:
        case Name(name=name) if claim.kind == "definition" and name in problem.definitions and names_in(sides.right):
            was = unparse(problem.definitions[name])
        case Name(name=name) if claim.kind == "input" and name in problem.values:
            was = f"{problem.values[name]:.10g}"
        case _:
            return None
    if not judge.differ(sides):
        return None
    again = judge.theirs is not None
    if claim.kind == "input":
        judge.carry(sides)
    elif not _restage(judge, problem, name, sides.right):
        return None
    judge.restated = RESTATED
    if again and claim.kind == "definition":
        return judge.follows(sides)
    yours, set_ = f"{name} = {_short(unparse(sides.right))}", f"{name} = {_short(was)}"
    top = name == problem.top() and claim.kind == "definition"
    said = f"your function is {yours}, the problem's is {set_}" if top else f"you have {yours}, the problem has {set_}"
    link = Link(
        judge.problem,
        sides.spot,
        sides.left_text,
        sides.right_text,
        f"{unparse(sides.left)} = {unparse(sides.right)}",
        "wrong",
        quantity(sides.subject),
        message=f"{said}; the problem's is used",
        rule=RULE,
        gate=name,
        notes=sides.notes,
    )
    return link


def regrouped(judge: Judge, sides: Sides) -> None:
    """Let a later formula say how the student's version hangs together: ``f = xy + z``, ``q = xy``, ``f = q + z``."""
    match sides.left:
        case Name(name=name) if judge.theirs is not None and name in judge.theirs.definitions and names_in(sides.right):
            if judge.theirs.restage(name, sides.right):
                judge.carried.graph = judge.theirs.graph()


def _restage(judge: Judge, problem: Problem, name: str, formula: Expression) -> bool:
    """Note the student's formula; False where it makes no graph."""
    theirs = copy.deepcopy(judge.theirs or problem)
    del theirs.definitions[name]
    if theirs.uses(formula, name):
        return False
    theirs.define(name, formula)
    try:
        graph = theirs.graph()
    except GradvizError:  # it uses names that the problem does not have
        return False
    judge.theirs, judge.carried.graph = theirs, graph
    return True


def _short(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
