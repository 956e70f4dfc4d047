"""A class and its course: which problem a file is about, what its gradients stand on, and what reports offer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import gradviz
from gradviz.check.checking import check_document, problems_of
from gradviz.check.document import read_document
from gradviz.check.outcome import FileOutcome
from gradviz.errors import EnvironmentFailure, GradvizError
from tests.cli_run import run

COURSE = "## 1\nf = x*y; x = 2; y = 3\nrequire df/dx\n## 2\nf = x^2*y; x = 2; y = 3\nrequire df/dx\n"
ONE = "q = x + y; f = q*z; x = -2; y = 5; z = -4\nrequire df/dx, df/dy\n"


def checked(text: str, staff: str = COURSE, name: str = "hw.txt") -> FileOutcome:
    return check_document(read_document(text, name), problems_of(staff))


# --- which problem --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "states"),
    [
        ("Problem 2\n\ndf/dx = 12\n\nProblem 1\n\ndf/dx = 3\n", "hw.txt", {"2: df/dx": "ok", "1: df/dx": "ok"}),
        ("df/dx = 12\n", "ann/p2.txt", {"2: df/dx": "ok"}),
        ("df/dx = 12\n", "Exercise-2.txt", {"2: df/dx": "ok"}),
        ("Problem 2\n\ndf/dx = 12\n", "p2.txt", {"2: df/dx": "ok"}),
        ("df/dx = 12\n", "hw2.txt", {"1: df/dx": "needs_human", "2: df/dx": "needs_human"}),
        ("# Homework 2\n\ndf/dx = 12\n", "hw.md", {"1: df/dx": "needs_human", "2: df/dx": "needs_human"}),
        (
            "Problem 1\n\ndf/dx = 3\n\nProblem 7\n\ndf/dx = 12\n",
            "hw.txt",
            {"1: df/dx": "ok", "2: df/dx": "needs_human"},
        ),
        ("Problem 1\n\ndf/dx = 3\n", "hw.txt", {"1: df/dx": "ok", "2: df/dx": "missing"}),
        ("Problem 2b\n\ndf/dx = 12\n\nProblem 1\n\ndf/dx = 3\n", "hw.txt", {"2: df/dx": "ok", "1: df/dx": "ok"}),
    ],
)
def test_a_section_is_checked_against_the_problem_it_names_and_no_other(
    text: str, name: str, states: dict[str, str]
) -> None:
    found = checked(text, name=name)
    assert found.required == states
    assert not found.summary["wrong"]


def test_lines_that_name_no_problem_say_so() -> None:
    link = checked("df/dx = 12\n").links[0]
    assert link.verdict == "not_read"
    assert link.message == 'it is not said which of the problems 1, 2 this is about; try: a line "Problem 1"'


def test_a_problem_that_is_taken_up_again_goes_on() -> None:
    text = "Problem 1\n\nLet u = x + y\ndf/dx = -4\n\nProblem 1 (continued)\n\ndf/du = z\ndf/dy = -4\n"
    found = checked(text, ONE)
    assert found.required == {"df/dx": "ok", "df/dy": "ok"}
    assert found.exit_code == 0


def test_problems_without_numbers_are_counted() -> None:
    staff = COURSE.replace("## 1", "## Warm-up").replace("## 2", "## Squares")
    assert checked("Problem 2\n\ndf/dx = 12\n", staff).required["Squares: df/dx"] == "ok"


def test_numbers_with_parts() -> None:
    staff = COURSE.replace("## 1", "## 1.1").replace("## 2", "## 1.2")
    assert checked("Problem 1.2\n\ndf/dx = 12\n", staff).required == {"1.2: df/dx": "ok", "1.1: df/dx": "missing"}


# --- the staff's file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    ["require df/dx, df/dy", "Require: df/dx and df/dy", "required df/dx; df/dy,", "require df/dx, df/dy # both"],
)
def test_directives_as_people_write_them(line: str) -> None:
    [problem] = problems_of(f"f = x*y\n{line}\nHint: 1 # low\n")
    assert (problem.required, problem.hints) == ([("f", "x"), ("f", "y")], 1)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("# 1\nf = x*y\n# 2\nf = x^2\n", "f is defined twice"),
        ("## 1\nf = x*y\n## 1\nf = x^2\n", "two problems called '1'"),
    ],
)
def test_two_problems_are_never_taken_for_one(source: str, said: str) -> None:
    with pytest.raises(GradvizError, match=said):
        problems_of(source)


# --- from Python ----------------------------------------------------------------------------------------


def test_what_a_students_function_returned() -> None:
    graph = gradviz.graph("f = x*y", x=2, y=0.3)
    gradviz.assert_gradient(0.1 + 0.2, graph, "x")
    gradviz.assert_gradient(2, graph, "y")
    with pytest.raises(AssertionError, match=r"is not 0\.3001"):
        gradviz.assert_gradient(0.3001, graph, "x")
    for claim in (float("nan"), None, [1.0, 2.0]):
        with pytest.raises(GradvizError):
            gradviz.assert_gradient(claim, graph, "x")  # type: ignore[arg-type]


def test_what_python_hands_over_by_mistake() -> None:
    with pytest.raises(GradvizError, match="NoneType"):
        gradviz.check(None)  # type: ignore[arg-type]
    with pytest.raises(GradvizError, match="hints cannot be 7"):
        gradviz.check("df/dx = y", problem="f = x*y", hints=7)


def test_without_sympy_nothing_is_proved_and_nothing_is_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    (tmp_path / "hw.txt").write_text("f = x*y\ndf/dx = y\n", "utf-8")
    found = run("check", str(tmp_path / "hw.txt"), "--prove")
    assert found.code == 1
    assert "sympy is not installed" in found.err
    with pytest.raises(EnvironmentFailure):
        gradviz.check("f = x*y\ndf/dx = y\n", prove=True)


# --- what stands on what --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("df/dq = q\ndf/dx = df/dq * dq/dx\n", "follows"),
        ("df/dq = q\ndf/dx = df/dq * dq/dx = -4\n", "ok"),
        ("df/dq = q\ndf/dx = df/dq * dq/dx\ndf/dq = z\n", "ok"),
        ("df/dq = z\ndf/dx = df/dq\n", "ok"),
    ],
)
def test_a_chain_rule_is_worth_as_much_as_what_it_names(lines: str, state: str) -> None:
    assert checked(lines + "dq/dx = 1\n", ONE).required["df/dx"] == state


@pytest.mark.parametrize(
    ("line", "states"),
    [
        ("df/dx = df/dy = -4", ("ok", "ok")),
        ("df/dx = df/dy = z = -4", ("ok", "ok")),
        ("df/dx = df/dy = 4", ("wrong", "wrong")),
        ("df/dx = df/dy", ("needs_human", "missing")),
    ],
)
def test_a_chain_states_every_gradient_that_is_a_side_of_it(line: str, states: tuple[str, ...]) -> None:
    assert tuple(checked(line, ONE).required.values()) == states


def test_an_output_under_another_name_needs_a_human() -> None:
    text = "s = x + y\np = s*z\ndp/ds = z\ndp/dx = -4\n"
    assert checked(text, ONE).required == {"df/dx": "needs_human", "df/dy": "missing"}
    assert checked("u = x + y\nf = u*z\ndu/dx = 1\n", ONE).required == {"df/dx": "missing", "df/dy": "missing"}


# --- whose slip it is -----------------------------------------------------------------------------------


def test_the_forgotten_branch_is_the_gate_that_is_shown() -> None:
    lines = "df/dx = a + b\ndf/dx = b + 2*x\ndf/dx = a + 2*x\n"
    outcome = gradviz.check("f = a*x + b*x + x^2 at a = 2, b = 3, x = 4\n" + lines)
    graph = outcome.files[0].problems[0].graph
    assert graph is not None
    found = [link for link in outcome.links if link.verdict == "wrong"]
    assert [link.misconceptions for link in found] == [("fanout_not_summed",)] * 3
    users = [graph.names[i] for i in range(len(graph)) if graph.id("x") in graph.operands(i)]
    assert [link.gate for link in found] == [users[2], users[0], users[1]]


@pytest.mark.parametrize(
    ("staff", "line", "rules"),
    [
        ("L = (a - t)^2/2", "dL/da = t - a", ("sign_error",)),
        ("f = x/y", "df/dy = x/y^2", ("sign_error", "quotient_swapped")),
        ("f = x/(x + y)", "df/dx = -y/(x + y)^2", ("quotient_swapped",)),
        ("f = log(x/(x + y))", "df/dx = 1/(x + y) - 1/x", ("sign_error", "quotient_swapped")),
    ],
)
def test_a_turned_quotient_rule_needs_two_terms(staff: str, line: str, rules: tuple[str, ...]) -> None:
    assert gradviz.check(line, problem=staff).links[0].misconceptions == rules


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("f = sqrt(x^2) at x = 0\ndf/dx = 0\n", "df/dx"),
        ("f = log(x)*y at x = 0, y = 2\ndf/dy = 0\n", "df/dy"),
        ("f = exp(x^4) at x = 10\ndf/dx = 7\n", "df/dx"),
    ],
)
def test_a_number_where_there_is_none_is_not_decided(text: str, line: str) -> None:
    [link] = [link for link in gradviz.check(text).links if link.quantity == line]
    assert (link.verdict, link.witness) == ("not_decided", None)


def test_a_number_elsewhere_than_a_kink_is_still_wrong() -> None:
    assert gradviz.check("f = |x| at x = 0\ndf/dx = 3\n").links[-1].verdict == "wrong"


# --- reports --------------------------------------------------------------------------------------------


def test_nobody_is_told_that_4_is_4() -> None:
    outcome = gradviz.check("df/dx = 4\ndf/dy = z - 1\n", problem=ONE)
    assert "4 is 4" not in outcome.report("text")
    assert "z - 1 is -5" in outcome.report("text")
    assert "df/dx is -4" in outcome.report("text", hints=3)


def test_gradients_of_one_fate_share_a_line() -> None:
    assert "text: df/dx, df/dy: missing: " in gradviz.check("df/dz = q\n", problem=ONE).report("text")


def test_the_next_level_is_offered_where_it_tells_more_and_may_be_had(tmp_path: Path) -> None:
    missing = gradviz.check("df/dx = -4\n", problem=ONE)
    wrong = gradviz.check("df/dx = 4\ndf/dy = -4\n", problem=ONE)
    assert not any("tells more" in missing.report("text", hints=level) for level in range(4))
    assert ["tells more" in wrong.report("text", hints=level) for level in range(4)] == [True, True, True, False]
    (tmp_path / "p.gradviz").write_text(ONE + "hints: 2\n", "utf-8")
    (tmp_path / "hw.txt").write_text("df/dx = 4\ndf/dy = -4\n", "utf-8")
    files = (str(tmp_path / "hw.txt"), "--problem", str(tmp_path / "p.gradviz"))
    found = run("check", *files, "--hints", "3")
    assert "tells more" not in found.out
    assert "allows --hints 2 at most" in found.err
    assert "allows" not in run("check", *files).err


def test_a_problem_that_nobody_touched_is_named_and_not_drawn() -> None:
    outcome = gradviz.check("Problem 2\n\ndf/dx = 7\n", problem=COURSE)
    assert "problem 1: no statement was found about f = x*y\n" in outcome.report("text")
    page = outcome.report("html")
    assert page.count("<figure>") == 1
    assert "problem 1, df/dx" in page


def test_every_problem_has_its_ring() -> None:
    outcome = gradviz.check("Problem 1\n\ndf/dx = x\n\nProblem 2\n\ndf/dx = x*y\n", problem=COURSE)
    assert outcome.report("html").count("the ring marks the gate") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-r",), "--recursive"),
        (("hw.txt", "-p", "p.gradviz"), "--problem FILE"),
        (("-", "--problem", "-"), "once only"),
    ],
)
def test_what_other_programs_call_it(words: tuple[str, ...], said: str) -> None:
    found = run("check", *words)
    assert found.code == 2
    assert said in found.err


def test_an_indicator_with_its_value_is_no_remark() -> None:
    outcome = gradviz.check("dm/dx = 1(x > y) = 1\n", problem="m = max(x, y); x = 3; y = 1")
    assert "note" not in outcome.report("text")


def test_json_of_a_line_that_names_no_problem() -> None:
    outcome = gradviz.check("df/dx = 12\n", problem=COURSE)
    [file] = json.loads(outcome.report("json"))["files"]
    assert [(each["id"], each["read"]) for each in file["problems"]] == [("?", [0, 1]), ("1", [0, 0]), ("2", [0, 0])]
