"""Training steps in their many spellings -> one form, ``w ← w - rate * gradient``.

``w_new = w - …``, ``w' = w - …``, ``w^{(t+1)} = w^{(t)} - …``, ``Δw = -…`` and ``w += -…`` all say what w becomes. The
rate may be a letter that no problem declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradviz.check.problem import Problem
from gradviz.language.letters import key
from gradviz.language.syntax import Binary, Expression, Name, Number, Unary, children, names_in, rebuilt

#: Letters of the step's size, which students seldom declare.
RATES = frozenset(
    ("eta", "alpha", "lr", "rate", "learningrate", "lambda", "gamma", "mu", "epsilon", "stepsize", "step")
)
_LARGE = 200  # nodes of a formula that is no training step
_NEXT = re.compile(
    r"(?:new|neu|neue|next|updated|update|upd|nuevo|nueva|nouveau|nouv|novo|nuovo|after|star|plus|p|[tknijs]p1)"
)
_LAST = re.compile(r"(?:old|alt|prev|previous|now|current|cur|before|viejo|ancien|[tknijs])")


def is_rate(name: str) -> bool:
    """Whether a name is one that courses give the learning rate."""
    return "".join(key(name)).casefold() in RATES


def becomes(name: str, sides: list[Expression], problem: Problem) -> str | None:
    """The name that gets a new value in ``w_new = w - …``: w, or None.

    Args:
        name: the left side, no name of the problem.
        sides: what follows; one of them has to begin with the old value.
        problem: its names.
    """
    base, index = _parts(name, problem)
    if base is None or base in problem.definitions:
        return None
    first = _first(sides[0])
    if first is None and not names_in(sides[0]) and not isinstance(sides[0], Number):
        return base if _NEXT.fullmatch(index) else None  # w_new = 2 - 0.1*30
    if first is None or (first != base and not _old(first, base, problem)):
        return None
    if _NEXT.fullmatch(index):
        return base
    before = _parts(first, problem)[1]
    return base if index.isdigit() and before.isdigit() and int(index) == int(before) + 1 else None


def changes(name: str, problem: Problem) -> str | None:
    """The w of ``Δw``, or None."""
    for mark in ("Delta", "Δ", "delta_", "delta", "δ"):
        if name.startswith(mark) and name not in problem.names():
            found = problem.letters().find(name.removeprefix(mark).lstrip("_")) if name != mark else None
            return found if found is not None and found not in problem.definitions else None
    return None


def with_present(side: Expression, name: str, problem: Problem) -> Expression:
    """The side with ``w_old``, ``w_t`` and ``w_0`` as w."""

    if sum(1 for _ in nodes(side)) > _LARGE:
        return side

    def walk(node: Expression) -> Expression:
        if isinstance(node, Name):
            return Name(node.span, name) if _old(node.name, name, problem) else node
        return rebuilt(node, walk)

    return walk(side)


def nodes(side: Expression) -> Iterator[Expression]:
    """Every part of a side."""
    waiting = [side]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def stepped(name: Name, step: Expression) -> Binary:
    """``w + step``, as ``w - …`` where the step has a minus in front."""
    positive = _without_minus(step)
    span = step.span
    return Binary(span, "+", name, step) if positive is None else Binary(span, "-", name, positive)


def _without_minus(tree: Expression) -> Expression | None:
    match tree:
        case Unary(operand=operand):
            return operand
        case Number(text=text, value=value) if value < 0:
            return Number(tree.span, text.lstrip("-"), -value)
        case Binary(op="*" | "/" as op, left=left, right=right):
            inner = _without_minus(left)
            return None if inner is None else Binary(tree.span, op, inner, right, tree.implicit)
    return None


def _parts(name: str, problem: Problem) -> tuple[str | None, str]:
    """A known name and the index behind (or the word before) it."""
    known = problem.letters()
    for found in (re.fullmatch(r"(.+?)_?(new|neu|next|old|prev|[0-9]+)", name), re.fullmatch(r"(.+)_(\w+)", name)):
        if found is not None and (base := known.find(found[1])) is not None:
            return base, found[2]
    if (found := re.fullmatch(r"(new|neu|next|old|prev)_(.+)", name)) and (base := known.find(found[2])) is not None:
        return base, found[1]
    return None, ""


def _old(name: str, base: str, problem: Problem) -> bool:
    if name in problem.names():
        return False
    known, index = _parts(name, problem)
    return known == base and (_LAST.fullmatch(index) is not None or index.isdigit())


def _first(side: Expression) -> str | None:
    """The name that a sum or difference begins with."""
    while isinstance(side, Binary) and side.op in "+-":
        side = side.left
    return side.name if isinstance(side, Name) else None


def has(side: Expression, names: tuple[str, ...]) -> bool:
    """Whether a side uses one of the names."""
    return any(name in names_in(side) for name in names)
