"""Every name is defined once, before its first use, and never by itself."""

from __future__ import annotations

from typing import NoReturn

from gradviz.language.syntax import Program, Statement, names_in


def is_input(statement: Statement, program: Program) -> bool:
    """Whether the right side is without names: then the statement gives an input its number."""
    if statement.name is None:
        return False
    return all(program.names.is_constant(name) for name in names_in(statement.expression))


def definitions(program: Program) -> dict[str, Statement]:
    """The statement that defines each name.

    Raises:
        GradvizError: a name is defined twice, used before it is computed, or a cycle.

    >>> from gradviz.language import parse
    >>> list(definitions(parse("f = x*y; x = 3")))
    ['f', 'x']
    """
    found: dict[str, Statement] = {}
    for statement in program.statements:
        if statement.name is None:
            continue
        if statement.name in found:
            _twice(program, found[statement.name], statement)
        found[statement.name] = statement
    known: set[str] = {name for name, statement in found.items() if is_input(statement, program)}
    for statement in program.statements:
        for name, span in names_in(statement.expression).items():
            if name in found and name not in known:
                _too_early(program, found, statement, name, span)
        if statement.name is not None:
            known.add(statement.name)
    return found


def _twice(program: Program, first: Statement, second: Statement) -> NoReturn:
    source, name = program.source, second.name
    right = source.at(second.expression.span)
    right = right if len(right) <= 60 and "\n" not in right else "…"
    where = source.place(first.name_span)
    source.fail(
        f"{name} is given a value twice: first in line {where.line}, column {where.column}, and here again",
        second.name_span,
        expected="one definition a name",
        hint=f"a new name: {name}_new = {right}",
    )


def _too_early(
    program: Program, found: dict[str, Statement], statement: Statement, name: str, span: tuple[int, int]
) -> NoReturn:
    source = program.source
    if statement.name is not None:
        circle = _path(found, name, statement.name)
        if len(circle) == 1:
            right = source.at(statement.expression.span)
            hint = f"a new name: {name}_new = {right}" if len(right) <= 60 else f"a new name: {name}_new = …"
            source.fail(f"{name} is defined by itself", span, expected="a graph without cycles", hint=hint)
        if circle:
            # "a → b" reads: a is computed from b
            shown = circle if len(circle) < 8 else [*circle[:6], "…", circle[-1]]
            source.fail(
                f"these names form a cycle, each is computed from the next: {' → '.join([statement.name, *shown])}",
                span,
                expected="a graph without cycles",
                hint=f"a number for one of them: {name} = 1",
            )
    here, there = source.line(span), source.line(found[name].span)
    if here == there:
        source.fail(
            f"{name} is used before it is defined, further on in line {there}",
            span,
            hint=f"move {name} = … to the front",
        )
    source.fail(f"{name} is used in line {here} before line {there} defines it", span, hint=f"move line {there} up")


def _path(found: dict[str, Statement], start: str, goal: str) -> list[str]:
    """How the definition of ``start`` leads to ``goal``: the names on the way, both ends included."""
    came: dict[str, str | None] = {start: None}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            path = [name]
            while (before := came[path[-1]]) is not None:
                path.append(before)
            return path[::-1]
        for used in names_in(found[name].expression):
            if used in found and used not in came:
                came[used] = name
                waiting.append(used)
    return []
