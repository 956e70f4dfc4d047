"""Forms in which students, notes and blogs write derivations: one row a form, with how it is read."""

from __future__ import annotations

import pytest

import gradviz
from gradviz.check.claims import Claim, NotRead, Scope, read_claims
from gradviz.check.document import read_document
from gradviz.check.problem import Problem
from gradviz.check.reading import read
from gradviz.language.program import parse
from gradviz.language.source import Source


def said(text: str, names: str, *, latex: bool) -> list[Claim | NotRead]:
    """A line with the names of its problem; ``f: x*y`` among them defines a function of the names in it."""
    problem = Problem(staff=True)
    for each in names.split(";"):
        name, _, formula = (part.strip() for part in each.partition(":"))
        if formula:
            problem.define(name, parse(formula).statements[0].expression)
        else:
            problem.inputs.update(dict.fromkeys(name.split()))
    return read_claims(Source(text), (0, len(text)), Scope(problem, open=False), latex=latex)


def as_read(text: str, names: str, *, latex: bool) -> list[str]:
    return [one.read_as() if isinstance(one, Claim) else f"! {one.reason}" for one in said(text, names, latex=latex)]


F, Q = "f: x^2*y", "q: x*y"
STEP = "L: (w*x - y)^2"

LATEX = [
    # layout
    (r"\begin{array}{rcl} \frac{dL}{dz} &=& 2z \\ \frac{dL}{dw} &=& x \end{array}",
     "L z w x", "∂L/∂z = 2*z | ∂L/∂w = x"),
    (r"\begin{align} f &= x \shortintertext{and} \frac{df}{dx} &= 1 \end{align}", "f x", "f = x | ∂f/∂x = 1"),
    (r"\begin{alignat}{2} f &= x & \frac{df}{dx} &= 1 \end{alignat}", "f x", "f = x | ∂f/∂x = 1"),
    (r"\frac{df}{dx} = 2x \qquad (1)", "f x", "∂f/∂x = 2*x"),
    (r"f = xy ~~~~ \frac{df}{dx} = y", "f x y", "f = x*y | ∂f/∂x = y"),
    (r"(a)\ \frac{df}{dx} = y", "f x y", "∂f/∂x = y"),
    (r"L \stackrel{\text{def}}{=} w^2", "L w", "L = w^2"),
    (r"L \overset{(a)}{=} w^2 \xlongequal{x} w", "L w", "L = w^2 = w"),
    (r"\frac{dL}{dw} = \mathbf{6}", "L w", "∂L/∂w = 6"),
    # derivatives
    (r"\frac{\partial L}{\cancel{\partial z}}\frac{\cancel{\partial z}}{\partial w} = x",
     "L z w x", "∂L/∂z*(∂z/∂w) = x"),
    (r"\frac{{\partial}L}{{\partial}w} = x", "L w x", "∂L/∂w = x"),
    (r"{\partial L \over \partial w} = {x + 1 \over w}", "L w x", "∂L/∂w = (x + 1)/w"),
    (r"{\partial L}/{\partial w} = x", "L w x", "∂L/∂w = x"),
    (r"\frac{\mathbf{d}L}{\mathbf{d}w} = x", "L w x", "∂L/∂w = x"),
    (r"\partial_x f = D_x f = \nabla_x f = f_x", F, "∂f/∂x = ∂f/∂x = ∂f/∂x = ∂f/∂x"),
    (r"\frac{\partial f(x, y)}{\partial x} = y", F, "∂f/∂x = y"),
    (r"\frac{d}{dx} \frac{1}{2}(x+1)^2 = x + 1", "x", "∂/∂x (1/2*(x + 1)^2) = x + 1"),
    (r"\frac{d}{dx} x\sin x = 1", "x", "∂/∂x (x*sin(x)) = 1"),
    (r"\frac{d}{dx} x^2 + \frac{d}{dx} 3x = 2x + 3", "x", "∂/∂x (x^2) + ∂/∂x (3*x) = 2*x + 3"),
    (r"(z^2)' = 2z", "z", "∂/∂z (z^2) = 2*z"),
    (r"\text{d}x = y, \mathrm{d}y = x, \mathit{dx} = y, \bar{x} = y",
     Q, "∂q/∂x = y | ∂q/∂y = x | ∂q/∂x = y | ∂q/∂x = y"),
    # functions and numbers
    (r"f = \sqrt[3]{x}", "f x", "f = x^(1/3)"),
    (r"f = \tan^{-1}(x) + \log_2 x", "f x", "f = atan(x) + log(x)/log(2)"),
    (r"f = \prod_{i=1}^{3} w_i", "f w1 w2 w3", "f = w1*w2*w3"),
    (r"f = \nicefrac{1}{2} x + 0{.}5 + 0{,}25 + 1{,}000{,}000", "f x", "f = 1/2*x + 0.5 + 0.25 + 1000000"),
    # cases
    (r"\frac{da}{dz} = \begin{dcases} 1 & z > 0 \\ 0 & z < 0 \end{dcases}", "a z", "∂a/∂z = where(z > 0, 1, 0)"),
    (r"\frac{da}{dz} = \begin{cases} 1 \text{ if } z>0 \\ 0 \text{ otherwise}\end{cases}",
     "a z", "∂a/∂z = where(z > 0, 1, 0)"),
    (r"\frac{da}{dz} = \begin{cases} 1 & \text{if $z>0$} \\ 0 & \text{else}\end{cases}",
     "a z", "∂a/∂z = where(z > 0, 1, 0)"),
    (r"\frac{da}{dz} = \left\{\begin{array}{ll} 1 & z>0 \\ 0 & \text{else}\end{array}\right.",
     "a z", "∂a/∂z = where(z > 0, 1, 0)"),
    (r"\frac{da}{dz} = 1 \text{ if } z > 0 \text{ else } 0", "a z", "∂a/∂z = where(z > 0, 1, 0)"),
    *((rf"\frac{{da}}{{dz}} = {sign}", "a z", "∂a/∂z = z > 0") for sign in (
        r"\mathbf{1}_{z>0}", r"\mathbf{1}_{\{z>0\}}", "1_{z>0}", r"\mathds{1}(z>0)", "I(z>0)", "H(z)")),
    # points
    (r"\frac{\partial f}{\partial x}\bigg\rvert_{x=2} = 2x \big|_{x=2} = [2x]_{x=2}", F, "∂f/∂x = 2*x = 2*x"),
    (r"(x, y) = (2, 3)", "x y", "x = 2 | y = 3"),
    # training steps
    *((rf"{left} = {right} - \eta \frac{{\partial L}}{{\partial w}}", STEP, "w ← w - eta*(∂L/∂w)") for left, right in (
        ("w_{\\text{new}}", "w_{\\text{old}}"), ("w_{t+1}", "w_t"), ("w^{(t+1)}", "w^{(t)}"), ("w'", "w"), ("w^+", "w"),
        ("w^*", "w"), ("w^{new}", "w^{old}"), (r"w^{\text{new}}", "w"), ("w^{t+1}", "w^t"), ("w_1", "w_0"))),
    (r"\Delta w = -\eta \frac{\partial L}{\partial w}", STEP, "w ← w - eta*(∂L/∂w)"),
    (r"w := w - \alpha \frac{\partial L}{\partial w}", STEP, "w = w - alpha*(∂L/∂w)"),
]  # fmt: skip

