"""Verdicts: what is right, wrong or follows; what is required; the exit code."""

from __future__ import annotations

import pytest

import gradviz
from gradviz.check.deciding.building import read_side
from gradviz.check.equivalence import decide, derivative
from gradviz.check.judge.carrying import Carried, shifted
from gradviz.check.outcome import FileOutcome, Link, Outcome, Spot
from gradviz.check.verdicts import LOCAL

HEAD = "f(x,y,z) = (x+y)z at x = -2, y = 5, z = -4\nLet q = x + y = 3\nf = q z = -12\n"
STAFF = "q = x + y\nf = q*z\nx = -2; y = 5; z = -4\nrequire df/dx, df/dy, df/dz\n"


def verdicts(text: str, problem: str | None = None) -> list[tuple[str | None, str]]:
    return [(link.quantity, link.verdict) for link in gradviz.check(text, problem=problem).links]


def wrong(text: str, problem: str | None = None) -> list[Link]:
    return [link for link in gradviz.check(text, problem=problem).links if link.verdict == "wrong"]


def test_a_right_document_is_all_right() -> None:
    outcome = gradviz.check(HEAD + "df/dq = z = -4\ndf/dz = q = 3\ndf/dx = df/dq dq/dx = -4 * 1 = -4\ndf/dy = z = -4\n")
    assert {link.verdict for link in outcome.links} == {"ok"}
    assert outcome.ok
    assert outcome.exit_code == 0
    assert outcome.first_wrong is None


def test_the_first_wrong_link_is_found_with_its_place_and_its_name() -> None:
    [link] = wrong(HEAD + "df/dq = z = -4\ndf/dz = z = -4\n")
    assert (link.spot.line, link.spot.column, link.spot.width) == (5, 1, 9)
    assert link.misconceptions == ("mul_not_swapped",)
    assert link.expected == "∂f/∂z = q, ∂f/∂z = 3 at the given inputs"
    assert link.witness is not None
    assert (link.witness.left, link.witness.right) == (3.0, -4.0)
    assert link.gate == "f"


def test_the_chain_breaks_at_a_later_link() -> None:
    found = verdicts(HEAD + "df/dx = df/dq dq/dx = z * 1 = -4 = 4\n")
    assert found[-4:] == [("df/dx", "ok"), ("df/dx", "ok"), ("df/dx", "ok"), ("df/dx", "wrong")]


def test_a_later_line_follows_from_an_earlier_error() -> None:
    found = verdicts(HEAD + "df/dq = q = 3\ndf/dx = df/dq dq/dx = q * 1 = 3\ndf/dy = q\n")
    assert found[-6:] == [
        ("df/dq", "wrong"),
        ("df/dq", "ok"),
        ("df/dx", "ok"),
        ("df/dx", "follows"),
        ("df/dx", "ok"),
        ("df/dy", "follows"),
    ]


def test_an_error_that_does_not_follow_is_wrong_of_its_own() -> None:
    assert verdicts(HEAD + "df/dq = q\ndf/dx = 2 q\n")[-2:] == [("df/dq", "wrong"), ("df/dx", "wrong")]


def test_a_wrong_value_is_carried_on() -> None:
    text = "f(x,y,z) = (x+y)z at x = -2, y = 5, z = -4\nq = x + y = 7\nf = q z = -28\ndf/dz = q = 7\nf = -27\n"
    assert [v for _, v in verdicts(text)][-6:] == ["wrong", "ok", "follows", "ok", "follows", "wrong"]


def test_wrong_derivatives_are_carried_along_every_path() -> None:
    graph = gradviz.graph("a = x*y; b = x + y; f = a*b", x=2, y=3)
    carried = Carried(graph, {"x": 2.0, "y": 3.0})
    carried.add(derivative("f", "a"), read_side("a", graph.names), None)  # right: b
    moved = carried.applied(derivative("f", "x"))
    expected = read_side("a*y + a", graph.names)  # a stands where b should: ∂f/∂a·y + ∂f/∂b·1
    assert decide(moved, expected, graph).verdict == "equal"


