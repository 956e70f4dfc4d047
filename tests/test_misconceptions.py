"""Misconceptions: what the curriculum's lessons say, and that a right number is never called wrong."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradviz import GradvizError, graph
from gradviz.graph import Graph
from gradviz.misconceptions.catalogue import MISCONCEPTIONS
from gradviz.misconceptions.diagnosis import Asked, Finding, close, diagnose, mutants, right_answer
from gradviz.misconceptions.nudging import held, refutation
from gradviz.misconceptions.wrong_edges import EDGES, PARTIALS
from gradviz.misconceptions.wrong_passes import changed_pass, consumers
from gradviz.numerals import Numerals
from gradviz.passes import Trace

#: Stable for ever: other programs and people's records hold these.
IDS = (
    *(
        "fanout_not_summed",
        "evaluation_order",
        "stale_gradient",
        "mul_not_swapped",
    ),
    *(
        "upstream_dropped",
        "local_dropped",
        "added_not_multiplied",
        "inner_derivative_missing",
    ),
    *(
        "split_in_half",
        "sign_error",
        "max_wrong_branch",
        "max_both_branches",
        "relu_gate_ignored",
    ),
    *(
        "derivative_at_wrong_point",
        "sigmoid_derivative_wrong",
        "tanh_derivative_wrong",
    ),
    *(
        "power_rule_wrong",
        "power_rule_on_exponential",
        "reciprocal_wrong",
        "quotient_swapped",
    ),
    *(
        "half_lost",
        "log_base",
        "wrong_variable_in_local_gradient",
        "fused_gradient_mislabelled",
    ),
    *(
        "target_not_subtracted",
        "double_softmax",
        "not_backpropagated_through_time",
    ),
    *(
        "value_clipped",
        "ascent",
        "update_too_early",
        "symmetry",
        "arithmetic",
        "copied_wrongly",
    ),
)


def numbers(g: Graph, trace: Trace, asked: Asked, rule: str) -> list[float]:
    found = [m.number(trace) for m in mutants(g, asked) if m.rule == rule]
    return [round(n, 3) for n in found if n is not None]


def named(source: str, asked: Asked, answer: float, **given: float) -> list[str]:
    return [finding.id for finding in diagnose(graph(source, **given).trace(), asked, answer)]


def test_the_ids_are_stable() -> None:
    assert set(MISCONCEPTIONS) == set(IDS)
    assert {edge.rule for edge in EDGES} | set(PARTIALS) <= set(IDS)
    for row in MISCONCEPTIONS.values():
        assert set(row.special_case_of) <= set(IDS)
        assert row.name[0] != row.name[0].upper() or not row.name[0].isalpha() or row.name.startswith("σ")
        assert row.sentence.endswith(".")
        assert row.right_when.endswith(".")


# --- the lessons' wrong answers, computed independently of this program -----------------------------------


def test_lesson_8_naive_recursion_gives_8() -> None:
    g = graph("b = a + a; c = b + b", a=1)
    assert right_answer(g.trace(), Asked("gradient", 0)) == 4
    assert 8.0 in numbers(g, g.trace(), Asked("gradient", 0), "evaluation_order")


def test_lesson_9_old_gradients() -> None:
    g = graph("a = 3; b = 2; c = a + b; d = 1; e = c*d")
    kept = {n: numbers(g, g.trace(), Asked("gradient", g.id(n)), "stale_gradient") for n in "abcd"}
    assert [kept[n][0] for n in "abcd"] == [3, 3, 2, 10]  # nothing zeroed
    assert [kept[n][1] for n in "abcd"] == [2, 2, 2, 5]  # only leaves zeroed
    assert [right_answer(g.trace(), Asked("gradient", g.id(n))) for n in "abcd"] == [1, 1, 1, 5]


def test_lesson_21_double_softmax_and_the_lost_target() -> None:
    g = graph("cross_entropy([a, b, c], 0)", a=1, b=2, c=3)
    gradients = [Asked("gradient", g.id(n)) for n in "abc"]
    assert [numbers(g, g.trace(), asked, "double_softmax")[0] for asked in gradients] == [-0.095, -0.002, 0.097]
    assert numbers(g, g.trace(), gradients[0], "target_not_subtracted") == [0.09]
    assert numbers(g, g.trace(), gradients[1], "target_not_subtracted") == []


def test_lesson_25_and_27_descent() -> None:
    g = graph("(w - 3)^2", w=0)
    assert right_answer(g.trace(), Asked("update", 0, rate=0.1)) == pytest.approx(0.6)
    assert named("(w - 3)^2", Asked("update", 0, rate=0.1), -0.6, w=0) == ["ascent"]
    g = graph("(v*w)^2", v=2, w=3)
    trace = g.trace()
    gradient_too_early = [round((3 - n) / 0.1, 3) for n in numbers(g, trace, Asked("update", 1), "update_too_early")]
    # dL/dw = 2 v² w = 24; with v already at 2 - 0.1·36 = -1.6: 2·2.56·3 = 15.36
    assert gradient_too_early[0] == 15.36


@pytest.mark.parametrize(
    ("source", "given", "asked", "answer", "rule"),
    [
        ("3*(x*y)", {"x": 2, "y": 5}, Asked("contribution", 3, 0), 6, "mul_not_swapped"),
        ("3*(x*y)", {"x": 2, "y": 5}, Asked("contribution", 3, 1), 15, "mul_not_swapped"),
        ("5*(a - b)", {"a": 2, "b": 7}, Asked("contribution", 3, 1), 5, "sign_error"),
        ("4*(x + y)", {"x": 2, "y": 7}, Asked("gradient", 1), 2, "split_in_half"),
        ("x*y + x", {"x": 3, "y": 4}, Asked("gradient", 0), 1, "fanout_not_summed"),
        ("3*max(x*y, x*z)", {"x": 2, "y": 5, "z": 4}, Asked("gradient", 1), 27, "max_both_branches"),
        ("3*relu(x)", {"x": -2}, Asked("gradient", 1), 3, "relu_gate_ignored"),
        ("sigmoid(z)", {"z": 2}, Asked("local", 1, 0), -2, "sigmoid_derivative_wrong"),
        ("tanh(z)", {"z": 1}, Asked("local", 1, 0), 1 - math.tanh(1), "tanh_derivative_wrong"),
        ("x^3", {"x": 2}, Asked("local", 2, 0), 4, "power_rule_wrong"),
        ("exp(z)", {"z": 3}, Asked("local", 1, 0), 3 * math.exp(2), "power_rule_on_exponential"),
        ("1/x", {"x": 4}, Asked("local", 2, 1), 1 / 16, "reciprocal_wrong"),
        ("1/x", {"x": 4}, Asked("local", 2, 1), math.log(4), "reciprocal_wrong"),
        ("x/y", {"x": 3, "y": 4}, Asked("local", 2, 0), -0.25, "quotient_swapped"),
        ("log(x)", {"x": 3}, Asked("local", 1, 0), 1 / (3 * math.log(10)), "log_base"),
        ("3*(0.5*x)", {"x": 3}, Asked("gradient", 2), 3, "half_lost"),
        ("3*sin(x^2)", {"x": 2}, Asked("gradient", 1), 3 * math.cos(4), "inner_derivative_missing"),
        ("5*sin(x^2)", {"x": 2}, Asked("local", 4, 0), math.cos(2), "derivative_at_wrong_point"),
        ("a*x + b*y", {"a": 2, "x": 3, "b": 5, "y": 7}, Asked("gradient", 0), 7, "wrong_variable_in_local_gradient"),
        ("3*(-log(sigmoid(z)))", {"z": 1}, Asked("gradient", 1), -0.15864, "fused_gradient_mislabelled"),
        ("h = w*x + b; 2*(w*h)", {"w": 3, "x": 5, "b": 1}, Asked("gradient", 0), 32, "not_backpropagated_through_time"),
        ("clip(x, -1, 1)^2", {"x": 3}, Asked("gradient", 0), 1, "value_clipped"),
        ("7*(x*y)", {"x": 2, "y": 5}, Asked("gradient", 1), 5, "upstream_dropped"),
        ("7*(x*y)", {"x": 2, "y": 5}, Asked("gradient", 1), 7, "local_dropped"),
        ("7*(x*y)", {"x": 2, "y": 5}, Asked("gradient", 1), 12, "added_not_multiplied"),
        ("7*(x*y)", {"x": 2, "y": 5}, Asked("gradient", 1), 350, "arithmetic"),
        ("7*(x*y)", {"x": 2, "y": 5}, Asked("gradient", 1), 10, "copied_wrongly"),
        ("x - y", {"x": 2, "y": 5}, Asked("value", 2), 7, "sign_error"),
    ],
)
def test_a_wrong_number_gets_its_name(
    source: str, given: dict[str, float], asked: Asked, answer: float, rule: str
) -> None:
    assert named(source, asked, answer, **given)[0] == rule


def test_the_more_specific_rule_wins_and_the_general_one_is_silent() -> None:
    assert named("5*(a - b)", Asked("contribution", 3, 1), 5, a=2, b=7) == ["sign_error"]
    assert "local_dropped" not in named("3*relu(x)", Asked("gradient", 1), 3, x=-2)


def test_a_formula_tells_apart_what_one_number_does_not() -> None:
    trace = graph("5*(x*y)").trace(x=3, y=8)  # the gradient of x is 40; 5·3 = 15 = 3 + 12
    asked = Asked("gradient", 1)

    def own_factor(of: Trace) -> float:
        return float(5 * of["x"].value)

    assert [f.id for f in diagnose(trace, asked, 15, own_factor)] == ["mul_not_swapped"]


def test_a_whole_pass_by_a_wrong_rule() -> None:
    """Every + splits: two of them in a row give a quarter."""
    findings = diagnose(graph("(x + y) + z").trace(x=1, y=2, z=3), Asked("gradient", 0), 0.25)
    assert [(f.id, f.everywhere) for f in findings] == [("split_in_half", True)]


def test_overwriting_everywhere() -> None:
    """g = … for g += …: Karpathy's planted bug on a + a, twice."""
    g = graph("b = a + a; c = b + b", a=3)
    assert 1.0 in numbers(g, g.trace(), Asked("gradient", 0), "fanout_not_summed")


