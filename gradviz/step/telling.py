"""What is said about one step: the sentence, the arithmetic, the gate's rule, and where its numbers come from.

The sentences of gates are those of ``explain.py``; what only a stepper says in ``phrases.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradviz import explain
from gradviz.gates import INPUT, Gate
from gradviz.graph import listed
from gradviz.passes import Event
from gradviz.step.cursor import Cursor
from gradviz.step.known import Known
from gradviz.step.nudge import Nudge
from gradviz.step.phrases import ENGLISH, Phrases
from gradviz.step.script import Stage, Step

_MOST_PARTS = 6  # of a sum, written out


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything to say at a position: one sentence, then lines, the most important first."""

    sentence: str
    arithmetic: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    rule: str = ""
    next: str = ""

    @property
    def line(self) -> str:
        """The sentence and the arithmetic on one line."""
        return "  ".join((self.sentence, *self.arithmetic))


def telling(cursor: Cursor, words: Phrases = ENGLISH) -> Telling:
    """What is said about the step that has just been done.

    >>> from gradviz import graph
    >>> c = Cursor(graph("q = x + y; f = q * z", x=-2, y=5, z=-4))
    >>> _ = c.last()
    >>> telling(c).arithmetic
    ('∂f/∂y via q = upstream × local = (-4) × 1 = -4', '(local: ∂q/∂y = 1)')
    >>> telling(c).origins[0]
    'upstream -4 is ∂f/∂q: handed back by the × gate f'
    """
    step = cursor.step
    said = _next(cursor, words)
    if step is None:
        given = [f"{name} = {cursor.options.numerals.text(x)}" for name, x in cursor.values.items()]
        return Telling(words.start, (listed(given, 24),), next=said)
    match step.stage:
        case Stage.FORWARD:
            return _forward(cursor, step, said, words)
        case Stage.BACKWARD:
            return _backward(cursor, step, said, words)
        case _:
            return _update(cursor, step, said, words)


def _forward(cursor: Cursor, step: Step, said: str, words: Phrases) -> Telling:
    graph, trace, text = cursor.graph, cursor.trace, cursor.options.numerals.text
    if step.box is not None:
        sources = _sources(cursor, step.node)
        names = listed([graph.names[j] for j in sources])
        name = graph.names[step.node]
        sentence = words.box.format(function=step.box.function, name=name, operands=names)
        return Telling(
            sentence, (f"{name} = {text(trace.values[step.node])}",), _from(cursor, sources, words), "", said
        )
    told = explain.forward_step(trace, step.node, cursor.options.numerals)
    origins = _from(cursor, graph.operands(step.node), words)
    return Telling(told.sentence, (told.arithmetic,), origins, rule(graph.gates[step.node], words), said)


def _sources(cursor: Cursor, node: int) -> tuple[int, ...]:
    """What feeds a drawn node, in order."""
    cells = cursor.run.view.cells
    return tuple(cells[port.source].node for cell in cells if cell.node == node for port in cell.ports)


def _from(cursor: Cursor, operands: Sequence[int], words: Phrases) -> tuple[str, ...]:
    """Where a gate's operands come from."""
    graph, text = cursor.graph, cursor.options.numerals.text
    told = []
    for j in dict.fromkeys(operands):
        if graph.constant[j]:
            continue
        template = words.given if graph.gates[j] is INPUT else words.computed
        told.append(template.format(name=graph.names[j], number=text(cursor.trace.values[j]), gate=_gate(cursor, j)))
    return (listed(told, 6),) if told else ()


def _gate(cursor: Cursor, node: int) -> str:
    """A gate with its name: ``the × gate q``."""
    box = cursor.run.boxes.get(node)
    if box is not None:
        return f"the {box.function} box {cursor.graph.names[node]}"
    return f"the {explain.gate_word(cursor.graph.gates[node])} gate {cursor.graph.names[node]}"


