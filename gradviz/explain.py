"""The sentence and the arithmetic of one event: every number traced to one gate, one upstream gradient and
one local derivative, in words.

All sentences are templates with named fields and stand together here, so that they can be translated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from gradviz import formulas
from gradviz.gates import CONST, INPUT, Gate, Pattern
from gradviz.graph import Graph
from gradviz.numerals import Numerals
from gradviz.passes import Event, Trace


@dataclass(frozen=True, slots=True)
class Sentences:
    """One language's templates."""

    given: str = "{name} is given."
    forward: str = "The {gate} gate computes {name} from {operands}."
    copied: str = "{name} is another name for {operands}: a branch of the same wire."
    seed: str = "The gradient of {name} with respect to itself is 1: that is where the backward pass starts."
    distributes: str = "The {gate} gate distributes: it hands its upstream gradient on to {operand} unchanged."
    negates: str = "The {gate} gate distributes, and turns the sign for what is subtracted: {operand}."
    swaps: str = "The {gate} gate swaps: {operand} gets the upstream gradient times the other input, {other}."
    squares: str = "The {gate} gate swaps: this {operand} gets the upstream gradient times the other {other}."
    taken: str = "The {gate} gate routes: {operand} was taken and gets the whole upstream gradient."
    lost: str = "The {gate} gate routes: {operand} was not taken, so nothing flows back to it."
    kink: str = "The {gate} gate is at a kink, where several slopes are right; ours: {convention}."
    blocks: str = "The {gate} gate is a step: nudging {operand} does not move it, so nothing flows back."
    copies: str = "The copy gate hands the gradient of its branch {node} back to {operand}."
    scales: str = "The {gate} gate scales: its slope with respect to {operand} is {symbol} here."
    adds_up: str = "{operand} feeds {times} places: their contributions add up."


ENGLISH = Sentences()
_MOST_SYMBOL = 60  # characters of a local derivative that a person still reads


@dataclass(frozen=True, slots=True)
class Explanation:
    """One step, for a person."""

    node: int  # the gate that fires (a leaf: itself)
    sentence: str
    arithmetic: str


def gate_word(row: Gate) -> str:
    """How a gate is called in a sentence: its operator, else its name."""
    return "copy" if row.pattern is Pattern.COPIES else row.glyph if row.infix and row.name != "neg" else row.name


def forward_steps(trace: Trace, numerals: Numerals, words: Sentences = ENGLISH) -> Iterator[Explanation]:
    """The forward pass, node by node; constants have no step of their own."""
    for i, row in enumerate(trace.graph.gates):
        if row is not CONST:
            yield forward_step(trace, i, numerals, words)


def forward_step(trace: Trace, i: int, numerals: Numerals, words: Sentences = ENGLISH) -> Explanation:
    """How node ``i`` got its value.

    >>> from gradviz import graph
    >>> forward_step(graph("f = x * y", x=3, y=-2).trace(), 2, Numerals()).arithmetic
    'f = x · y = 3 · (-2) = -6'
    """
    graph, row = trace.graph, trace.graph.gates[i]
    name, shown = graph.names[i], numerals.text(trace.values[i])
    if row is INPUT:
        return Explanation(i, words.given.format(name=name), f"{name} = {shown}")
    names = [graph.names[j] for j in graph.operands(i)]
    numbers = [graph.names[j] if graph.gates[j] is CONST else numerals.text(trace.values[j]) for j in graph.operands(i)]
    if row.pattern is Pattern.COPIES:
        return Explanation(i, words.copied.format(name=name, operands=names[0]), f"{name} = {names[0]} = {shown}")
    sentence = words.forward.format(gate=gate_word(row), name=name, operands=" and ".join(dict.fromkeys(names)))
    symbols, digits = spelled(row, names), spelled(row, numbers)
    steps = dict.fromkeys((name, symbols, digits, shown))  # each side once: no "= -1 = -1"
    return Explanation(i, sentence, " = ".join(steps))


