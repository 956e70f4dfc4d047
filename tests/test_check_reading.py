"""Homework lines are read as given: every side, nothing guessed, and what is not understood says why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import readings
from hypothesis import given, settings
from hypothesis import strategies as st

from gradviz.check.claims import Claim, NotRead, Scope, read_claims
from gradviz.check.document import read_document
from gradviz.check.problem import Problem
from gradviz.check.reading import read as read_all
from gradviz.language.source import Source
from gradviz.language.syntax import Derivative, Name, Prime

FIXTURES = Path(__file__).parent / "fixtures"
LINES: list[dict[str, Any]] = json.loads((FIXTURES / "homework_lines.json").read_text("utf-8"))
SECOND: list[dict[str, Any]] = json.loads((FIXTURES / "homework_lines_second.json").read_text("utf-8"))
THIRD: list[dict[str, Any]] = json.loads((FIXTURES / "homework_lines_third.json").read_text("utf-8"))
FOURTH: list[dict[str, Any]] = json.loads((FIXTURES / "homework_lines_fourth.json").read_text("utf-8"))
FIFTH: list[dict[str, Any]] = json.loads((FIXTURES / "homework_lines_fifth.json").read_text("utf-8"))
#: Lines of the second set that no reader could take by themselves: a continuation, a row of a table.
ALONE = {"S08", "S30"}


def problem(*names: str, **headers: tuple[str, ...]) -> Problem:
    found = Problem(staff=True, headers=headers)
    found.inputs.update(dict.fromkeys([*headers, *names]))
    return found


def read(text: str, *names: str, latex: bool = True, **headers: tuple[str, ...]) -> list[Claim | NotRead]:
    scope = Scope(problem(*names, **headers), open=False, grow=False)
    return read_claims(Source(text), (0, len(text)), scope, latex=latex)


def claim(text: str, *names: str, latex: bool = True, **headers: tuple[str, ...]) -> Claim:
    [found] = read(text, *names, latex=latex, **headers)
    assert isinstance(found, Claim), found
    return found


def refused(text: str, *names: str, latex: bool = True, **headers: tuple[str, ...]) -> NotRead:
    [found] = read(text, *names, latex=latex, **headers)
    assert isinstance(found, NotRead), found
    assert found.reason
    return found


def headers_of(row: dict[str, Any], names: list[str]) -> dict[str, tuple[str, ...]]:
    """The function header that the line's problem would have given."""
    if "g'(x)" in row["text"]:
        return {"g": ("x",)}
    if "f" in names and "f'(x)" in row["text"]:
        return {"f": ("x",)}
    return {"f": ("x", "y")} if "f(x,y) = x^2 y" in row["text"] else {}


def read_as_given(found: list[Claim | NotRead], row: dict[str, Any]) -> None:
    """Every side of every chain says what the row says, and nothing was left unread."""
    assert [said.reason for said in found if isinstance(said, NotRead)] == []
    claims = [said for said in found if isinstance(said, Claim)]
    assert [len(said.sides) for said in claims] == [len(chain) for chain in row["readings"]]
    for chain, said in zip(row["readings"], claims, strict=True):
        for side, tree in zip(chain, said.sides, strict=True):
            assert readings.same(side, tree), f"{side} was read as {said.read_as()}"


@pytest.mark.parametrize(
    "row", [*LINES, *SECOND, *(row for row in THIRD if row["readings"])], ids=lambda row: row["id"]
)
def test_every_side_is_read_as_given(row: dict[str, Any]) -> None:
    names = readings.names_of(row["readings"])
    found = read(row["text"], *names, latex=row["style"] == "latex", **headers_of(row, names))
    if row["id"] in ALONE:
        assert found
        assert all(isinstance(said, NotRead) for said in found)
        return
    read_as_given(found, row)


@pytest.mark.parametrize("row", [*(row for row in FOURTH if row["readings"]), *FIFTH], ids=lambda row: row["id"])
def test_lines_with_the_names_of_their_problem(row: dict[str, Any]) -> None:
    parts = [re.fullmatch(r"(\w+?)_?(?:\((.*)\))?", name) for name in row["names"]]
    names = [part[1] for part in parts if part]
    headers = {part[1]: tuple(map(str.strip, part[2].split(","))) for part in parts if part and part[2]}
    if row["style"] == "markdown":
        staff = problem(*names, **headers)
        found = [said for each in read_all(read_document(row["text"], suffix=".md"), [staff]) for said in each.order]
    else:
        found = read(row["text"], *names, latex=row["style"] == "latex", **headers)
    if row.get("unread"):  # u' of what, or under which condition, is not said
        assert found
        assert all(isinstance(said, NotRead) for said in found)
        return
    read_as_given(found, row)


