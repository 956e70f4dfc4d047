"""Fewer local variables for the same program: a variable takes over the place of one that is not needed any more.

A printed program names every node and every gradient once, because that is how one reads it. Run as it stands, it
keeps a thousand numbers alive to its end: freed early, their memory is used again at once (and arrays stay in the
processor's cache). Only names change, and only in what is compiled; lines, order and arithmetic are the printed ones.
"""

from __future__ import annotations

import ast

_SCOPES = (ast.Lambda, ast.NamedExpr, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


def reuse(tree: ast.Module, function: str) -> ast.Module:
    """Let the local variables of a function share places, in the tree itself.

    Only straight-line code is touched: assignments to single names at the top of the function. A name that occurs in
    anything else is kept.

    Args:
        tree: a printed program.
        function: the function whose variables are meant.

    >>> print(ast.unparse(reuse(ast.parse("def f(x):\\n a = x + x\\n b = a * x\\n c = b + x\\n return c"), "f")))
    def f(x):
        _0 = x + x
        _0 = _0 * x
        _0 = _0 + x
        return _0
    """
    found_in = next(s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == function)
    body = found_in.body
    nodes = [list(ast.walk(statement)) for statement in body]
    names = [[n for n in found if isinstance(n, ast.Name)] for found in nodes]
    last = {name.id: k for k, found in enumerate(names) for name in found}
    movable = {target for statement in body if (target := _target(statement)) is not None}
    movable -= {parameter.arg for parameter in found_in.args.args}
    movable -= {n.id for whole, found in zip(nodes, names, strict=True) if not _plain(whole) for n in found}
    places: dict[str, str] = {}
    free: list[str] = []
    made = 0
    for k, (statement, found) in enumerate(zip(body, names, strict=True)):
        target = _target(statement)
        for name in dict.fromkeys(n.id for n in found):
            if name in places and name != target and last[name] == k:
                free.append(places[name])
        if target in movable and target not in places:
            if not free:
                free.append(f"_{made}")
                made += 1
            places[target] = free.pop()
        for n in found:
            n.id = places.get(n.id, n.id)
    return tree


def _target(statement: ast.stmt) -> str | None:
    """The variable that a statement assigns to first."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _plain(nodes: list[ast.AST]) -> bool:
    """Whether a statement, its first node, is straight-line code without scopes of its own."""
    return isinstance(nodes[0], (ast.Assign, ast.AugAssign, ast.Return)) and not any(
        isinstance(node, _SCOPES) for node in nodes
    )