# --- what must never happen -------------------------------------------------------------------------------

SOURCES = [
    "q = x + y; f = q * z",
    "x*y + x",
    "2*(x*y + max(z, w))",
    "sigmoid(w*x + b)",
    "(x + sigmoid(y))/(sigmoid(x) + (x + y)^2)",
    "-y*log(p) - (1 - y)*log(1 - p)",
    "cross_entropy([a, b, c], 1)",
    "tanh(x^2) - exp(-x)/y",
    "relu(x*y) + clip(x, -1, 1)*leaky_relu(y)",
    "h = w*x; k = w*h; (w*k - t)^2 / 2",
    "where(x > y, x*2, y*3) + min(x, y) + abs(x)",
]


def all_asked(g: Graph) -> list[Asked]:
    inner = [i for i in range(len(g)) if g.operands(i)]
    edges = [(i, slot) for i in inner if g.reaches[i] for slot in range(len(g.operands(i)))]
    return [
        *(Asked("value", i) for i in inner),
        *(Asked(kind, *edge) for kind in ("local", "contribution") for edge in edges),  # type: ignore[arg-type]
        *(Asked("gradient", i) for i in range(len(g)) if g.reaches[i]),
        *(Asked("update", g.id(name)) for name in g.inputs),
    ]


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_right_number_is_never_diagnosed(source: str, seed: int) -> None:
    chance = random.Random(seed)
    g = graph(source)
    trace = g.trace({name: round(chance.uniform(-4, 4), 2) for name in g.inputs})
    for asked in all_asked(g):
        right = right_answer(trace, asked)
        assert diagnose(trace, asked, right) == []
        if math.isfinite(right):
            for wrong in (m.number(trace) for m in mutants(g, asked)):
                for finding in diagnose(trace, asked, wrong) if wrong is not None and chance.random() < 0.1 else ():
                    whole(finding)


