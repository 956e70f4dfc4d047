"""Statements: names on the left, expressions on the right, and what makes a whole source."""

from __future__ import annotations

from collections.abc import Iterable

from gradviz.language import layout
from gradviz.language.given import split_entry
from gradviz.language.grammar import Parser
from gradviz.language.mistakes import left_over
from gradviz.language.scope import Names, heading, survey
from gradviz.language.source import Source, Span, read_source
from gradviz.language.syntax import Binary, Name, Program, Statement
from gradviz.language.tokens import Token, tokenize


def parse(
    text: str | bytes, given: Iterable[str] = (), *, origin: str | None = None, names: Names | None = None
) -> Program:
    """Read a source into its tree.

    Args:
        text: the source; bytes are decoded (UTF-8 or UTF-16).
        given: names (or entries, ``z[0]``) that get a value from outside; they are variables, also where a
            function has that name.
        origin: what errors call the text, such as a file name.
        names: a symbol table to use instead of the one surveyed from the text.

    Raises:
        GradvizError: the text does not read; the error points at the place.

    >>> program = parse("q = x + y; f = q * z")
    >>> [statement.name for statement in program.statements]
    ['q', 'f']
    """
    source = read_source(text, origin)
    lines = layout.statements(source, tokenize(source))
    if not lines:
        source.fail("there is nothing to read: the source is empty", (0, 0), hint="f = (x + y)*z")
    if names is None:
        names = survey(lines, (split_entry(name)[0] for name in given))
    notes: list[tuple[Span, str]] = []
    found = [_statement(source, line, names, notes, last=line is lines[-1], first=line is lines[0]) for line in lines]
    return Program(source, tuple(found), names, tuple(notes))


def _statement(
    source: Source, line: list[Token], names: Names, notes: list[tuple[Span, str]], *, last: bool, first: bool
) -> Statement:
    head = heading(line)
    span = (line[0].span[0], line[-2].span[1])
    _check_equals(source, line, head)
    parser = Parser(source, line, names, head or 0, notes)
    if head is None:
        if line[0].text == "+":
            source.fail(
                "a statement cannot begin with +",
                line[0].span,
                hint="to continue the line above, put its whole right side in brackets ( … )",
            )
        if line[0].text == "-" and not first:
            notes.append(
                (line[0].span, "this line begins with a minus: read as a new statement, not as a continuation")
            )
        expression = parser.parse()
        _check_bare(source, line, expression_is_equality=_is_equality(expression), last=last)
        statement = Statement(expression, span)
    else:
        expression = parser.parse()
        header = tuple(Name(t.span, t.text) for t in line[2 : head - 1] if t.kind == "name") if head > 2 else None
        statement = Statement(expression, span, line[0].text, line[0].span, header)
    if parser.now.kind != "end":
        left_over(source, line, parser.at)
    return statement


def _is_equality(expression: object) -> bool:
    return isinstance(expression, Binary) and expression.op == "==" and isinstance(expression.left, Name)


def _check_bare(source: Source, line: list[Token], *, expression_is_equality: bool, last: bool) -> None:
    whole = (line[0].span[0], line[-2].span[1])
    if expression_is_equality and line[1].text == "==":
        fixed = f"{line[0].text} = {source.at((line[2].span[0], whole[1]))}"
        source.fail("== compares, it does not give a value", line[1].span, hint=fixed)
    if not last:
        source.fail(
            "this line has no name, and only the last one may be without",
            whole,
            expected="name = expression",
            hint=f"q = {_short(source.at(whole))}",
        )


def _short(text: str) -> str:
    return text if len(text) <= 60 and "\n" not in text else "…"


def _check_equals(source: Source, line: list[Token], head: int | None) -> None:
    """Every ``=`` of a statement outside brackets: one, after a name or a header."""
    depth, equals = 0, []
    for at, token in enumerate(line):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth == 0 and token.text == "=":
            equals.append(at)
    if not equals:
        return
    if equals[0] == 0:
        right = _short(source.at((line[0].span[1], line[-2].span[1])).strip())
        source.fail("there is nothing on the left of =", line[0].span, hint=f"f = {right}")
    if line[equals[0] + 1].kind == "end":
        left = source.at((line[0].span[0], line[equals[0]].span[0])).strip()
        source.fail("there is nothing after =", line[equals[0]].span, hint=f"{_short(left)} = 3")
    if head is None:
        _bad_left(source, line, equals[0])
    if len(equals) > 1:
        _chain(source, line, equals)


def _chain(source: Source, line: list[Token], equals: list[int]) -> None:
    """``a = b = expr`` and ``q = x + y = 3``."""
    ends = [*equals[1:], len(line) - 1]
    sides = [source.at((line[0].span[0], line[equals[0]].span[0])).strip()]
    sides += [source.at((line[a].span[1], line[b].span[0])).strip() for a, b in zip(equals, ends, strict=True)]
    if equals[1] == equals[0] + 2 and line[equals[0] + 1].kind == "name":
        hint = f"{sides[1]} = {_short(sides[-1])}; {sides[0]} = {sides[1]}"
    elif line[equals[1] - 1].kind == "name" and (
        line[equals[1] - 2].text in (",", ")") or line[equals[1] - 2].kind != "op"
    ):
        # two definitions without a ; between them
        name = line[equals[1] - 1]
        first = source.at((line[equals[0]].span[1], name.span[0])).strip().rstrip(",").rstrip()
        hint = f"{sides[0]} = {_short(first)}; {name.text} = {_short(sides[2])}"
    else:
        hint = f"{sides[0]} = {_short(sides[1])}"
    source.fail("this statement has more than one =", line[equals[1]].span, expected="one definition a line", hint=hint)


def _bad_left(source: Source, line: list[Token], equals: int) -> None:
    left = (line[0].span[0], line[equals - 1].span[1])
    typed, right = _short(source.at(left)), line[equals + 1]
    hint = "q = …"
    if line[0].kind == "name" and line[1].text == "(":
        if line[equals - 1].text == ")":
            source.fail(
                f"{typed} is not a header: only names stand in its brackets",
                left,
                hint=f"{line[0].text}(x, y) = …, and the numbers on lines of their own: x = 3",
            )
    elif line[0].kind == "name" and line[1].text == "[":
        source.fail("entries cannot be defined one by one", left, hint=f"{line[0].text} = [ …, … ] with all entries")
    elif line[0].kind == "name" and line[1].text == "," and line[2].kind == "name":
        hint = f"{line[0].text} = …; {line[2].text} = …"
    elif right.kind == "name" and line[equals + 2].kind == "end":
        hint = f"{right.text} = {typed}"
    elif line[0].kind == "name" and line[1].text == "^" and equals > 2:
        name = "var" if line[0].text in ("σ", "sigma") else f"{line[0].text}_2"
        hint = f"{name} = …: {typed} is a power of {line[0].text}, so it needs a name of its own"
    source.fail(f"{typed} cannot be given a value", left, expected="a name on the left of =", hint=hint)