def test_a_wrong_local_derivative_is_carried_on_too() -> None:
    graph = gradviz.graph("a = x*y; f = a^2", x=2, y=3)
    carried = Carried(graph, {"x": 2.0, "y": 3.0})
    carried.add(derivative("a", "x"), read_side("x", graph.names), None)
    assert decide(carried.applied(derivative("f", "x")), read_side("2*a*x", graph.names), graph).verdict == "equal"


def test_a_shift_moves_values_and_no_derivative() -> None:
    graph = gradviz.graph("q = x + y; f = q^2 * z", x=-2, y=5, z=-4)
    moved = shifted(graph, {"q": 1.0}).trace()
    assert moved["f"].value == -64
    assert moved["x"].grad == 2 * 4 * -4
    assert shifted(graph, {"x": 3.0}).trace()["q"].value == 6


def test_updates_are_steps_and_not_equations() -> None:
    text = HEAD + "df/dx = z = -4\n"
    assert verdicts(text + "x = x - 0.1 * (-4)\n")[-1] == ("x", "ok")
    [link] = wrong(text + "x = x + 0.1 * (-4)\n")
    assert link.misconceptions == ("ascent",)
    assert verdicts(text + "x = x - 0.1 * 7\n")[-1] == ("x", "wrong")


def test_an_update_with_a_wrong_gradient_follows() -> None:
    assert verdicts(HEAD + "df/dx = 4\nx = x - 0.1 * 4\n")[-2:] == [("df/dx", "wrong"), ("x", "follows")]


@pytest.mark.parametrize(
    ("lines", "states", "code"),
    [
        ("df/dx = z\ndf/dy = z\ndf/dz = q\n", ("ok", "ok", "ok"), 0),
        ("df/dx = z\ndf/dy = z\n", ("ok", "ok", "missing"), 1),
        ("df/dx = z\ndf/dy = z\ndf/dz = z\n", ("ok", "ok", "wrong"), 1),
        ("df/dq = q\ndf/dx = q\ndf/dy = z\ndf/dz = q\n", ("follows", "ok", "ok"), 1),
        ("df/dx = z\ndf/dy = z\ndf/dz = quux * 3\n", ("ok", "ok", "needs_human"), 3),
    ],
)
def test_required_gradients(lines: str, states: tuple[str, ...], code: int) -> None:
    outcome = gradviz.check(lines, problem=STAFF)
    assert tuple(outcome.files[0].required.values()) == states
    assert list(outcome.files[0].required) == ["df/dx", "df/dy", "df/dz"]
    assert outcome.exit_code == code


def test_what_is_not_read_never_counts_against_anybody() -> None:
    outcome = gradviz.check("df/dx = z\ndf/dx = quux\n", problem="f = (x + y)*z")
    assert [link.verdict for link in outcome.links] == ["ok", "not_read"]
    assert outcome.exit_code == 3
    assert "quux" in outcome.links[1].message


def test_a_required_gradient_that_holds_for_the_local_reading_alone_needs_a_human() -> None:
    problem = "q = x*y; f = q*x; x = 2; y = 3"
    outcome = gradviz.check("df/dx = q = 6\n", problem=problem + "\nrequire df/dx")
    assert [link.verdict for link in outcome.links] == ["ok", "ok"]
    assert LOCAL in outcome.links[0].notes
    assert outcome.files[0].required == {"df/dx": "needs_human"}


def test_a_line_the_staff_accepts_is_right() -> None:
    problem = STAFF + "accept: df/dx = w # w is z on the sheet\n"
    assert wrong("df/dx = q\n", STAFF.replace("df/dz", "df/dz\naccept: df/dx = q # a slip on the sheet")) == []
    assert gradviz.check("df/dx = z\n", problem=problem).links[0].verdict == "ok"


def test_required_gradients_of_a_problem_that_is_not_there_are_missing() -> None:
    staff = "## 1\nf = x*y\nrequire df/dx\n## 2\ng = a*b\nrequire dg/da\n"
    found = gradviz.check("Problem 1\n\ndf/dx = y\n", problem=staff).files[0]
    assert found.required == {"1: df/dx": "ok", "2: dg/da": "missing"}


