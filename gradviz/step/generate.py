"""Questions made to find one misconception: random expressions with friendly numbers, until the answer tells.

With numbers drawn anyhow, some wrong rule gives the RIGHT number in nine questions of ten (the upstream gradient is 1
at the output, the local derivative is 1 at a +). So numbers and expressions are drawn until the rule's answer differs
from the right one and from every other rule's.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language import build
from gradviz.misconceptions.diagnosis import MISCONCEPTIONS, Asked, close
from gradviz.misconceptions.wrong_passes import consumers
from gradviz.misconceptions.wrong_rules import Mutant, mutants, right_answer
from gradviz.numerals import Numerals
from gradviz.passes import Trace
from gradviz.step.questions import Question
from gradviz.step.quiz_words import ENGLISH

T = TypeVar("T")

_TRIES = 400
_DRAWS = 8  # of numbers for one expression

_ONE_CALL = re.compile(r"\w+\([^()]*\)")  # needs no brackets around it

_WHOLE = (2.0, 3.0, 4.0, 5.0, -2.0, -3.0, -4.0, -5.0)
_SMALL = (0.5, 1.0, 1.5, 2.0, -0.5, -1.0, -1.5, -2.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How questions for one rule are made.

    Args:
        level: from 1 (one gate) to 5 (losses and training).
        cores: expressions with the rule in them; x is asked about.
        kinds: what is asked: the gradient of x, or the local derivative at the gate that x enters.
        numbers: what inputs are drawn from.
        scaled: whether the core is multiplied, so that the upstream gradient is not 1.
        story: what has to be said before the question.
    """

    level: int
    cores: tuple[str, ...]
    kinds: tuple[str, ...] = ("gradient",)
    numbers: tuple[float, ...] = _WHOLE
    scaled: bool = True
    story: str = ""


RECIPES: dict[str, Recipe] = {
    "mul_not_swapped": Recipe(1, ("x*y", "y*x", "x*y + z", "x*y - z")),
    "sign_error": Recipe(1, ("y - x", "z - x*y", "y*z - x", "-x*y")),
    "split_in_half": Recipe(1, ("x + y", "(x + y)*z", "z*(y + x)", "x + y + z")),
    "upstream_dropped": Recipe(2, ("(x*y)*z", "z*(x*y)", "(x*y + z)*y", "x^2*y")),
    "local_dropped": Recipe(2, ("(x*y)*z", "z*(x*y)", "x*y + z", "x^2*y")),
    "added_not_multiplied": Recipe(2, ("x*y", "(x*y)*z", "x*y + z", "x^2*y")),
    "wrong_variable_in_local_gradient": Recipe(2, ("x*y + a*b", "a*b + x*y", "x*y - a*b")),
    "fanout_not_summed": Recipe(3, ("x*y + x", "x*y + x*z", "x*(x + y)", "(x + y)*(x + z)")),
    "evaluation_order": Recipe(3, ("q = x*y; q*z + q", "q = x + y; q*q", "q = x*y; q*q + z*q", "q = x*y; q + z*q")),
    "max_wrong_branch": Recipe(3, ("max(x, y)", "max(x*y, z)", "min(x, y)*z", "max(x, y) + z")),
    "max_both_branches": Recipe(3, ("max(x*y, x*z)", "min(x*y, x*z)", "max(x*y, z*x) + x")),
    "relu_gate_ignored": Recipe(3, ("relu(x)", "relu(x*y)", "relu(x + y)*z", "relu(x*y - z)")),
    "power_rule_wrong": Recipe(4, ("x^2", "x^3", "y*x^2", "x^2 + y"), ("gradient", "local")),
    "power_rule_on_exponential": Recipe(4, ("exp(x)", "2^x", "y*exp(x)", "3^x"), ("gradient", "local"), _SMALL),
    "reciprocal_wrong": Recipe(4, ("1/x", "y + 2/x", "y*(1/x)"), ("gradient", "local")),
    "quotient_swapped": Recipe(4, ("x/y", "x/y + z", "z*(x/y)")),
    "half_lost": Recipe(4, ("0.5*x*y", "(x*y)/2", "0.5*(x - y)^2", "2*x*y")),
    "log_base": Recipe(4, ("log(x)", "y*log(x)", "log(x) + y"), ("gradient", "local")),
    "sigmoid_derivative_wrong": Recipe(4, ("sigmoid(x)", "y*sigmoid(x)"), ("gradient", "local"), _SMALL),
    "tanh_derivative_wrong": Recipe(4, ("tanh(x)", "y*tanh(x)"), ("gradient", "local"), _SMALL),
    "derivative_at_wrong_point": Recipe(
        4, ("sigmoid(x)", "tanh(x)", "y*sigmoid(x)", "exp(x)", "sin(x)"), ("gradient", "local"), _SMALL
    ),
    "inner_derivative_missing": Recipe(4, ("sin(x^2)", "exp(x^2)", "tanh(x^2)", "sigmoid(x^3)"), numbers=_SMALL),
    "fused_gradient_mislabelled": Recipe(5, ("-log(sigmoid(x))", "-log(1 - sigmoid(x))"), numbers=_SMALL),
    "target_not_subtracted": Recipe(5, ("cross_entropy([x, y, z], 0)", "cross_entropy([y, x], 1)"), numbers=_SMALL),
    "double_softmax": Recipe(5, ("cross_entropy([x, y, z], 0)", "cross_entropy([y, x, z], 2)"), numbers=_SMALL),
    "not_backpropagated_through_time": Recipe(
        5, ("h = x*y + z; x*h", "h = x*y; x*h + z", "h = x*y + z; k = x*h; x*k"),
        story="x is one weight, used at every step.",
    ),
    "value_clipped": Recipe(5, ("clip(x, -1, 1)*y", "clip(x, -1, 1)^2", "y*clip(x, -1, 1)")),
    "stale_gradient": Recipe(
        5, ("x*y", "(x + y)*z", "x*y + z"),
        story="One backward pass has been run, and all gradients were set to zero. Now it is run again.",
    ),
    "ascent": Recipe(5, ("(x - y)^2", "(x*y - z)^2"), ("update",), scaled=False),
    "update_too_early": Recipe(
        5, ("(x*y)^2", "(x*y - z)^2", "x*y*z"), ("update",), (1.0, 2.0, 3.0, -1.0, -2.0, -3.0), scaled=False,
        story="All inputs are updated in the same step.",
    ),
}  # fmt: skip

