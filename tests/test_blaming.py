"""The gate to blame: where one broken rule, and the rest done right, gives what the student wrote."""

from __future__ import annotations

import math

import pytest

import gradviz
from gradviz.check.equivalence import derivative
from gradviz.check.naming.blaming import broken_gates, ranked
from gradviz.check.naming.naming import candidates, named
from gradviz.misconceptions.wrong_edges import EDGES, Edge, right_share
from gradviz.misconceptions.wrong_passes import changed_pass
from gradviz.passes import Trace

SOURCES = (
    "q = x*y; s = sigmoid(q - x); f = s^2 * y",
    "a = max(x, y); b = a*x + y; f = tanh(b) / (1 + exp(-y))",
    "p = w*x + b; L = 0.5*(p - t)^2",
)


@pytest.mark.parametrize("source", SOURCES)
def test_one_gate_is_what_the_whole_pass_with_one_wrong_gate_gives(source: str) -> None:
    graph = gradviz.graph(source)
    at = {name: 0.4 + 0.37 * k for k, name in enumerate(graph.inputs)}
    trace = graph.trace(at)
    compared = 0
    for name in graph.inputs:
        by = graph.id(name)
        for broken in broken_gates(graph, by, [trace]):
            ways = [edge for edge in EDGES if edge.rule == broken.rule]
            slots = [None, *range(len(graph.operands(broken.gate)))]
            found = [_pass(trace, edge, broken.gate, slot)[by] for edge in ways for slot in slots]
            assert any(math.isclose(x, broken.numbers[0], rel_tol=1e-9, abs_tol=1e-12) for x in found)
            compared += 1
    assert compared > 40


def _pass(trace: Trace, edge: Edge, gate: int, only: int | None) -> list[float]:
    def share(node: int, slot: int, upstream: float) -> float:
        wrong = edge.gives(trace, node, slot, upstream) if node == gate and only in (None, slot) else None
        return right_share(trace, node, slot, upstream) if wrong is None else wrong

    return changed_pass(trace, share)


@pytest.mark.parametrize(
    ("lines", "gate", "first"),
    [
        ("dL/dp = (p - t) = 2", "L", "power_rule_wrong"),
        ("dL/dp = 2", "L", "power_rule_wrong"),
        ("dL/dp = 2*(p - t)*0.5", "v2", "split_in_half"),
        ("dL/dt = 2(p - t)", "v2", "sign_error"),
        ("dL/dw = 2(p - t)w", "v1", "mul_not_swapped"),
        ("dL/dw = (p - t)x", "L", "power_rule_wrong"),
        ("dL/dw = 2(p - t)", "v1", "local_dropped"),
    ],
)
def test_the_gate_whose_rule_was_broken_is_shown(lines: str, gate: str, first: str) -> None:
    text = "p = w*x + b; L = (p - t)^2; w = 2; x = 3; b = 1; t = 5"
    link = gradviz.check(lines, problem=text).first_wrong
    assert link is not None
    assert (link.gate, link.misconceptions[0]) == (gate, first)


def test_a_rule_broken_at_one_gate_on_the_way_is_named() -> None:
    """sigmoid is wrong at the second of two layers alone: not a rule kept everywhere, and not one of the last step."""
    graph = gradviz.graph("h = sigmoid(v*x); y = sigmoid(w*h)")
    [found] = named(derivative("y", "v"), "y*w*h*(1 - h)*x", graph)
    assert found == ("sigmoid_derivative_wrong", "y")
    assert candidates(derivative("y", "v"), "y*(1 - y)*w*h*(1 - h)*x", graph) == []


def test_a_rule_broken_for_one_of_two_operands_is_named() -> None:
    """a goes into s directly and through r; only its own local derivative at s is wrong."""
    graph = gradviz.graph("q = a + p; r = q*b; s = r*a; L = s*a")
    found = named(derivative("L", "a"), "b*a^2 + a*a + s", graph)
    assert [(one.rule, one.gate) for one in found] == [("mul_not_swapped", "s")]


def test_the_sentence_speaks_of_the_gate_in_question() -> None:
    text = "h = sigmoid(v*x); y = sigmoid(w*h)"
    link = gradviz.check("dy/dv = y*(1 - y)*w*h*(1 - h)*v", problem=text).first_wrong
    assert link is not None
    assert link.misconceptions == ("mul_not_swapped",)
    assert "what v gets" in link.rule
    link = gradviz.check("dy/dv = y*(1 - y)*h*h*(1 - h)*x", problem=text).first_wrong
    assert link is not None
    assert link.misconceptions == ("mul_not_swapped",)
    assert "what h gets" in link.rule


def test_a_number_that_a_rule_puts_in_has_to_stand_there() -> None:
    rules = ["split_in_half", "power_rule_wrong"]
    factors = {"split_in_half": 0.5}
    assert ranked(rules, rules, factors, [], formula=True) == ["power_rule_wrong", "split_in_half"]
    assert ranked(rules, rules, factors, [0.5], formula=True) == ["split_in_half", "power_rule_wrong"]
    assert ranked(rules, rules, factors, [0.5], formula=False) == ["power_rule_wrong", "split_in_half"]
    assert ranked(["evaluation_order", *rules], rules, factors, [], formula=True)[0] == "evaluation_order"
    assert ranked(rules, ["split_in_half"], {}, [], formula=True) == ["split_in_half", "power_rule_wrong"]


def test_one_slip_comes_before_the_same_slip_at_two_gates() -> None:
    """1/p for -log p: the sign, or the -1 that arrives at the log; added at both gates it is the same by chance."""
    found = [one.rule for one in named(derivative("L", "p"), "1/p", gradviz.graph("L = -log(p)"))]
    assert found == ["sign_error", "upstream_dropped", "added_not_multiplied"]
