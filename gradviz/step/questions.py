"""One question of the quiz: its words, what counts as right, and its ladder of hints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from gradviz.explain import backward_steps, gate_word, local_symbol, spelled
from gradviz.gates import CONST
from gradviz.graph import LibraryCall
from gradviz.misconceptions.diagnosis import Asked, Finding, diagnose, right_answer
from gradviz.misconceptions.wrong_passes import consumers
from gradviz.numerals import Numerals
from gradviz.passes import Trace
from gradviz.step.answers import Answer
from gradviz.step.marking import Marking
from gradviz.step.quiz_words import ENGLISH, PATTERNS, Sentences

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
        folded: library functions that are one box: what is inside is not spoken of.
        words: the language.
    """

    trace: Trace
    asked: Asked
    numerals: Numerals = field(default_factory=Numerals)
    story: str = ""
    target: str | None = None
    folded: tuple[LibraryCall, ...] = ()
    words: Sentences = ENGLISH

    @cached_property
    def marking(self) -> Marking:
        """What counts as right."""
        return Marking(self.trace, self.asked, self.numerals)

    @property
    def right(self) -> float:
        """The right number."""
        return self.marking.right

    def diagnosis(self, answer: Answer) -> list[Finding]:
        """The misconceptions that give exactly this wrong answer."""
        return diagnose(self.trace, self.asked, answer.number, answer.formula, self.numerals, self.label)

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
            "shown": self._shown(asked.node),
            "upstream": self.numerals.text(gradients[asked.node]) if gradients else "",
            "times": len({self._user(i) if self._inside(i) else (i, k) for i, k in consumers(graph, target)}),
            "users": ", ".join(dict.fromkeys(self._user(i) for i, _ in consumers(graph, target))),
            "box": self._definition(),
            "rate": Numerals().text(asked.rate),
        }

    def label(self, node: int) -> str:
        """What a node is called: in a question that stands alone, one without a name is what stands in the source."""
        graph = self.trace.graph
        span = graph.spans[node] if self.story and graph.spans and graph.given[node] is None else None
        return graph.names[node] if span is None or graph.text is None else graph.text[span[0] : span[1]]

    def _shown(self, node: int) -> str:
        label, name = self.label(node), self.trace.graph.names[node]
        return label if label != name else f"{name} = {self.formula(node)}"

    def _user(self, node: int) -> str:
        """What a consumer is called: its name, inside a box the box's function."""
        return next((call.function for call in self.folded if node in call.inside), self.label(node))

    def _inside(self, node: int) -> bool:
        return any(node in call.inside for call in self.folded)

    def _definition(self) -> str:
        """What the library function in question is, as the language writes it."""
        from gradviz.language.library import LIBRARY

        asked = self._box(self.asked.node) if self.asked.kind == "value" else next(iter(self._boxes), None)
        return "" if asked is None else LIBRARY[asked.function].text.replace("; ", ", ")

    def _box(self, node: int) -> LibraryCall | None:
        """The folded library function that a node is the output of."""
        return next((call for call in self.folded if call.output == node), None)

    @cached_property
    def _boxes(self) -> list[LibraryCall]:
        """The folded library functions that the asked node goes into."""
        users = [i for i, _ in self._edges]
        return [call for call in self.folded if any(i in call.inside for i in users)]

    def formula(self, node: int) -> str:
        """A node as one writes it, in the names of the graph; a folded library function as it stands in the source."""
        graph = self.trace.graph
        box = self._box(node)
        if box is not None:
            span = graph.spans[node] if graph.spans else None
            if graph.text is not None and span is not None and graph.text[span[0] : span[1]].startswith(box.function):
                return graph.text[span[0] : span[1]]
            return f"{box.function}({', '.join(graph.names[j] for j in box.arguments)})"
        names = [graph.names[j] for j in graph.operands(node)]
        if not names:
            return graph.names[node]
        return names[0] if graph.gates[node].name == "copy" else spelled(graph.gates[node], names)

    @property
    def prompt(self) -> str:
        """The question."""
        kind: str = self.asked.kind
        if kind == "gradient" and not self.story:
            kind = "sum" if len(consumers(self.trace.graph, self.asked.node)) > 1 else "gradient"
        if kind == "sum" and self._boxes and len({self._user(i) for i, _ in self._edges}) == 1:
            kind = "gradient"
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
        box = self._box(self.asked.node) if self.asked.kind == "value" else None
        operands = graph.operands(self.asked.node) if box is None else box.arguments
        shown = [j for j in dict.fromkeys(operands) if graph.gates[j] is not CONST]
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
        about = kinds[self.asked.kind].format(**self._fields)
        return f"{about} in {self.trace.graph.text}" if self.story and self.trace.graph.text else about

    @property
    def because(self) -> str:
        """One line of why, after a right answer."""
        if self.asked.kind == "contribution":
            sentence = self._sentence
            return f"{sentence} {self.worked}" if sentence else self.worked
        if self.asked.kind == "gradient" and len(self._shares) > 1 and not self._boxes:
            return self.words.adds + self.worked
        return self.worked

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """The ladder: the gate, its rule, the equation with a blank, the worked value."""
        words, fields = self.words, self._fields
        match self.asked.kind:
            case "value" if self._box(self.asked.node) is not None:
                first, second = words.hint_box_value.format(**fields), words.hint_box.format(**fields)
            case "gradient" if self._boxes:
                first = words.hint_sum.format(**fields)
                loss = self._boxes[0].function == "cross_entropy"
                second = words.hint_loss if loss else words.hint_box.format(**fields)
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
                last = replace(self, asked=Asked("contribution", *self._edges[0]))
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
            case "value" if self._box(asked.node) is not None:
                return f"{fields['node']} = {fields['formula']}"
            case "gradient" if self._boxes:
                return f"∂{fields['out']}/∂{fields['operand']}" + self._loss_gradient()
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

    def _loss_gradient(self) -> str:
        """For the scores of a cross-entropy: upstream × (p − y), with numbers."""
        graph, call, gradients = self.trace.graph, self._boxes[0], self.trace.gradients or ()
        upstream = gradients[call.output] if gradients else 0.0
        if call.function != "cross_entropy" or len(self._boxes) > 1 or not upstream:
            return ""
        if any(i not in call.inside for i, _ in self._edges):
            return ""
        text, target = self.numerals.text, int(graph.operands(call.output)[-1] == self.asked.node)
        return f" = {_signed(text(upstream))} × ({text(self.right / upstream + target)} − {target})"

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
