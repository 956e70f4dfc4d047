"""The problem a derivation is about: its formulas, its numbers, its names, and what is asked.

It is read from a staff file (gradviz source with a few lines more) or grows out of the document itself.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradviz.check.reader.definitions import folded, ordered, value_at
from gradviz.errors import GradvizError, Place
from gradviz.language.letters import Letters
from gradviz.language.program import parse
from gradviz.language.source import Span
from gradviz.language.syntax import Expression, Name, Number, names_in, unparse

if TYPE_CHECKING:
    from gradviz.graph import Graph

_MOST_OUTPUTS = 20  # nodes that may be the output
_HEADING = re.compile(r"^##+[ \t]*(.*?)[ \t]*$")
_DIRECTIVE = re.compile(r"^[ \t]*(require|accept|hint|output)(?:s|d|ed)?\b[ \t]*:?[ \t]*(.*?)[ \t]*$", re.IGNORECASE)
_REQUIRED = re.compile(r"[d∂]\s*(\w+)\s*/\s*[d∂]\s*(\w+)")


@dataclass
class Problem:
    """One problem.

    Args:
        id: its heading, such as "1"; "" where a file has one problem only.
        definitions: the formula of every node, in order.
        values: the numbers of the inputs.
        headers: the variables of a node written ``f(x, y) =``.
        inputs: names without a formula, in order.
        aliases: names that stand for a derivative (``δ = ∂L/∂z``) or for another formula that is no node.
        output: the node whose gradients are asked for.
        required: pairs (of, by) that must be stated.
        stated: pairs (of, by) that a derivation speaks about.
        accept: lines that count as right, with the reason.
        hints: how much the report may say, 0 to 3, or None.
        staff: whether staff wrote it; then undeclared letters in definitions are refused too.
        puzzle: why nothing that is said of it can be checked; "" where it can.
        cure: what would help.

    >>> problem = Problem("1")
    >>> problem.define("f", parse("(x + y)*z").statements[0].expression, ("x", "y", "z"))
    >>> problem.values.update(x=-2.0, y=5.0, z=-4.0)
    >>> problem.graph().trace()["f"].value
    -12.0
    """

    id: str = ""
    definitions: dict[str, Expression] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: dict[str, None] = field(default_factory=dict)
    aliases: dict[str, Expression] = field(default_factory=dict)
    output: str | None = None
    required: list[tuple[str, str]] = field(default_factory=list)
    stated: list[tuple[str, str]] = field(default_factory=list)
    accept: list[tuple[str, str]] = field(default_factory=list)
    hints: int | None = None
    staff: bool = False
    puzzle: str = ""
    cure: str = ""
    _used: dict[str, tuple[Expression, dict[str, Span]]] = field(default_factory=dict, repr=False, compare=False)

    def names_of(self, name: str) -> dict[str, Span]:
        """The names in a node's formula; looked up once for each formula."""
        formula, known = self.definitions[name], self._used.get(name)
        if known is None or known[0] is not formula:
            known = self._used[name] = formula, names_in(formula)
        return known[1]

    def names(self) -> list[str]:
        """Every name, inputs first."""
        return list(dict.fromkeys([*self.inputs, *self.values, *self.definitions, *self.aliases]))

    def letters(self) -> Letters:
        """The names with their spellings."""
        return Letters(self.names(), self.headers, self.top())

    def top(self) -> str | None:
        """The output: as said; else, of the nodes whose gradients are spoken of, the last one on the way.

        Without any of those, it is the node that most definitions lead to, so that a line about something else does not
        become the output.

        >>> problem = Problem()
        >>> for name, formula in (("L", "(w*x - t)^2"), ("more", "3*L")):
        ...     problem.define(name, parse(formula).statements[0].expression)
        >>> problem.stated.append(("L", "w"))
        >>> problem.top()
        'L'
        """
        if self.output is not None:
            return self.output
        asked = dict.fromkeys(of for of, _ in (*self.required, *self.stated) if of in self.definitions)
        used = {name for known in self.definitions for name in self.names_of(known)}
        free = list(asked) or [name for name in self.definitions if name not in used]
        if len(free) < 2:
            return free[0] if free else None
        order = {name: at for at, name in enumerate(self.definitions)}
        behind = {name: self.behind(name) for name in free[-_MOST_OUTPUTS:]}
        return max(behind, key=lambda name: (len(behind[name] & asked.keys()), len(behind[name]), order[name]))

    def behind(self, name: str) -> set[str]:
        """The nodes that a node hangs on."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for used in self.names_of(waiting.pop()):
                if used in self.definitions and used not in found:
                    found.add(used)
                    waiting.append(used)
        return found

    def define(self, name: str, formula: Expression, header: tuple[str, ...] | None = None) -> None:
        """A node. Where its formula stands inside earlier nodes, they use the node from now on."""
        if not isinstance(formula, Name | Number):
            inner = names_in(formula).keys()
            for known, other in self.definitions.items():
                if name not in self.names_of(known) and inner <= self.names_of(known).keys():
                    self.definitions[known] = folded(other, formula, Name(formula.span, name))
        self.inputs.pop(name, None)
        before = {known: other for known, other in self.definitions.items() if name not in self.names_of(known)}
        after = {known: other for known, other in self.definitions.items() if name in self.names_of(known)}
        self.definitions = {**before, name: formula, **after}
        if header is not None:
            self.headers[name] = header
            for variable in header:
                if variable not in self.definitions:
                    self.inputs.setdefault(variable, None)
        for variable in names_in(formula):
            if variable not in self.definitions and variable not in ("e", "pi", "π"):
                self.inputs.setdefault(variable, None)

    def restage(self, name: str, formula: Expression) -> bool:
        """Take another formula for a node where it gives the same numbers and uses nodes of its own.

        ``f = (x + y)z``, ``q = x + y``, ``f = q z``: the last line says how f hangs on q.
        """
        inner = [known for known in names_in(formula) if known in self.definitions]
        if not inner or self.uses(formula, name):
            return False
        old = self.definitions[name]
        if set(inner) <= set(names_in(old)) or not self._same(name, formula):
            return False
        order = [known for known in self.definitions if known != name]
        at = max(order.index(known) for known in inner) + 1
        order.insert(at, name)
        self.definitions = {known: formula if known == name else self.definitions[known] for known in order}
        return True

    def uses(self, formula: Expression, name: str) -> bool:
        """Whether a formula hangs on a node, directly or through others."""
        used = names_in(formula)
        return name in used or any(name in self.behind(each) for each in used if each in self.definitions)

    def _same(self, name: str, formula: Expression) -> bool:
        leaves = [known for known in self.names() if known not in self.definitions and known not in self.aliases]
        for step in range(5):
            point = {
                leaf: 0.3 + 0.37 * ((7 * at + 3 * step) % 11) * (-1) ** (at * step) for at, leaf in enumerate(leaves)
            }
            try:
                old = value_at(self.definitions, self.definitions[name], point)
                new = value_at(self.definitions, formula, point)
            except (GradvizError, RecursionError):
                return False
            if old == old and abs(old - new) > 1e-9 * (1 + abs(old)):
                return False
        return True

    def source(self, values: dict[str, float] | None = None) -> str:
        """The problem as gradviz source."""
        numbers = self.values if values is None else values
        lines = [f"{name} = {value!r}" for name, value in numbers.items() if name not in self.definitions]
        lines += [f"{name} = {unparse(formula)}" for name, formula in ordered(self.definitions)]
        return "\n".join(lines)

    def graph(self) -> Graph:
        """The graph of the problem.

        Raises:
            GradvizError: the formulas do not make one.
        """
        from gradviz.language import build

        used = {name for formula in self.definitions.values() for name in names_in(formula)}
        given = {name: None for name in self.inputs if name not in self.values and name in used}
        return build(self.source(), given, output=self.top())


def read_problems(text: str, origin: str | None = None) -> list[Problem]:
    """The problems of a staff file.

    Args:
        text: gradviz source; ``## 1`` begins a problem, ``require df/dx, df/dy`` asks for gradients,
            ``accept: LINE # reason`` lets a line pass, ``hints: 2`` bounds the report, ``output: L`` names the output.
        origin: what errors call the text.

    Raises:
        GradvizError: the source does not read, or a line asks for what is not there.

    >>> one, two = read_problems("## 1\\nf = x*y; x = 2\\nrequire df/dx\\n## 2\\ng = a^2\\nhints: 1")
    >>> one.id, one.required, one.values, two.hints
    ('1', [('f', 'x')], {'x': 2.0}, 1)
    """
    sections: list[tuple[str, list[tuple[int, str]]]] = [("", [])]
    for number, line in enumerate(text.splitlines()):
        if heading := _HEADING.match(line):
            sections.append((heading[1], []))
        else:
            sections[-1][1].append((number, line))
    filled = [(name, lines) for name, lines in sections if any(line.split("#")[0].strip() for _, line in lines)]
    twice = next((name for at, (name, _) in enumerate(filled) if name in [other for other, _ in filled[:at]]), None)
    if twice is not None:
        raise GradvizError(f"{origin or 'the source'} has two problems called {twice!r}")
    return [_section(name, lines, text, origin) for name, lines in filled]


def _section(name: str, lines: list[tuple[int, str]], text: str, origin: str | None) -> Problem:
    problem = Problem(name, staff=True)
    source: list[str] = [""] * (lines[-1][0] + 1)
    said: list[tuple[str, str, int]] = []
    for number, line in lines:
        directive = _DIRECTIVE.match(line)
        if directive and not directive[2].startswith("="):
            said.append((directive[1].lower(), directive[2], number))
        else:
            source[number] = line
    program = parse("\n".join(source), origin=origin)
    for statement in program.statements:
        header = tuple(h.name for h in statement.header) if statement.header is not None else None
        target = statement.name or "f"
        number_value = _constant(statement.expression)
        if number_value is not None and header is None and not names_in(statement.expression):
            problem.inputs.setdefault(target, None)
            problem.values[target] = number_value
        else:
            if target in problem.definitions:
                place = Place(program.source.text, *statement.expression.span, origin)
                raise GradvizError(f"{target} is defined twice", place=place, hint="## 2 begins another problem")
            problem.define(target, statement.expression, header)
    for word, rest, number in said:
        _direct(problem, word, rest, _line_place(text, number, origin))
    problem.output = problem.top()
    return problem


def _direct(problem: Problem, word: str, rest: str, place: Place) -> None:
    if word in ("hint", "output"):
        rest = rest.partition("#")[0].rstrip()
    if word == "hint":
        if rest not in ("0", "1", "2", "3"):
            raise GradvizError(f"hints is a level from 0 to 3, not {rest!r}", place=place)
        problem.hints = int(rest)
    elif word == "output":
        if rest not in problem.definitions:
            raise GradvizError(f"there is no node {rest!r}", place=place, hint=", ".join(problem.definitions))
        problem.output = rest
    elif word == "accept":
        line, _, reason = rest.partition("#")
        problem.accept.append((line.strip(), reason.strip()))
    else:
        problem.required += _required(problem, rest.partition("#")[0], place)


def _required(problem: Problem, rest: str, place: Place) -> Iterable[tuple[str, str]]:
    letters = problem.letters()
    for part in re.split(r",[ \t]*$|[,;]|\band\b", rest.rstrip(" \t,;")):
        found = _REQUIRED.fullmatch(part.strip())
        pair = (letters.find(found[1]), letters.find(found[2])) if found else (None, None)
        if pair[0] is None or pair[1] is None:
            raise GradvizError(
                f"{part.strip()!r} is no gradient of this problem", place=place, expected="require df/dx, df/dy"
            )
        yield (pair[0], pair[1])


def _line_place(text: str, number: int, origin: str | None) -> Place:
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[:number]))
    return Place(text, start, start + len(lines[number].rstrip("\n")), origin)


def _constant(expression: Expression) -> float | None:
    return constant_of(expression)


def constant_of(expression: Expression, known: Container[str] = ()) -> float | None:
    """The number of a side without names, or None.

    Args:
        expression: the side.
        known: the problem's names; e and π are constants where they are none of them.

    >>> constant_of(parse("-1/2").statements[0].expression)
    -0.5
    """
    from gradviz.language.constants import constant
    from gradviz.language.source import Source

    if any(name in known or name not in ("e", "pi", "π") for name in names_in(expression)):
        return None
    try:
        value = constant(expression, Source(""))
    except (GradvizError, AssertionError):
        return None
    return value if isinstance(value, float) else None
