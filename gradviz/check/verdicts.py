"""Claims -> verdicts: every link of every chain judged, and how the gradients that are asked for stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gradviz.check.claim import quantity
from gradviz.check.claims import Claim, NotRead
from gradviz.check.judge.judging import OUT_OF_TIME, Judge, Sides
from gradviz.check.judge.requiring import LOCAL, Told, derivatives_in, required, with_remarks
from gradviz.check.judge.restating import regrouped, restated_link
from gradviz.check.judge.updating import steps_of, update_link
from gradviz.check.outcome import Checked, Link, Required, Spot, Verdict
from gradviz.check.problem import Problem
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language.limits import OutOfTime, check_time
from gradviz.language.syntax import Derivative, Expression, Name, rebuilt, unparse

_MOST_WRITTEN_OUT = 4_000  # parts of a side in which names stand for derivatives
_MOST_FUNCTION = 200  # characters of a function in the first line of a report


def verdicts(
    problem: Problem, claims: Sequence[Claim | NotRead], *, origin: str | None = None, prove: bool = False
) -> tuple[Checked, list[Link], dict[str, Required]]:
    """A problem judged.

    Args:
        problem: its formulas and numbers, as they are after the whole document is read.
        claims: what is written about it, in order.
        origin: the file that states it; None: the document itself.
        prove: ask SymPy for proofs as well.

    Returns:
        the problem as a report shows it, the links, and every required gradient with its state.
    """
    problem.stated = stated(claims)
    read = 0 if problem.puzzle else sum(isinstance(claim, Claim) for claim in claims)
    apart = sum(isinstance(claim, NotRead) and claim.matrix for claim in claims)
    trouble, graph = "there is no function to check against: f(x, y) = …", None
    if problem.puzzle:
        trouble = _with_cure(problem.puzzle, problem.cure)
    elif problem.definitions:
        try:
            check_time()
            graph = problem.graph()
        except OutOfTime:
            trouble = OUT_OF_TIME
        except GradvizError as error:
            trouble = f"no graph could be made of the function: {error.message}"
    given = _given(graph)
    checked = Checked(
        problem.id or "1",
        _function(problem) if graph is not None else "",
        given,
        read,
        len(claims) - apart,
        graph,
        problem.source({}) if graph is not None else None,
        origin,
        apart,
    )
    chains = list(_chains(checked.id, problem, claims, graph, given, trouble, prove))
    links = with_remarks(chains, problem.required)
    states = required(problem.required, chains)
    own = [claim.quantity for claim in claims if isinstance(claim, Claim) and claim.new]
    for of, by in problem.required:
        others = {f"d{name}/d{by}" for name in own if isinstance(name, str) and name not in problem.behind(of)}
        if states[f"d{of}/d{by}"] == "missing" and any(chain.quantity in others for chain in chains):
            states[f"d{of}/d{by}"] = "needs_human"  # the output under a name of the student's own
    return checked, links, states


def stated(claims: Iterable[Claim | NotRead]) -> list[tuple[str, str]]:
    """The derivatives that a derivation speaks about, as pairs (of, by)."""
    found = []
    for claim in claims:
        match claim:
            case Claim(quantity=Derivative(of=Name(name=of), by=Name(name=by))):
                found.append((of, by))
    return found


def _chains(
    id: str,
    problem: Problem,
    claims: Sequence[Claim | NotRead],
    graph: Graph | None,
    given: Mapping[str, float],
    trouble: str,
    prove: bool,
) -> Iterator[Told]:
    judge = None
    if graph is not None:
        loose = _loose(problem, claims)
        judge = Judge(id, graph, given, prove=prove, loose=loose, definitions=problem.definitions)
    accepted = {_squeezed(line): reason for line, reason in problem.accept}
    mentioned: set[str] = set()
    for claim in claims:
        if isinstance(claim, NotRead):
            yield Told(None, (_unread(id, claim, problem),))
            continue
        links: list[Link] = []
        why = trouble
        try:
            check_time()
            pairs = list(_pairs(claim, problem.aliases))
        except OutOfTime:
            pairs, why = list(_pairs(claim, {})), OUT_OF_TIME
        for sides in pairs:
            if judge is None or why == OUT_OF_TIME:
                links.append(_untold(id, claim, sides, why))
                continue
            try:
                check_time()
                link = _judged(judge, problem, claim, sides, mentioned)
            except OutOfTime:
                link = judge.undecided(sides)
            if link.verdict != "ok" and _squeezed(claim.text) in accepted:
                reason = accepted[_squeezed(claim.text)]
                link = _accepted(link, reason)
            links.append(link)
        if links:
            also = [] if claim.at else [(quantity(s.left), at) for at, s in enumerate(pairs) if at and _slope(s.left)]
            named = None if claim.at else quantity(pairs[0].subject)
            said = tuple((name, at) for name, at in also if name is not None)
            yield Told(named, tuple(links), derivatives_in(pairs[-1].right), said)


def _slope(side: Expression) -> bool:
    return isinstance(side, Derivative)


def _untold(id: str, claim: Claim, sides: Sides, why: str) -> Link:
    """A link that nobody looked at: there is nothing to check it against, or no time."""
    verdict: Verdict = "not_decided" if why == OUT_OF_TIME else "not_read"
    return Link(id, sides.spot, sides.left_text, sides.right_text, claim.read_as(), verdict, message=why)


def _loose(problem: Problem, claims: Iterable[Claim | NotRead]) -> frozenset[str]:
    """The names of which nobody said that the output hangs on them, so that their derivative need not be 0."""
    own = {claim.quantity for claim in claims if isinstance(claim, Claim) and claim.new}
    declared = {name for header in problem.headers.values() for name in header}
    names = own if problem.staff else set(problem.names()) - declared
    return frozenset(name for name in names if isinstance(name, str))


def _judged(judge: Judge, problem: Problem, claim: Claim, sides: Sides, mentioned: set[str]) -> Link:
    if claim.at:
        judge = Judge(judge.problem, judge.graph, {**judge.given, **dict(claim.at)}, prove=judge.prove)
        return judge.link(sides)
    if claim.kind == "update":
        return update_link(judge, sides) if sides.left is sides.subject else judge.link(_of_its_own(sides))
    if claim.kind == "value" and sides.left is sides.subject and steps_of(judge, sides) and judge.differ(sides):
        return update_link(judge, sides)  # w = 2 - 0.1*30
    if claim.kind == "value" and isinstance(sides.subject, Name) and sides.subject.name in judge.moved:
        sides = _of_its_own(sides)
    first = isinstance(sides.left, Name) and sides.left is sides.subject and sides.left.name not in mentioned
    if isinstance(sides.left, Name):
        mentioned.add(sides.left.name)
    if problem.staff and first and (link := restated_link(judge, problem, claim, sides)) is not None:
        return link
    regrouped(judge, sides)
    return judge.link(sides)


def _of_its_own(sides: Sides) -> Sides:
    """A later link of a training step: it says nothing about the old value."""
    return sides if sides.left is sides.subject else replace(sides, subject=sides.left)


def _accepted(link: Link, reason: str) -> Link:
    note = f"accepted by the staff: {reason}" if reason else "accepted by the staff"
    return Link(link.problem, link.spot, link.left, link.right, link.read_as, "ok", link.quantity, notes=(note,))


def _pairs(claim: Claim, aliases: Mapping[str, Expression]) -> Iterator[Sides]:
    """The neighbouring sides; of ``w_1 = w_2 = 0.5`` every name with the number."""
    sides = [expanded(side, aliases) for side in claim.sides]
    texts = [claim.place.text[a:b].strip() for a, b in claim.spans]
    last = len(sides) - 1
    for i in range(last):
        other = last if claim.kind == "input" else i + 1
        yield Sides(
            _spot(claim, i, other),
            sides[i],
            sides[other],
            texts[i] or unparse(claim.sides[i]),
            texts[other] or unparse(claim.sides[other]),
            subject=sides[i] if claim.kind == "input" else sides[0],
            approx=claim.relations[other - 1] == "≈",
            free=claim.dummies,
            notes=claim.notes if i == 0 else (),
        )


def expanded(side: Expression, aliases: Mapping[str, Expression], depth: int = 20) -> Expression:
    """The side with names for a derivative (``δ = ∂L/∂z``) replaced by what they stand for.

    Raises:
        OutOfTime: names that stand twice for names that stand twice for names: nobody can read that.
    """
    left = [_MOST_WRITTEN_OUT]
    return _expanded(side, aliases, depth, left) if aliases else side


def _expanded(side: Expression, aliases: Mapping[str, Expression], depth: int, left: list[int]) -> Expression:
    left[0] -= 1
    if left[0] < 0:
        raise OutOfTime
    if isinstance(side, Name):
        meant = aliases.get(side.name)
        return side if meant is None or not depth else _expanded(meant, aliases, depth - 1, left)
    return rebuilt(side, lambda part: _expanded(part, aliases, depth, left))


def _spot(claim: Claim, i: int, other: int) -> Spot:
    """Where a link stands: from its left side to its right one, on the line where the left one begins."""
    text = claim.place.text
    start, end = claim.spans[i][0], claim.spans[other][1]
    return spot(text, start, end, claim.line - claim.place.line, claim.cell)


def spot(text: str, start: int, end: int, moved: int, cell: int | None) -> Spot:
    """A stretch of a text as one line of it."""
    first = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[first : len(text) if stop < 0 else stop]
    width = max(1, min(end - start, len(line.rstrip()) - (start - first)))
    return Spot(text.count("\n", 0, start) + 1 + moved, start - first + 1, width, line.rstrip("\r"), cell)


def _unread(id: str, claim: NotRead, problem: Problem) -> Link:
    place = claim.place
    where = spot(place.text, place.start, place.end, claim.line - place.line, claim.cell)
    why = (problem.puzzle, problem.cure) if problem.puzzle else (claim.reason, claim.hint)
    return Link(id, where, claim.text, "", "", "not_read", message=_with_cure(*why))


def _with_cure(reason: str, cure: str | None) -> str:
    return f"{reason}; try: {cure}" if cure else reason


def _given(graph: Graph | None) -> dict[str, float]:
    if graph is None:
        return {}
    numbers = {name: graph.data[graph.id(name)] for name in graph.inputs}
    return {name: value for name, value in numbers.items() if value is not None}


def _function(problem: Problem) -> str:
    """The function as one line: the output, and the nodes it uses."""
    top = problem.top()
    named = [f"{name} = {unparse(formula)}" for name, formula in problem.definitions.items() if name != top]
    if top is not None:
        named.insert(0, f"{top} = {unparse(problem.definitions[top])}")
    text = named[0]
    for at, each in enumerate(named[1:]):
        if len(text) + len(each) > _MOST_FUNCTION:
            return f"{text}, … ({len(named) - 1 - at} more)"
        text += f", {each}"
    return text


def _squeezed(text: str) -> str:
    return "".join(text.split())


__all__ = ["LOCAL", "expanded", "quantity", "required", "spot", "stated", "verdicts"]
