"""Whole documents as students write them: what is read of each, statement by statement."""

from __future__ import annotations

import pytest

import gradviz
from gradviz.check.claims import Claim
from gradviz.check.document import read_document
from gradviz.check.reading import read


def lines(text: str, suffix: str) -> list[str]:
    """What was read, one line a statement, with its point; ``! `` before what was not."""
    found = []
    for reading in read(read_document(text, suffix=suffix)):
        for said in reading.order:
            if not isinstance(said, Claim):
                found.append(f"! {said.reason}")
                continue
            at = "".join(f" @ {name}={value:g}" for name, value in said.at)
            found.append(said.read_as() + at)
    return found


PLAIN = [
    # a loss E is not the constant e
    ("E = 1/2 (t - o)^2, o = 1/(1 + e^(-z)), E = 3\ndE/do = o - t",
     "E = 1/2*(t - o)^2 | o = 1/(1 + e^(-z)) | E = 3 | ∂E/∂o = o - t"),
    # a value further down does not make f a factor
    ("Let f(x) = exp(2x), x = 0.\nf = 1\ndf/dx = 2", "f = exp(2*x) | x = 0 | f = 1 | ∂f/∂x = 2"),
    # remarks
    ("q = x*y   # 3\ndq/dx = y  # swaps", "q = x*y = 3 | ∂q/∂x = y"),
    ("q = x*y   # = -3\n# dq/dx = y", "q = x*y = -3 | ∂q/∂x = y"),
    ("late, sorry :(\nq = x*y ;)\ndq/dx = y", "q = x*y | ∂q/∂x = y"),
    ("a note (never closed\n\nq = x*y\ndq/dx = y", "q = x*y | ∂q/∂x = y"),
    # what comes out, and where
    ("f = x^2, x = 2\ndf/dx = 2x which gives 4 (right?)", "f = x^2 | x = 2 | ∂f/∂x = 2*x = 4"),
    ("f = x^2, x = 2\ndf/dx = 2x = 6 at x = 3", "f = x^2 | x = 2 | ∂f/∂x = 2*x = 6 @ x=3"),
    ("f = x^2, x = 2\nAt x = 3 we have df/dx = 6", "f = x^2 | x = 2 | ∂f/∂x = 6 @ x=3"),
    ("f = x^2, x = 2\ndf/dx at x = 3 is 6", "f = x^2 | x = 2 | ∂f/∂x = 6 @ x=3"),
    ("f = x*y\ndf/dx = 3 at x = 2, y = 3\ndf/dy = 2", "f = x*y | ∂f/∂x = 3 @ x=2 @ y=3 | ∂f/∂y = 2"),
    ("f = x*y at x = 2, y = 3, df/dx = 3", "f = x*y | x = 2 | y = 3 | ∂f/∂x = 3"),
    # names and words of other languages
    ("题目：f(权, x) = 权*x，权 = 2\ndf/d权 = x", "f = 权*x | 权 = 2 | ∂f/∂权 = x"),
    ("Sea f(x, y) = x*y, donde x = 2 e y = 3.", "f = x*y | x = 2 | y = 3"),
    # a step, and two spellings of one gate
    ("f = w*x, w = 2, x = 3\nw+ = w - 0.1*3 = 1.7", "f = w*x | w = 2 | x = 3 | w ← w - 0.1*3 = 1.7"),
    ("y = v*max(0, w*x), z = w*x, h = ReLU(z)\ndy/dh = v", "y = v*max(0, w*x) | z = w*x | h = relu(z) | ∂y/∂h = v"),
    # a value before the formula it belongs to; a difference of two points
    ("f = (x + y) z, x = 1, y = 2, z = 4\nq = 3\ndf/dz = q, where q = x + y",
     "f = (x + y)*z | x = 1 | y = 2 | z = 4 | q = 3 | ∂f/∂z = q | q = x + y"),
    ("f(x) = x^2, x = 1\n(f(1.1) - f(1))/0.1 = 2.1", "f = x^2 | x = 1 | ! two points on one side are not read"),
    # decimal commas inside brackets
    ("L = (a - t)²\na = 0,5\nt = 1\nL = (0,5 - 1)² = 0,25", "L = (a - t)^2 | a = 0.5 | t = 1 | L = (0.5 - 1)^2 = 0.25"),
]  # fmt: skip