PLAIN = [
    ("**Code:** `L = w * x`", "L w x", "L = w*x"),
    ("dL/dw = x  <- How the loss changes", "L w x", "∂L/∂w = x"),
    ("L = 0,5·w", "L w", "L = 0.5*w"),
    ("L = 2·(w − 0,25)", "L w", "L = 2*(w - 0.25)"),
    ("dL/dw = x·h y dL/dx = w, por la regla", "L w x h y", "∂L/∂w = x*h | ∂L/∂x = w"),
    ("dL/dw = x y dL/dz = 4", "L w x y z", "∂L/∂w = x*y*(∂L/∂z) = 4"),
    ("// dL/dw = x", "L w x", "∂L/∂w = x"),
    ("__dL/dw = x__ and _dL/dx = w_", "L w x", "∂L/∂w = x | ∂L/∂x = w"),
    ("dL/dz[1] = dL/da[1] * a[1]", "L z_1 a1", "∂L/∂z_1 = ∂L/∂a1*a1"),
    ("d/dx f(g) = df/dg * dg/dx", "f g x", "∂f/∂x = ∂f/∂g*(∂g/∂x)"),
    ("da/dz = sig'(z), a = sig(z)", "a z", "∂a/∂z = sigmoid'(z) | a = sigmoid(z)"),
    # short forms
    ("dx = y * dq; dy = dq * x", Q, "∂q/∂x = y*(∂q/∂q) | ∂q/∂y = ∂q/∂q*x"),
    ("grad_x = y; x_grad = y; x.grad = y; xbar = y", Q, "∂q/∂x = y | ∂q/∂x = y | ∂q/∂x = y | ∂q/∂x = y"),
    ("∂q∂x = y; D_x q = y; ∂_x q = y; ∇ₓq = y; qₓ = y; q_x = y; d q / d x = y", Q, " | ".join(["∂q/∂x = y"] * 7)),
    ("df(x, y)/dx = 2xy; d f(x,y) / d x = 2xy", F, "∂f/∂x = 2*x*y | ∂f/∂x = 2*x*y"),
    ("d sigma(x)/dx = 1; (d/dx)(x^2) = 2x; δL/δx = 1", "L x", "∂/∂x (sigmoid(x)) = 1 | ∂/∂x (x^2) = 2*x | ∂L/∂x = 1"),
    # points
    ("df/dx|_{x=3} = 6; df/dx|x=3 = 6; df/dx | x=3, y=2 = 6; df/dx (x=3) = 6", F, " | ".join(["∂f/∂x = 6"] * 4)),
    # Python
    ("f = 1.0/(1+math.exp(-x)) + np.maximum(0, x)**2", "f x", "f = 1.0/(1 + exp(-x)) + max(0, x)^2"),
    ("w -= lr * dw", STEP, "w ← w - lr*(∂L/∂w)"),
    ("w += -0.1 * dw", STEP, "w ← w - 0.1*(∂L/∂w)"),
    # cases
    *((f"da/dz = {case}", "a z", "∂a/∂z = where(z > 0, 1, 0)") for case in (
        "1 if z > 0 else 0", "1 if z > 0, else 0", "1 if z>0 and 0 otherwise", "1 if z>0, 0 otherwise",
        "{ 1 if z > 0, 0 otherwise }")),
    # remarks, tables, sentences
    ("df/dx = y   // product rule", "f x y", "∂f/∂x = y"),
    ("df/dx = y   <-- product rule", "f x y", "∂f/∂x = y"),
    ("df/dx = y   [chain rule]", "f x y", "∂f/∂x = y"),
    ("`df/dx` = `y`", "f x y", "∂f/∂x = y"),
    ("| df/dx | 2y |\n|---|---|\n| df/dy | x |", "f x y", "∂f/∂x = 2*y | ∂f/∂y = x"),
    ("df/dx: y", "f x y", "∂f/∂x = y"),
    ("df/dx = y (correct!)", "f x y", "∂f/∂x = y"),
    ("The derivative df/dx is 2y.", "f x y", "∂f/∂x = 2*y"),
    ("df/dx = y   df/dy = x", "f x y", "∂f/∂x = y | ∂f/∂y = x"),
    ("设f = x·y，则∂f/∂x = y 和 ∂f/∂y = x。", "f x y", "f = x*y | ∂f/∂x = y | ∂f/∂y = x"),
    ("x, y = 2, 3", "x y", "x = 2 | y = 3"),
    # signs
    ("f = log₂ x + log_2(x)", "f x", "f = log(x)/log(2) + log(x)/log(2)"),
    ("f ≜ x*y", "f x y", "f = x*y"),
    ("f = 1/2(x-y)² + 1/2 (x - y)^2", "f x y", "f = 1/2*(x - y)^2 + 1/2*(x - y)^2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names", "reading"), LATEX, ids=lambda value: value if "\\" in value else "")
