"""Formulas by name: in the order in which they can be computed, their values, and parts replaced by their names."""

from __future__ import annotations

from gradviz.language.syntax import Binary, Call, Expression, Name, Number, Unary, names_in, unparse


def ordered(definitions: dict[str, Expression]) -> list[tuple[str, Expression]]:
    """Definitions, each after those it uses."""
    done: dict[str, Expression] = {}
    waiting = dict(definitions)
    while waiting:
        ready = [n for n, formula in waiting.items() if not any(m in waiting and m != n for m in names_in(formula))]
        if not ready:
            return [*done.items(), *waiting.items()]
        for name in ready:
            done[name] = waiting.pop(name)
    return list(done.items())


def value_at(definitions: dict[str, Expression], formula: Expression, point: dict[str, float]) -> float:
    """The number of a formula over definitions, with these numbers for the inputs."""
    from gradviz.language import build

    lines = [f"{name} = {unparse(other)}" for name, other in ordered(definitions)]
    free = "probe_value"
    graph = build("\n".join([*lines, f"{free} = {unparse(formula)}"]), dict(point), output=free)
    return float(graph.trace()[free].value)


def folded(tree: Expression, part: Expression, name: Name) -> Expression:
    """The tree with every copy of a part replaced by its name (not deeper than 60)."""

    open_part = _rectified(part)

    def walk(node: Expression, depth: int) -> Expression:
        if node == part or (open_part is not None and _rectified(node) == open_part):
            return Name(node.span, name.name)
        if depth > 60:
            return node
        match node:
            case Unary(operand=a):
                return Unary(node.span, walk(a, depth + 1))
            case Binary(op=op, left=a, right=b):
                return Binary(node.span, op, walk(a, depth + 1), walk(b, depth + 1), node.implicit)
            case Call(function=function, arguments=parts):
                return Call(node.span, function, tuple(walk(p, depth + 1) for p in parts))
        return node

    return walk(tree, 0)


def _rectified(tree: Expression) -> Expression | None:
    """The z of ``relu(z)``, ``max(0, z)`` and ``max(z, 0)``, which are one gate."""
    match tree:
        case Call(function="relu", arguments=(z,)) | Call(function="max", arguments=(Number(value=0), z)):
            return z
        case Call(function="max", arguments=(z, Number(value=0))):
            return z
    return None