LEVELS = range(1, 6)


@dataclass(slots=True)
class Tally:
    """How many draws there were, and how many were kept."""

    drawn: int = 0
    kept: int = 0


def rules(level: int | None = None) -> list[str]:
    """The misconceptions of a level that questions can be made for; all, without one."""
    return [rule for rule, recipe in RECIPES.items() if level in (None, recipe.level)]


def generated(rule: str, seed: int, numerals: Numerals | None = None, tally: Tally | None = None) -> Question:
    """A question whose answer tells whether somebody follows this rule.

    Args:
        rule: the id of a misconception.
        seed: the same seed gives the same question.
        numerals: how numbers are shown.
        tally: counts the draws.

    Raises:
        GradvizError: no question can be made for it.

    >>> generated("mul_not_swapped", 7).prompt
    'f = (y*x)*2; y = -4, x = -5. What is the gradient of f with respect to x?'
    """
    if rule not in RECIPES:
        raise GradvizError(f"no question can be made for {rule!r}", expected="one of " + ", ".join(RECIPES))
    recipe = RECIPES[rule]
    chance = random.Random(f"{rule} {seed}")
    for _ in range(_TRIES):
        source = _expression(recipe, chance)
        graph = build(source)
        asked = _asked(graph, _pick(chance, recipe.kinds), chance)
        wrong = mutants(graph, asked)
        for _ in range(_DRAWS):
            given = {name: _pick(chance, recipe.numbers) for name in graph.inputs}
            if len({abs(v) for v in given.values()}) < len(given) and len(given) <= len(recipe.numbers) // 2:
                continue
            if tally is not None:
                tally.drawn += 1
            trace = graph.trace(given)
            if tells(trace, asked, rule, wrong):
                if tally is not None:
                    tally.kept += 1
                return _question(source, trace, asked, rule, recipe, numerals or Numerals())
    raise GradvizError(f"no question was found for {rule!r} with seed {seed}", hint="another seed")


def stream(seed: int, level: int | None, numerals: Numerals) -> Iterator[Question]:
    """Questions without end: the rules of a level in turn, in an order that the seed decides.

    >>> [question.target for question, _ in zip(stream(7, 1, Numerals()), range(4))]
    ['sign_error', 'mul_not_swapped', 'split_in_half', 'mul_not_swapped']
    """
    chance = random.Random(seed)
    last = ""
    turn = 0
    while True:
        order = rules(level)
        order.sort(key=lambda rule: chance.random())
        if order[0] == last:
            order.append(order.pop(0))
        for rule in order:
            last, turn = rule, turn + 1
            yield generated(rule, seed * 1_000_003 + turn, numerals)