@pytest.mark.parametrize("row", [row for row in [*THIRD, *FOURTH] if not row["readings"]], ids=lambda row: row["id"])
def test_prose_and_matrices_claim_nothing(row: dict[str, Any]) -> None:
    found = read(row["text"], *"xyzwbLfah", latex=row["style"] == "latex")
    assert not any(isinstance(said, Claim) for said in found)


def test_almost_every_side_agrees_in_structure_not_only_in_numbers() -> None:
    kinds: dict[str | None, int] = {}
    for row in LINES:
        names = readings.names_of(row["readings"])
        found = read(row["text"], *names, latex=row["style"] == "latex", **headers_of(row, names))
        for chain, said in zip(row["readings"], found, strict=True):
            assert isinstance(said, Claim)
            for side, tree in zip(chain, said.sides, strict=True):
                how = readings.same(side, tree)
                kinds[how] = kinds.get(how, 0) + 1
    assert kinds["structure"] > 200
    assert kinds["numbers"] <= 8


@pytest.mark.parametrize(
    ("side", "text"), [("x*y", "x+y"), ("sig(x)", "x"), ("D(L,x)", r"\frac{\partial L}{\partial y}"), ("x**2", "2x")]
)
def test_the_comparison_sees_a_wrong_reading(side: str, text: str) -> None:
    said = claim(f"L = {text}", "x", "y", "L")
    assert readings.same(side, said.sides[1]) is None


# --- letters --------------------------------------------------------------------------------------------


def test_names_of_the_problem_rule_how_letters_are_read() -> None:
    assert claim("f = xy", "f", "x", "y").read_as() == "f = x*y"
    assert claim("f = xy", "f", "xy").read_as() == "f = xy"
    assert claim("z = w_{11}^2", "z", "w11_2").read_as() == "z = w11_2"
    assert claim("z = w_{11}^2", "z", "w_11").read_as() == "z = w_11^2"
    assert claim(r"s = \sigma x", "s", "x", "sigma").read_as() == "s = sigma*x"
    assert claim("y = e x", "y", "x", "e").read_as() == "y = e*x"
    assert claim("f = x(y)", "f", "x", "y", latex=False).read_as() == "f = x*y"


def test_spellings_of_one_name() -> None:
    for spelled in ("w_1", "w1", "w_{1}", "w₁", r"\mathrm{w}_1"):
        assert claim(f"z = {spelled}", "z", "w1").read_as() == "z = w1", spelled
    for spelled in ("ŷ", r"\hat{y}", r"\hat y", r"\widehat{y}", r"\hat{\mathbf{y}}"):
        assert claim(f"z = {spelled}", "z", "yhat").read_as() == "z = yhat", spelled


@pytest.mark.parametrize(
    "text", ["f = xk", "f = x + k", r"\frac{\partial k}{\partial x} = 3", "f = k(x)", "k = x", "f = x_2"]
)
def test_undeclared_letters_are_refused(text: str) -> None:
    said = refused(text, "f", "x") if text != "k = x" else None
    if said is not None:
        assert "not a name" in said.reason or "neither a name" in said.reason


def test_a_misspelled_name_in_plain_text_is_no_prose() -> None:
    assert "yht" in refused("dL/dw = x * yht", "L", "w", "x", latex=False).reason
    assert "yht" in refused("dL/dw = x yht", "L", "w", "x", latex=False).reason


def test_case_slips_find_the_only_name() -> None:
    assert claim(r"E = \text{out}_{O1}", "E", "out_o1").read_as() == "E = out_o1"
    assert isinstance(read("L = W", "L", "w", "W")[0], Claim)


# --- ambiguity ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["f = 1/2x", "f = x/yz", "f = x^2y", "f = sin x y", "f = 1,500", "f = x 2", "f = 1/x y", "f = 3x % y"]
)
def test_what_can_be_read_in_two_ways_is_not_read(text: str) -> None:
    refused(text, "f", "x", "y", "z", latex=False)


def test_one_documented_reading_of_minus_and_powers() -> None:
    assert claim("f = -x^2", "f", "x").read_as() == "f = -x^2"
    assert claim("f = sin x cos y", "f", "x", "y", latex=False).read_as() == "f = sin(x)*cos(y)"


@pytest.mark.parametrize(
    "text",
    [r"f = W^T x", r"f = \mathbf{x}", "f = z[0]", "f = [1, 2]", r"f = \begin{pmatrix}1\end{pmatrix}", r"f = \|x\|"],
)
def test_matrix_lines_are_counted_apart(text: str) -> None:
    said = refused(text, "f", "W", "z")
    assert said.matrix or "vector" in said.reason


# --- kinds ----------------------------------------------------------------------------------------------


def kinds(text: str, found: Problem, latex: bool = False) -> list[str]:
    said = read_claims(Source(text), (0, len(text)), Scope(found), latex=latex)
    return [one.kind if isinstance(one, Claim) else one.reason for one in said]