def test_forms_of_latex(text: str, names: str, reading: str) -> None:
    assert " | ".join(as_read(text, names, latex=True)) == reading


@pytest.mark.parametrize(("text", "names", "reading"), PLAIN)
def test_forms_of_plain_text(text: str, names: str, reading: str) -> None:
    assert " | ".join(as_read(text, names, latex=False)) == reading


REFUSED = [
    ("df/dx = ?", "f x", "left open"),
    ("f(x)' = 2x", "f x", "does not say by which name"),
    (r"f = \langle x, y \rangle", "f x y", "inner products"),
    (r"f = 1{,}250 x", "f x", "decimal comma or part thousands"),
    (r"\frac{d}{dx} x^2 + 3x = 2x + 3", "x", "how far this derivative reaches"),
    (r"\frac{d}{dx} (x+1)(x-1) = 2x", "x", "how far this derivative reaches"),
    (r"\frac{da}{dz} = 1 \quad \text{if } z > 0", "a z", "under a condition only"),
    (r"\frac{da}{dz} = 1, \quad z > 0", "a z", "under a condition only"),
    (r"\frac{dL}{dz} = x \Rightarrow 2x", "L z x", "an arrow is not read as ="),
    (r"f = \sum_{i=1}^{n} w_i", "f w1 w2", "without numbers as bounds"),
    (r"\frac{\partial f}{\partial x}\Big|_{x = x_0 + 1} = 2", F, "this point is not read"),
    (r"\frac{\partial f}{\partial x}(2) = 12", F, "f depends on"),
    (r"\left(\frac{\partial f}{\partial x}\right)_y = 2", F, "an index"),
    (r"dq = y\,dx + x\,dy", Q, "differentials"),
    *((second, F, "second derivatives") for second in ("f_{xy} = 2", r"\frac{d^2 f}{dx^2} = 2y", "f''(x) = 2")),
    (r"dz = 2", "q: x*y; z", "q does not depend on z"),
    (r"f^{(2)} = w @ x", "f w x", "matrix calculus"),
]


