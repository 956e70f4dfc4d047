"""The chain rule spelled out: which gate gave which factor, and where a copy gate added.

All words are templates with named fields and stand together, so that they can be translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradviz.calculus.derivation import Derivation
from gradviz.calculus.notation import Notation, gate_formula
from gradviz.errors import GradvizError
from gradviz.explain import gate_word
from gradviz.gates import CONST, Pattern
from gradviz.language.syntax import Binary, Expression, unparse
from gradviz.numerals import Numerals

#: The most nodes whose steps are told.
MOST_STEPS = 2_000

_LONG = 60  # characters: a longer formula is called by its name


@dataclass(frozen=True, slots=True)
class Words:
    """One language's templates."""

    start: str = "Start at the output: {d} = 1."
    gate: str = "{number}. {name} = {formula}   ({what})"
    piece: str = "{d}, the share that comes through {node}:"
    adds: str = "{name} was used in {times} places: its copy gate adds up what comes back."
    kink: str = "At a kink here, where several slopes are right; ours: {convention}."
    distributes: str = "the {gate} gate distributes: its factor is 1"
    subtracts: str = "the {gate} gate distributes: its factors are 1 and, for what is subtracted, -1"
    swaps: str = "the {gate} gate swaps: the factor of each operand is the other one"
    picks: str = "the {gate} gate routes: the factor is 1 for what is taken, 0 for the rest"
    blocks: str = "the {gate} gate is a step: its factor is 0"
    copies: str = "another name for the same wire: its factor is 1"
    scales: str = "the {gate} gate scales: the factor is its slope"


ENGLISH = Words()