def _backward(cursor: Cursor, step: Step, said: str, words: Phrases) -> Telling:
    graph, trace, numerals = cursor.graph, cursor.trace, cursor.options.numerals
    if step.is_seed:
        told = explain.seed_step(graph)
        return Telling(told.sentence, (told.arithmetic,), next=said)
    known = cursor.known
    if step.box is not None:
        return _box_backward(cursor, step, said, words)
    (event,) = step.events
    gradient = known.gradient(event.operand)
    assert gradient is not None
    parts = gradient.parts
    if len(parts) > _MOST_PARTS:  # a sum of so many is told as the sum before, and what comes to it
        parts = (sum(parts[:-1]), parts[-1])
    told = explain.backward_step(trace, event, parts, numerals)
    origins = [_upstream(cursor, known, event.node, words), _local(cursor, event, words)]
    if gradient.missing:
        more = words.more.format(
            operand=graph.names[event.operand],
            times=len(cursor.script.received[event.operand]),
            missing=gradient.missing,
        )
        origins.insert(0, more)
    lines = tuple(told.arithmetic.split("   "))
    if len(lines) > 2:  # the running sum before the local derivative
        lines = (lines[0], *lines[2:], lines[1])
    return Telling(told.sentence, lines, tuple(origins), rule(graph.gates[event.node], words), said)


def _box_backward(cursor: Cursor, step: Step, said: str, words: Phrases) -> Telling:
    graph, text = cursor.graph, cursor.options.numerals.text
    assert step.box is not None
    shares: dict[int, float] = {}
    for event in step.crossing:
        if not graph.constant[event.operand]:
            shares[event.operand] = shares.get(event.operand, 0.0) + event.contribution
    names = listed([graph.names[j] for j in shares])
    sentence = words.box_back.format(function=step.box.function, operands=names)
    out = graph.names[graph.output]
    parts = [words.box_share.format(out=out, operand=graph.names[j], share=text(s)) for j, s in shares.items()]
    return Telling(sentence, (listed(parts, 12),), (_upstream(cursor, cursor.known, step.node, words),), "", said)


def _upstream(cursor: Cursor, known: Known, node: int, words: Phrases) -> str:
    graph, text = cursor.graph, cursor.options.numerals.text
    gradient = known.gradient(node)
    assert gradient is not None
    if node == graph.output:
        how = words.seed_from
    elif len(gradient.parts) > _MOST_PARTS:
        how = words.shares_from.format(count=len(gradient.parts))
    elif len(gradient.parts) > 1:
        how = words.sum_from.format(parts=" + ".join(_bracketed(text(p)) for p in gradient.parts))
    else:
        giver = cursor.script.events[cursor.script.received[node][0]].node
        how = words.one_from.format(gate=_gate(cursor, cursor.script.owner.get(giver, giver)))
    out = graph.names[graph.output]
    return words.upstream.format(number=text(gradient.total), out=out, node=graph.names[node], how=how)


def _local(cursor: Cursor, event: Event, words: Phrases) -> str:
    """Where a local derivative comes from, and which numbers of the forward pass it used."""
    graph, trace, text = cursor.graph, cursor.trace, cursor.options.numerals.text
    row, operands = graph.gates[event.node], graph.operands(event.node)
    if row.arity is None:  # one partial for all: it may look at every operand
        used, formula = [("a", i) for i in (*operands, event.node)], row.partials[0]
    else:
        used, formula = [*zip("abc", operands, strict=False), ("out", event.node)], row.partials[event.slot]
    nodes = [i for name, i in used if re.search(rf"\b{name}\b", formula) and not graph.constant[i]]
    values = ", ".join(f"{graph.names[i]} = {text(trace.values[i])}" for i in dict.fromkeys(nodes))
    kept = words.kept.format(values=values) if values else ""
    return words.local.format(number=text(event.local), values=kept)