def whole(finding: Finding) -> None:
    for text in (finding.sentence, finding.right_when, finding.refutation, finding.name):
        assert "{" not in text, text
        assert text == "" or text.rstrip(".") != text or text == finding.name


def test_the_right_answers_are_those_of_the_pass() -> None:
    for source in SOURCES:
        g = graph(source)
        trace = g.trace({name: 0.3 + 0.2 * k for k, name in enumerate(g.inputs)})
        for event in trace.events:
            edge = event.node, event.slot
            if not g.constant[event.operand]:  # the exponent of (-1)^2 has no slope
                assert right_answer(trace, Asked("local", *edge)) == event.local
                assert right_answer(trace, Asked("contribution", *edge)) == event.contribution
        assert trace.gradients is not None
        for i in range(len(g)):
            total = math.fsum(
                right_answer(trace, Asked("contribution", *edge)) for edge in consumers(g, i) if g.reaches[i]
            )
            assert i == g.output or g.constant[i] or total == pytest.approx(trace.gradients[i], abs=1e-12)


def test_a_changed_pass_with_the_right_rule_is_the_pass() -> None:
    for source in SOURCES:
        g = graph(source)
        trace = g.trace({name: 0.3 + 0.2 * k for k, name in enumerate(g.inputs)})
        same = changed_pass(
            trace,
            lambda node, slot, upstream: (
                upstream * right_answer(trace, Asked("local", node, slot))  # noqa: B023
            ),
        )
        assert same == pytest.approx(list(trace.gradients or ()), abs=1e-12, nan_ok=True)