class ChainRule:
    """The steps of a first derivative, output to inputs.

    >>> from gradviz import graph
    >>> for line in ChainRule(Derivation(graph("q = x + y; f = q*z"), ["x"])).lines():
    ...     print(line)
    Start at the output: df/df = 1.
    <BLANKLINE>
    1. f = q*z   (the × gate swaps: the factor of each operand is the other one)
       df/dq = df/df · ∂f/∂q = 1 · z = z
    <BLANKLINE>
    2. q = x + y   (the + gate distributes: its factor is 1)
       df/dx = df/dq · ∂q/∂x = z · 1 = z
    """

    def __init__(self, derivation: Derivation, numerals: Numerals | None = None, words: Words = ENGLISH) -> None:
        if derivation.order > 1:
            raise GradvizError(
                "the chain rule is spelled out for first derivatives", expected="order 1", hint="leave --order away"
            )
        gates = sum(derivation.graph.reaches)
        if gates > MOST_STEPS:
            raise GradvizError(
                f"{gates:,} nodes are too many for steps that anybody reads",
                expected=f"at most {MOST_STEPS:,}",
                hint="--output NAME for a part of it",
            )
        self.derivation, self.graph, self.symbols = derivation, derivation.graph, derivation.symbols
        self.numerals, self.words = numerals or Numerals(), words
        graph = self.graph
        self.trace = None if graph.missing else graph.trace().shown
        self.on_the_way = self.symbols.above(derivation.targets, graph.output)
        self.uses = self._uses()
        self.locals, self.shares = self._factors()
        named = [i for i, row in enumerate(graph.gates) if row is not CONST]
        self.notation = Notation(self.symbols.whole(), named)

    def _steps(self) -> Iterator[int]:
        """The gates that hand something on, in the order of the backward pass."""
        graph = self.graph
        for i in range(graph.output, -1, -1):
            if graph.reaches[i] and any(self.on_the_way[j] for j in graph.operands(i)):
                yield i

    def _uses(self) -> dict[int, int]:
        uses: dict[int, int] = {}
        for i in self._steps():
            for j in self.graph.operands(i):
                uses[j] = uses.get(j, 0) + 1
        return uses

    def _factors(self) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
        """For every edge its local derivative, and what it hands back."""
        slopes, shares = {}, {}
        zero = self.symbols.const(0)
        for i in self._steps():
            for slot, j in enumerate(self.graph.operands(i)):
                if self.on_the_way[j]:
                    upstream = self.derivation.adjoints.get(i, zero)
                    slopes[i, slot] = self.symbols.local(i, slot)
                    shares[i, slot] = self.symbols.share(upstream, i, slot)
        return slopes, shares

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        graph, words, names = self.graph, self.words, self.graph.names
        numbers = {} if self.trace is None else {(e.node, e.slot): e.contribution for e in self.trace.events}
        yield words.start.format(d=self._d(graph.output))
        collected: dict[int, list[tuple[int, int]]] = {}
        for number, i in enumerate(self._steps(), 1):
            yield ""
            what = self._pattern(i)
            yield words.gate.format(number=number, name=names[i], formula=gate_formula(graph, i), what=what)
            kink = graph.gates[i].kink
            if kink is not None and self._at_kink(i):
                yield f"   {words.kink.format(convention=kink.convention)}"
            for slot, j in enumerate(graph.operands(i)):
                if not self.on_the_way[j]:
                    continue
                pieces = collected.setdefault(j, [])
                pieces.append((i, slot))
                several = self.uses[j] > 1
                if several:
                    yield f"   {words.piece.format(d=self._d(j), node=names[i])}"
                product = self._product(i, slot, j)
                value = [] if self.trace is None else [self.numerals.text(numbers[i, slot])]
                head = [] if several else [self._d(j)]
                yield f"   {'  ' if several else ''}{_equal([*head, *product, *value])}"
                if several and len(pieces) == self.uses[j]:
                    yield f"   {words.adds.format(name=names[j], times=self.uses[j])}"
                    yield f"     {_equal([self._d(j), *self._sum(j, pieces, numbers)])}"

    def _at_kink(self, node: int) -> bool:
        if self.trace is None:
            return False
        values = self.trace.values
        return self.graph.gates[node].at_kink(values[node], *[values[j] for j in self.graph.operands(node)])

    def _product(self, i: int, slot: int, j: int) -> list[str]:
        """``df/dq · ∂q/∂x``, the same as formulas, and their product."""
        names, zero = self.graph.names, self.symbols.const(0)
        upstream = self._text(self.derivation.adjoints.get(i, zero), factor=True) or self._d(i)
        local = self._text(self.locals[i, slot], factor=True) or f"∂{names[i]}/∂{names[j]}"
        factors = [f"{self._d(i)} · ∂{names[i]}/∂{names[j]}", f"{upstream} · {local}"]
        share = self._text(self.shares[i, slot])
        return [*factors, *([share] if share else [])]

    def _sum(self, j: int, pieces: list[tuple[int, int]], numbers: dict[tuple[int, int], float]) -> list[str]:
        parts = [self._text(self.shares[piece], term=True) for piece in pieces]
        found = []
        if all(parts) and sum(map(len, parts)) <= 2 * _LONG:
            found.append(" + ".join(parts))
        total = self._text(self.derivation.adjoints.get(j, self.symbols.const(0)))
        found += [total] if total else []
        if self.trace is not None and self.trace.gradients is not None:
            shown = [self.numerals.text(numbers[piece]) for piece in pieces]
            found.append(" + ".join(f"({text})" if text.startswith("-") else text for text in shown))
            found.append(self.numerals.text(self.trace.gradients[j]))
        return found

    def _pattern(self, node: int) -> str:
        row, words = self.graph.gates[node], self.words
        match row.pattern:
            case Pattern.DISTRIBUTES:
                template = words.subtracts if row.infix == "-" else words.distributes
            case Pattern.SWAPS:
                template = words.swaps
            case Pattern.PICKS:
                template = words.picks
            case Pattern.BLOCKS:
                template = words.blocks
            case Pattern.COPIES:
                template = words.copies
            case _:
                template = words.scales
        return template.format(gate=gate_word(row))

    def _d(self, node: int) -> str:
        names = self.graph.names
        return f"d{names[self.graph.output]}/d{names[node]}"

    def _text(self, symbol: int, *, factor: bool = False, term: bool = False) -> str:
        """The formula with every node by its name; "" where it is too long to help."""
        try:
            [tree] = self.notation.formulas([symbol], lets=False).expressions
        except GradvizError:  # longer than a page
            return ""
        text = unparse(tree)
        if len(text) > _LONG:
            return ""
        loose = text.startswith("-") or (factor and _is_sum(tree))
        return f"({text})" if (factor or term) and loose else text


def _is_sum(tree: Expression) -> bool:
    return isinstance(tree, Binary) and tree.op not in ("*", "/", "^")


def _equal(parts: list[str]) -> str:
    """Parts with = between them, none twice in a row."""
    kept = [part for position, part in enumerate(parts) if position == 0 or part != parts[position - 1]]
    return " = ".join(kept)
