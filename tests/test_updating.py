"""Training steps in every algebraic form: a rate times the gradient, and never wrong by mistake."""

from __future__ import annotations

import pytest

import gradviz
from gradviz.check.outcome import Link

HEAD = "L = (w*x - t)^2\nw = 2, x = 3, t = 1\ndL/dw = 2(w x - t) x = 30\n"


def steps(lines: str, head: str = HEAD) -> list[Link]:
    """The links that the lines add to the head."""
    before = len(gradviz.check(head).links)
    return list(gradviz.check(head + lines).links[before:])


@pytest.mark.parametrize(
    "line",
    [
        "w = w - 0.1*30",
        "w = w + 0.1*(-30)",
        "w = w + (-0.1)*30",
        "w = w - 30*0.1",
        "w = -0.1*30 + w",
        "w = w - 30/10",
        "w = w - (1/10)*30",
        "w = w - 0.1*2*(w x - t)*x",
        "w = w - 0.1*2*5*3",
        "w = w - η dL/dw",
        "w ← w - η dL/dw",
        "w -= 0.1*30",
        "w ← w - dL/dw",
        "w_new = w - 0.1*30 = -1",
        "w_new = 2 - 0.1*30 = -1",
        "w = 2 - 0.1*30 = -1",
        "Δw = -0.1*dL/dw",
        "Δw = -0.1*30 = -3",
        "η = 0.1\nw_new = w - η*30 = -1",
        "w = w - 0.1*30\nw = -1",
        "w = w - 0.1*30 = -1\nL = (-1*3 - 1)^2 = 16",
    ],
)
def test_a_right_step_is_right_however_it_is_written(line: str) -> None:
    assert [link.verdict for link in steps(line)] == ["ok"] * len(steps(line))
    assert steps(line)


@pytest.mark.parametrize(
    "line", ["w = w + 0.1*30", "w = w + η dL/dw", "w = 2 + 0.1*30 = 5", "w += 3*10", "w += 0.1*30"]
)
def test_a_step_uphill_has_a_name(line: str) -> None:
    first = steps(line)[0]
    assert (first.verdict, first.misconceptions) == ("wrong", ("ascent",))
    assert "goes against it" in first.rule


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("w = w - 3", "one number"),
        ("w = w - 0.1*(30 + 0.01*w)", "momentum and weight decay"),
        ("w = w - 0.1*30 - 0.1*0.01*w", "momentum and weight decay"),
        ("w = 0.9*w - 0.1*30", "does not begin with w"),
    ],
)
def test_what_may_be_another_method_is_not_decided(line: str, said: str) -> None:
    [link] = steps(line)
    assert link.verdict == "not_decided"
    assert said in link.message


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("w = w - 0.1*15", "power_rule_wrong"),
        ("w = w - 0.1*2*(w x - t)", "local_dropped"),
        ("w = w - 0.1*2*(w x - t)*w", "mul_not_swapped"),
        ("w = w - η*2*(w x - t)*w", "mul_not_swapped"),
    ],
)
def test_a_step_with_a_wrong_gradient_names_what_is_wrong_about_it(line: str, rule: str) -> None:
    [link] = steps(line)
    assert link.verdict == "wrong"
    assert rule in link.misconceptions
    assert link.expected is not None
    assert link.expected.startswith("w - rate*∂L/∂w, ")


def test_a_step_with_the_students_own_wrong_gradient_follows() -> None:
    found = gradviz.check("L = (w*x - t)^2\nw = 2, x = 3, t = 1\ndL/dw = 2(w x - t) = 10\nw = w - 0.1*10 = 1\nL = 4\n")
    assert [link.verdict for link in found.links][-5:] == ["wrong", "ok", "follows", "ok", "follows"]


TWO = "L = (w2 * w1)^2\nw1 = 3, w2 = 2\n"


def test_a_weight_that_was_updated_already_is_not_for_the_next_gradient() -> None:
    text = TWO + "w2 = w2 - 0.1*36 = -1.6\nw1 = w1 - 0.1*15.36\n"
    link = gradviz.check(text).first_wrong
    assert link is not None
    assert (link.quantity, link.misconceptions) == ("w1", ("update_too_early",))
    assert gradviz.check(TWO + "w2 = w2 - 0.1*36 = -1.6\nw1 = w1 - 0.1*24 = 0.6\n").ok


def test_training_goes_on_from_the_new_numbers() -> None:
    text = (
        "L = (w - 3)^2\nw = 0\nw = w - 0.1*(-6) = 0.6\nL = (0.6 - 3)^2 = 5.76\ndL/dw = 2(0.6 - 3) = -4.8\n"
        "w = w - 0.1*(-4.8) = 1.08\nL = 3.6864\n"
    )
    outcome = gradviz.check(text)
    assert outcome.ok
    assert "holds after the step, with w = 1.08" in outcome.links[-1].notes
    link = gradviz.check(text + "w = w - 0.1*(-4.8)\n").links[-1]
    assert link.verdict == "ok"  # the second step once more
    link = gradviz.check(text + "L = 3.5\n").links[-1]
    assert link.verdict == "wrong"
    assert any("after the step" in note for note in link.notes)