def test_a_second_name_of_a_node() -> None:
    [reading] = read(read_document("y = f(x) = x^2\nf'(x) = 2x\ndf/dx = 2x\nf(3) = 9", suffix=".txt"))
    assert [claim.read_as() for claim in reading.claims] == ["y = x^2", "∂f/∂x = 2*x", "∂f/∂x = 2*x", "f = 9"]
    outcome = gradviz.check("y = f(x) = x^2, x = 3\nf'(x) = 2x = 6\ndf/dx = 6\ndy/dx = 2x\nf(2) = 4")
    assert [link.verdict for link in outcome.links if link.verdict != "ok"] == []


def test_inputs_in_brackets() -> None:
    assert as_read("We take (x = 2, y = 3):", "x y", latex=False) == ["x = 2", "y = 3"]


@pytest.mark.parametrize(("text", "names", "reason"), REFUSED)
def test_what_is_not_read_says_why(text: str, names: str, reason: str) -> None:
    found = said(text, names, latex=True)
    assert any(isinstance(one, NotRead) and reason in one.reason for one in found), found


@pytest.mark.parametrize("text", ["f_xx = 2y", "∂²f/∂x² = 2y", "d^2f/dx^2 = 2y", "d²f/dx² = 2y"])
def test_second_derivatives_in_plain_text(text: str) -> None:
    [reason] = as_read(text, F, latex=False)
    assert "second derivatives" in reason


def test_an_index_is_no_factor() -> None:
    assert as_read("f = w_1x_1", "f w_1 x_1", latex=False) == ["f = w_1*x_1"]
    [reason] = as_read("q_x = 2", "q x", latex=False)
    assert reason.startswith("! q_x is not a name of this problem")


@pytest.mark.parametrize("text", ["da/dz is 2 times that", "see https://example.org/?a=3", "w -> z -> a", "da/dz 2"])
def test_no_statement_is_made_of_prose(text: str) -> None:
    assert as_read(text, "a z w", latex=False) == []