def test_the_same_document_gives_the_same_outcome() -> None:
    text = HEAD + "df/dq = q = 3\ndf/dx = df/dq dq/dx = q * 1 = 3\n"
    assert gradviz.check(text).report("json") == gradviz.check(text).report("json")


def test_the_worst_file_gives_the_exit_code() -> None:
    spot = Spot(1, 1, 1, "x")
    files = {
        0: FileOutcome("a"),
        1: FileOutcome("b", links=(Link("1", spot, "", "", "", "wrong"),)),
        2: FileOutcome("c", failure="a PDF"),
        3: FileOutcome("d", links=(Link("1", spot, "", "", "", "not_decided"),)),
    }
    assert {code: each.exit_code for code, each in files.items()} == {0: 0, 1: 1, 2: 2, 3: 3}
    for codes, worst in (((0, 3), 3), ((3, 1), 1), ((1, 2), 2), ((0, 1, 2, 3), 2), ((), 0)):
        assert Outcome(tuple(files[code] for code in codes)).exit_code == worst


# --- from Python ----------------------------------------------------------------------------------------


def test_check_stays_the_function_when_its_modules_are_loaded() -> None:
    import gradviz.check.report

    assert callable(gradviz.check)
    assert gradviz.check("f(x) = x^2\ndf/dx = 2x").ok


def test_a_graph_may_be_the_problem() -> None:
    graph = gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
    assert gradviz.check("df/dx = z = -4", problem=graph).ok
    with pytest.raises(gradviz.GradvizError, match="not made of a text"):
        gradviz.check("df/dx = z", problem=gradviz.Graph.of(gradviz.Value(2.0) * 3))


def test_one_formula() -> None:
    graph = gradviz.graph("f = x*y + x", x=2, y=3)
    assert gradviz.check_gradient("y + 1", graph, "x").verdict == "ok"
    assert gradviz.check_gradient("4", graph, "x").verdict == "ok"
    found = gradviz.check_gradient("y", graph, "x")
    assert found.verdict == "wrong"
    assert "fanout_not_summed" in found.misconceptions
    assert found.witness is not None
    assert found.witness.left != found.witness.right
    with pytest.raises(gradviz.GradvizError):
        gradviz.check_gradient("y + quux", graph, "x")
    with pytest.raises(gradviz.GradvizError):
        gradviz.check_gradient("y", graph, "quux")


def test_an_assertion_for_autograders() -> None:
    graph = gradviz.graph("f = x*y", x=2, y=3)
    gradviz.assert_gradient("y", graph, "x")
    with pytest.raises(AssertionError) as told:
        gradviz.assert_gradient("x", graph, "x", hints=3)
    assert "mul_not_swapped" in str(told.value)
    assert "∂f/∂x = y" in str(told.value)
    with pytest.raises(AssertionError) as told:
        gradviz.assert_gradient("x", graph, "x", hints=0)
    assert str(told.value) == "wrong"


def test_in_a_notebook_it_shows_the_html_report() -> None:
    bundle = gradviz.check("f(x) = x^2\ndf/dx = x")._repr_mimebundle_()
    assert bundle["text/html"].startswith('<div class="gradviz-check">')
    assert "wrong" in bundle["text/plain"]


def test_a_chain_with_a_factor_before_a_name_is_one_chain() -> None:
    """``= 2 e = 10`` goes on; ``x = 1 y = 2`` is two inputs."""
    text = "$L = (w x - t)^2$ at $w = 2, x = 3, t = 1$. Let $e = w x - t = 5$.\n\n"
    outcome = gradviz.check(text + "$\\frac{\\partial L}{\\partial e} = 2 e = 10$")
    assert {link.verdict for link in outcome.links} == {"ok"}
    assert gradviz.check("f(x,y) = x*y at x = 1 y = 2\ndf/dx = y = 2").files[0].problems[0].inputs == {"x": 1, "y": 2}