# --- the proof by nudge -------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_refutations_tell_what_really_happens(source: str) -> None:
    g = graph(source)
    trace = g.trace({name: 0.31 + 0.23 * k for k, name in enumerate(g.inputs)})
    told = 0
    for name in g.inputs:
        asked = Asked("gradient", g.id(name))
        right = right_answer(trace, asked)
        said = refutation(trace, asked, right + 3, right, Numerals())
        if not said:
            continue
        told += 1
        h = float(said.split()[2])
        change = float(said.split(" by ")[1].split(",")[0].replace("×10⁻⁵", "e-5").replace("×10⁻⁶", "e-6"))
        really = g.trace({n: trace[n].value + (h if n == name else 0) for n in g.inputs}).output - trace.output
        assert change == pytest.approx(really, rel=0.06, abs=1e-6)
        assert close(held(trace, g.id(name), trace[name].value + h) - trace.output, really)
    assert told >= len(g.inputs) - 1


def test_a_nudge_sees_one_branch_only_where_one_is_asked() -> None:
    trace = graph("f = x*y + x").trace(x=3, y=4)
    found = diagnose(trace, Asked("contribution", 3, 1), 4)
    assert found[0].refutation == "x + 0.01, seen by f alone, moves f by 0.01, not by 0.04."


def test_without_a_backward_pass() -> None:
    with pytest.raises(GradvizError, match="no gradients"):
        right_answer(graph("x*y").trace(x=1, y=2, backward=False), Asked("gradient", 0))


def test_nothing_is_said_about_infinity() -> None:
    trace = graph("log(x)").trace(x=0)
    assert diagnose(trace, Asked("gradient", 0), math.inf) == []
    assert diagnose(trace, Asked("gradient", 0), math.nan) == []
    assert all(f.refutation == "" for f in diagnose(trace, Asked("gradient", 0), 1))


def test_a_large_graph_is_diagnosed_at_the_asked_place() -> None:
    g = graph("; ".join(["n0 = 3*x", *(f"n{k} = 1.0*n{k - 1} + y" for k in range(1, 1500))]), x=5, y=2)
    assert len(g) > 2000
    assert [f.id for f in diagnose(g.trace(), Asked("gradient", g.id("x")), 1)] == ["local_dropped"]
