"""Checking from Python and from notebooks: a whole text, one formula, and an assertion for autograder tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gradviz.check.checking import check_document, problems_of
from gradviz.check.document import read_document
from gradviz.check.judge.judging import Judge, Sides
from gradviz.check.outcome import Link, Outcome, Spot
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    from gradviz.graph import Graph


def check(
    text: str, /, *, problem: str | Graph | None = None, hints: int | None = None, prove: bool = False
) -> Outcome:
    """Check a derivation line by line, as ``gradviz check`` does.

    Args:
        text: the derivation as typed: plain text, Markdown, LaTeX or the JSON of a notebook.
        problem: gradviz source with what is asked (``require df/dx``), or a Graph; by default the text states its own.
        hints: how much the report tells: 0 right or wrong, 1 where, 2 which rule, 3 the answer; default 2, or what
            the problem says.
        prove: ask SymPy for proofs as well.

    Returns:
        the outcome: ``.ok``, ``.links``, ``.first_wrong``, ``.files``, ``.report("text")``. In a notebook it shows
        itself as the HTML report.

    Raises:
        GradvizError: the text or the problem does not read.
        EnvironmentFailure: ``prove``, and SymPy is not installed.

    >>> outcome = check("f(x, y) = x*y\\ndf/dx = x\\ndf/dy = x")
    >>> outcome.ok, outcome.first_wrong.misconceptions
    (False, ('mul_not_swapped',))
    """
    from gradviz.check.report import known_level

    if not isinstance(text, str):
        raise GradvizError(f"a derivation is text, and this is of type {type(text).__name__}", hint="its text as a str")
    if hints is not None:
        known_level(hints)
    if prove:
        from gradviz.check.deciding.proving import needed

        needed()
    problems = problems_of(problem)
    found = check_document(read_document(text, "text"), problems, origin="problem" if problems else None, prove=prove)
    said = [each.hints for each in problems if each.hints is not None]
    allowed = min(said, default=3)
    level = hints if hints is not None else min(2, allowed)
    return Outcome((found,), level, max(level, allowed))


def check_gradient(
    claim: str | float,
    graph: Graph,
    by: str,
    /,
    *,
    of: str | None = None,
    given: Mapping[str, float] | None = None,
) -> Link:
    """Check one formula for a derivative.

    Args:
        claim: what the derivative is said to be, in the names of the graph: ``"y + 2*x"``, or a number as text, to the
            digits that it shows, or as a float, to twelve digits.
        graph: the problem.
        by: the name of the node it is taken by.
        of: the name of the node that is differentiated; the output by default.
        given: the inputs' numbers; those of the graph by default.

    Returns:
        the link with its verdict, the witness, the misconceptions and what is right.

    Raises:
        GradvizError: an unknown name, or a claim that does not read.

    >>> from gradviz import graph
    >>> link = check_gradient("q", graph("q = x + y; f = q * z"), "q")
    >>> link.verdict, link.misconceptions, link.expected
    ('wrong', ('mul_not_swapped',), '∂f/∂q = z')
    """
    from gradviz.check.deciding.building import read_side
    from gradviz.check.equivalence import derivative

    graph.id(by)
    of = of or graph.names[graph.output]
    graph.id(of)
    left = derivative(of, by)
    claim = _written(claim)
    right = read_side(claim, graph.names)
    numbers = given if given is not None else _numbers(graph)
    line = f"d{of}/d{by} = {claim}"
    width = len(line.splitlines()[0])
    link = Judge("1", graph, numbers).link(
        Sides(Spot(1, 1, width, line), left, right, f"d{of}/d{by}", claim, subject=left)
    )
    if link.verdict == "not_read":
        raise GradvizError(link.message)
    return link


def assert_gradient(
    claim: str | float,
    graph: Graph,
    by: str,
    /,
    *,
    of: str | None = None,
    given: Mapping[str, float] | None = None,
    hints: int = 2,
) -> None:
    """Assert that a formula for a derivative is right; for the autograder tests of course staff.

    Args:
        claim, graph, by, of, given: as for ``check_gradient``.
        hints: how much the message tells, 0 to 3.

    Raises:
        AssertionError: it is wrong, or could not be decided; the message says what ``gradviz check`` would.
        GradvizError: an unknown name, or a claim that does not read.

    >>> from gradviz import graph
    >>> assert_gradient("2*x", graph("f = x^2"), "x")
    >>> assert_gradient(0.1 + 0.2, graph("f = x*y", x=2, y=0.3), "x")
    """
    from gradviz.check.outcome import FileOutcome
    from gradviz.check.report import told
    from gradviz.check.reports.wording import said

    link = check_gradient(claim, graph, by, of=of, given=given)
    if link.verdict == "ok":
        return
    if hints <= 0:
        raise AssertionError(link.verdict.replace("_", " "))
    [shown] = told(FileOutcome("", links=(link,)), hints).links
    raise AssertionError("\n".join(said(shown, known=hints >= 2)))


def _written(claim: str | float) -> str:
    """A claim as text; of a float the last digits are noise."""
    if isinstance(claim, str):
        return claim
    try:
        value = float(claim)
    except (TypeError, ValueError):
        raise GradvizError(f"a claim is text or a number, and this is of type {type(claim).__name__}") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise GradvizError(f"{value} is no number that could be compared", expected="a finite number, or a formula")
    return f"{value:.12g}"


def _numbers(graph: Graph) -> dict[str, float]:
    found = {name: graph.data[graph.id(name)] for name in graph.inputs}
    return {name: value for name, value in found.items() if value is not None}
