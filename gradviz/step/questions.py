"""One question of the quiz: its words, what counts as right, and its ladder of hints."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from gradviz.explain import backward_steps, gate_word, local_symbol, spelled
from gradviz.gates import CONST
from gradviz.misconceptions import Asked, Finding, diagnose, mutants, right_answer
from gradviz.numerals import Numerals
from gradviz.passes import Trace
from gradviz.step.answers import Answer
from gradviz.step.quiz_words import ENGLISH, PATTERNS, Sentences
from gradviz.wrong_rules import consumers

_TOLERANCE = 0.01  # of the right number
_AT_ZERO = 0.01  # and where that is 0, absolute
_FINEST = 0.001  # a wrong rule that comes nearer than this cannot be told from rounding
_MOST_EXPLAINED = 2_000  # nodes


@dataclass(frozen=True)
class Question:
    """One question.

    Args:
        trace: the numbers.
        asked: what is to be predicted.
        numerals: how numbers are shown.
        story: what has to be said before it; the whole problem, where it stands alone.
        target: the misconception it was made to find, if any.
        words: the language.
    """

    trace: Trace
    asked: Asked
    numerals: Numerals = field(default_factory=Numerals)
    story: str = ""
    target: str | None = None
    words: Sentences = ENGLISH

    # --- what is right --------------------------------------------------------------------------------

    @cached_property
    def right(self) -> float:
        """The right number."""
        return right_answer(self.trace, self.asked)

    @cached_property
    def _wrong(self) -> list[float]:
        """The wrong rules' numbers, where they differ from the right one at all."""
        numbers = [mutant.number(self.trace) for mutant in mutants(self.trace.graph, self.asked)]
        scale = max(abs(self.right), 1e-9)
        return [n for n in numbers if n is not None and math.isfinite(n) and abs(n - self.right) > 1e-6 * scale]

    @cached_property
    def tolerance(self) -> float:
        """How far from the right number an answer may be: 1 %, at 0 absolute; half the way to a wrong rule's number.

        >>> from gradviz import graph
        >>> Question(graph("f = x * y").trace(x=3, y=4), Asked("local", 2, 0)).tolerance
        0.04
        """
        if not math.isfinite(self.right):
            return 0.0
        widest = _TOLERANCE * abs(self.right) or _AT_ZERO
        return min([widest, *(abs(wrong - self.right) / 2 for wrong in self._wrong)])

    @cached_property
    def fair(self) -> bool:
        """Whether an honest answer, rounded as shown, can be told from every wrong rule's."""
        if not math.isfinite(self.right) or not self.right:
            return True
        return self.tolerance >= _FINEST / 2 * abs(self.right)

    @cached_property
    def _as_shown(self) -> list[float]:
        """The right number as it is shown, and as one gets it by rounding at every step: right as well.

        Unless rounding took it far away, or to where a wrong rule leads.
        """
        if not math.isfinite(self.right):
            return []
        rounded = self.numerals.rounded
        found = [rounded(self.right)]
        if self.trace.rounded is None:
            inputs = {name: self.trace[name].value for name in self.trace.graph.inputs}
            found.append(right_answer(self.trace.graph.trace(inputs, rounded=rounded), self.asked))
        else:
            inputs = {name: self.trace[name].value for name in self.trace.graph.inputs}
            found.append(rounded(right_answer(self.trace.graph.trace(inputs), self.asked)))
        near = [n for n in found if abs(n - self.right) <= 0.05 * abs(self.right)]
        return [n for n in near if not any(abs(n - wrong) <= abs(n - self.right) for wrong in self._wrong)]

    def accepts(self, number: float) -> bool:
        """Whether this number is right.

        >>> from gradviz import graph
        >>> q = Question(graph("f = sigmoid(x)").trace(x=1), Asked("local", 1, 0))
        >>> q.accepts(0.1966), q.accepts(0.197), q.accepts(0.2)
        (True, True, False)
        """
        if not math.isfinite(self.right):
            return number == self.right or (math.isnan(number) and math.isnan(self.right))
        if abs(number - self.right) <= self.tolerance * (1 + 1e-12):
            return True
        return any(abs(number - shown) <= 1e-9 * max(abs(shown), 1e-9) for shown in self._as_shown)

    def diagnosis(self, answer: Answer) -> list[Finding]:
        """The misconceptions that give exactly this wrong answer."""
        return diagnose(self.trace, self.asked, answer.number, answer.formula, self.numerals)

    @property
    def known(self) -> frozenset[str]:
        """The names that an answer may use: for a value those before it, afterwards all values."""
        graph = self.trace.graph
        end = self.asked.node if self.asked.kind == "value" else len(graph)
        return frozenset(name for i, name in enumerate(graph.names) if i < end and graph.gates[i] is not CONST)

    # --- its words ------------------------------------------------------------------------------------

    @cached_property
    def _fields(self) -> dict[str, object]:
        graph, asked = self.trace.graph, self.asked
        gradients = self.trace.gradients or ()
        target = asked.target(graph)
        gate = graph.gates[asked.node]
        return {
            "node": graph.names[asked.node],
            "operand": graph.names[target],
            "operands": " and ".join(dict.fromkeys(graph.names[j] for j in graph.operands(asked.node))),
            "out": graph.names[graph.output],
            "gate": gate_word(gate),
            "pattern": PATTERNS.get(gate.pattern.name, ""),
            "formula": self.formula(asked.node),
            "upstream": self.numerals.text(gradients[asked.node]) if gradients else "",
            "times": len(consumers(graph, target)),
            "users": ", ".join(dict.fromkeys(graph.names[i] for i, _ in consumers(graph, target))),
            "rate": Numerals().text(asked.rate),
        }

    def formula(self, node: int) -> str:
        """A node as one writes it, in the names of the graph."""
        graph = self.trace.graph
        names = [graph.names[j] for j in graph.operands(node)]
        if not names:
            return graph.names[node]
        return names[0] if graph.gates[node].name == "copy" else spelled(graph.gates[node], names)

    @property
    def prompt(self) -> str:
        """The question."""
        kind = self.asked.kind
        if kind == "gradient" and not self.story:
            kind = "sum" if len(consumers(self.trace.graph, self.asked.node)) > 1 else "gradient"  # type: ignore[assignment]
        text: str = getattr(self.words, kind).format(**self._fields)
        if self.story:
            return f"{self.story} {text}"
        numbers = self._numbers()
        return text + (self.words.with_numbers.format(numbers=numbers) if numbers else "")

    def _numbers(self) -> str:
        """The values that the question needs."""
        if self.asked.kind in ("gradient", "update"):
            return ""
        graph, text = self.trace.graph, self.numerals.text
        shown = [j for j in dict.fromkeys(graph.operands(self.asked.node)) if graph.gates[j] is not CONST]
        if self.asked.kind != "value" and "out" in "".join(graph.gates[self.asked.node].partials):
            shown.append(self.asked.node)
        return ", ".join(f"{graph.names[j]} = {text(self.trace.values[j])}" for j in shown)

    @property
    def subject(self) -> str:
        """What it is about, for the summary: "the value of q"."""
        kinds = {
            "value": "the value of {node}",
            "local": "the local derivative ∂{node}/∂{operand}",
            "contribution": "what {node} hands back to {operand}",
            "gradient": "the gradient of {operand}",
            "update": "the update of {operand}",
        }
        return kinds[self.asked.kind].format(**self._fields)

    @property
    def because(self) -> str:
        """One line of why, after a right answer."""
        if self.asked.kind == "contribution":
            sentence = self._sentence
            return f"{sentence} {self.worked}" if sentence else self.worked
        if self.asked.kind == "gradient" and len(self._shares) > 1:
            return self.words.adds + self.worked
        return self.worked

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """The ladder: the gate, its rule, the equation with a blank, the worked value."""
        words, fields = self.words, self._fields
        match self.asked.kind:
            case "value":
                first = words.hint_value.format(**fields)
                second = f"{fields['node']} = {fields['formula']}."
            case "local":
                symbol = local_symbol(self.trace, self.asked.node, self.asked.slot)
                first = words.hint_gate.format(**fields)
                second = words.local_rule.format(**fields, symbol=f" = {symbol}" if symbol else "")
            case "contribution":
                first, second = words.hint_gate.format(**fields), self._sentence
            case "gradient" if len(self._shares) > 1:
                first, second = words.hint_sum.format(**fields), words.hint_add
            case "gradient" if self._shares:
                last = Question(self.trace, Asked("contribution", *self._edges[0]), self.numerals, words=words)
                first, second = last.hints[:2]
            case _:
                first, second = words.hint_against, words.hint_step.format(**fields)
        return first, second or first, f"{self._equation} = {words.blank}", self.worked

    @property
    def worked(self) -> str:
        """The whole arithmetic with its result."""
        return f"{self._equation} = {self.numerals.text(self.right)}"

    @cached_property
    def _edges(self) -> list[tuple[int, int]]:
        return consumers(self.trace.graph, self.asked.node)

    @cached_property
    def _shares(self) -> list[str]:
        """Upstream × local for every place that a node is used in."""
        gradients = self.trace.gradients or ()
        text = self.numerals.text
        return [
            f"{_signed(text(gradients[i]))} × {_signed(text(right_answer(self.trace, Asked('local', i, slot))))}"
            for i, slot in self._edges
        ]

    @cached_property
    def _equation(self) -> str:
        """The left side and the arithmetic, without the result."""
        graph, asked, text, fields = self.trace.graph, self.asked, self.numerals.text, self._fields
        match asked.kind:
            case "value":
                numbers = [text(self.trace.values[j]) for j in graph.operands(asked.node)]
                row = graph.gates[asked.node]
                digits = numbers[0] if row.name == "copy" else spelled(row, numbers)
                return f"{fields['node']} = {fields['formula']} = {digits}"
            case "local":
                symbol = local_symbol(self.trace, asked.node, asked.slot)
                return f"∂{fields['node']}/∂{fields['operand']}" + (f" = {symbol}" if symbol else "")
            case "contribution":
                local = text(right_answer(self.trace, asked._replace(kind="local")))
                return f"upstream × local = {_signed(str(fields['upstream']))} × {_signed(local)}"
            case "gradient":
                return f"∂{fields['out']}/∂{fields['operand']} = " + (" + ".join(self._shares) or "1")
        gradient = text(right_answer(self.trace, asked._replace(kind="gradient")))
        return f"{text(self.trace.values[asked.node])} − {fields['rate']} × {_signed(gradient)}"

    @cached_property
    def _sentence(self) -> str:
        """The gate's sentence for this edge, from ``explain``."""
        graph = self.trace.graph
        if len(graph) > _MOST_EXPLAINED or graph.constant[self.asked.target(graph)]:
            return ""
        steps = backward_steps(self.trace, self.numerals)
        next(steps)  # the seed
        for event, step in zip((e for e in self.trace.events if not graph.constant[e.operand]), steps, strict=False):
            if (event.node, event.slot) == (self.asked.node, self.asked.slot):
                return step.sentence
        return ""


def _signed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number