def test_kinds_are_told_apart() -> None:
    found = Problem()
    assert kinds("w = 2, x = 3\nz = w*x\nL = (z - 1)^2\nz = 6", found) == [
        "input",
        "input",
        "definition",
        "definition",
        "value",
    ]
    assert kinds("dL/dz = 2(z - 1)", found) == ["local"]
    assert kinds("dL/dw = dL/dz * dz/dw = 10*3", found) == ["chain"]
    assert kinds("dL/dw = 30", found) == ["result"]
    assert kinds("w = w - 0.1*30", found) == ["update"]
    assert kinds("w ← w − 0.1·∂L/∂w", found) == ["update"]
    assert kinds("σ'(a) = σ(a)(1-σ(a))", found) == ["identity"]
    assert kinds("d/da tanh(a) = 1 - tanh²(a)", found) == ["identity"]


def test_lists_of_values_with_and_without_commas() -> None:
    found = Problem()
    assert kinds("x=1 y=2 z=-3", found) == ["input"] * 3
    assert kinds("a = b = 0.5", found) == ["input"]
    assert found.values == {"x": 1.0, "y": 2.0, "z": -3.0, "a": 0.5, "b": 0.5}


def test_names_the_student_defines_are_added_and_stages_found() -> None:
    found = Problem()
    kinds("f(x, y, z) = (x + y)z\nx = -2, y = 5, z = -4\nq = x + y", found)
    assert found.source() == "x = -2.0\ny = 5.0\nz = -4.0\nq = x + y\nf = q*z"
    assert found.graph().trace()["f"].value == -12


def test_a_name_for_a_derivative_is_no_node() -> None:
    found = Problem()
    kinds("L = (w*x)^2; z = w*x; δ = ∂L/∂z", found)
    assert list(found.aliases) == ["δ"]
    assert "δ" not in found.definitions


def test_trees_of_derivatives_and_primes() -> None:
    left, right = claim(r"\frac{\partial L}{\partial w} = \sigma'(z)", "L", "w", "z").sides
    assert left == Derivative((0, 0), Name((0, 0), "L"), Name((0, 0), "w"))
    assert right == Prime((0, 0), "sigmoid", Name((0, 0), "z"))


def test_adjoints_and_indices_as_derivatives() -> None:
    found = problem("x", "y")
    found.define("f", claim("f = xy", "f", "x", "y").sides[1])
    said = read_claims(Source(r"\bar{x} = f_x = y"), (0, 18), Scope(found), latex=True)
    assert [one.read_as() for one in said if isinstance(one, Claim)] == ["∂f/∂x = ∂f/∂x = y"]


# --- places ---------------------------------------------------------------------------------------------


def test_spans_point_into_the_text_also_through_macros() -> None:
    text = "As $\\pd{f}{x} = y + kk$ shows"
    [said] = read_claims(Source(text), (4, text.rindex("$")), Scope(problem("f", "x", "y")), latex=True)
    assert isinstance(said, NotRead)
    assert text[said.place.start : said.place.end] == "kk"
    whole = claim("  f = x + y  ", "f", "x", "y")
    assert whole.text == "f = x + y"
    assert [whole.place.text[a:b] for a, b in whole.spans] == ["f", "x + y"]


# --- prose ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Name = Ann Lee",
        "We use the chain rule step-by-step.",
        "Die Ableitung ist klar.",
        "so that x > 0 holds",
        "これは連鎖律です。",
    ],
)
def test_prose_is_prose(text: str) -> None:
    assert read(text, "x", "f", latex=False) == []


def test_formulas_among_words_of_any_language() -> None:
    for text in ("Let f = x + y be the sum.", "Sei f = x + y, dann weiter", "on pose f = x + y."):
        assert claim(text, "f", "x", "y", latex=False).read_as() == "f = x + y"


# --- anything -------------------------------------------------------------------------------------------

PARTS = r"""x y f L \frac { } ( ) [ ] ^ _ = \approx \\ & \partial d / dx df \sigma ' | \left \right \text \sum
_{i=1}^{3} \begin{cases} \end{cases} \begin{align} \end{align} 1 0.5 , . ; : + - * \hat \bar \mathbb{1}
\sqrt \nabla ∂ ∑ ² ₁ ŷ ½ $ # % if else \newcommand \pd 𝟙 √ → ⇒ ← := \log \sin^2 \tanh' ∂/∂x e^ \boxed
\prime"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PARTS.split()), max_size=25), st.sampled_from(["", " "]), st.booleans())
def test_no_text_breaks_the_reader(parts: list[str], glue: str, latex: bool) -> None:
    text = glue.join(parts)
    for said in read(text, "x", "y", "f", "L", latex=latex):
        assert said.place.text is text
        assert 0 <= said.place.start <= said.place.end <= len(text)
        if isinstance(said, Claim):
            assert len(said.sides) == len(said.relations) + 1
            assert said.read_as()
