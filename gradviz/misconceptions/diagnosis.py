"""How learners go wrong with backprop, by name: the list, and the diagnosis of a wrong number.

The ids are stable for ever. Most rules can be run (``wrong_rules.mutants``), so that a wrong answer gets its name
because it *is* what that rule gives, not because it looks like it. Each comes with one sentence of explanation, with
the case in which the rule would have been right, and with a nudge that contradicts it. ``catalogue`` has the words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gradviz.explain import gate_word
from gradviz.graph import Graph
from gradviz.misconceptions.catalogue import MISCONCEPTIONS, Misconception
from gradviz.misconceptions.nudging import refutation
from gradviz.misconceptions.wrong_rules import Asked, Mutant, mutants, right_answer
from gradviz.numerals import Numerals
from gradviz.passes import Trace

__all__ = ["MISCONCEPTIONS", "Asked", "Finding", "Misconception", "close", "diagnose", "mutants", "right_answer"]


#: What else a number may be, for ``copied_wrongly``.
_SOURCES = {
    "value": "the value of {name}",
    "gradient": "the gradient of {name}",
    "local": "the local derivative for the other input, {name}",
    "contribution": "the contribution to the other input, {name}",
    "upstream": "the gradient that arrives at {name}",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A misconception that gives exactly the number somebody wrote.

    Args:
        id: the misconception.
        everywhere: whether the rule was followed from the output on, and not in this place alone.
        sentence: what was done.
        right_when: where that would have been right; "" where nothing can be said.
        refutation: a nudge with real numbers that contradicts the answer; "" where none does.
    """

    id: str
    everywhere: bool
    sentence: str
    right_when: str
    refutation: str

    @property
    def name(self) -> str:
        """Its name for people."""
        return MISCONCEPTIONS[self.id].name


def close(a: float, b: float) -> bool:
    """Whether a number that a person wrote is this one, as far as rounding goes (half a percent).

    >>> close(0.333, 1/3), close(-0.333, 1/3), close(0, 0)
    (True, False, True)
    """
    return a == b or abs(a - b) <= max(5e-3 * abs(b), 1e-9)


def diagnose(
    trace: Trace,
    asked: Asked,
    answer: float,
    formula: Callable[[Trace], float] | None = None,
    numerals: Numerals | None = None,
    label: Callable[[int], str] | None = None,
) -> list[Finding]:
    """Which wrong rules give exactly this number, the most specific first; empty where none does, or it is right.

    Args:
        trace: the numbers.
        asked: the quantity that was asked for.
        answer: the number that was given.
        formula: what was written, as a function of a trace, if it has names in it: a rule then has to agree at
            other points too.
        numerals: how numbers are shown.
        label: what a node is called; its name, where left out.

    >>> from gradviz import graph
    >>> trace = graph("f = 3*(x*y)").trace(x=2, y=5)
    >>> finding = diagnose(trace, Asked("contribution", 3, 0), 6)[0]
    >>> finding.name, finding.refutation
    ('own factor instead of the other', 'x + 0.01 moves f by 0.15, not by 0.06.')
    """
    right = right_answer(trace, asked)
    if close(answer, right) or not math.isfinite(answer):
        return []
    found = [m for m in mutants(trace.graph, asked) if _gives(m, trace, answer, right)]
    found = _agreeing(found, trace, formula) if formula is not None else found
    shown = numerals or Numerals()
    called = label or trace.graph.names.__getitem__
    nudge = refutation(trace, asked, answer, right, shown)
    findings: dict[str, Finding] = {}
    named = {mutant.rule for mutant in found}
    general = {other for rule in named for other in MISCONCEPTIONS[rule].special_case_of}
    for mutant in found:
        if mutant.rule in general:
            continue
        findings.setdefault(
            mutant.rule, _finding(trace.graph, asked, mutant.rule, nudge, called, everywhere=mutant.everywhere)
        )
    if not findings:
        source = next(_elsewhere(trace, asked, answer), None)
        if source is not None:
            findings["copied_wrongly"] = _finding(trace.graph, asked, "copied_wrongly", nudge, called, source)
        elif _slip(answer, right):
            findings["arithmetic"] = _finding(trace.graph, asked, "arithmetic", nudge, called)
    return list(findings.values())


def _gives(mutant: Mutant, trace: Trace, answer: float, right: float) -> bool:
    number = mutant.number(trace)
    return number is not None and close(answer, number) and not close(number, right)


def _agreeing(found: list[Mutant], trace: Trace, formula: Callable[[Trace], float]) -> list[Mutant]:
    """Those that agree with the formula at other points too; all, where that decides nothing."""
    graph = trace.graph
    points = [
        {name: trace[name].value * (1 + 0.13 * k) + 0.07 * (k + j) for j, name in enumerate(graph.inputs)}
        for k in (1, 2)
    ]
    others = [graph.trace(point) for point in points]

    def agrees(mutant: Mutant) -> bool:
        numbers = [(mutant.number(other), formula(other)) for other in others]
        return all(number is not None and close(written, number) for number, written in numbers)

    return [mutant for mutant in found if agrees(mutant)] or found


def _finding(
    graph: Graph,
    asked: Asked,
    rule: str,
    nudge: str,
    called: Callable[[int], str],
    source: str = "",
    *,
    everywhere: bool = False,
) -> Finding:
    row = MISCONCEPTIONS[rule]
    fields = {
        "gate": gate_word(graph.gates[asked.node]) or "copy",
        "node": called(asked.node),
        "operand": called(asked.target(graph)),
        "out": called(graph.output),
        "source": source,
    }
    if asked.kind in ("gradient", "update"):
        fields |= _last_gate(graph, asked.node, called)
    excuse = "" if asked.kind == "value" and rule == "sign_error" else row.right_when.format(**fields)
    return Finding(rule, everywhere, row.sentence.format(**fields), excuse, nudge)


def _last_gate(graph: Graph, node: int, called: Callable[[int], str]) -> dict[str, str]:
    """For the gradient of a node the gate in question is the one that uses it."""
    users = [i for i in range(node + 1, len(graph)) if graph.reaches[i] and node in graph.operands(i)]
    return {"gate": gate_word(graph.gates[users[-1]]), "node": called(users[-1])} if users else {}


def _elsewhere(trace: Trace, asked: Asked, answer: float) -> Iterator[str]:
    """What else on the page is this number (0 and 1 stand everywhere and tell nothing)."""
    if answer in (0.0, 1.0):
        return
    graph, gradients = trace.graph, trace.gradients or ()
    near = [asked.node, *graph.operands(asked.node), asked.target(graph)]
    near += range(max(0, asked.node - 2), min(len(graph), asked.node + 3))
    if asked.kind in ("local", "contribution"):
        for slot, j in enumerate(graph.operands(asked.node)):
            if slot != asked.slot and close(answer, right_answer(trace, asked._replace(slot=slot))):
                yield _SOURCES[asked.kind].format(name=graph.names[j])
        if asked.kind == "local" and gradients and close(answer, gradients[asked.node]):
            yield _SOURCES["upstream"].format(name=graph.names[asked.node])
    for kind, numbers in (("value", trace.values), ("gradient", () if asked.kind == "value" else gradients)):
        for i in dict.fromkeys(near):
            if i < len(numbers) and (kind, i) != (asked.kind, asked.node) and close(answer, numbers[i]):
                yield _SOURCES[kind].format(name=graph.names[i])


def _slip(answer: float, right: float) -> bool:
    if not right or not answer:
        return False
    ratio = answer / right
    return any(close(ratio, 10.0**k) for k in (-3, -2, -1, 1, 2, 3)) or 0.9 < ratio < 1.1