LATEX = [
    (r"$f = xy$ \[ \frac{\partial f}{\partial x} = y = 3 \ \frac{\partial f}{\partial y} = x \]",
     "f = x*y | ∂f/∂x = y = 3 | ∂f/∂y = x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PLAIN, ids=[text for text, _ in PLAIN])
def test_plain(text: str, expected: str) -> None:
    assert " | ".join(lines(text, ".txt")) == expected


@pytest.mark.parametrize(("text", "expected"), LATEX, ids=[text for text, _ in LATEX])
def test_latex(text: str, expected: str) -> None:
    assert " | ".join(lines(text, ".tex")) == expected


def test_the_only_point_gives_the_numbers_of_the_problem() -> None:
    assert gradviz.check("f = x*y\ndf/dx = 3 at x = 2, y = 3\ndf/dy = 2").ok
    assert not gradviz.check("f = x*y\ndf/dx = 2 at x = 2, y = 3").ok


GIVEN = "f = (x + y) z, q = x + y, x = -2, y = 5, z = -4\n\n"
TABLES = [
    ("| Gradient | Formula | Value |\n|:-|:-|-:|\n| df/dz | q | 3 |\n", "∂f/∂z = q = 3"),
    ("| Gradient | Formula | Value |\n|-|--|-|\n| $\\frac{df}{dz}$ | $q$ | $3$ |\n", "∂f/∂z = q = 3"),
    ("| df/dz | 3 |\n|--|--|\n| df/dx | -4 |\n", "∂f/∂z = 3 | ∂f/∂x = -4"),
    ("| node | value | gradient |\n|--|--|--|\n| `q` | 3 | **-4** |\n| f | -12 | 1 |\n",
     "q = 3 | ∂f/∂q = -4 | f = -12 | ∂f/∂f = 1"),
    ("| node | upstream | local | df/d(node) |\n|--|--|--|--|\n| $q$ | $1$ | $-4$ | $-4$ |\n", "∂f/∂q = -4"),
    ("| q | f |\n|--|--|\n| 3 | -12 |\n", "q = 3 | f = -12"),
    ("node    value    gradient\nq       3        -4\nf       -12      1\n",
     "q = 3 | ∂f/∂q = -4 | f = -12 | ∂f/∂f = 1"),
    ("| step | what | why |\n|--|--|--|\n| 1 | df/dz = q = 3 | the gate swaps |\n", "∂f/∂z = q = 3"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "expected"), TABLES, ids=[text for text, _ in TABLES])
def test_tables(table: str, expected: str) -> None:
    assert " | ".join(lines(GIVEN + table, ".md")[5:]) == expected


def test_a_table_of_several_points_gives_no_numbers() -> None:
    assert lines("f = x*y\n\n| x | y | f |\n|--|--|--|\n| 0 | 0 | 0 |\n| 1 | 2 | 2 |\n", ".md") == ["f = x*y"]


def test_a_wrong_number_in_a_table_is_found_at_its_row() -> None:
    outcome = gradviz.check(GIVEN + "| node | value | gradient |\n|--|--|--|\n| $q$ | $3$ | $3$ |\n")
    assert outcome.first_wrong is not None
    assert (outcome.first_wrong.spot.line, outcome.first_wrong.left) == (5, "∂f/∂q")


def test_the_gradient_that_arrived_at_a_node_in_between_may_stand_as_its_number() -> None:
    given = "z = v*x1 + w*x2, a = max(0, z), y = u*a, L = (y - t)^2\nx1 = 1, x2 = 2, t = 1, v = 0.5, w = 0.25, u = 2\n"
    assert gradviz.check(given + "dL/dw = 4*x2 = 8").ok
    assert not gradviz.check(given + "dL/dw = 4*x1").ok


GLUED = [
    ("$df/dx$ is $12$, which gives $12$.", "∂f/∂x = 12 = 12"),
    ("$\\frac{df}{dx} = 6$ at $x = 1$ and $\\frac{df}{dx} = 12$ at $x = 2$.", "∂f/∂x = 6 @ x=1 | ∂f/∂x = 12"),
    ("At $x = 1$ we have $\\frac{df}{dx} = 6$.\nAt $x = 2$ the value is $f = 12$.", "∂f/∂x = 6 @ x=1 | x = 2 | f = 12"),
    ("$\\frac{df}{dx}$ = $6x$ = $12$\nAt $x = 2$: $f = 12$.", "∂f/∂x = 6*x = 12 | x = 2 | f = 12"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), GLUED, ids=[text for text, _ in GLUED])
def test_one_statement_in_several_formulas(text: str, expected: str) -> None:
    assert " | ".join(lines("$f = 3x^2$ with $x = 2$.\n\n" + text, ".md")[2:]) == expected


def test_a_node_stands_for_its_gate_in_either_spelling() -> None:
    [reading] = read(read_document("y = v*max(0, w*x), z = w*x, h = ReLU(z)\ndy/dh = v", suffix=".txt"))
    assert sorted(reading.problem.names_of("y")) == ["h", "v"]


def test_a_value_may_stand_before_the_formula_it_belongs_to() -> None:
    text = "f = (x + y) z, x = 1, y = 2, z = 4\nq = {}\ndf/dz = q, where q = x + y\ndq/dx = 1"
    assert gradviz.check(text.format(3)).ok
    assert not gradviz.check(text.format(4)).ok


def test_a_word_for_a_function_may_be_a_name() -> None:
    text = "dot = w*x + b\nf = 1/(1 + exp(-dot))\nw = 2, x = -1, b = 3\ndf/ddot = f(1 - f)\ndf/dw = f(1 - f) x"
    outcome = gradviz.check(text)
    assert outcome.ok
    assert "sigmoid" not in outcome.files[0].problems[0].function
    assert gradviz.check("q = dot([1, 2], [3, 4])\n").exit_code != 0


@pytest.mark.parametrize("open_line", ["df/dx = ?", "df/dx =", "df/dx = ..."])
def test_an_answer_left_open_is_not_the_next_line(open_line: str) -> None:
    [found] = gradviz.check(f"{open_line}\ndf/dy = x = 2", problem="x = 2; y = -4; f = x*y\nrequire df/dx, df/dy").files
    assert found.required == {"df/dx": "needs_human", "df/dy": "ok"}
    assert found.summary["not_read"] == 1


def test_a_remark_in_brackets_may_claim_something() -> None:
    outcome = gradviz.check("z = w x + b\ndz/dw = x (since z = w x + b)\ndz/db = 1 (since z = w x - b)")
    assert [link.verdict for link in outcome.links] == ["ok", "ok", "ok", "ok", "wrong"]