def backward_steps(trace: Trace, numerals: Numerals, words: Sentences = ENGLISH) -> Iterator[Explanation]:
    """The backward pass: the seed, then one step an edge. Edges into constants have no step."""
    graph, trace = trace.graph, trace.shown
    if trace.gradients is None:
        return
    yield seed_step(graph, words)
    before: dict[int, list[float]] = {}
    for event in trace.events:
        if graph.constant[event.operand]:
            continue
        parts = before.setdefault(event.operand, [])
        parts.append(event.contribution)
        yield backward_step(trace, event, parts, numerals, words)


def seed_step(graph: Graph, words: Sentences = ENGLISH) -> Explanation:
    """Where the backward pass starts: the output's gradient with respect to itself."""
    name = graph.names[graph.output]
    return Explanation(graph.output, words.seed.format(name=name), f"∂{name}/∂{name} = 1")


def backward_step(
    trace: Trace, event: Event, parts: Sequence[float], numerals: Numerals, words: Sentences = ENGLISH
) -> Explanation:
    """What one event handed back, and why.

    Args:
        trace: the run.
        event: one of its events.
        parts: the contributions that its operand has got so far, this event's last.
        numerals: how numbers are shown.
        words: the sentences.

    >>> from gradviz import graph
    >>> trace = graph("f = x * y", x=3, y=-2).trace()
    >>> backward_step(trace, trace.events[0], [-2.0], Numerals()).sentence
    'The × gate swaps: x gets the upstream gradient times the other input, y.'
    """
    graph = trace.graph
    out, node, operand = graph.names[graph.output], graph.names[event.node], graph.names[event.operand]
    text = numerals.text
    symbol = local_symbol(trace, event.node, event.slot)
    local = text(event.local)
    shown = "" if symbol == local or not symbol else f" = {symbol}"
    lines = (
        f"∂{out}/∂{operand} via {node} = upstream × local = {_signed(text(event.upstream))} × "
        f"{_signed(local)} = {text(event.contribution)}   (local: ∂{node}/∂{operand}{shown} = {local})"
    )
    if len(parts) > 1:
        total = " + ".join(_signed(text(p)) for p in parts)
        lines += f"   sum so far: {total} = {text(event.total)}"
    sentence = _sentence(trace, event, symbol or local, words)
    times = graph.fan_out[event.operand]
    if times > 1 and len(parts) > 1:
        sentence += " " + words.adds_up.format(operand=operand, times=times)
    return Explanation(event.node, sentence, lines)


def _sentence(trace: Trace, event: Event, symbol: str, words: Sentences) -> str:
    graph, row = trace.graph, trace.graph.gates[event.node]
    operands = graph.operands(event.node)
    fields = {
        "gate": gate_word(row),
        "node": graph.names[event.node],
        "operand": graph.names[event.operand],
        "other": graph.names[operands[1 - event.slot]] if len(operands) == 2 else "",
        "symbol": symbol,
        "convention": row.kink.convention if row.kink else "",
    }
    if row.at_kink(trace.values[event.node], *[trace.values[j] for j in operands]):
        return words.kink.format(**fields)
    match row.pattern:
        case Pattern.DISTRIBUTES:
            template = words.negates if event.local < 0 else words.distributes
        case Pattern.SWAPS:
            template = words.squares if operands[0] == operands[1] else words.swaps
        case Pattern.PICKS:
            template = words.taken if event.local else words.lost
        case Pattern.BLOCKS:
            template = words.blocks
        case Pattern.COPIES:
            template = words.copies
        case _:
            template = words.scales
    return template.format(**fields)


def _signed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


# --- formulas with the reader's own names ---------------------------------------------------------------


def spelled(row: Gate, operands: Sequence[str]) -> str:
    """The gate on these operands as one writes it: ``x + y``, ``exp(x)``, ``-x``, ``x^2``."""
    if row.infix and len(operands) == 2:
        left, right = (_signed(o) if k else o for k, o in enumerate(operands))
        if row.infix == "**":
            return f"{_signed(operands[0])}^{right}"
        sign = {"*": "·", "/": "/"}.get(row.infix, row.glyph)
        return f"{_signed(left) if row.infix != '+' else left} {sign} {right}"
    if row.infix:
        return f"-{_signed(operands[0])}"
    return f"{row.name}({', '.join(operands)})"


