"""The whole way: a document and a problem -> what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradviz.check.document import Document, read_document
from gradviz.check.outcome import Checked, FileOutcome, Link, Required
from gradviz.check.problem import Problem, read_problems
from gradviz.check.reader.choosing import elsewhere, named_after
from gradviz.check.reader.files import load
from gradviz.check.reading import Reading, read
from gradviz.check.verdicts import stated, verdicts
from gradviz.errors import GradvizError
from gradviz.language.limits import MAX_SECONDS, budget

if TYPE_CHECKING:
    from gradviz.graph import Graph

_DERIVATIONS = (".tex", ".ipynb", ".markdown")


def check_document(
    document: Document, problems: Sequence[Problem] = (), *, origin: str | None = None, prove: bool = False
) -> FileOutcome:
    """A document judged.

    Args:
        document: from ``document.load`` or ``read_document``.
        problems: the staff's; without them the document states its own.
        origin: what reports call the staff's file.
        prove: ask SymPy for proofs as well.

    What does not fit into the time of a file is not read or not decided, and said to be.

    >>> found = check_document(read_document("f(x, y) = x*y\\ndf/dx = x", "hw.txt"))
    >>> [(link.verdict, link.misconceptions) for link in found.links]
    [('ok', ()), ('wrong', ('mul_not_swapped',))]
    """
    with budget(MAX_SECONDS):
        readings = read(document, problems)
        seen = {reading.problem.id for reading in readings}
        if not named_after(document.origin, [reading.problem.id for reading in readings]):
            readings += [Reading(problem) for problem in problems if problem.id not in seen and problem.required]
        found: list[Checked] = []
        links: list[Link] = []
        states: dict[str, Required] = {}
        several = sum(bool(each.required) for each in problems) > 1
        for reading in readings:
            checked, judged, required = verdicts(reading.problem, reading.order, origin=origin, prove=prove)
            found.append(checked)
            links += judged
            for name, state in required.items():
                if state == "missing" and elsewhere(reading, readings):
                    state = "needs_human"
                states[f"{checked.id}: {name}" if several else name] = state
    return FileOutcome(
        document.origin,
        tuple(found),
        tuple(links),
        states,
        failure="" if any(each.of or each.apart for each in found) else "nothing in it reads as a derivation",
        notes=document.notes,
        sheets=document.sheets,
        exit_code=-1 if any(each.read for each in found) and any(each.graph for each in found) else 2,
    )


def check_file(
    path: str | Path, name: str, problems: Sequence[Problem] = (), *, origin: str | None = None, prove: bool = False
) -> FileOutcome:
    """A file judged; one that cannot be read says why, and others are still checked."""
    try:
        return check_document(load(path, name), problems, origin=origin, prove=prove)
    except GradvizError as error:
        tail = [f"expected: {error.expected}"] if error.expected else []
        tail += [f"try: {error.hint}"] if error.hint else []
        return FileOutcome(name, failure="; ".join([error.message, *tail]))
    except RecursionError:
        return FileOutcome(name, failure="it is nested too deeply to be read; try: names for parts of the formula")
    except MemoryError:
        return FileOutcome(name, failure="there is not enough memory for it; try: split the file")


def staff_problems(path: str | Path, name: str | None = None) -> list[Problem]:
    """The problems of the staff's file: gradviz source, or their own derivation.

    Of a derivation the gradients it states of the output are what is asked for.

    Raises:
        GradvizError: it does not read, or states no function.
        EnvironmentFailure: it cannot be opened.
    """
    document = load(path, name)
    if document.kind in ("text", "markdown") and Path(path).suffix.lower() not in _DERIVATIONS:
        text = document.pieces[0].source.text if document.pieces else ""
        try:
            return _checked(read_problems(text, document.origin), document.origin)
        except GradvizError:
            if document.kind == "text" and Path(path).suffix.lower() in (".gradviz", ""):
                raise
    return _checked(_of_derivation(document), document.origin)


def problems_of(problem: str | Graph | Problem | Sequence[Problem] | None) -> list[Problem]:
    """The problems that a caller gives in Python.

    Args:
        problem: gradviz source (as in a staff file), a Graph made of a text, problems, or None.

    Raises:
        GradvizError: the source does not read; a graph that comes from no text.
    """
    from gradviz.graph import Graph

    if problem is None:
        return []
    if isinstance(problem, str):
        return _checked(read_problems(problem, "problem"), "problem")
    if isinstance(problem, Problem):
        return [problem]
    if isinstance(problem, Graph):
        if problem.text is None:
            raise GradvizError(
                "this graph was not made of a text, so that its formulas have no names to check against",
                hint='problem="q = x + y; f = q * z; x = -2"',
            )
        made = read_problems(problem.text, "problem")
        if len(made) != 1:
            raise GradvizError("this graph's text holds no problem, or several")
        made[0].output = problem.names[problem.output]
        made[0].values.update(_numbers(problem))
        return made
    return list(problem)


def _numbers(graph: Graph) -> Mapping[str, float]:
    found = {name: graph.data[graph.id(name)] for name in graph.inputs}
    return {name: value for name, value in found.items() if value is not None}


def _of_derivation(document: Document) -> list[Problem]:
    from gradviz.language.syntax import Derivative, Name

    problems = []
    for reading in read(document):
        problem = reading.problem
        problem.staff = True
        problem.stated = stated(reading.claims)
        problem.output = top = problem.top()
        for claim in reading.claims:
            match claim.quantity:
                case Derivative(of=Name(name=of), by=Name(name=by)) if of == top and by in problem.inputs:
                    if (of, by) not in problem.required:
                        problem.required.append((of, by))
        problems.append(problem)
    return problems


def _checked(problems: list[Problem], origin: str) -> list[Problem]:
    if not problems or any(not problem.definitions for problem in problems):
        raise GradvizError(f"{origin} states no function to check against", hint="f = (x + y)*z")
    for problem in problems:
        problem.graph()
    return problems


__all__ = ["check_document", "check_file", "problems_of", "read_document", "staff_problems"]