def _update(cursor: Cursor, step: Step, said: str, words: Phrases) -> Telling:
    run, plan, text = cursor.run, cursor.state.plan, cursor.options.numerals.text
    assert plan is not None
    graph, trace = cursor.graph, cursor.trace
    assert trace.gradients is not None
    out, name = graph.names[graph.output], graph.names[step.node]
    if cursor.position < len(cursor.script):
        fields = {
            "name": name,
            "out": out,
            "value": text(trace.values[step.node]),
            "rate": text(plan.rate),
            "gradient": text(trace.gradients[step.node]),
            "grad": _bracketed(text(trace.gradients[step.node])),
            "new": text(run.moved[step.node]),
        }
        return Telling(
            words.moves.format(**fields), (words.moves_sum.format(**fields),), (words.old.format(**fields),), "", said
        )
    before, after = float(trace.output), float(run.after.output)
    promise = sum(trace.gradients[node] * (new - trace.values[node]) for node, new in run.moved.items())
    change = words.fell if after < before else words.rose if after > before else words.same
    sentence = words.taken.format(out=out, change=change.format(rate=text(plan.rate)))
    total = words.taken_sum.format(
        out=out, before=text(before), after=text(after), change=text(after - before), promise=text(promise)
    )
    return Telling(sentence, tuple(total.split("   ")), (), "", words.again)


def _next(cursor: Cursor, words: Phrases) -> str:
    """What comes next, without any number of it."""
    step, graph = cursor.upcoming, cursor.graph
    if step is None:
        return words.end if cursor.stage is not Stage.UPDATE else words.again
    name = graph.names[step.node]
    if step.stage is Stage.FORWARD:
        return words.next_gate.format(gate=_gate(cursor, step.node).removesuffix(f" {name}"), name=name)
    if step.is_seed:
        return words.next_seed.format(name=name)
    if step.stage is Stage.BACKWARD:
        names = dict.fromkeys(graph.names[e.operand] for e in step.crossing if not graph.constant[e.operand])
        return words.next_share.format(gate=_gate(cursor, step.node), operands=listed(list(names)))
    last = cursor.position + 1 == len(cursor.script)
    return (words.next_output if last else words.next_move).format(name=name)


def rule(row: Gate, words: Phrases = ENGLISH) -> str:
    """The gate's rule with the table's letters.

    >>> from gradviz.gates import gate
    >>> rule(gate("mul"))
    '× (swapper): out = a·b; ∂out/∂a = b, ∂out/∂b = a'
    """
    letters = "abc" if row.arity is not None else "a"
    partials = ", ".join(f"∂out/∂{x} = {_pretty(p)}" for x, p in zip(letters, row.partials, strict=False))
    return words.rule.format(
        glyph=row.glyph or "•",
        pattern=row.pattern.value,
        formula=_pretty(row.textbook or row.formula),
        partials=partials,
    )


def _pretty(formula: str) -> str:
    return formula.replace(" ** ", "^").replace(" * ", "·").replace("==", "=")


def told_nudge(nudge: Nudge, cursor: Cursor, words: Phrases = ENGLISH) -> Iterator[str]:
    """What a nudge has shown.

    >>> from gradviz import graph
    >>> c = Cursor(graph("f = x * x", x=3))
    >>> print("\\n".join(told_nudge(c.nudge("x", 0.01), c)))
    x: 3 → 3.01   f: 9 → 9.0601
    f changed by 0.0601; gradient × h = 6 × 0.01 = 0.06
    they differ by 1×10⁻⁴: the gradient is the slope at this very point
    """
    text = cursor.options.numerals.text
    finer = cursor.options.but(digits=max(cursor.options.digits, 6), decimals=None).numerals.text
    fields = {
        "name": nudge.name,
        "old": finer(nudge.value),
        "new": finer(nudge.value + nudge.h),
        "out": cursor.output,
        "before": finer(nudge.before),
        "after": finer(nudge.after),
        "change": text(nudge.change),
        "gradient": _bracketed(text(nudge.gradient)),
        "h": _bracketed(text(nudge.h)),
        "promise": text(nudge.predicted),
        "rest": text(nudge.change - nudge.predicted),
    }
    yield words.nudged.format(**fields)
    yield words.nudged_sum.format(**fields)
    rest = abs(nudge.change - nudge.predicted)
    exact = rest <= 1e-9 * max(1.0, abs(nudge.before))
    yield (words.nudged_same if exact else words.nudged_rest).format(**fields)


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number
