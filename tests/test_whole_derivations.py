"""Whole derivations as students hand them in: what is said about each of them, line by line."""

from __future__ import annotations

import pytest
from planting import rendered

import gradviz
from gradviz.check.checking import check_document
from gradviz.check.document import read_document
from gradviz.check.judge.requiring import CORRECTED, NOT_TOTAL, UNFINISHED, Told, completed, required
from gradviz.check.judge.restating import RESTATED
from gradviz.check.judge.ties import Ties
from gradviz.check.outcome import FileOutcome, Link

SUFFIXES = (".txt", ".md", ".tex", ".ipynb")
STAFF = "q = x + y\nf = q*z\nx = -2; y = 5; z = -4\nrequire df/dx, df/dy, df/dz\n"


def checked(text: str, problem: str | None = None) -> FileOutcome:
    return gradviz.check(text, problem=problem).files[0]


def faults(found: FileOutcome) -> list[tuple[int, str, tuple[str, ...]]]:
    """Line, quantity and names of what is wrong."""
    return [
        (link.spot.line, link.quantity or "", link.misconceptions) for link in found.links if link.verdict == "wrong"
    ]


def counts(found: FileOutcome) -> dict[str, int]:
    return {verdict: count for verdict, count in found.summary.items() if count}


NEURON = """Sigmoid neuron

f(w0, x0, w1, x1, w2) = sigmoid(w0 x0 + w1 x1 + w2)
w0 = 2, x0 = -1, w1 = -3, x1 = -2, w2 = -3

Forward:
z = w0 x0 + w1 x1 + w2 = -2 + 6 - 3 = 1
f = sigmoid(z) = 0.73

Backward:
df/dz = f(1 - f) = 0.73 * 0.27 = 0.197
df/dw0 = df/dz * x0 = 0.197 * (-1) = -0.197
df/dx0 = df/dz * w0 = 0.197 * 2 = 0.393
df/dw1 = df/dz * x1 = -0.39
df/dx1 = df/dz * w1 = -0.59
df/dw2 = df/dz = 0.20
"""

HINGE = """Hinge loss: L = max(0, 1 - t s), s = w x + b
w = 2, x = 1, b = -0.5, t = -1
s = 1.5
L = max(0, 2.5) = 2.5
dL/ds = -t = 1
dL/dw = dL/ds * x = 1
dL/dx = dL/ds * w = 2
dL/db = 1
"""

SOFTMAX = """z1 = 1, z2 = 2, z3 = 3
S = exp(z1) + exp(z2) + exp(z3) = 30.19
p1 = exp(z1)/S = 0.09
p2 = exp(z2)/S = 0.2447
p3 = exp(z3)/S = 0.665
L = -log(p1) = 2.4076
dL/dp1 = -1/p1 = -11.1
dp1/dz1 = p1(1 - p1) = 0.082
dL/dz1 = p1 - 1 = -0.91
dL/dz2 = p2 = 0.245
dL/dz3 = p3 = 0.665
"""


@pytest.mark.parametrize("text", [NEURON, HINGE, SOFTMAX], ids=["neuron", "hinge", "softmax"])
def test_right_ones_raise_no_alarm(text: str) -> None:
    found = checked(text)
    assert set(counts(found)) == {"ok"}
    assert found.exit_code == 0


TWO_LAYERS = r"""
Sei $h = \sigma(z)$ mit $z = w_1 x + b_1$, und $y = w_2 h + b_2$, $L = \frac{1}{2}(y - t)^2$,
wobei $x = 1, w_1 = 0.5, b_1 = 0, w_2 = 2, b_2 = -1, t = 1$.

Vorwärts: Es ist $z = 0.5$, also $h \approx 0.6225$, $y = w_2 h + b_2 \approx 0.245$.

Rückwärts gilt nach der Kettenregel
\begin{align*}
\frac{\partial L}{\partial y} &= y - t \approx -0.755 \\
\frac{\partial L}{\partial w_2} &= \frac{\partial L}{\partial y} h \approx -0.47 \\
\frac{\partial L}{\partial h} &= \frac{\partial L}{\partial y} w_2 \approx -1.51 \\
\frac{\partial L}{\partial z} &= SLIP \\
\frac{\partial L}{\partial w_1} &= \frac{\partial L}{\partial z} x \approx NUMBER
\end{align*}
"""