def test_short_forms_say_what_they_mean() -> None:
    [one] = said("dx = y", Q, latex=False)
    assert isinstance(one, Claim)
    assert one.notes == ("dx is read as dq/dx",)


def test_points_other_than_the_given_one_are_part_of_the_claim() -> None:
    problem = "f(x, y) = x^2 y, x = 2, y = 3\n"
    for text, at in (
        ("df/dx|_{x=2} = 12", ()),
        ("df/dx|_{x=1} = 6", (("x", 1.0),)),
        ("∂f/∂x(1, 2) = 4", (("x", 1.0), ("y", 2.0))),
        ("f(1, 2) = 2", (("x", 1.0), ("y", 2.0))),
    ):
        [reading] = read(read_document(problem + text, suffix=".txt"))
        last = reading.order[-1]
        assert isinstance(last, Claim)
        assert last.at == at
        assert any(note.startswith("read at x = ") for note in last.notes)


def test_a_prime_is_the_derivative_by_the_only_variable() -> None:
    [reading] = read(read_document("f(x) = x^2\nf' = 2x\nf'(3) = 6", suffix=".txt"))
    assert [claim.read_as() for claim in reading.claims] == ["f = x^2", "∂f/∂x = 2*x", "∂f/∂x = 6"]
    assert reading.claims[-1].at == (("x", 3.0),)


@pytest.mark.parametrize(
    "text",
    [
        "f(x, y, z) = q z, where q = x + y. Then df/dx = z.",
        r"$f = qz$ with $q = x + y$. $\frac{\partial f}{\partial x} = z$",
        r"$f(x,y,z) = (x+y)z$. $\frac{df}{dx} = \frac{df}{dq}\frac{dq}{dx}$, where $q = x + y$.",
        "bla = blub*3\nf(x, y, z) = (x + y)z\ndf/dx = z\ndx = z",
        "f = (x + y)z\nbla = blub*3\ndf/dx = z\ndx = z",
        "f(x, y, z) = (x + y)z\nAt (1, 2, 3): df/dx = 3, df/dz = 3\ndf/dy = 3 at (1, 2, 3)",
        "f = (u*z)^2, x = 2, y = 4, z = 1\nlet u = x + y (=6)\ndf/dx = 2uz^2 (=12)",
        "Дано: f(x, y) = x*y и x = 2, y = 3. Тогда df/dx = y и df/dy = x",
        r"$f = xy$, $(x, y) = (2, 3)$, $\left(\frac{df}{dx}, \frac{df}{dy}\right) = (y, x) = (3, 2)$",
        "設 f(x,y,z) = (x+y)z，則 ∂f/∂x = z。",
        "# Übung\nSei f(x, y, z) = (x + y)·z, x = 1. Dann gilt ∂f/∂x = z, und df/dz = x + y",
    ],
)
def test_documents_are_read_whole(text: str) -> None:
    outcome = gradviz.check(text)
    assert [link.verdict for link in outcome.links if link.verdict != "ok"] == []
    assert any(link.quantity == "df/dx" for link in outcome.links)


def test_a_restated_step_is_a_step_again() -> None:
    text = "L = (w x - y)^2, w = 2, x = 3, y = 5\ndL/dw = 6\nlr = 0.1\nw_new = w - lr*dL/dw = 1.4\n"
    text += "w_new = w - 0.1*6\nw_new = 1.4"
    outcome = gradviz.check(text)
    assert [link.verdict for link in outcome.links if link.verdict != "ok"] == []


def test_a_rate_without_a_value_leaves_the_numbers_unchecked() -> None:
    text = "L = (w x - y)^2, w = 2, x = 3, y = 5\nw <- w - eta * dL/dw = 2 - 0.1*6 = 1.4"
    [reading] = read(read_document(text, suffix=".txt"))
    last = reading.claims[-1]
    assert (last.kind, len(last.sides), last.dummies) == ("update", 2, ("eta",))
    assert any("not checked" in note for note in last.notes)