def local_symbol(trace: Trace, node: int, slot: int) -> str:
    """The local derivative as a formula in the reader's names, ``f·(1 − f)``; "" for a bare number or a long one."""
    graph, row = trace.graph, trace.graph.gates[node]
    ids = graph.operands(node)
    formula = row.partials[0 if row.arity is None else slot]
    tree = formulas.read(formula)
    numbers: dict[str, float] = {"out": trace.values[node]}
    names: dict[str, ast.expr] = {"out": ast.Name(graph.names[node])}
    letters = {"a": ids[slot]} if row.arity is None else dict(zip("abc", ids, strict=False))
    for letter, j in letters.items():
        numbers[letter] = value = trace.values[j]
        is_number = graph.gates[j] is CONST and isfinite(value)
        names[letter] = _constant(value) if is_number else ast.Name(graph.names[j])
    while isinstance(tree, ast.IfExp):  # show only the branch that is taken here
        tree = tree.body if _holds(tree.test, numbers) else tree.orelse
    winners = sum(trace.values[j] == trace.values[node] for j in ids)
    tree = _Written(names, winners).visit(tree)
    if _is_zero(tree) or not any(isinstance(part, ast.Name) for part in ast.walk(tree)):
        return ""
    text = _prettier(ast.unparse(tree))
    return text if len(text) <= _MOST_SYMBOL else ""


def _is_zero(tree: ast.expr) -> bool:
    """``0 * a``: 0 for every number; the table writes it so that nan stays nan."""
    match tree:
        case ast.BinOp(op=ast.Mult(), left=ast.Constant(value=0)):
            return True
    return False


class _Written(ast.NodeTransformer):
    """A partial in the reader's names, with the arithmetic of constants done: ``w^(2 - 1)`` is ``w``."""

    def __init__(self, names: dict[str, ast.expr], winners: int) -> None:
        self.names = names
        self.winners = winners

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "count":
            return ast.Constant(self.winners)
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _constant(float(str(node.value)))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left: ast.expr = self.visit(node.left)
        right: ast.expr = self.visit(node.right)
        match (left, node.op, right):
            case (ast.Constant(value=float() | int() as a), ast.Sub(), ast.Constant(value=float() | int() as b)):
                return _constant(round(float(a - b), 4))
            case (_, ast.Pow(), ast.Constant(value=0)):
                return _constant(1.0)
            case (_, ast.Pow(), ast.Constant(value=1)) | (_, ast.Div(), ast.Constant(value=1)):
                return left
            case (ast.Constant(value=1), ast.Mult(), _):
                return right
        return ast.BinOp(left, node.op, right)


def _constant(number: float) -> ast.Constant:
    return ast.Constant(int(number) if number.is_integer() else number)


def _holds(test: ast.expr, numbers: dict[str, float]) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=left), ops=[op], comparators=[right]):
            a = numbers[left]
            b = numbers[right.id] if isinstance(right, ast.Name) else float(ast.literal_eval(right))
            match op:
                case ast.Gt():
                    return a > b
                case ast.Lt():
                    return a < b
                case ast.Eq():
                    return a == b
                case ast.NotEq():
                    return a != b
                case ast.GtE():
                    return a >= b
                case ast.LtE():
                    return a <= b
    raise ValueError(f"a partial's condition compares two names or a name and a number: {ast.unparse(test)}")


def _prettier(formula: str) -> str:
    return formula.replace(" ** ", "^").replace(" * ", "·").replace(" / ", "/")


#: What each pattern does, for legends: the words of the lectures.
PATTERN_SENTENCES = {
    "DISTRIBUTES": "add gate: gradient distributor, hands its gradient on to every input",
    "SWAPS": "multiply gate: gradient swapper, each input gets the gradient times the other input",
    "PICKS": "max gate: gradient router, the winner gets the gradient, the others get 0",
    "COPIES": "copy gate (dot): gradient adder, the gradients of its branches add up",
    "SCALES": "other gates: scale the gradient by their local slope",
    "BLOCKS": "comparisons: stop the gradient",
}

#: What the mark of a gate at a kink means, for legends.
KINK_SENTENCE = "dashed outline: the gate is at a kink or a tie, where several slopes are right"