def fresh(question: Question, seed: int, apart: Sequence[str] = ()) -> Question | None:
    """The same question with other numbers; None where no others are found.

    Args:
        question: the one that was asked.
        seed: which numbers.
        apart: rules whose answers shall differ from each other.
    """
    graph, chance = question.trace.graph, random.Random(f"fresh {seed}")
    wrong = mutants(graph, question.asked)
    old = {name: float(question.trace[name].value) for name in graph.inputs}
    found: list[tuple[int, Question]] = []
    for attempt in range(60):
        numbers = {name: _like(value, chance) for name, value in old.items()}
        trace = graph.trace(numbers, rounded=question.trace.rounded)
        new = replace(question, trace=trace, story=_restated(question, trace))
        if numbers == old or not math.isfinite(new.right) or not new.marking.fair:
            continue
        if max(map(abs, trace.values)) > 1e4 or not 1e-3 < abs(new.right or 1) < 1e4:
            continue
        telling = question.target is None or tells(trace, question.asked, question.target, wrong)
        another = not close(new.right, question.right) and (new.right != 0 or question.right == 0)
        worth = 4 * _apart(trace, wrong, apart) + 2 * another + telling
        found.append((worth, new))
        if worth == 7 or (attempt > 20 and worth >= 6):
            return new
    return max(found, key=lambda pair: pair[0])[1] if found else None


def tells(trace: Trace, asked: Asked, rule: str, wrong: Sequence[Mutant]) -> bool:
    """Whether some answer of this rule differs from the right one and from every other rule's."""
    return wrong_answer(trace, asked, rule, wrong) is not None


def wrong_answer(trace: Trace, asked: Asked, rule: str, wrong: Sequence[Mutant]) -> float | None:
    """An answer that only this rule gives; None where there is none."""
    right = right_answer(trace, asked)
    if not math.isfinite(right) or abs(right) > 1e4 or (right and abs(right) < 0.01):
        return None
    numbers = [(mutant.rule, mutant.number(trace)) for mutant in wrong]
    same = (rule, *MISCONCEPTIONS[rule].special_case_of)
    others = [n for name, n in numbers if name not in same and n is not None] + [right]
    own = (n for name, n in numbers if name == rule and n is not None and math.isfinite(n) and abs(n) < 1e5)
    return next((n for n in own if all(_differ(n, other) for other in others)), None)


def _differ(a: float, b: float) -> bool:
    return abs(a - b) > 0.03 * max(abs(a), abs(b), 0.01)


def _apart(trace: Trace, wrong: Sequence[Mutant], rules: Sequence[str]) -> bool:
    numbers = [next((m.number(trace) for m in wrong if m.rule == rule), None) for rule in rules]
    return not any(
        a is not None and b is not None and close(a, b) for k, a in enumerate(numbers) for b in numbers[k + 1 :]
    )


def _expression(recipe: Recipe, chance: random.Random) -> str:
    *before, core = _pick(chance, recipe.cores).split("; ")
    if recipe.scaled:
        core = core if _ONE_CALL.fullmatch(core) else f"({core})"
        scaled = _pick(chance, ("{k}*{core}", "{core}*{k}", "{k}*{core} + c"))
        core = scaled.format(k=int(2 + 4 * chance.random()), core=core)
    return "; ".join([*before, f"f = {core}"])


def _asked(graph: Graph, kind: str, chance: random.Random) -> Asked:
    node = graph.id("x")
    if kind == "local":
        return Asked("local", *consumers(graph, node)[0])
    if kind == "update":
        return Asked("update", node, rate=_pick(chance, (0.1, 0.05, 0.2)))
    return Asked("gradient", node)


def _question(source: str, trace: Trace, asked: Asked, rule: str, recipe: Recipe, numerals: Numerals) -> Question:
    story = f"{_given(source, trace, numerals)} {recipe.story}".rstrip()
    folded = tuple(call for call in trace.graph.calls if call.function == "cross_entropy")
    return Question(trace, asked, numerals, story=story, target=rule, folded=folded)


def _given(source: str, trace: Trace, numerals: Numerals) -> str:
    numbers = ", ".join(f"{name} = {numerals.text(trace[name].value)}" for name in trace.graph.inputs)
    return f"{source}; {numbers}."


def _restated(question: Question, trace: Trace) -> str:
    """The story with the new numbers in it; for a question of a walk the numbers that it needs."""
    graph, numerals = trace.graph, question.numerals
    if question.story and graph.text is not None:
        kept = RECIPES[question.target].story if question.target else ""
        return f"{_given(graph.text, trace, numerals)} {kept}".rstrip()
    if question.asked.kind in ("gradient", "update"):
        return ENGLISH.now.format(
            numbers=", ".join(f"{name} = {numerals.text(trace[name].value)}" for name in graph.inputs)
        )
    return ""


def _like(value: float, chance: random.Random) -> float:
    """Another number of the same kind: a probability stays one, 0 may be a label, small stays small."""
    if value == 0:
        return float(chance.random() < 0.5)
    if 0 < value < 1:
        return round(0.1 + 0.8 * chance.random(), 1)
    size = _pick(chance, _SMALL if abs(value) <= 2 else _WHOLE)
    return math.copysign(size, value) if chance.random() < 0.6 else size


def _pick(chance: random.Random, choices: Sequence[T]) -> T:
    return choices[int(chance.random() * len(choices))]