@pytest.mark.parametrize(
    ("formula", "number", "rules"),
    [
        (r"\frac{\partial L}{\partial h} h(1 - h) \approx -0.3549", "-0.35", None),
        (r"\frac{\partial L}{\partial h} z(1 - z) \approx -0.3775", "-0.38", "sigmoid_derivative_wrong"),
        (r"h(1 - h) \approx 0.235", "0.235", "upstream_dropped"),
        (r"\frac{\partial L}{\partial h} \approx -1.51", "-1.51", "local_dropped"),
    ],
)
def test_a_two_layer_net_in_german_and_latex(formula: str, number: str, rules: str | None) -> None:
    text = TWO_LAYERS.replace("SLIP", formula).replace("NUMBER", number)
    [found] = [check_document(read_document(text, "net.tex", ".tex"))]
    if rules is None:
        assert set(counts(found)) == {"ok"}
        return
    [(_, quantity, named)] = faults(found)
    assert quantity == "dL/dz"
    assert rules in named
    assert counts(found)["follows"] == 1  # ∂L/∂w₁


FORWARD = [
    "w = 2",
    "x = 3",
    "b = 1",
    "t = 5",
    "p = w*x + b = 8",
    "e = p - t = 3",
    "L = e^2 = 9",
    "dL/de = 2*e = 6",
    "dL/dp = dL/de = 6",
    "dL/dw = dL/dp*x = 18",
    "dL/dx = dL/dp*w = 12",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_wrong_forward_value_is_one_error_and_the_rest_follows(suffix: str) -> None:
    text, lines = rendered(FORWARD, suffix)
    found = check_document(read_document(text, "hw" + suffix, suffix))
    assert [(line, quantity) for line, quantity, _ in faults(found)] == [(lines[4], "p")]
    assert set(counts(found)) == {"ok", "wrong", "follows"}
    assert counts(found)["follows"] == 6
    spoilt = [*FORWARD[:-1], "dL/dx = dL/dp*w = 13"]
    text, lines = rendered(spoilt, suffix)
    found = check_document(read_document(text, "hw" + suffix, suffix))
    assert [line for line, _, _ in faults(found)] == [lines[4], lines[10]]


def test_a_second_slip_on_top_of_the_first_is_wrong_and_named() -> None:
    text = (
        "f(x,y,z) = (x + y) z, x = -2, y = 5, z = -4\nq = x + y\ndf/dq = q\ndf/dx = df/dq dq/dx = q*1 = 3\n"
        "df/dy = df/dq dq/dy = q*(-1) = -3\n"
    )
    assert faults(checked(text)) == [(3, "df/dq", ("mul_not_swapped",)), (5, "df/dy", ("sign_error",))]
    numbers = "df/dq = 3\ndf/dx = 3\ndf/dy = -3\n"
    assert faults(checked(numbers, STAFF)) == [(1, "df/dq", ("mul_not_swapped",)), (3, "df/dy", ("sign_error",))]


def test_what_an_error_makes_zero_shows_nothing() -> None:
    found = checked("df/dq = 0\ndf/dx = df/dq*1 = 0\ndf/dy = 0\ndf/dz = q = 3\n", STAFF)
    late = [link for link in found.links if link.verdict == "follows"]
    assert len(late) == 2
    assert all(any("makes this 0" in note for note in link.notes) for link in late)
    assert list(found.required.values()) == ["follows", "follows", "ok"]


def test_a_chain_that_comes_back_to_what_is_right_is_not_blamed_twice() -> None:
    found = checked("df/dx = q = z\n", STAFF)
    first, second = found.links
    assert first.misconceptions
    assert (second.verdict, second.misconceptions) == ("wrong", ())
    assert "right for the left end" in second.rule


# --- the problem as the student wrote it ----------------------------------------------------------------


def test_another_function_is_one_finding_and_the_rest_follows() -> None:
    text = "f(x,y,z) = (x+y)+z = -1\ndf/dx = 1\ndf/dy = 1\ndf/dz = 2\n"
    found = checked(text, STAFF)
    first = found.links[0]
    assert first.verdict == "wrong"
    assert first.message == "your function is f = x + y + z, the problem's is f = q*z; the problem's is used"
    assert [link.verdict for link in found.links] == ["wrong", "ok", "follows", "follows", "wrong"]
    assert all(RESTATED in link.notes for link in found.links if link.verdict == "follows")
    assert found.exit_code == 1


def test_another_function_may_come_in_parts() -> None:
    text = "f = x y + z\nx = -2, y = 5, z = -4\nq = x y = -10\nf = q + z = -14\ndf/dq = 1\ndf/dx = y = 5\ndf/dz = 1\n"
    found = checked(text, STAFF)
    assert [line for line, _, _ in faults(found)] == [1]
    assert set(counts(found)) == {"ok", "wrong", "follows"}


def test_other_numbers_are_one_finding_and_the_rest_follows() -> None:
    text = "x = 2, y = 5, z = -4\nq = x + y = 7\nf = q z = -28\ndf/dx = z = -4\ndf/dy = -4\ndf/dz = q = 7\n"
    found = checked(text, STAFF)
    assert [line for line, _, _ in faults(found)] == [1]
    assert found.links[0].message == "you have x = 2, the problem has x = -2; the problem's is used"
    assert list(found.required.values()) == ["ok", "ok", "follows"]


def test_the_same_function_in_other_words_is_no_finding() -> None:
    assert checked("f = z x + z y\nq = y + x\nf = z q\ndf/dz = x + y\n", STAFF).summary["wrong"] == 0


def test_numbers_that_the_staff_leaves_open_are_the_students() -> None:
    text = "x = 2, y = 5, z = -4\nq = x + y = 7\nf = q z = -28\ndf/dz = q = 7\n"
    found = checked(text, "q = x + y\nf = q*z\nrequire df/dz")
    assert set(counts(found)) == {"ok"}
    assert found.problems[0].inputs == {"x": 2, "y": 5, "z": -4}


def test_a_stray_line_is_not_the_output() -> None:
    text = "L = (w x - t)^2, w = 2, x = 3, t = 1\nbla = 3 L\ndL/dw = 2(w x - t) x = 30\nw = w - 0.1*30\n"
    found = checked(text)
    assert found.problems[0].graph is not None
    assert found.problems[0].graph.names[found.problems[0].graph.output] == "L"
    assert found.exit_code == 0
    found = checked("a = x*y\nb = 2*a\nstray = 3\nc = x\n")
    assert found.problems[0].graph is not None
    assert found.problems[0].graph.names[found.problems[0].graph.output] == "b"


def test_what_nobody_connected_with_the_output_is_not_decided() -> None:
    found = checked("f(x,y,z) = (x+y)z; x=-2, y=5, z=-4\nq = 3\ndf/dq = -4\ndf/dx = -4\n")
    [link] = [link for link in found.links if link.verdict != "ok"]
    assert link.verdict == "not_decided"
    assert "f does not hang on q" in link.message
    assert (
        checked("f(x, y, z) = x*y at x = 1, y = 2, z = 3\ndf/dz = 3\n").summary["wrong"] == 1
    )  # f was said to be a function of z


# --- what is asked for ----------------------------------------------------------------------------------


def test_a_slip_that_is_corrected_further_down_is_corrected() -> None:
    text = "df/dx = z\ndf/dy = z\ndf/dz = z = -4\nNo, I mixed that up:\ndf/dz = q = 3\n"
    found = checked(text, STAFF)
    assert list(found.required.values()) == ["ok", "ok", "ok"]
    [slip] = [link for link in found.links if link.verdict == "wrong"]
    assert CORRECTED in slip.notes
    assert found.exit_code == 1  # the slip is still listed
    spoilt = checked("df/dz = q = 3\ndf/dz = z = -4\n", STAFF)
    assert spoilt.required["df/dz"] == "wrong"
    unread = checked("df/dz = z\ndf/dz = quux\n", STAFF)
    assert unread.required["df/dz"] == "wrong"  # a line about an unknown name is about no quantity
    only_rule = checked("df/dx = q\ndf/dx = df/dq dq/dx\n", STAFF)
    assert only_rule.required["df/dx"] == "wrong"  # the rule alone corrects nothing


def test_the_rule_alone_is_no_answer() -> None:
    found = checked("df/dx = df/dq dq/dx\ndf/dy = df/dq dq/dy\ndf/dq = z\ndq/dy = 1\ndf/dz = q\n", STAFF)
    assert found.required == {"df/dx": "needs_human", "df/dy": "ok", "df/dz": "ok"}
    assert UNFINISHED in found.links[0].notes
    assert UNFINISHED not in found.links[1].notes


def test_going_round_in_circles_comes_to_no_end() -> None:
    link = Link("1", checked("f = x\n").links[0].spot, "", "", "", "ok")
    one, two = Told("df/dx", (link,), ("df/dq",)), Told("df/dq", (link,), ("df/dx",))
    assert not completed(one, [one, two])
    assert required([("f", "x")], [one, two]) == {"df/dx": "needs_human"}
    assert completed(one, [one, two, Told("df/dq", (link,))])


def test_the_local_reading_says_what_is_asked_for() -> None:
    found = checked("df/dx = q = 6\n", "q = x*y; f = q*x; x = 2; y = 3\nrequire df/dx")
    assert found.required == {"df/dx": "needs_human"}
    assert NOT_TOTAL in found.links[0].notes


# --- ties -----------------------------------------------------------------------------------------------

TIE = "m = max(a, b)\nf = m*z\na = 2, b = 2, z = 3\n"


@pytest.mark.parametrize("pair", [(3, 0), (0, 3), (1.5, 1.5), (1, 2)])
def test_at_a_tie_any_way_to_share_is_right(pair: tuple[float, float]) -> None:
    found = checked(f"{TIE}df/da = {pair[0]}\ndf/db = {pair[1]}\n")
    assert set(counts(found)) == {"ok"}


def test_at_a_tie_both_branches_cannot_have_all_of_it() -> None:
    assert faults(checked(TIE + "df/da = 3\ndf/db = 3\n")) == [(5, "df/db", ("max_both_branches",))]
    assert faults(checked(TIE + "df/da = z = 3\ndf/db = z = 3\n")) == [(5, "df/db", ("max_both_branches",))]
    local = checked(TIE + "dm/da = 1\ndm/db = 1\ndf/da = 3\ndf/db = 3\n")
    assert faults(local) == [(5, "dm/db", ("max_both_branches",))]
    assert local.links[-1].verdict == "follows"
    assert faults(checked(TIE + "df/da = 0\ndf/db = 0\n")) == [(5, "df/db", ())]
    assert faults(checked(TIE + "df/da = 3\nNo:\ndf/da = 0\ndf/db = 3\n")) == []


def test_a_tie_of_three_and_a_tie_of_min() -> None:
    ties = Ties(gradviz.graph("m = max(a, b, c); f = 2*m"), {"a": 1.0, "b": 1.0, "c": 1.0})
    assert ties.add("f", "a", 1.0) is None
    assert ties.add("f", "b", 0.5) is None
    assert ties.add("f", "c", 1.0) == (ties.graph.id("m"), True)
    assert ties.add("f", "c", 0.1) == (ties.graph.id("m"), False)
    assert ties.add("f", "c", 0.5) is None
    ties = Ties(gradviz.graph("f = min(a, b)"), {"a": 1.0, "b": 1.0})
    assert [ties.add("f", "a", 1.0), ties.add("f", "b", 1.0)] == [None, (2, True)]
    assert Ties(gradviz.graph("f = min(a, b)"), {"a": 1.0, "b": 2.0}).add("f", "b", 1.0) is None
    assert Ties(gradviz.graph("f = min(a, b)"), {"a": 1.0}).gates == {}


def test_a_branch_that_is_used_elsewhere_too_has_more_than_its_share() -> None:
    text = "f = max(a, b) + a\na = 2, b = 2\ndf/da = 2\ndf/db = DB\n"
    assert faults(checked(text.replace("DB", "0"))) == []
    assert faults(checked(text.replace("DB", "1"))) == [(4, "df/db", ("max_both_branches",))]


def test_a_number_that_was_rounded_before_is_right_in_the_lines_behind() -> None:
    text = "f = sigmoid(z); z = w*x; w = 2, x = 0.5\n"
    text += "df/dz = f(1 - f) ≈ 0.2\ndf/dw = 0.2*x = 0.1\ndf/dx = df/dz * w = 0.2*2 = 0.4"
    assert set(counts(checked(text))) == {"ok"}
    assert "wrong" in counts(checked(text.replace("0.2*2", "0.3*2")))


def test_numbers_for_inputs_that_have_none_are_not_wrong() -> None:
    found = checked("f = (x + y) z\nq = x + y = 3\ndf/dx = z = -4\ndf/dq = q\ndf/dz = 1")
    assert counts(found) == {"ok": 3, "not_decided": 2, "wrong": 2}
    assert "x, y" in found.links[2].message


def test_the_chain_rule_speaks_of_the_total_derivative() -> None:
    text = "u = x*y, f = x + u at x = 2, y = 3\ndf/dx = df/du * y = 3"
    [(_, quantity, named)] = faults(checked(text))
    assert quantity == "df/dx"
    assert "fanout_not_summed" in named
    # with u held fixed ∂f/∂x is u = x*y, which is no excuse for the branch that is missing here
    by_chance = checked("u = x*y, f = u*x at x = 2, y = 3\ndf/dx = df/du * y = 6")
    assert next(link.verdict for link in by_chance.links if link.quantity == "df/dx") == "wrong"
    assert set(counts(checked(text.replace("df/du * y = 3", "df/du * y + 1 = 4")))) == {"ok"}


def test_typed_ones_stand_in_for_gradients() -> None:
    text = "a = relu(z), z = w*x + b, J = (a - y)^2/2 at w = 1.5, x = 2, b = -1, y = 1\ndJ/dw = 1*1*x = 2"
    assert set(counts(checked(text))) == {"ok"}
    assert "wrong" in counts(checked(text.replace("1*1*x", "x")))


def test_lists_give_entries_their_numbers() -> None:
    text = "f = w_0*x_0 + w_1*x_1\nw = [2, -3] and x = [-1, -2]\ndf/dw_0 = x_0 = -1\ndf/dx_1 = -3"
    assert set(counts(checked(text))) == {"ok"}


def test_what_was_worked_out_with_rounded_numbers_is_right() -> None:
    text = "z = w*x; a = sigmoid(z); f = a*(1 + a); w = 1, x = 1\na = 0.7311\n"
    text += "f = a(1 + a) = 1.2656\ndf/da = 1 + 2a = 2.4622\ndf/dw = 0.4841"
    assert set(counts(checked(text))) == {"ok"}
    for slip in (text.replace("1.2656", "1.2659"), text.replace("2.4622", "2.4632"), text.replace("\na = 0.7311", "")):
        assert "wrong" in counts(checked(slip))


def test_numbers_put_into_exponents_of_e() -> None:
    text = "z1=0; z2=1; S = e^z1 + e^z2; p1 = e^z1/S; p2 = e^z2/S; L = -log(p2)\n"
    text += "p1 = e^0/S = 1/S = 0.269\np2 = e^1/S = 0.731\ndL/dz2 = p2 - 1 = -0.269"
    assert set(counts(checked(text))) == {"ok"}
    assert "wrong" in counts(checked(text.replace("e^1/S", "e^2/S")))
