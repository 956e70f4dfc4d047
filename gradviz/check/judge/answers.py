"""What is right: the number of a side at the given inputs, and a derivative as a formula."""

from __future__ import annotations

from collections.abc import Mapping

from gradviz.check.deciding.decision import Decision
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language.syntax import Derivative, Expression, Name, names_in, unparse

_MOST_FORMULA = 160  # characters of a formula that a person still reads


def expected(
    subject: Expression, left: Expression, right: Expression, graph: Graph, given: Mapping[str, float]
) -> str | None:
    """What is right, as a formula where the sides are formulas, and as a number where there are numbers.

    Args:
        subject: what the chain speaks about.
        left, right: the sides of the link that is wrong.
        graph: the problem.
        given: the numbers of its inputs.
    """
    parts = []
    if names_in(right):
        parts += formulas(subject, graph)
    value = value_of(left, graph, given)
    if value is not None:
        parts.append(f"{unparse(left)} = {value:.10g} at the given inputs" if names_in(left) else f"{value:.10g}")
    return ", ".join(parts) or None


def elsewhere(decision: Decision, given: Mapping[str, float]) -> bool:
    """Whether two sides were only seen to differ at other inputs than the given ones.

    Of a bare number that says nothing: at the inputs it speaks of, the other side has none.
    """
    point = decision.witness.point if decision.witness and given else {}
    return any(given.get(name, value) != value for name, value in point.items())


def formulas(subject: Expression, graph: Graph) -> list[str]:
    """``∂L/∂w = …``, if there is a formula that can be read."""
    match subject:
        case Derivative(of=Name(name=of), by=Name(name=by)):
            formula = derivative_formula(graph, of, by)
            if formula is not None and len(formula) <= _MOST_FORMULA:
                return [f"{unparse(subject)} = {formula}"]
    return []


def value_of(side: Expression, graph: Graph, given: Mapping[str, float]) -> float | None:
    """The number a side has at the given inputs; None where it has none."""
    import math

    import numpy as np

    from gradviz.check.deciding.building import sides
    from gradviz.check.deciding.running import run_block
    from gradviz.check.deciding.sides import NotDecidable
    from gradviz.gates import INPUT

    try:
        pair = sides(side, side, graph)
    except (NotDecidable, GradvizError):
        return None
    points = {}
    for i, row in enumerate(pair.base.gates):
        if row is INPUT and pair.used[i]:
            value = given.get(pair.base.names[i], pair.base.data[i])
            if value is None:
                return None
            points[i] = np.array([value])
    with np.errstate(all="ignore"):
        found = run_block(pair, points, 1).pair()[0]
    value = float(np.asarray(found).reshape(-1)[0])
    return value if math.isfinite(value) else None


def derivative_formula(graph: Graph, of: str, by: str) -> str | None:
    """``∂of/∂by`` as a formula in the names of the problem; None where it has no short one."""
    from gradviz.calculus.derivation import Derivation

    if of not in graph.names or by not in graph.names:
        return None
    try:
        made = Derivation(graph.with_output(of), [by])
    except GradvizError:
        return None
    texts = made.formulas(made.derivatives[0]).texts()
    return texts[0] if len(texts) == 1 else None
