"""A source -> a Graph: inputs get their numbers, nodes their names, and one node is the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from gradviz.draft import Draft
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import INPUT
from gradviz.graph import Graph
from gradviz.language.arrays import Array, describe, entry_name
from gradviz.language.constants import constant
from gradviz.language.elaborate import Elaborator
from gradviz.language.given import read_given
from gradviz.language.order import definitions, is_input
from gradviz.language.output import Thing, default_output, listed, named_output
from gradviz.language.program import parse
from gradviz.language.scope import CONSTANTS
from gradviz.language.source import Source, Span
from gradviz.language.syntax import Index, Name, Program, Statement, Vector, children, names_in

#: The most nodes a source may expand into.
MAX_NODES = 1_000_000


def build(
    text: str | bytes,
    values: Mapping[str, Any] | None = None,
    *,
    output: str | None = None,
    origin: str | None = None,
) -> Graph:
    """The Graph of a source.

    Args:
        text: statements of the gradviz language; the last one is the output.
        values: numbers (or nested lists, arrays, None for "only the name") by name; they win over numbers
            in the source, and may be given for single entries: ``{"z[0]": 1.5}``.
        output: the name of another node to take as the output.
        origin: what errors call the text, such as a file name.

    Raises:
        GradvizError: the text does not read, or a value or the output does not fit it.

    >>> build("q = x + y; f = q * z", {"x": -2, "y": 5, "z": -4}).trace()["f"].value
    -12.0
    """
    given = read_given(values or {})
    program = parse(text, values or (), origin=origin)
    return _Builder(program, given).graph(output)


class _Nodes:
    """The Draft as a target of the elaborator, which keeps count."""

    def __init__(self, draft: Draft, source: Source) -> None:
        self.draft = draft
        self.source = source

    def room(self, span: Span | None) -> None:
        if len(self.draft) >= MAX_NODES:
            self.source.fail(
                f"this source expands into more than {MAX_NODES:,} nodes",
                span or (0, 0),
                hint="smaller vectors, or build the graph from Python with gradviz.Value",
            )

    def const(self, value: float, text: str, span: Span | None) -> int:
        self.room(span)
        return self.draft.const(value, text, span=span)

    def gate(self, name: str, operands: Sequence[int], span: Span | None) -> int:
        self.room(span)
        return self.draft.gate(name, operands, span=span)

    def call(self, function: str, arguments: Sequence[int], output: int, first: int) -> None:
        self.draft.call(function, arguments, output, first)

    def number(self, node: int) -> float | None:
        return self.draft.data[node]


class _Builder:
    def __init__(self, program: Program, given: dict[tuple[str, tuple[int, ...]], Any]) -> None:
        self.program = program
        self.source = program.source
        self.given = given
        self.unused = dict.fromkeys(given)
        self.defined = definitions(program)
        self.indexed = _indexed(program)
        self.draft = Draft(program.source.text)
        self.nodes = _Nodes(self.draft, program.source)
        self.things: dict[str, Thing] = {}
        self.elaborator: Elaborator[int] = Elaborator(self.nodes, self, program.source)

    def graph(self, output: str | None) -> Graph:
        last: tuple[Thing, Statement] | None = None
        computed = False
        for statement in self.program.statements:
            thing = self._statement(statement)
            inner = not is_input(statement, self.program)
            if inner or not computed:
                last, computed = (thing, statement), inner
        self._check_given()
        assert last is not None
        node = default_output(self.source, *last) if output is None else named_output(output, self.things)
        return self.draft.graph(node)

    # Statements

    def _statement(self, statement: Statement) -> Thing:
        for parameter in statement.header or ():
            known = self.defined.get(parameter.name)
            if is_input(known, self.program) if known is not None else parameter.name not in self.indexed:
                self.variable(parameter)
        name = statement.name
        if name is None:
            return self.elaborator.build(statement.expression)
        if is_input(statement, self.program):
            return self.variable(Name(statement.name_span, name))
        expression = statement.expression
        if isinstance(expression, Vector):
            thing: Thing = self._literal(name, expression, ())
        else:
            mark = len(self.draft)
            thing = self._named(name, self.elaborator.build(expression), mark, statement.span)
        self.things[name] = thing
        return thing

    def _named(self, name: str, thing: Thing, mark: int, span: Span) -> Thing:
        """The same nodes under the name: new ones are renamed, known ones get a branch ``c = x``."""
        if not isinstance(thing, Array):
            return self._named_node(name, thing, mark, span)
        entries = (
            self._named_node(entry_name(name, position), node, mark, span)
            for position, node in zip(thing.positions(), thing.entries, strict=True)
        )
        return Array(thing.shape, tuple(entries))

    def _named_node(self, name: str, node: int, mark: int, span: Span) -> int:
        if node >= mark and self.draft.names[node] is None:
            self.draft.rename(node, name)
            return node
        self.nodes.room(span)
        return self.draft.copy(node, name=name, span=span)

    def _literal(self, name: str, vector: Vector, before: tuple[int, ...]) -> Array[int]:
        """``z = [a, 2, x*y]`` is spelling: a stays a, 2 is the input z[1], the product is called z[2]."""
        parts: list[Thing] = []
        for index, item in enumerate(vector.items):
            position = (*before, index)
            whole = entry_name(name, position)
            mark = len(self.draft)
            if all(self.program.names.is_constant(used) for used in names_in(item)):
                parts.append(self._inputs(name, constant(item, self.source), item.span, position))
            elif isinstance(item, Vector):
                parts.append(self._literal(name, item, position))
            else:
                part: Thing = self.elaborator.build(item)
                if isinstance(part, Array):
                    for deeper, node in zip(part.positions(), part.entries, strict=True):
                        self._spell(entry_name(name, (*position, *deeper)), node, mark)
                else:
                    self._spell(whole, part, mark)
                parts.append(part)
        return self.elaborator.stacked(parts, vector.span)

    def _spell(self, name: str, node: int, mark: int) -> None:
        if node >= mark and self.draft.names[node] is None:
            self.draft.rename(node, name)

    # Names: what the elaborator asks

    def variable(self, name: Name) -> Thing:
        word = name.name
        thing = self.things.get(word)
        if thing is not None:
            return thing
        if self.program.names.is_constant(word):
            return self.nodes.const(CONSTANTS[word], self.source.at(name.span), name.span)
        statement = self.defined.get(word)
        value: float | Array[float] | None = None
        span = name.span
        if statement is not None:
            value, span = constant(statement.expression, self.source), statement.span
        if (word, ()) in self.given:
            self.unused.pop((word, ()), None)
            outside = self.given[word, ()]
            value = value if outside is None else outside
        elif statement is None and (entries := self._entries_given(word)) is not None:
            value = entries
        elif statement is None and word in self.indexed:
            self.source.fail(
                f"the length of {word} is not known: its entries are used, and {word} as a whole",
                name.span,
                expected=f"numbers for all of {word}",
                hint=f"{word} = [1, 2, 3]",
            )
        thing = self._inputs(word, value, span)
        self.things[word] = thing
        return thing

    def entry(self, name: Name, position: tuple[int, ...]) -> int | None:
        """An entry of a vector that nothing but its entries tells of: an input of its own."""
        word = name.name
        if word in self.things or word in self.defined or (word, ()) in self.given:
            return None
        if self.program.names.is_constant(word) or self._entries_given(word) is not None:
            return None
        key = entry_name(word, position)
        if key not in self.things:
            self.things[key] = self._input(word, position, None, name.span)
        node = self.things[key]
        assert isinstance(node, int)
        return node

    def _entries_given(self, word: str) -> Array[float] | None:
        """The vector put together from given entries ``z[0]``, ``z[1]``, if they are all there."""
        found = {position: value for (name, position), value in self.given.items() if name == word and position}
        if not found or len({len(position) for position in found}) != 1:
            return None
        shape = tuple(max(extents) + 1 for extents in zip(*found, strict=True))
        whole: Array[float] = Array(shape, ())
        if any(position not in found for position in whole.positions()):
            return None
        numbers = [found[position] for position in whole.positions()]
        if any(not isinstance(number, float) for number in numbers):
            return None
        return Array(shape, tuple(numbers))

    def _inputs(self, name: str, value: float | Array[float] | None, span: Span, before: tuple[int, ...] = ()) -> Thing:
        if not isinstance(value, Array):
            return self._input(name, before, value, span)
        entries = (
            self._input(name, (*before, *position), number, span)
            for position, number in zip(value.positions(), value.entries, strict=True)
        )
        return Array(value.shape, tuple(entries))

    def _input(self, name: str, position: tuple[int, ...], value: float | None, span: Span) -> int:
        key = (name, position)
        full = entry_name(name, position)
        if position and key in self.given:
            self.unused.pop(key, None)
            if isinstance(self.given[key], Array):
                raise GradvizError(f"{full} is a single number, not {describe(self.given[key].shape)}")
            value = value if self.given[key] is None else self.given[key]
        self.nodes.room(span)
        return self.draft.input(full, value, span=span)

    # Values from outside

    def _computed(self, name: str) -> NoReturn:
        thing = self.things.get(name)
        one = entry_name(name, (0,) * len(thing.shape)) if isinstance(thing, Array) else name
        raise GradvizError(
            f"{name} is computed by the source, it cannot be given a value",
            place=self.source.place(self.defined[name].span),
            expected="values for inputs: " + (listed(self._inputs_known()) or "there are none"),
            hint=f"--output {one} to look at {one} as the output",
        )

    def _inputs_known(self) -> list[str]:
        return [n for n, row in zip(self.draft.names, self.draft.tape.gates, strict=True) if row is INPUT and n]

    def _check_given(self) -> None:
        for name, position in self.unused:
            full = entry_name(name, position)
            inputs = self._inputs_known()
            if name in self.defined and not is_input(self.defined[name], self.program):
                self._computed(name)
            if position and isinstance(self.things.get(name), Array):
                shape = describe(self.things[name].shape)  # type: ignore[union-attr]
                raise GradvizError(f"there is no {full}: {name} is {shape}", expected="entries are counted from 0")
            near = did_you_mean(full, inputs) or did_you_mean(name, list(self.things))
            raise GradvizError(
                f"the source has no input called {full}",
                expected="one of " + listed(inputs) if inputs else "a name that the source uses",
                hint=near and f"{near}=…",
            )


def _indexed(program: Program) -> set[str]:
    """The names whose entries are used somewhere: ``z`` of ``z[0]``."""
    found: set[str] = set()
    for statement in program.statements:
        waiting = [statement.expression]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Index) and isinstance(node.base, Name):
                found.add(node.base.name)
            waiting.extend(children(node))
    return found
